"""How long steps tell the person who waits. The shell draws; the steps only say what they do."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """One bar per task, by a key of the caller's choice."""

    def begin(self, task: str, total: int | None = None) -> None:
        """A task starts; `total` units are expected, None where nobody knows."""
        ...

    def advance(self, task: str, done: int, total: int | None = None) -> None:
        """`done` more units are finished; `total` corrects the expectation."""
        ...

    def end(self, task: str) -> None:
        """The task is over."""
        ...
