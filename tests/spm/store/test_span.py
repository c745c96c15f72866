"""Which days a calculation is about, and when time alone makes figures out of date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import Engine, text

from spm.store.connections import finish_run, start_run
from spm.store.span import first_paid_day, has_begun_since, last_calculated

_ASSIGN = """
    INSERT INTO plan_assignment (who, plan, starts_on, ends_on, recorded_at) VALUES ('*', 'P', :starts, :ends, now())
"""


def assign(engine: Engine, starts_on: str, ends_on: str | None = None) -> None:
    with engine.begin() as conn:
        conn.execute(text(_ASSIGN), {"starts": starts_on, "ends": ends_on})


@pytest.mark.parametrize(
    ("last", "today", "begun"),
    [
        ("2026-03-10", "2026-03-10", False),  # the same day
        ("2026-03-10", "2026-03-19", False),  # days pass, nothing begins
        ("2026-03-19", "2026-03-20", True),  # the assignment begins
        ("2026-03-20", "2026-03-21", False),  # it has begun before
        ("2026-03-25", "2026-03-25", False),  # its last day is still one of its days
        ("2026-03-25", "2026-03-26", True),  # it has ended
        ("2026-03-26", "2026-03-27", False),  # that was known
    ],
)
def test_an_assignment_that_begins_or_ends_makes_figures_old(
    database: Engine, last: str, today: str, begun: bool
) -> None:
    assign(database, "2026-03-20", "2026-03-25")
    with database.begin() as conn:
        assert has_begun_since(conn, date.fromisoformat(last), date.fromisoformat(today)) is begun


def test_only_finished_calculations_count_as_the_last(database: Engine) -> None:
    with database.begin() as conn:
        assert last_calculated(conn) is None
        for day, outcome in (("2026-03-01", "done"), ("2026-03-02", None)):
            at = datetime.combine(date.fromisoformat(day), time(), UTC)
            run = start_run(conn, "calculate", now=at)
            if outcome:
                finish_run(conn, run, outcome, counts={}, calls={}, now=at)
        assert last_calculated(conn) == date(2026, 3, 1)


def test_nothing_is_paid_before_the_first_assignment(database: Engine) -> None:
    assign(database, "2026-03-20")
    with database.begin() as conn:
        assert first_paid_day(conn) == date(2026, 3, 20)
