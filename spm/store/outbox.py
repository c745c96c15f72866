"""What the CRM holds in our fields, what is to be written there, and what became of it.

A row is queued before it is sent. A row that stays `pending` was sent by a process that did not live to note the
answer, or never sent: like `unknown`, it is settled by reading the record. A refused row is not sent again until its
values change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, text

from spm.store.bulk import copy_in, copy_out, run, without_nul

_ID = "$id"


@dataclass(frozen=True, slots=True)
class Queued:
    """Canonical text by CRM field for one record; None clears the field."""

    record_id: str
    values: Mapping[str, str | None]


class Settled(Protocol):
    """What a connector says of one write: `state` confirmed, rejected, retry or unknown."""

    @property
    def record_id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...


def store_held(conn: Connection, connection_id: int, object_name: str, frame: pl.DataFrame) -> None:
    """Note what records hold, as just read: `$id` and our fields as text. Fields the frame lacks stay as noted.

    A write to them whose outcome nobody knew is thereby settled: what was read decides whether it is made again.
    """
    fields = [name for name in frame.columns if name != _ID]
    if frame.is_empty() or not fields:
        return
    _make_room(conn)
    latest = frame.unique(_ID, keep="last", maintain_order=True)
    texts = pl.struct(without_nul(pl.col(fields))).struct.json_encode()
    copy_in(conn, "page_written", latest.select(record_id=pl.col(_ID), values=texts))
    values = {"connection": connection_id, "object": object_name, "fields": fields}
    run(conn, sql.SQL(_HELD), values)
    run(conn, sql.SQL(_READ), values)


_HELD = """
WITH page AS (
    SELECT page.record_id, coalesce(held.values, '{}') - %(fields)s::text[] || jsonb_strip_nulls(page.values) AS values,
           held.values AS before
    FROM page_written AS page LEFT JOIN written AS held
      ON held.connection_id = %(connection)s AND held.object_name = %(object)s AND held.record_id = page.record_id
)
INSERT INTO written (connection_id, object_name, record_id, values)
SELECT %(connection)s, %(object)s, record_id, values FROM page
WHERE values IS DISTINCT FROM before AND (before IS NOT NULL OR values <> '{}')
ON CONFLICT (connection_id, object_name, record_id) DO UPDATE SET values = excluded.values
"""
_READ = """
UPDATE outbox SET state = 'retry' FROM page_written AS page
WHERE connection_id = %(connection)s AND object_name = %(object)s AND outbox.record_id = page.record_id
  AND state IN ('pending', 'unknown')
"""


def _make_room(conn: Connection) -> None:
    if conn.scalar(text("SELECT to_regclass('pg_temp.page_written')")):
        conn.execute(text("DELETE FROM page_written"))
        return
    conn.execute(text("CREATE TEMPORARY TABLE page_written (record_id text, values jsonb) ON COMMIT DELETE ROWS"))


def read_held(conn: Connection, connection_id: int, object_name: str, fields: Sequence[str]) -> pl.DataFrame:
    """What records hold in these fields: `$id` and text columns. A record that holds nothing may be missing."""
    columns = sql.SQL("").join(sql.SQL(", values ->> {}").format(sql.Literal(name)) for name in fields)
    query = sql.SQL(
        "SELECT record_id{} FROM written WHERE connection_id = {} AND object_name = {} ORDER BY record_id"
    ).format(columns, sql.Literal(connection_id), sql.Literal(object_name))
    return copy_out(conn, query, {_ID: pl.String, **dict.fromkeys(fields, pl.String)})


def refused(conn: Connection, connection_id: int, object_name: str, rows: Sequence[Queued]) -> set[str]:
    """The records among these whose very values the CRM has refused."""
    found = conn.scalars(
        text("""
            SELECT outbox.record_id FROM outbox
            JOIN unnest(CAST(:ids AS text[]), CAST(:values AS jsonb[])) AS wanted (record_id, values)
              ON wanted.record_id = outbox.record_id AND wanted.values = outbox.values
            WHERE outbox.connection_id = :connection AND outbox.object_name = :object AND outbox.state = 'rejected'
        """),
        _values(connection_id, object_name, rows),
    )
    return set(found)


def queue_writes(
    conn: Connection, connection_id: int, object_name: str, rows: Sequence[Queued], *, now: datetime
) -> None:
    """Put these values in the outbox, before they are sent; one row a record, the newest values count."""
    conn.execute(
        text("""
            INSERT INTO outbox AS held
                (connection_id, object_name, record_id, values, state, code, message, attempts, queued_at)
            SELECT :connection, :object, record_id, values, 'pending', '', '', 1, :now
            FROM unnest(CAST(:ids AS text[]), CAST(:values AS jsonb[])) AS wanted (record_id, values)
            ORDER BY record_id
            ON CONFLICT (connection_id, object_name, record_id) DO UPDATE
            SET values = excluded.values, state = 'pending', code = '', message = '', queued_at = excluded.queued_at,
                attempts = CASE WHEN held.state IN ('retry', 'unknown', 'pending') THEN held.attempts + 1 ELSE 1 END,
                settled_at = NULL
        """),
        {**_values(connection_id, object_name, rows), "now": now},
    )


def _values(connection_id: int, object_name: str, rows: Sequence[Queued]) -> dict[str, Any]:
    return {
        "connection": connection_id,
        "object": object_name,
        "ids": [row.record_id for row in rows],
        "values": [json.dumps(dict(row.values)) for row in rows],
    }


def record_outcomes(
    conn: Connection, connection_id: int, object_name: str, outcomes: Sequence[Settled], *, now: datetime
) -> None:
    """Note what became of queued rows. What is confirmed is what the CRM now holds."""
    if not outcomes:
        return
    conn.execute(
        text("""
            WITH told AS (
                SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:states AS text[]), CAST(:codes AS text[]),
                                     CAST(:messages AS text[])) AS told (record_id, state, code, message)
            ), settled AS (
                UPDATE outbox SET state = told.state, code = told.code, message = told.message, settled_at = :now
                FROM told
                WHERE outbox.connection_id = :connection AND outbox.object_name = :object
                  AND outbox.record_id = told.record_id
                RETURNING outbox.record_id, outbox.values, outbox.state
            )
            INSERT INTO written AS held (connection_id, object_name, record_id, values)
            SELECT :connection, :object, record_id, jsonb_strip_nulls(values) FROM settled WHERE state = 'confirmed'
            ON CONFLICT (connection_id, object_name, record_id) DO UPDATE
            SET values = jsonb_strip_nulls(held.values || (
                SELECT outbox.values FROM outbox
                WHERE outbox.connection_id = held.connection_id AND outbox.object_name = held.object_name
                  AND outbox.record_id = held.record_id
            ))
        """),
        {
            "connection": connection_id,
            "object": object_name,
            "ids": [outcome.record_id for outcome in outcomes],
            "states": [outcome.state for outcome in outcomes],
            "codes": [outcome.code for outcome in outcomes],
            "messages": [outcome.message for outcome in outcomes],
            "now": now,
        },
    )


def unsettled(conn: Connection, connection_id: int, object_name: str) -> list[str]:
    """Records with a write whose outcome nobody knows: they are to be read before anything is written to them."""
    return list(
        conn.scalars(
            text("""
                SELECT record_id FROM outbox
                WHERE connection_id = :connection AND object_name = :object AND state IN ('pending', 'unknown')
                ORDER BY record_id
            """),
            {"connection": connection_id, "object": object_name},
        )
    )


def withdraw(conn: Connection, connection_id: int, object_name: str, wanted: Sequence[str]) -> int:
    """Take out of the outbox what is no longer to be written: every row without an outcome of `confirmed` whose record
    is not among `wanted`, all records of the object that still differ. Returns how many were taken out."""
    done = conn.execute(
        text("""
            DELETE FROM outbox WHERE connection_id = :connection AND object_name = :object AND state <> 'confirmed'
              AND record_id <> ALL(CAST(:wanted AS text[]))
        """),
        {"connection": connection_id, "object": object_name, "wanted": list(wanted)},
    )
    return int(done.rowcount)


def parked(conn: Connection) -> list[dict[str, str]]:
    """Writes the CRM refused, not tried again until their values change: connection, object, record, code, message."""
    rows = conn.execute(
        text("""
            SELECT connection.name AS connection, object_name AS object, record_id AS record, code, message
            FROM outbox JOIN connection ON connection.id = outbox.connection_id
            WHERE state = 'rejected' ORDER BY connection.name, object_name, record_id
        """)
    )
    return [dict(row) for row in rows.mappings()]
