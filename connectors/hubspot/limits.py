"""Our own pace, and our share of the account's calls of the day.

HubSpot counts calls per app in a rolling ten seconds, searches per account and second (shared with every other app,
and told by no header), and calls per account and day until midnight in the account's time zone.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_DAY_UNKNOWN = timedelta(hours=1)
"""When the account's time zone is not known, the next try: its midnight may be any hour."""


class Window:
    """At most `limit` calls in any `seconds`; `take` waits for its turn."""

    def __init__(
        self,
        limit: int,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._taken: deque[float] = deque(maxlen=limit)
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep

    def take(self) -> None:
        """Count one call, after waiting until the window has room for it."""
        if len(self._taken) == self._taken.maxlen:
            wait = self._taken[0] + self._seconds - self._clock()
            if wait > 0:
                self._sleep(wait)
        self._taken.append(self._clock())


@dataclass(frozen=True, slots=True)
class DailyUse:
    """What the last answer said of the account's calls of the day, when it said so (`at` the CRM's clock), and when
    we heard it (`noted` by ours)."""

    limit: int
    left: int
    at: datetime
    noted: datetime

    def is_spent(self, share: float) -> bool:
        """Whether no more than what belongs to others is left."""
        return self.left <= self.limit * (1 - share)


def daily_use(headers: Mapping[str, str], *, at: datetime, noted: datetime) -> DailyUse | None:
    """Read the daily headers (names in lower case); searches and OAuth apps have none."""
    limit = headers.get("x-hubspot-ratelimit-daily", "")
    left = headers.get("x-hubspot-ratelimit-daily-remaining", "")
    if not (limit.isdecimal() and left.isdecimal()):
        return None
    return DailyUse(int(limit), int(left), at, noted)


def until_reset(now: datetime, zone: ZoneInfo | None) -> timedelta:
    """How long until the account's day ends; an hour where its time zone is not known."""
    if zone is None:
        return _DAY_UNKNOWN
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
    return midnight - now


def reset_in_words(now: datetime, zone: ZoneInfo | None) -> str:
    """The moment `until_reset` speaks of, for a message."""
    if zone is None:
        return "at midnight in the account's time zone"
    at = (now + until_reset(now, zone)).astimezone(zone)
    return f"at {at:%Y-%m-%d %H:%M} {zone.key}"
