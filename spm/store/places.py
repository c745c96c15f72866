"""Problems that belong to places looked at one by one: the records of a page, the deals of a calculation."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, text

from problems import Problem
from spm.store.connections import add_problems


def replace_problems_at(
    conn: Connection, scope: str, places: Collection[str], problems: Iterable[Problem], *, now: datetime
) -> None:
    """What these places now show; what they showed before is mended. Other places of the scope are left as they are."""
    found = list(problems)
    # What is known to be wrong is little, what was looked at may be a million records.
    known = conn.scalars(text("SELECT DISTINCT place FROM problem WHERE scope = :scope"), {"scope": scope}).all()
    looked_at = sorted({*places, *(problem.where for problem in found)}.intersection(known))
    if looked_at:
        conn.execute(
            text("DELETE FROM problem WHERE scope = :scope AND place = ANY(CAST(:places AS text[]))"),
            {"scope": scope, "places": looked_at},
        )
    add_problems(conn, scope, found, now=now)


_FORGET = """
DELETE FROM problem WHERE scope = :scope AND (
    (place LIKE '%@%' AND place NOT LIKE '% %' AND NOT EXISTS (SELECT FROM participant WHERE email = place))
    OR (place LIKE '% deal %' AND NOT EXISTS (
        SELECT FROM connection JOIN deal ON deal.connection_id = connection.id
        WHERE connection.name = split_part(place, ' deal ', 1) AND deal.crm_id = split_part(place, ' deal ', 2)
          AND deal.gone_at IS NULL
    ))
)
"""


def forget_problems(conn: Connection, scope: str) -> None:
    """Take away what a calculation said of people who have another email now and of deals that are gone: nobody will
    look at those places again."""
    conn.execute(text(_FORGET), {"scope": scope})
