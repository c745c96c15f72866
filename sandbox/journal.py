"""The requests a sandbox received: counts per endpoint for ever, the latest ones in full."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.wire import Request, Response

_KEPT = 20_000


class Journal:
    """What was asked and what was answered. Safe for several threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._latest: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def note(self, endpoint: str, request: Request, response: Response | None) -> None:
        """Write a request down; without a response the connection was reset."""
        entry = {
            "at": self._now().isoformat(),
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "endpoint": endpoint,
            "status": response.status if response else None,
            "rows": response.rows if response else None,
        }
        with self._lock:
            self._counts[endpoint] += 1
            self._latest.append(entry)

    def clear(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._counts.clear()
            self._latest.clear()

    def as_json(self) -> dict[str, Any]:
        """Total, counts by endpoint, and the latest requests, oldest first."""
        with self._lock:
            return {
                "total": self._counts.total(),
                "counts": dict(self._counts),
                "requests": list(self._latest),
            }
