"""A clock that only moves when something waits on it, or when the test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.hubspot.client import Timing
from connectors.retry import Pacing

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class TestClock:
    __test__ = False

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def timing(self) -> Timing:
        return Timing(Pacing(sleep=self.sleep, now=self.now, jitter=lambda: 1.0), self.monotonic)
