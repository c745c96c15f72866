"""Records the CRM no longer has. Nothing is deleted here: what was paid on must stay explainable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from spm.store.bulk import run
from spm.store.custom import date_fields
from spm.store.effects import run_marking
from spm.store.marks import mark_participants
from spm.store.people import refresh_people
from spm.store.shapes import Shape
from spm.store.splits import touch_deals
from spm.store.stored import Stored

NAMED = sql.SQL("held.crm_id = ANY(%(crm_ids)s)")
"""The records with these ids."""
NOT_SEEN = sql.SQL("held.seen_at < %(seen_before)s")
"""The links and splits that the read begun at that moment did not bring."""
NOT_SIGHTED = sql.SQL("""
    held.recorded_at < %(seen_before)s AND NOT EXISTS (
        SELECT FROM sighting
        WHERE sighting.connection_id = %(connection)s AND entity = %(entity)s AND sighting.source = %(source)s
          AND sighting.seen_at >= %(seen_before)s AND sighting.crm_id = held.crm_id
    )
""")
"""The other records that the read begun at that moment did not bring."""

_GONE = """
WITH gone AS (
    UPDATE {table} AS held SET gone_at = %(now)s{next}
    WHERE held.connection_id = %(connection)s AND held.gone_at IS NULL AND {which}{source}
    RETURNING held.*
){versions}, changed AS (
    SELECT id, false AS is_new, crm_id, {owner} AS owner_before, {owner} AS owner_after, {since} AS since FROM gone
)
"""
_VERSIONS = """, versions AS (
    INSERT INTO deal_version (deal_id, version, recorded_at, gone, {columns})
    SELECT id, version, %(now)s, true, {columns} FROM gone
)"""


def records_gone(conn: Connection, shape: Shape, which: sql.SQL, values: Mapping[str, Any]) -> Stored:
    """Note that these records are gone since `now`, and mark whose pay that can change.

    `values`: connection, source, now and what `which` needs. Records gone before are passed over.
    """
    versioned = shape.table == "deal"
    columns = sql.SQL(", ").join(map(sql.Identifier, shape.columns))
    statement = sql.SQL(_GONE).format(
        table=sql.Identifier(shape.table),
        which=which,
        next=sql.SQL(", version = version + 1" if versioned else ""),
        source=sql.SQL(" AND held.source = %(source)s" if shape.by_source else ""),
        versions=sql.SQL(_VERSIONS).format(columns=columns) if versioned else sql.SQL(""),
        owner=shape.owner_of("gone"),
        since=shape.day_of("gone", date_fields(conn, values["connection"]) if versioned else ()),
    )
    return run_marking(conn, shape, statement, {**values, "today": values["now"].date()})


def links_gone(conn: Connection, which: sql.SQL, values: Mapping[str, Any]) -> Stored:
    """Note that CRM users or owners are gone; the participants stay, with what they earned."""
    statement = sql.SQL(
        "UPDATE participant_link AS held SET gone_at = %(now)s"
        " WHERE held.connection_id = %(connection)s AND held.gone_at IS NULL AND {} RETURNING held.participant_id"
    )
    rows = run(conn, statement.format(which), values)
    people = sorted({row[0] for row in rows})
    refresh_people(conn, people, now=values["now"])
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
