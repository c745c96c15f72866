"""How often one may call: so many in ten seconds for each app, so many searches a second and calls a day for all.

Windows are measured by the sandbox's clock, so that moving it empties them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.hubspot.settings import midnight_after

_NAMES = ("ten_seconds", "search_per_second", "daily")
_TEN_SECONDS, _SECOND = timedelta(seconds=10), timedelta(seconds=1)


@dataclass(slots=True)
class Window:
    """Calls in a rolling span of time."""

    span: timedelta
    calls: deque[datetime] = field(default_factory=deque)

    def take(self, now: datetime, limit: int) -> bool:
        """Count a call unless the window is full; says whether it was counted."""
        while self.calls and not now - self.span < self.calls[0] <= now:
            self.calls.popleft()
        if len(self.calls) >= limit:
            return False
        self.calls.append(now)
        return True


class Limits:
    """The account's limits, and what is left of them. Safe for several threads."""

    def __init__(self, now: Callable[[], datetime], daily: int) -> None:
        self.ten_seconds, self.search_per_second, self.daily = 190, 5, daily
        self._now = now
        self._lock = threading.Lock()
        self._apps: dict[str, Window] = {}
        self._searches = Window(_SECOND)
        self._used_today = 0
        self._day_ends = midnight_after(now())

    @property
    def used_today(self) -> int:
        """Calls since midnight in the account's time zone."""
        return self._used_today

    @property
    def day_ends(self) -> datetime:
        """When the count of the day starts anew."""
        return self._day_ends

    def take(self, app: str, *, search: bool) -> str | None:
        """Count a call; the name of the policy that refuses it, or None. Refused calls count for the day only."""
        now = self._now()
        with self._lock:
            if now >= self._day_ends:
                self._used_today, self._day_ends = 0, midnight_after(now)
            if self._used_today >= self.daily:
                return "DAILY"
            self._used_today += 1
            if search:
                return None if self._searches.take(now, self.search_per_second) else "SECONDLY"
            window = self._apps.setdefault(app, Window(_TEN_SECONDS))
            return None if window.take(now, self.ten_seconds) else "TEN_SECONDLY_ROLLING"

    def headers(self, app: str) -> dict[str, str]:
        """What an answer says of the limits (not that of a search)."""
        with self._lock:
            used = len(self._apps[app].calls) if app in self._apps else 0
            return {
                "X-HubSpot-RateLimit-Daily": str(self.daily),
                "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, self.daily - self._used_today)),
                "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
                "X-HubSpot-RateLimit-Max": str(self.ten_seconds),
                "X-HubSpot-RateLimit-Remaining": str(max(0, self.ten_seconds - used)),
            }

    def change(self, values: Mapping[str, float]) -> None:
        """Set limits by name, all or none. Raises ValueError for another name or a number that is none."""
        for name, value in values.items():
            if name not in _NAMES or int(value) < 0:
                raise ValueError(f"{name}: {value} is no limit")
        for name, value in values.items():
            setattr(self, name, int(value))
