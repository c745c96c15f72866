"""How far back anything can be paid: where a calculation from the beginning begins."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

_FIRST = """
SELECT greatest(
    (SELECT min(close_date) FROM deal WHERE gone_at IS NULL),
    (SELECT CASE WHEN bool_or(starts_on IS NULL) THEN NULL ELSE min(starts_on) END FROM plan_assignment)
)
"""


def first_paid_day(conn: Connection) -> date | None:
    """The first day that a deal and an assignment to a plan may share; None where there is no deal."""
    found: date | None = conn.scalar(text(_FIRST))
    return found


def statements_reach(conn: Connection, today: date) -> bool:
    """Whether somebody's statement of a period that holds `today` is there, or nobody is on a plan anyway."""
    return bool(
        conn.scalar(
            text("""
                SELECT NOT EXISTS (SELECT FROM plan_assignment) OR EXISTS (
                    SELECT FROM statement JOIN period ON period.period = statement.period
                    WHERE :today BETWEEN period.starts_on AND period.ends_on
                )
            """),
            {"today": today},
        )
    )
