"""Pull: pages of a CRM into the tables, each committed with the cursor that follows it.

A page, what was normalised from it, the values our fields hold in the CRM, the problems of its records, the marks of
who is touched and the cursor are one transaction: killed anywhere, the next run goes on after the last whole page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl
import structlog
from sqlalchemy import Connection, Engine

from connectors.base import ID, PARENT, Page, PullRequest
from mappings import Normalised, normalise
from problems import Problem
from spm.store.connections import read_cursor, save_cursor
from spm.store.facts import Stored, mark_gone, replace_children, store_page, sweep
from spm.store.outbox import store_held
from spm.store.places import replace_problems_at
from sync.link import Link, Reading
from sync.progress import Progress
from sync.targets import TARGETS

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one object brought. `records` counts rows as the CRM sent them, children included."""

    object_name: str
    entity: str
    records: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    problems: int = 0

    def plus(self, stored: Stored) -> Pulled:
        """With another page's counts added."""
        return replace(
            self,
            new=self.new + stored.new,
            changed=self.changed + stored.changed,
            unchanged=self.unchanged + stored.unchanged,
        )


@dataclass(frozen=True, slots=True)
class _Position:
    """What is kept between runs: the connector's cursor, and since when a full read that is not over has been going."""

    cursor: Mapping[str, Any] | None
    snapshot_since: datetime | None

    def as_json(self) -> dict[str, Any]:
        since = self.snapshot_since.isoformat() if self.snapshot_since else None
        return {"cursor": self.cursor, "snapshot_since": since}


def pull_object(
    engine: Engine, link: Link, reading: Reading, *, now: datetime, full: bool, progress: Progress
) -> Pulled:
    """Read one object to its end. `full` starts over; otherwise it goes on from where the last run committed."""
    position = _position(engine, link, reading, now=now, full=full)
    request = PullRequest(
        object_name=reading.object_name,
        fields=reading.fields,
        cursor=position.cursor,
        now=now,
        children={child.object_name: child.fields for child in reading.children},
    )
    task = f"{link.name}: {reading.object_name}"
    progress.begin(task)
    pulled = Pulled(reading.object_name, reading.entity)
    try:
        for page in link.connector.pull(request):
            pulled = _commit(engine, link, reading, page, position, pulled, now)
            progress.advance(task, page.records.height, page.expected)
            log.info("pull.page", connection=link.name, object=reading.object_name, records=page.records.height)
    finally:
        progress.end(task)
    return pulled


def _position(engine: Engine, link: Link, reading: Reading, *, now: datetime, full: bool) -> _Position:
    with engine.begin() as conn:
        stored = None if full else read_cursor(conn, link.connection_id, _cursor_key(reading))
    if not stored or not stored.get("cursor"):
        return _Position(None, now)
    since = stored.get("snapshot_since")
    return _Position(stored["cursor"], datetime.fromisoformat(since) if since else None)


def _cursor_key(reading: Reading) -> str:
    """Two sections may read one object, each in its own time."""
    return f"{reading.key}:{reading.object_name}"


def _commit(
    engine: Engine, link: Link, reading: Reading, page: Page, position: _Position, pulled: Pulled, now: datetime
) -> Pulled:
    with engine.begin() as conn:
        pulled = _store(conn, link, reading, page.records, pulled, now)
        for child in reading.children:
            pulled = _store_children(conn, link, child, page, pulled, now)
        gone = mark_gone(conn, link.connection_id, reading.entity, page.gone, source=reading.object_name, now=now)
        pulled = replace(pulled, gone=pulled.gone + gone.changed)
        _store_held(conn, link, reading, page.records)
        following = replace(position, cursor=dict(page.cursor))
        if page.last:
            pulled = _sweep(conn, link, reading, position, pulled, now)
            following = replace(following, snapshot_since=None)
        save_cursor(conn, link.connection_id, _cursor_key(reading), following.as_json())
    return pulled


def _store(
    conn: Connection, link: Link, reading: Reading, records: pl.DataFrame, pulled: Pulled, now: datetime
) -> Pulled:
    if records.is_empty():
        return pulled
    normalised = _normalised(link, reading, records)
    stored = store_page(
        conn, link.connection_id, reading.entity, normalised.frame, source=reading.object_name, now=now, seen_at=now
    )
    _note(conn, link, reading, records[ID].to_list(), normalised.problems, now)
    counted = replace(
        pulled, records=pulled.records + records.height, problems=pulled.problems + len(normalised.problems)
    )
    return counted.plus(stored)


def _store_children(conn: Connection, link: Link, child: Reading, page: Page, pulled: Pulled, now: datetime) -> Pulled:
    rows = page.children.get(child.object_name)
    if rows is None:
        return pulled
    normalised = _normalised(link, child, rows.drop(PARENT))
    parents = page.records[ID].to_list()
    stored = replace_children(conn, link.connection_id, child.entity, parents, normalised.frame, now=now)
    _note(conn, link, child, parents, normalised.problems, now)
    return replace(pulled, records=pulled.records + rows.height).plus(stored)


_OWN_CURRENCY = {"deal": "currency", "quota": "currency", "fx_rate": "base"}
"""Fields that mean the account's own currency where the CRM leaves them empty, as both CRMs do with one currency."""


def _normalised(link: Link, reading: Reading, records: pl.DataFrame) -> Normalised:
    made = normalise(
        reading.section,
        TARGETS[reading.entity],
        records,
        reading.schema,
        place=f"{link.name} {reading.object_name}",
        time_zone=link.time_zone,
    )
    field = _OWN_CURRENCY.get(reading.entity)
    return (
        made if field is None else replace(made, frame=made.frame.with_columns(pl.col(field).fill_null(link.currency)))
    )


def _note(
    conn: Connection,
    link: Link,
    reading: Reading,
    ids: Sequence[str],
    problems: Sequence[Problem],
    now: datetime,
) -> None:
    scope = f"{link.name} {reading.object_name}"
    replace_problems_at(conn, scope, [f"{scope} {record_id}" for record_id in ids], problems, now=now)


def _store_held(conn: Connection, link: Link, reading: Reading, records: pl.DataFrame) -> None:
    held = reading.held
    if held is None or records.is_empty():
        return
    columns = [pl.col(path).alias(name) for path, name in held.columns.items() if path in records.columns]
    frame = records.select(pl.col(held.id_column).alias(ID), *columns).filter(pl.col(ID).is_not_null())
    store_held(conn, link.connection_id, held.object_name, frame)


def _sweep(
    conn: Connection, link: Link, reading: Reading, position: _Position, pulled: Pulled, now: datetime
) -> Pulled:
    """After a read from the beginning, what was not seen is gone. People stay: their past deals are still theirs."""
    if position.snapshot_since is None or reading.entity == "participant":
        return pulled
    gone = sweep(
        conn,
        link.connection_id,
        reading.entity,
        source=reading.object_name,
        seen_before=position.snapshot_since,
        now=now,
    )
    return replace(pulled, gone=pulled.gone + gone.changed)
