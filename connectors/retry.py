"""Which failed calls are asked again, how often, and after what wait.

Only the single call is repeated here; what is still failing after that becomes `TryLater`, and the job is put back.
A call raises `AskAgain` with the kind of its failure. Reads may be repeated after any of them; a write whose answer
was lost (`LOST`, `UNREADABLE`) is not sent again blindly: leave those kinds out of `repeat` and settle it by reading.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TypeVar

import structlog
import tenacity

from connectors.base import TryLater

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Failure(StrEnum):
    """Kinds of failure that asking again may mend."""

    REFUSED = "refused"  # no connection: the request never left
    LOST = "lost"  # reset, time-out, 502, 504: the request left, no answer came
    UNAVAILABLE = "unavailable"  # 500, 503: the CRM answered that it cannot now
    UNREADABLE = "unreadable"  # an answer that is not what the CRM sends
    BUSY = "busy"  # a rate or concurrency limit that passes within the minute


class AskAgain(Exception):
    """A call failed in a way that asking again may mend; `retry_after` is the wait the CRM asked for."""

    def __init__(self, message: str, *, kind: Failure, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Policy:
    """How often a call is made in all, and how its waits grow: doubling from the first, never above the longest."""

    attempts: int
    first_wait_seconds: float
    longest_wait_seconds: float

    def wait_seconds(self, attempt: int) -> float:
        """The wait after the given attempt (counted from 1), before jitter."""
        return float(min(self.longest_wait_seconds, self.first_wait_seconds * 2 ** (attempt - 1)))


POLICIES: Mapping[Failure, Policy] = {
    Failure.REFUSED: Policy(attempts=3, first_wait_seconds=0.5, longest_wait_seconds=5),
    Failure.LOST: Policy(attempts=4, first_wait_seconds=0.5, longest_wait_seconds=10),
    Failure.UNAVAILABLE: Policy(attempts=5, first_wait_seconds=1, longest_wait_seconds=20),
    Failure.UNREADABLE: Policy(attempts=4, first_wait_seconds=0.5, longest_wait_seconds=10),
    Failure.BUSY: Policy(attempts=6, first_wait_seconds=1, longest_wait_seconds=30),
}
EVERY_KIND = frozenset(Failure)
NOTHING_LOST = EVERY_KIND - {Failure.LOST, Failure.UNREADABLE}
"""For writes: the kinds in which the CRM has certainly not done what was asked."""

LONGEST_PATIENCE = timedelta(seconds=60)
"""A longer Retry-After is not waited for in the call: the job is put back instead."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """The clock, the way to wait and the source of jitter; tests give their own and never sleep.

    `jitter` returns a number from 0 to 1; a wait is between half and the whole of what the policy says.
    """

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: Callable[[], float] = random.random


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The `retry-after` header (RFC 9110, seconds or a date; header names in lower case), None where not understood."""
    text = headers.get("retry-after", "").strip()
    if text.replace(".", "", 1).isdecimal():
        return timedelta(seconds=min(float(text), 86_400.0))
    try:
        return max(timedelta(), parsedate_to_datetime(text) - now)
    except (TypeError, ValueError):
        return None


def ask(call: Callable[[], T], *, pacing: Pacing, repeat: frozenset[Failure] = EVERY_KIND) -> T:
    """Make the call, again where its failure is of a kind in `repeat`, and return its result.

    Raises TryLater when the policy of the last failure is used up or the CRM asks for a longer wait than
    LONGEST_PATIENCE; AskAgain itself where its kind is not in `repeat`; anything else as it comes.
    """
    again = tenacity.Retrying(
        sleep=pacing.sleep,
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, AskAgain) and error.kind in repeat),
        stop=_used_up,
        wait=lambda state: _wait(state, pacing),
        before_sleep=_note,
        retry_error_callback=_give_up,
    )
    result: T = again(call)
    return result


def _failure(state: tenacity.RetryCallState) -> AskAgain | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, AskAgain) else None


def _used_up(state: tenacity.RetryCallState) -> bool:
    failure = _failure(state)
    if failure is None:
        return True
    too_long = failure.retry_after is not None and failure.retry_after > LONGEST_PATIENCE
    return too_long or state.attempt_number >= POLICIES[failure.kind].attempts


def _wait(state: tenacity.RetryCallState, pacing: Pacing) -> float:
    failure = _failure(state)
    if failure is None:
        return 0.0
    if failure.retry_after is not None:
        return failure.retry_after.total_seconds()
    return POLICIES[failure.kind].wait_seconds(state.attempt_number) * (0.5 + pacing.jitter() / 2)


def _note(state: tenacity.RetryCallState) -> None:
    failure = _failure(state)
    if failure is not None:
        log.info(
            "call.again", failure=failure.kind.value, attempt=state.attempt_number, wait_seconds=state.upcoming_sleep
        )


def _give_up(state: tenacity.RetryCallState) -> None:
    failure = _failure(state)
    if failure is None:  # tenacity calls this for failures of ours alone
        raise RuntimeError("a call was given up without a failure")
    times = "" if state.attempt_number == 1 else f" (asked {state.attempt_number} times)"
    raise TryLater(f"{failure}{times}", retry_after=failure.retry_after) from failure
