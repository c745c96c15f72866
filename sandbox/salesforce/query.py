"""Runs queries, page by page. A query that is not done keeps its reader, so every page is of the same moment."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sandbox.clock import Clock
from sandbox.salesforce.catalogue import Catalogue
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.ids import make_id
from sandbox.salesforce.soql.parser import parse
from sandbox.salesforce.soql.scope import World
from sandbox.salesforce.soql.translate import Plan, Shape, translate
from sandbox.salesforce.store import Store
from sandbox.wire import Response

_OPEN_CURSORS = 10  # a user has that many; the one not used for longest makes room
_LIFETIME = timedelta(minutes=15)
_SKIPPED_AT_ONCE = 10_000
_SMALLEST_BATCH, _LARGEST_BATCH = 200, 2_000

Build = Callable[[Sequence[Any]], dict[str, Any]]


@dataclass(slots=True)
class _Cursor:
    """An open query: its plan, the snapshot it reads, and how far the statement has run."""

    locator: str
    plan: Plan
    reader: sqlite3.Connection
    total: int
    batch: int
    used: datetime
    statement: sqlite3.Cursor
    position: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rows(self, offset: int) -> list[Any]:
        """A page from `offset` on; one that was read before is read again."""
        if offset != self.position:
            self.statement = self.reader.execute(self.plan.rows.text, self.plan.rows.values)
            self._skip(offset)
        rows = self.statement.fetchmany(self.batch)
        self.position = offset + len(rows)
        return rows

    def _skip(self, count: int) -> None:
        while count > 0:
            count -= len(self.statement.fetchmany(min(count, _SKIPPED_AT_ONCE))) or count


class Queries:
    """The query resource. Safe for several threads."""

    def __init__(self, store: Store, catalogue: Catalogue, clock: Clock, page_size: int | None) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._page_size = page_size or _LARGEST_BATCH
        self._cursors: OrderedDict[str, _Cursor] = OrderedDict()
        self._made = 0
        self._lock = threading.Lock()

    def run(self, text: str, version: str, *, with_deleted: bool, batch: int | None) -> Response:
        """The first page. Raises ApiError for a query that cannot be run."""
        plan = translate(parse(text), World(self._catalogue, self._clock.today(), with_deleted))
        cursor = self._open(plan, self._batch(batch))
        try:
            return self._page(cursor, 0, version)
        except BaseException:
            self._close(cursor)
            raise

    def _batch(self, asked: int | None) -> int:
        clamped = _LARGEST_BATCH if asked is None else max(_SMALLEST_BATCH, min(_LARGEST_BATCH, asked))
        return min(clamped, self._page_size)

    def _open(self, plan: Plan, batch: int) -> _Cursor:
        reader = self._store.take_reader()
        try:
            total = reader.execute(plan.count.text, plan.count.values).fetchone()[0]
            statement = reader.execute(plan.rows.text, plan.rows.values)
        except BaseException:
            self._store.give_back(reader)
            raise
        with self._lock:
            self._made += 1
            locator = make_id("01g", self._made)
        return _Cursor(locator, plan, reader, total, batch, self._clock.now(), statement)

    def more(self, address: str, version: str) -> Response:
        """A later page; `address` is locator-offset. Raises ApiError INVALID_QUERY_LOCATOR."""
        locator, _, offset = address.partition("-")
        with self._lock:
            cursor = self._cursors.get(locator)
        if cursor is None or not offset.isdigit() or self._clock.now() - cursor.used > _LIFETIME:
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor, int(offset), version)

    def _page(self, cursor: _Cursor, offset: int, version: str) -> Response:
        with cursor.lock:
            rows = [] if cursor.plan.counting else cursor.rows(offset)
            records = self._records(cursor, rows, version)
        end = offset + len(rows)
        done = cursor.plan.counting or not rows or end >= cursor.total
        page: dict[str, Any] = {"totalSize": cursor.total, "done": done}
        if not done:
            page["nextRecordsUrl"] = f"/services/data/{version}/query/{cursor.locator}-{end}"
        page["records"] = records
        self._keep(cursor, first=offset == 0, done=done)
        return Response(200, msgspec.json.encode(page), rows=len(rows))

    def _records(self, cursor: _Cursor, rows: list[Any], version: str) -> list[dict[str, Any]]:
        build = builder(cursor.plan.shape, version)
        records = [build(row) for row in rows]
        for relationship, plan in cursor.plan.children.items():
            ids = [row[cursor.plan.shape.id_index] for row in rows]
            families = _families(cursor.reader, plan, ids, version)
            for record_id, record in zip(ids, records, strict=True):
                record[relationship] = _children(families.get(record_id))
        return records

    def _keep(self, cursor: _Cursor, *, first: bool, done: bool) -> None:
        """Keep the cursor while there is more to read, and the last page of several can be asked for again."""
        if first and done:
            self._store.give_back(cursor.reader)
            return
        cursor.used = self._clock.now()
        with self._lock:
            self._cursors[cursor.locator] = cursor
            self._cursors.move_to_end(cursor.locator)
            oldest = self._cursors.popitem(last=False)[1] if len(self._cursors) > _OPEN_CURSORS else None
        if oldest is not None:
            self._close(oldest)

    def _close(self, cursor: _Cursor) -> None:
        with cursor.lock:
            cursor.statement.close()
            self._store.give_back(cursor.reader)

    def close(self) -> None:
        """Close every open query."""
        with self._lock:
            cursors, self._cursors = list(self._cursors.values()), OrderedDict()
        for cursor in cursors:
            self._close(cursor)


def builder(shape: Shape, version: str) -> Build:
    """What makes a row the JSON of a record."""
    type_name, id_index = shape.type, shape.id_index
    url = f"/services/data/{version}/sobjects/{type_name}/"
    members = [
        (name, builder(member, version), member.id_index, None)
        if isinstance(member, Shape)
        else (name, None, member.index, member.write)
        for name, member in shape.members.items()
    ]

    def build(row: Sequence[Any]) -> dict[str, Any]:
        attributes = {"type": type_name, "url": url + row[id_index]} if id_index >= 0 else {"type": type_name}
        record: dict[str, Any] = {"attributes": attributes}
        for name, inner, index, write in members:
            value = row[index]
            if inner is not None:
                record[name] = None if value is None else inner(row)
            else:
                record[name] = value if write is None else write(value)
        return record

    return build


def _families(reader: sqlite3.Connection, plan: Plan, ids: list[str], version: str) -> dict[str, list[dict[str, Any]]]:
    build = builder(plan.shape, version)
    families: dict[str, list[dict[str, Any]]] = {}
    for row in reader.execute(plan.rows.text, (json.dumps(ids), *plan.rows.values[1:])):
        family = families.setdefault(row[plan.parent_index], [])
        if plan.limit is None or len(family) < plan.limit:
            family.append(build(row))
    return families


def _children(records: list[dict[str, Any]] | None) -> dict[str, Any] | None:
    return {"totalSize": len(records), "done": True, "records": records} if records else None
