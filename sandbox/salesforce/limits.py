"""The daily allowance of API calls, and the limits resource."""

from __future__ import annotations

import threading
from typing import Any

from sandbox.clock import Clock
from sandbox.salesforce.errors import ApiError

DEFAULT_DAILY_CALLS = 140_000  # Enterprise Edition: 100,000 and 1,000 a user licence


class Allowance:
    """Counts calls by the day of the sandbox clock. Safe for several threads."""

    def __init__(self, clock: Clock, daily: int | None) -> None:
        self._clock = clock
        self.daily = DEFAULT_DAILY_CALLS if daily is None else daily
        self._lock = threading.Lock()
        self._day = clock.today()
        self._used = 0

    @property
    def used(self) -> int:
        """Calls made today."""
        with self._lock:
            if self._clock.today() != self._day:
                self._day, self._used = self._clock.today(), 0
            return self._used

    def take(self) -> None:
        """Count one call. Raises ApiError REQUEST_LIMIT_EXCEEDED where none is left."""
        if self.used >= self.daily:
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        with self._lock:
            self._used += 1

    @property
    def header(self) -> dict[str, str]:
        """What every answer says about it."""
        return {"Sforce-Limit-Info": f"api-usage={self.used}/{self.daily}"}

    def as_json(self) -> dict[str, Any]:
        """GET /limits."""
        return {
            "DailyApiRequests": {"Max": self.daily, "Remaining": max(0, self.daily - self.used)},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
            "DataStorageMB": {"Max": 10_240, "Remaining": 10_000},
            "FileStorageMB": {"Max": 10_240, "Remaining": 10_240},
        }
