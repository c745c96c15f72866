"""The sandbox's own time: it starts on the day asked for, runs on by itself and can be moved by tests."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta


class Clock:
    """A clock that runs with the real one, at a distance that can be changed. Safe for several threads."""

    def __init__(self, today: date | None = None) -> None:
        real = datetime.now(UTC)
        self._offset = timedelta(days=(today - real.date()).days) if today else timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The sandbox's time, aware, in UTC."""
        with self._lock:
            return datetime.now(UTC) + self._offset

    def today(self) -> date:
        """The sandbox's date in UTC."""
        return self.now().date()

    def advance(self, seconds: float) -> datetime:
        """Move the clock on (back with a negative number); returns the new time."""
        with self._lock:
            self._offset += timedelta(seconds=seconds)
        return self.now()

    def set(self, moment: datetime) -> datetime:
        """Put the clock at `moment` (aware); it runs on from there."""
        with self._lock:
            self._offset = moment - datetime.now(UTC)
        return self.now()
