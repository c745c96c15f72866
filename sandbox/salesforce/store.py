"""The records, in a SQLite file of its own: one table an object, one column a field.

Writers take turns in one connection; every reader has its own and sees the file as it was when it began, so that the
pages of a query belong together however long the client takes.
"""

# ruff: noqa: S608 (names in the SQL come from the schema, values are bound)
from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sandbox.salesforce.ids import make_id
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.soql.jsontext import prepare
from sandbox.salesforce.values import Stored

Row = dict[str, Stored]
_SQL_TYPES = {"boolean": "INTEGER", "int": "INTEGER", "currency": "INTEGER", "double": "INTEGER", "percent": "INTEGER"}
_INDEXED = {
    "Opportunity": ("AccountId", "OwnerId"),
    "OpportunitySplit": ("OpportunityId",),
    "Task": ("WhatId",),
    "Event": ("WhatId",),
}


class Store:
    """Objects and their records. Safe for several threads."""

    def __init__(self, objects: Iterable[SObject]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-salesforce-", ignore_cleanup_errors=True)
        self._path = str(Path(self._folder.name) / "records.sqlite")
        self._lock = threading.RLock()
        self._readers: list[sqlite3.Connection] = []
        self._numbers: Counter[str] = Counter()
        self.objects: dict[str, SObject] = {}
        self.writer = self._connect()
        self.writer.execute("PRAGMA journal_mode=OFF")  # until `loaded`: nobody reads, nothing is rolled back
        self.writer.execute('CREATE TABLE "_deleted" (object TEXT, id TEXT, at TEXT)')
        for one in objects:
            self._create(one)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=60)
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-32000")
        prepare(connection)
        return connection

    def _create(self, one: SObject) -> None:
        columns = ", ".join(_column(field) for field in one.fields)
        self.writer.execute(f'CREATE TABLE "{one.name}" ({columns})')
        self.objects[one.name] = one

    def loaded(self) -> None:
        """The first records are in: index them, and let readers and writers work side by side."""
        for one in self.objects.values():
            by_stamp = ("SystemModstamp", "Id", *(["IsDeleted"] if one.has_bin else []))
            self._index(one.name, "stamp", by_stamp)
            for column in _INDEXED.get(one.name, ()):
                self._index(one.name, column, (column,))
        self.writer.execute("PRAGMA journal_mode=WAL")

    def _index(self, table: str, name: str, columns: Sequence[str]) -> None:
        listed = ", ".join(f'"{column}"' for column in columns)
        self.writer.execute(f'CREATE INDEX "{table}_{name}" ON "{table}" ({listed})')

    def new_id(self, object_name: str) -> str:
        """The next id of that object."""
        with self._lock:
            self._numbers[object_name] += 1
            return make_id(self.objects[object_name].key_prefix or "000", self._numbers[object_name])

    def add_field(self, object_name: str, field: Field) -> None:
        """Give an object one more field; its records have no value in it."""
        with self._lock:
            one = self.objects[object_name]
            self.writer.execute(f'ALTER TABLE "{object_name}" ADD COLUMN {_column(field)}')
            self.objects[object_name] = replace(one, fields=(*one.fields, field))

    def load(self, object_name: str, columns: Sequence[str], rows: Iterable[Sequence[Stored]]) -> None:
        """Insert many records before `loaded`; values in the order of `columns`."""
        self.writer.execute("BEGIN")
        self.writer.executemany(_insert(object_name, columns), rows)
        self.writer.execute("COMMIT")

    def continue_ids(self, object_name: str, after: int) -> None:
        """The next new id of that object is the one after this number."""
        self._numbers[object_name] = after

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is kept, or nothing where the block raises. One inside another is a savepoint."""
        with self._lock:
            inner = self.writer.in_transaction
            self.writer.execute("SAVEPOINT inner" if inner else "BEGIN IMMEDIATE")
            try:
                yield self.writer
            except BaseException:
                self.writer.execute("ROLLBACK TO inner" if inner else "ROLLBACK")
                raise
            finally:
                if inner:
                    self.writer.execute("RELEASE inner")
            if not inner:
                self.writer.execute("COMMIT")

    def insert(self, object_name: str, row: Row) -> None:
        """Insert one record, inside `writing`."""
        self.writer.execute(_insert(object_name, list(row)), tuple(row.values()))

    def update(self, object_name: str, record_id: str, row: Row) -> None:
        """Change one record, inside `writing`."""
        settings = ", ".join(f'"{name}" = ?' for name in row)
        self.writer.execute(f'UPDATE "{object_name}" SET {settings} WHERE "Id" = ?', (*row.values(), record_id))

    def remove(self, object_name: str, record_id: str) -> None:
        """Remove one record for good, inside `writing`."""
        self.writer.execute(f'DELETE FROM "{object_name}" WHERE "Id" = ?', (record_id,))

    def note_deletion(self, object_name: str, record_id: str, at: str) -> None:
        """Remember when a record was deleted, inside `writing`."""
        self.writer.execute('INSERT INTO "_deleted" VALUES (?, ?, ?)', (object_name, record_id, at))

    def forget_deletion(self, object_name: str, record_id: str) -> None:
        """The record is back, inside `writing`."""
        self.writer.execute('DELETE FROM "_deleted" WHERE object = ? AND id = ?', (object_name, record_id))

    def ask(self, sql: str, values: Sequence[Stored] = ()) -> list[tuple[Stored, ...]]:
        """The rows of a query, as the writer sees them now."""
        with self._lock:
            return self.writer.execute(sql, values).fetchall()

    def find(self, object_name: str, column: str, value: Stored) -> list[Row]:
        """Every record with that value in that column, as the writer sees them now."""
        with self._lock:
            collation = " COLLATE NOCASE" if column != "Id" else ""
            found = self.writer.execute(f'SELECT * FROM "{object_name}" WHERE "{column}" = ?{collation}', (value,))
            names = [description[0] for description in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def get(self, object_name: str, record_id: str) -> Row | None:
        """One record, deleted or not, as the writer sees it now."""
        found = self.find(object_name, "Id", record_id)
        return found[0] if found else None

    def count(self, object_name: str) -> int:
        """How many records there are, those in the recycle bin not counted."""
        where = "WHERE IsDeleted = 0" if self.objects[object_name].has_bin else ""
        with self.reading() as reader:
            return int(reader.execute(f'SELECT COUNT(*) FROM "{object_name}" {where}').fetchone()[0])

    def take_reader(self) -> sqlite3.Connection:
        """A connection in a transaction of its own: it sees the records as they are now until it is given back."""
        with self._lock:
            reader = self._readers.pop() if self._readers else self._connect()
        reader.execute("BEGIN")
        return reader

    def give_back(self, reader: sqlite3.Connection) -> None:
        """The reader is not needed any more."""
        reader.execute("ROLLBACK")
        with self._lock:
            self._readers.append(reader)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A reader for the block."""
        reader = self.take_reader()
        try:
            yield reader
        finally:
            self.give_back(reader)

    def close(self) -> None:
        """Close what is open and remove the file."""
        for connection in (*self._readers, self.writer):
            connection.close()
        self._folder.cleanup()


def _column(field: Field) -> str:
    more = " PRIMARY KEY" if field.name == "Id" else " DEFAULT 0" if field.type == "boolean" else ""
    return f'"{field.name}" {_SQL_TYPES.get(field.type, "TEXT")}{more}'


def _insert(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'
