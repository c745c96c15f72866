"""Pull: pages of a CRM into the tables, each committed with the cursor that follows it.

A page, what was normalised from it, the values our fields hold in the CRM, the problems of its records, the marks of
who is touched and the cursor are one transaction: killed anywhere, the next run goes on after the last whole page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl
import structlog
from sqlalchemy import Connection, Engine

from connectors.base import ID, Page, PullRequest
from mappings import Normalised, normalise
from problems import Problem
from spm.store.connections import read_cursor, save_cursor
from spm.store.facts import Stored, mark_gone, replace_children, store_page, sweep
from spm.store.outbox import store_held
from spm.store.places import replace_problems_at
from spm.store.seen import keep_seen
from spm.store.statistics import refresh_statistics
from sync.gather import gathered
from sync.link import Link, Reading
from sync.progress import Progress
from sync.targets import TARGETS

log = structlog.get_logger()

_FIRST_STATISTICS = 1_000
"""New records after which the planner is told of them for the first time; then at four times as many, and so on."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one object brought: rows as the CRM sent them, and what became of them. `errors` are those among the
    problems that kept something out."""

    object_name: str
    entity: str
    records: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    problems: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class _Position:
    """What is kept between runs: the connector's cursor, since when a full read that is not over has been going, and
    what the section said: with other expressions all records have to be read again."""

    cursor: Mapping[str, Any] | None
    snapshot_since: datetime | None
    section: str

    def as_json(self) -> dict[str, Any]:
        since = self.snapshot_since.isoformat() if self.snapshot_since else None
        return {"cursor": self.cursor, "snapshot_since": since, "section": self.section}


def pull_object(
    engine: Engine, link: Link, reading: Reading, *, now: datetime, full: bool, progress: Progress
) -> list[Pulled]:
    """Read one object to its end, and its children. `full` starts over; so does a mapping that says something else;
    otherwise it goes on from where the last run committed."""
    position = _position(engine, link, reading, now=now, full=full)
    request = PullRequest(
        object_name=reading.object_name,
        fields=reading.fields,
        cursor=position.cursor,
        now=now,
        children={child.object_name: child.fields for child in reading.children},
    )
    pull = _Pull(engine, link, reading, position, now)
    task = f"{link.name}: {reading.object_name}"
    progress.begin(task)
    try:
        for page in gathered(_told(link.connector.pull(request), task, progress)):
            pull.commit(page)
    finally:
        progress.end(task)
    return [pull.counts[one.object_name] for one in (reading, *reading.children)]


def _told(pages: Iterable[Page], task: str, progress: Progress) -> Iterator[Page]:
    for page in pages:
        progress.advance(task, page.records.height, page.expected)
        log.info("pull.page", task=task, records=page.records.height)
        yield page


def _position(engine: Engine, link: Link, reading: Reading, *, now: datetime, full: bool) -> _Position:
    said = _said(link, reading)
    with engine.begin() as conn:
        stored = None if full else read_cursor(conn, link.connection_id, _cursor_key(reading))
    if not stored or not stored.get("cursor") or stored.get("section") != said:
        return _Position(None, now, said)
    since = stored.get("snapshot_since")
    return _Position(stored["cursor"], datetime.fromisoformat(since) if since else None, said)


def _said(link: Link, reading: Reading) -> str:
    """A digest of all that decides what a record becomes."""
    parts = [link.time_zone, link.currency]
    for one in (reading, *reading.children):
        parts += [one.object_name, one.entity, *one.fields]
        parts += [f"{field.name}:{field.kind}:{field.value.text}" for field in one.section.fields]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _cursor_key(reading: Reading) -> str:
    """Two sections may read one object, each in its own time."""
    return f"{reading.key}:{reading.object_name}"


class _Pull:
    """One object on its way into the tables; `counts` by object name."""

    def __init__(self, engine: Engine, link: Link, reading: Reading, position: _Position, now: datetime) -> None:
        self._engine = engine
        self._link = link
        self._reading = reading
        self._position = position
        self._now = now
        self.counts = {one.object_name: Pulled(one.object_name, one.entity) for one in (reading, *reading.children)}
        self._statistics_at = dict.fromkeys(self.counts, _FIRST_STATISTICS)

    @property
    def _seen_at(self) -> datetime | None:
        """When what comes now was seen, where this is a read from the beginning."""
        return self._now if self._position.snapshot_since else None

    def commit(self, page: Page) -> None:
        """The page, what follows from it, and the cursor after it: all or nothing."""
        reading, link = self._reading, self._link
        with self._engine.begin() as conn:
            self._store(conn, page.records)
            for child in reading.children:
                self._store_children(conn, child, page)
            gone = mark_gone(
                conn, link.connection_id, reading.entity, page.gone, source=reading.object_name, now=self._now
            )
            self._count(reading, gone=gone.changed)
            self._store_held(conn, page.records)
            self._refresh_statistics(conn)
            if page.last:
                self._sweep(conn)
            since = None if page.last else self._position.snapshot_since
            following = replace(self._position, cursor=dict(page.cursor), snapshot_since=since)
            save_cursor(conn, link.connection_id, _cursor_key(reading), following.as_json())

    def _refresh_statistics(self, conn: Connection) -> None:
        for one in (self._reading, *self._reading.children):
            new = self.counts[one.object_name].new
            if new >= self._statistics_at[one.object_name]:
                refresh_statistics(conn, one.entity)
                self._statistics_at[one.object_name] = 4 * new

    def _store(self, conn: Connection, records: pl.DataFrame) -> None:
        if records.is_empty():
            return
        reading, link = self._reading, self._link
        normalised = _normalised(link, reading, records)
        source, seen_at = reading.object_name, self._seen_at
        stored = store_page(
            conn,
            link.connection_id,
            reading.entity,
            normalised.frame,
            now=self._now,
            seen_at=seen_at,
            source=source,
        )
        if seen_at is not None:
            unread = records.join(normalised.frame, on=ID, how="anti")[ID].to_list()
            keep_seen(conn, link.connection_id, reading.entity, unread, seen_at=seen_at, source=source)
        self._note(conn, reading, records[ID].to_list(), normalised.problems)
        self._stored(reading, records.height, stored, normalised)

    def _store_children(self, conn: Connection, child: Reading, page: Page) -> None:
        rows = page.children.get(child.object_name)
        if rows is None:
            return
        normalised = _normalised(self._link, child, rows)
        parents = page.records[ID].to_list()
        connection = self._link.connection_id
        stored = replace_children(conn, connection, child.entity, parents, normalised.frame, now=self._now)
        self._note(conn, child, rows[ID].to_list(), normalised.problems)
        self._stored(child, rows.height, stored, normalised)

    def _stored(self, one: Reading, records: int, stored: Stored, normalised: Normalised) -> None:
        self._count(
            one,
            records=records,
            new=stored.new,
            changed=stored.changed,
            unchanged=stored.unchanged,
            problems=len(normalised.problems),
            errors=sum(problem.severity == "error" for problem in normalised.problems),
        )

    def _count(self, one: Reading, **more: int) -> None:
        counted = self.counts[one.object_name]
        sums = {name: getattr(counted, name) + number for name, number in more.items()}
        self.counts[one.object_name] = replace(counted, **sums)

    def _note(self, conn: Connection, one: Reading, ids: Sequence[str], problems: Sequence[Problem]) -> None:
        scope = f"{self._link.name} {one.object_name}"
        places = [f"{scope} {record_id}" for record_id in ids]
        replace_problems_at(conn, scope, places, problems, now=self._now)

    def _store_held(self, conn: Connection, records: pl.DataFrame) -> None:
        held = self._reading.held
        if held is None or records.is_empty():
            return
        columns = [pl.col(path).alias(name) for path, name in held.columns.items() if path in records.columns]
        frame = records.select(pl.col(held.id_column).alias(ID), *columns).filter(pl.col(ID).is_not_null())
        store_held(conn, self._link.connection_id, held.object_name, frame)

    def _sweep(self, conn: Connection) -> None:
        """After a read from the beginning, what was not seen is gone. People stay: their past deals are theirs."""
        since = self._position.snapshot_since
        reading = self._reading
        if since is None or reading.entity == "participant":
            return
        gone = sweep(
            conn,
            self._link.connection_id,
            reading.entity,
            seen_before=since,
            source=reading.object_name,
            now=self._now,
        )
        self._count(reading, gone=gone.changed)


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
