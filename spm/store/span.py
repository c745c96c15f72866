"""Which days a calculation is about: how far back anything can be paid, and what has begun since the last one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, text

from spm.plans.model import Plan, Source

_FIRST = """
SELECT nullif(greatest(
    (SELECT CASE WHEN :always THEN '-infinity' ELSE least(
        (SELECT min(close_date) FROM deal WHERE gone_at IS NULL),
        (SELECT min(happened_on) FROM payment),
        (SELECT min(happened_on) FROM entry),
        (SELECT min(happened_on) FROM activity WHERE :activities AND gone_at IS NULL)
    ) END),
    (SELECT CASE WHEN bool_or(starts_on IS NULL) THEN NULL ELSE min(starts_on) END FROM plan_assignment)
), '-infinity')
"""


def first_paid_day(conn: Connection, plans: Iterable[Plan] = ()) -> date | None:
    """The first day that anything that counts and an assignment to a plan may share; None where nothing counts yet.

    Where one of the plans pays without any deal (a draw, a floor) it is the first day that anybody is on a plan.
    """
    plans = list(plans)
    values = {
        "always": any(plan.draw or plan.floors or any(part.floors for part in plan.components) for plan in plans),
        "activities": counts_activities(plans),
    }
    found: date | None = conn.scalar(text(_FIRST), values)
    return found


def counts_activities(plans: Iterable[Plan]) -> bool:
    """Whether one of the plans measures calls, emails, meetings or tasks."""
    return any(part.measure.source is Source.ACTIVITIES for plan in plans for part in plan.components)


def first_calculated_day(conn: Connection) -> date | None:
    """The first day of the periods that were ever calculated; None where there are none."""
    found: date | None = conn.scalar(text("SELECT min(starts_on) FROM period"))
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
