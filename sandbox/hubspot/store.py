"""Records of every object type in one SQLite file, so that a million deals need no memory.

A record is its id, three moments in milliseconds and its property values as JSON text. All access goes through one
connection under the app's lock.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SCHEMA = """
PRAGMA page_size = 16384;
PRAGMA journal_mode = MEMORY;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32000;
CREATE TABLE record (
    type TEXT NOT NULL, id INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
    archived INTEGER, properties TEXT NOT NULL, PRIMARY KEY (type, id)
) WITHOUT ROWID;
CREATE TABLE association (
    from_type TEXT NOT NULL, from_id INTEGER NOT NULL, to_type TEXT NOT NULL, to_id INTEGER NOT NULL,
    PRIMARY KEY (from_type, from_id, to_type, to_id)
) WITHOUT ROWID;
CREATE TABLE split (
    id INTEGER PRIMARY KEY, deal_id INTEGER NOT NULL, owner_id INTEGER NOT NULL, percentage TEXT NOT NULL,
    created INTEGER NOT NULL
);
CREATE TABLE history (
    type TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, value TEXT NOT NULL,
    source TEXT NOT NULL, source_id TEXT
);
"""
_INDEXES = """
CREATE INDEX record_modified ON record (type, modified, id DESC, archived) WHERE archived IS NULL;
CREATE INDEX record_archived ON record (type, id) WHERE archived IS NOT NULL;
CREATE INDEX association_back ON association (to_type, to_id, from_type, from_id);
CREATE INDEX split_deal ON split (deal_id);
CREATE INDEX history_record ON history (type, id, name);
"""
_COLUMNS = "SELECT id, created, modified, archived, properties FROM record"

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


@dataclass(slots=True)
class Row:
    """A stored record; moments are milliseconds since 1970 in UTC. `properties` holds only what has a value."""

    id: int
    created: int
    modified: int
    archived: int | None = None
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a property's history."""

    name: str
    at: int
    value: str
    source: str
    source_id: str | None


def _row(values: Sequence[Any]) -> Row:
    return Row(values[0], values[1], values[2], values[3], json.loads(values[4]))


def _values(type_name: str, row: Row) -> tuple[Any, ...]:
    return (type_name, row.id, row.created, row.modified, row.archived, _encode(row.properties))


class Store:
    """The records. Not safe for several threads at once: the app locks."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hubspot-sandbox-")
        path = Path(self._folder.name) / "records.sqlite"
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.executescript(_SCHEMA)
        self._counted: tuple[tuple[Any, ...], int] | None = None

    def close(self) -> None:
        """Close the file and remove it."""
        self.db.close()
        self._folder.cleanup()

    def load(self, type_name: str, rows: Iterable[Row]) -> None:
        """Add many records; memory does not grow with them."""
        statement = "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)"
        self.db.executemany(statement, (_values(type_name, row) for row in rows))

    def build_indexes(self) -> None:
        """Once, after the first load: cheaper than keeping them up to date during it."""
        self.db.executescript(_INDEXES)

    def get(self, type_name: str, record_id: int) -> Row | None:
        """A record, archived or not."""
        found = self.db.execute(f"{_COLUMNS} WHERE type = ? AND id = ?", (type_name, record_id)).fetchone()
        return _row(found) if found else None

    def page(self, type_name: str, after: int, limit: int, *, archived: bool) -> list[Row]:
        """The first `limit` records with a greater id."""
        state = "archived IS NOT NULL" if archived else "archived IS NULL"
        statement = f"{_COLUMNS} WHERE type = ? AND id > ? AND {state} ORDER BY id LIMIT ?"
        return [_row(found) for found in self.db.execute(statement, (type_name, after, limit))]

    def by_property(self, type_name: str, name: str, value: str) -> Row | None:
        """The record that has this value, archived or not."""
        statement = f"{_COLUMNS} WHERE type = ? AND json_extract(properties, ?) = ?"
        found = self.db.execute(statement, (type_name, f'$."{name}"', value)).fetchone()
        return _row(found) if found else None

    def select(self, condition: str, parameters: Sequence[Any], order: str, span: tuple[int, int]) -> list[Row]:
        """Records under a condition of the search, from span[0] on, span[1] of them.

        Keys first, rows after: the rows that a deep page skips are never read. CROSS JOIN keeps the keys' order.
        """
        keys = f"SELECT type, id FROM record WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608 (as below)
        columns = "SELECT id, created, modified, archived, properties"
        statement = f"{columns} FROM ({keys}) CROSS JOIN record USING (type, id)"
        return [_row(found) for found in self.db.execute(statement, (*parameters, span[1], span[0]))]

    def count(self, condition: str, parameters: Sequence[Any]) -> int:
        """How many records are under a condition of the search; the pages of one search count once."""
        asked = (condition, tuple(parameters), self.db.total_changes)
        if self._counted is None or self._counted[0] != asked:
            statement = f"SELECT count(*) FROM record WHERE {condition}"  # noqa: S608 (made of fixed parts by the search)
            self._counted = (asked, int(self.db.execute(statement, parameters).fetchone()[0]))
        return self._counted[1]

    def all(self, type_name: str) -> Iterator[Row]:
        """Every record of a type that is not archived, one at a time."""
        after = -1
        while rows := self.page(type_name, after, 1_000, archived=False):
            yield from rows
            after = rows[-1].id

    def save(self, type_name: str, row: Row) -> None:
        """Add or replace a record."""
        self.db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?)", _values(type_name, row))

    def remove(self, type_name: str, record_id: int) -> None:
        """Take a record away for good, with its splits and associations."""
        self.db.execute("DELETE FROM record WHERE type = ? AND id = ?", (type_name, record_id))
        self.db.execute("DELETE FROM association WHERE from_type = ? AND from_id = ?", (type_name, record_id))
        self.db.execute("DELETE FROM association WHERE to_type = ? AND to_id = ?", (type_name, record_id))
        if type_name == "deals":
            self.db.execute("DELETE FROM split WHERE deal_id = ?", (record_id,))

    def last_id(self, type_name: str) -> int | None:
        """The greatest id of a type."""
        found = self.db.execute("SELECT max(id) FROM record WHERE type = ?", (type_name,)).fetchone()[0]
        return None if found is None else int(found)

    def note(self, type_name: str, record_id: int, changes: Iterable[Change]) -> None:
        """Write changes into the history."""
        rows = ((type_name, record_id, c.name, c.at, c.value, c.source, c.source_id) for c in changes)
        self.db.executemany("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def history(self, type_name: str, record_id: int, name: str) -> list[Change]:
        """The noted changes of one property, newest first."""
        statement = (
            "SELECT name, at, value, source, source_id FROM history "
            "WHERE type = ? AND id = ? AND name = ? ORDER BY at DESC, rowid DESC"
        )
        return [Change(*found) for found in self.db.execute(statement, (type_name, record_id, name))]
