"""Records the CRM no longer has. Nothing is deleted here: what was paid on must stay explainable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from spm.store.bulk import run
from spm.store.marks import mark_participants
from spm.store.merge import Changed
from spm.store.people import refresh_people
from spm.store.shapes import Shape
from spm.store.splits import touch_deals
from spm.store.stored import Stored

NAMED = sql.SQL("held.crm_id = ANY(%(crm_ids)s)")
"""The records with these ids."""
NOT_SEEN = sql.SQL("held.seen_at < %(seen_before)s")
"""The links and splits that the read begun at that moment did not bring."""
NOT_SIGHTED = sql.SQL("""
    held.recorded_at < %(seen_before)s AND held.crm_id NOT IN (
        SELECT crm_id FROM sighting
        WHERE connection_id = %(connection)s AND entity = %(entity)s AND source = %(source)s
          AND seen_at >= %(seen_before)s
    )
""")
"""The other records that the read begun at that moment did not bring."""

_GONE = """
UPDATE {table} AS held SET gone_at = %(now)s{next}
WHERE held.connection_id = %(connection)s AND held.gone_at IS NULL AND {which}{source}
RETURNING held.id, false, held.crm_id, {owner}, {owner}, {since}
"""
_VERSIONS = """
INSERT INTO deal_version (deal_id, version, recorded_at, gone, {columns})
SELECT id, version, %(now)s, true, {columns} FROM deal WHERE id = ANY(%(ids)s)
"""


def records_gone(conn: Connection, shape: Shape, which: sql.SQL, values: Mapping[str, Any]) -> list[Changed]:
    """Note that these records are gone since `now`; returns those that were there until then.

    `values`: connection, source, now and what `which` needs.
    """
    versioned = shape.table == "deal"
    statement = sql.SQL(_GONE).format(
        table=sql.Identifier(shape.table),
        which=which,
        next=sql.SQL(", version = version + 1" if versioned else ""),
        source=sql.SQL(" AND held.source = %(source)s" if shape.by_source else ""),
        owner=sql.Identifier("held", shape.owner) if shape.owner else sql.SQL("NULL"),
        since=sql.SQL(shape.day.format(row="held")),
    )
    today = values["now"].date()
    found = [Changed(*row) for row in run(conn, statement, {**values, "today": today})]
    if versioned and found:
        columns = sql.SQL(", ").join(map(sql.Identifier, shape.columns))
        ids = [record.id for record in found]
        run(conn, sql.SQL(_VERSIONS).format(columns=columns), {"now": values["now"], "ids": ids})
    return found


def links_gone(conn: Connection, which: sql.SQL, values: Mapping[str, Any]) -> Stored:
    """Note that CRM users or owners are gone; the participants stay, with what they earned."""
    statement = sql.SQL(
        "UPDATE participant_link AS held SET gone_at = %(now)s"
        " WHERE held.connection_id = %(connection)s AND held.gone_at IS NULL AND {} RETURNING held.participant_id"
    )
    rows = run(conn, statement.format(which), values)
    people = sorted({row[0] for row in rows})
    refresh_people(conn, people)
    return Stored(changed=len(rows), participants=mark_participants(conn, people, None, "participant gone"))


def splits_gone(conn: Connection, which: sql.SQL, values: Mapping[str, Any]) -> Stored:
    """Close splits; their deals count as changed."""
    statement = sql.SQL(
        "UPDATE deal_split AS held SET superseded_at = %(now)s"
        " WHERE held.connection_id = %(connection)s AND held.superseded_at IS NULL AND {}"
        " RETURNING held.deal_crm_id, held.owner_id"
    )
    rows = [(deal, owner) for deal, owner in run(conn, statement.format(which), values)]
    now: datetime = values["now"]
    deals, marked = touch_deals(conn, values["connection"], rows, now.date())
    return Stored(changed=len(rows), deals=deals, participants=marked)
