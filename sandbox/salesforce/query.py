"""Runs queries, page by page. A query that is not done keeps its reader, so every page is of the same moment."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import Clock
from sandbox.salesforce.catalogue import Catalogue
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.ids import make_id
from sandbox.salesforce.soql.parser import parse
from sandbox.salesforce.soql.scope import World
from sandbox.salesforce.soql.translate import Plan, translate
from sandbox.salesforce.store import Store
from sandbox.wire import Response

_OPEN_CURSORS = 10  # a user has that many; the one not used for longest makes room
_LIFETIME = timedelta(minutes=15)
_SKIPPED_AT_ONCE = 10_000
_SMALLEST_BATCH, _LARGEST_BATCH = 200, 2_000


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
        plan = translate(parse(text), World(self._catalogue, self._clock.today(), version, with_deleted))
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
            records = self._records(cursor, rows)
        end = offset + len(rows)
        done = cursor.plan.counting or not rows or end >= cursor.total
        following = "" if done else f'"nextRecordsUrl":"/services/data/{version}/query/{cursor.locator}-{end}",'
        head = f'{{"totalSize":{cursor.total},"done":{"true" if done else "false"},{following}"records":['
        self._keep(cursor, first=offset == 0, done=done)
        return Response(200, f"{head}{','.join(records)}]}}".encode(), rows=len(rows))

    def _records(self, cursor: _Cursor, rows: list[Any]) -> list[str]:
        records = [row[1] for row in rows]
        for relationship, plan in cursor.plan.children.items():
            families = _families(cursor.reader, plan, [row[0] for row in rows])
            for place, row in enumerate(rows):
                records[place] = f'{records[place][:-1]},"{relationship}":{_children(families.get(row[0]))}}}'
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


def _families(reader: sqlite3.Connection, plan: Plan, ids: list[str]) -> dict[str, list[str]]:
    families: dict[str, list[str]] = {}
    for _id, record, parent in reader.execute(plan.rows.text, (json.dumps(ids), *plan.rows.values[1:])):
        family = families.setdefault(parent, [])
        if plan.limit is None or len(family) < plan.limit:
            family.append(record)
    return families


def _children(records: list[str] | None) -> str:
    return f'{{"totalSize":{len(records)},"done":true,"records":[{",".join(records)}]}}' if records else "null"
