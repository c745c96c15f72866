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
    looked_at = sorted({*places, *(problem.where for problem in found)})
    if not looked_at:
        return
    conn.execute(
        text("DELETE FROM problem WHERE scope = :scope AND place = ANY(CAST(:places AS text[]))"),
        {"scope": scope, "places": looked_at},
    )
    add_problems(conn, scope, found, now=now)
