"""How much of the org's daily API allowance is used, and where Attain stops.

The allowance is the whole org's, over the last 24 hours; `Sforce-Limit-Info: api-usage=18/15000` comes with every
answer (REST API Developer Guide, "Limit Info Header"), so knowing it costs no call.
"""

from __future__ import annotations

from datetime import timedelta

from simple_salesforce.api import Salesforce

from connectors.base import TryLater

_ASK_AGAIN_IN = timedelta(hours=1)


class Allowance:
    """Used and total calls of the org as last told; `share` is the part of the total Attain lets be used."""

    def __init__(self, name: str, share: float) -> None:
        self._name = name
        self._share = share
        self.used = 0
        self.total: int | None = None

    def note(self, limit_info: str | None) -> None:
        """Read the header of an answer; None and what is not understood change nothing."""
        usage = Salesforce.parse_api_usage(limit_info).get("api-usage") if limit_info else None
        if usage is not None and usage.total > 0:
            self.used, self.total = usage.used, usage.total

    @property
    def left(self) -> int | None:
        """Calls the org has left today, None before the first answer."""
        return None if self.total is None else max(0, self.total - self.used)

    def demand(self) -> None:
        """Raise TryLater where another call would go beyond the share."""
        if self.total is None or self.used + 1 <= self.total * self._share:
            return
        raise TryLater(
            f"{self._name}: {self.used:,} of the org's {self.total:,} API calls of the last 24 hours are used, and"
            f" Attain stops at {int(self.total * self._share):,} (daily_share = {self._share:g}). Try again in an"
            " hour, when older calls no longer count, or raise daily_share.",
            retry_after=_ASK_AGAIN_IN,
        )
