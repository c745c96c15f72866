"""A single call is repeated as its failure deserves, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import TryLater
from connectors.retry import LONGEST_PATIENCE, NOTHING_LOST, POLICIES, AskAgain, Failure, Pacing, ask, retry_after

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Waits(list[float]):
    """Notes the waits instead of sleeping."""

    def pacing(self) -> Pacing:
        return Pacing(sleep=self.append, now=lambda: NOW, jitter=lambda: 1.0)


def failing(times: int, failure: Exception) -> Callable[[], str]:
    left = iter(range(times))

    def call() -> str:
        for _ in left:
            raise failure
        return "answer"

    return call


@pytest.mark.parametrize("kind", list(Failure))
def test_every_kind_is_asked_again_until_it_answers(kind: Failure) -> None:
    waits = Waits()
    failure = AskAgain("acme: no answer", kind=kind)
    assert ask(failing(POLICIES[kind].attempts - 1, failure), pacing=waits.pacing()) == "answer"
    assert waits == [POLICIES[kind].wait_seconds(n) for n in range(1, POLICIES[kind].attempts)]


@pytest.mark.parametrize("kind", list(Failure))
def test_what_keeps_failing_is_put_back_for_later(kind: Failure) -> None:
    waits = Waits()
    failure = AskAgain("acme: no answer", kind=kind)
    with pytest.raises(TryLater, match=rf"acme: no answer \(asked {POLICIES[kind].attempts} times\)") as caught:
        ask(failing(99, failure), pacing=waits.pacing())
    assert caught.value.__cause__ is failure
    assert len(waits) == POLICIES[kind].attempts - 1


def test_the_wait_the_crm_asks_for_is_waited() -> None:
    waits = Waits()
    failure = AskAgain("busy", kind=Failure.BUSY, retry_after=timedelta(seconds=7))
    assert ask(failing(2, failure), pacing=waits.pacing()) == "answer"
    assert waits == [7.0, 7.0]


def test_a_long_wait_is_left_to_the_job_and_not_slept_through() -> None:
    waits = Waits()
    long = LONGEST_PATIENCE + timedelta(seconds=1)
    with pytest.raises(TryLater) as caught:
        ask(failing(9, AskAgain("busy", kind=Failure.BUSY, retry_after=long)), pacing=waits.pacing())
    assert (caught.value.retry_after, waits) == (long, [])


def test_a_write_whose_answer_was_lost_is_not_sent_again() -> None:
    waits = Waits()
    with pytest.raises(AskAgain):
        ask(failing(1, AskAgain("reset", kind=Failure.LOST)), pacing=waits.pacing(), repeat=NOTHING_LOST)
    assert waits == []


def test_other_errors_are_not_touched() -> None:
    with pytest.raises(KeyError):
        ask(failing(1, KeyError("a bug")), pacing=Waits().pacing())


def test_waits_keep_at_least_half_whatever_the_jitter() -> None:
    waits = Waits()
    pacing = Pacing(sleep=waits.append, now=lambda: NOW, jitter=lambda: 0.0)
    ask(failing(1, AskAgain("busy", kind=Failure.BUSY)), pacing=pacing)
    assert waits == [0.5]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("12", timedelta(seconds=12)),  # whole seconds
        ("0.5", timedelta(seconds=0.5)),  # some gateways send fractions
        ("Mon, 23 Nov 2026 12:00:30 GMT", timedelta(seconds=30)),  # a date
        ("Mon, 23 Nov 2026 11:00:00 GMT", timedelta()),  # a date gone by: at once
        ("99999999999", timedelta(days=1)),  # nonsense is capped at a day
        ("soon", None),  # not understood
        ("", None),  # empty
        ("-5", None),  # not a wait
    ],
)
def test_retry_after_is_read_as_the_rfc_says(header: str, expected: timedelta | None) -> None:
    assert retry_after({"retry-after": header}, NOW) == expected


def test_no_header_is_no_wait() -> None:
    assert retry_after({}, NOW) is None
