"""Bring a page into its table in one statement: new rows in, changed rows over, unchanged rows not touched.

A record that was gone and is read again has come back, which is a change. What only has another `changed_at` is
unchanged, and keeps the one it had. Held rows are looked up one by one through their key (LATERAL, LIMIT): while a
table has no statistics yet the planner would read all of it for every page of a first load.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from psycopg import sql
from sqlalchemy import Connection

from spm.store.bulk import run
from spm.store.custom import date_fields
from spm.store.effects import run_marking
from spm.store.shapes import SHAPES, Shape
from spm.store.stored import Stored


class When(NamedTuple):
    """The moments of a page: `now` dates what becomes known by it, `seen_at` is the complete read it belongs to,
    None where it belongs to none."""

    now: datetime
    seen_at: datetime | None


_MERGE = """
WITH compared AS MATERIALIZED (
    SELECT page.crm_id, {values}, held.id AS held_id, held.gone_at IS NOT NULL AS was_gone, {owner} AS owner_before,
           {since} AS since,
           held.id IS NULL OR held.gone_at IS NOT NULL OR ({held}) IS DISTINCT FROM ({new}) AS differs
    FROM {page} AS page LEFT JOIN LATERAL (
        SELECT * FROM {table} AS one
        WHERE one.connection_id = %(connection)s AND one.crm_id = page.crm_id{source_joined} LIMIT 1
    ) AS held ON true
), stored AS (
    INSERT INTO {table} (connection_id{source}, crm_id, {columns}, recorded_at{version})
    SELECT %(connection)s{source_value}, crm_id, {columns}, %(now)s{first}
    FROM compared WHERE differs
    ON CONFLICT ({key}) DO UPDATE
    SET ({columns}, recorded_at, gone_at) = ({excluded}, %(now)s, NULL){next}
    RETURNING *
){versions}, changed AS (
    SELECT stored.id, compared.held_id IS NULL AS is_new, stored.crm_id, compared.owner_before,
           {owner_after} AS owner_after, compared.since
    FROM stored JOIN compared USING (crm_id)
)
"""
_VERSIONS = """, versions AS (
    INSERT INTO deal_version (deal_id, version, recorded_at, gone, {columns})
    SELECT id, version, recorded_at, false, {columns} FROM stored
)"""


_SIGHTED = """
INSERT INTO sighting (connection_id, entity, source, seen_at, crm_id)
SELECT %(connection)s, %(entity)s, %(source)s, %(seen_at)s, crm_id FROM {page}
"""


def merge(conn: Connection, shape: Shape, connection_id: int, source: str, when: When) -> Stored:
    """Merge the page that `load_page` put into its temporary table; `unchanged` is left at 0."""
    values = {
        "connection": connection_id,
        "source": source,
        "now": when.now,
        "today": when.now.date(),
    }
    if when.seen_at is not None:
        sighted = sql.SQL(_SIGHTED).format(page=sql.Identifier(shape.page))
        run(conn, sighted, {**values, "entity": shape.entity, "seen_at": when.seen_at})
    return run_marking(
        conn, shape, _statement(shape.entity, date_fields(conn, connection_id) if shape.extendable else ()), values
    )


@cache
def _statement(entity: str, dates: tuple[str, ...]) -> sql.Composed:
    shape = SHAPES[entity]
    versioned = shape.table == "deal"
    columns = _listed(shape.columns)
    parts: dict[str, Any] = {
        "table": sql.Identifier(shape.table),
        "page": sql.Identifier(shape.page),
        "columns": columns,
        "values": sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(shape.value(name), sql.Identifier(name)) for name in shape.columns
        ),
        "held": _listed(shape.content, "held"),
        "new": sql.SQL(", ").join(map(shape.value, shape.content)),
        "excluded": _listed(shape.columns, "excluded"),
        "key": _listed(shape.key),
        "owner": shape.owner_of("held"),
        "owner_after": shape.owner_of("stored"),
        "since": _since(shape, dates),
        "source": _if(shape.by_source, ", source"),
        "source_value": _if(shape.by_source, ", %(source)s"),
        "source_joined": _if(shape.by_source, " AND one.source = %(source)s"),
        "version": _if(versioned, ", version"),
        "first": _if(versioned, ", 1"),
        "next": _if(versioned, ", version = deal.version + 1"),
        "versions": sql.SQL(_VERSIONS).format(columns=columns) if versioned else sql.SQL(""),
    }
    return sql.SQL(_MERGE).format(**parts)


def _since(shape: Shape, dates: tuple[str, ...]) -> sql.Composed:
    """The earlier of the days before and after; none where either is none."""
    return sql.SQL(
        "CASE WHEN held.id IS NULL THEN {page} WHEN {held} IS NULL OR {page} IS NULL THEN NULL"
        " ELSE LEAST({held}, {page}) END"
    ).format(
        held=shape.day_of("held", dates),
        page=shape.day_of("page", dates),
    )


def _listed(names: Any, row: str | None = None) -> sql.Composed:
    """The columns, of that row where one is named."""
    return sql.SQL(", ").join(sql.Identifier(row, name) if row else sql.Identifier(name) for name in names)


def _if(condition: bool, text: str) -> sql.SQL:
    return sql.SQL(text if condition else "")
