"""Mark whose pay a deal can change, where something beside the deal's own record has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import sql
from sqlalchemy import Connection, text

from spm.store.bulk import run
from spm.store.custom import date_fields, first_day
from spm.store.marks import mark_owners


class DealNamed(NamedTuple):
    """A deal as a file names it, and the first day it is touched on: None is the first day the deal can count on."""

    connection: str | None
    crm_id: str
    since: date | None


def mark_named_deals(conn: Connection, named: Iterable[DealNamed], cause: str, *, today: date) -> None:
    """Mark the owners of these deals and those with a share in them; a deal not read yet marks nobody."""
    touched = list(named)
    if not touched:
        return
    for connection_id, name in conn.execute(text("SELECT id, name FROM connection ORDER BY id")).all():
        mine = [(one.crm_id, one.since) for one in touched if one.connection in (None, name)]
        deals = deals_by_id(conn, connection_id, sorted({crm_id for crm_id, _ in mine}), today)
        days = [(crm_id, since or deals[crm_id][2]) for crm_id, since in mine if crm_id in deals]
        owners = [(deals[crm_id][1], since) for crm_id, since in days]
        mark_owners(conn, connection_id, owners, deals=days, cause=cause)


def deals_by_id(
    conn: Connection, connection_id: int, crm_ids: Sequence[str], today: date
) -> dict[str, tuple[Any, ...]]:
    """Number, owner and first day of the deals with these ids, those known."""
    query = sql.SQL(
        "SELECT crm_id, id, owner_id, {} FROM deal WHERE connection_id = %(connection)s AND crm_id = ANY(%(crm_ids)s)"
    ).format(first_day("deal", date_fields(conn, connection_id)))
    rows = run(conn, query, {"connection": connection_id, "crm_ids": list(crm_ids), "today": today})
    return {row[0]: (row[1], row[2], row[3]) for row in rows}
