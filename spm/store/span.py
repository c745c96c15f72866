"""Which days a calculation is about: how far back anything can be paid, and what has begun since the last one."""

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


def last_calculated(conn: Connection) -> date | None:
    """The day of the last calculation that was finished; None where there was none."""
    query = (
        "SELECT max((started_at AT TIME ZONE 'UTC')::date) FROM sync_run WHERE step = 'calculate' AND outcome = 'done'"
    )
    found: date | None = conn.scalar(text(query))
    return found


def has_begun_since(conn: Connection, last: date, today: date) -> bool:
    """Whether, after the day `last` and up to `today`, somebody's time on a plan has begun or ended: then figures are
    out of date although no fact has changed."""
    query = """
        SELECT EXISTS (
            SELECT FROM plan_assignment
            WHERE (starts_on > :last AND starts_on <= :today) OR (ends_on >= :last AND ends_on < :today)
        )
    """
    return bool(conn.scalar(text(query), {"last": last, "today": today}))
