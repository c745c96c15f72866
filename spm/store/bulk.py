"""Frames in and out of PostgreSQL through COPY, inside the caller's transaction.

Text that PostgreSQL cannot hold (the NUL character) is dropped on the way in; an empty text and no value stay apart
both ways. Statements are composed, never formatted: identifiers from our own tables, values bound or quoted by psycopg.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import psycopg
from psycopg import sql
from sqlalchemy import Connection

from spm.frames import Schema

Statement = sql.SQL | sql.Composed
_TIME = "%Y-%m-%d %H:%M:%S%.6f+00"


def driver(conn: Connection) -> psycopg.Connection[tuple[Any, ...]]:
    """The psycopg connection below, in the same transaction."""
    raw = conn.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError(f"the store needs psycopg 3, not {type(raw).__module__}; use postgresql+psycopg in the URL")
    return raw


def run(conn: Connection, statement: Statement, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute a composed statement and return its rows, if it has any.

    Planned anew each time: a plan kept from when a table was small would read all of it for every page later.
    """
    with driver(conn).cursor() as cursor:
        cursor.execute(statement, values, prepare=False)
        return cursor.fetchall() if cursor.description else []


def copy_in(conn: Connection, table: str, frame: pl.DataFrame) -> None:
    """Append the frame to the table's columns of the same names."""
    names = sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table), names)
    with driver(conn).cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_csv(frame))


def _csv(frame: pl.DataFrame) -> bytes:
    text = _written(frame)
    return _written(frame.with_columns(without_nul(pl.col(pl.String)))) if b"\x00" in text else text


def without_nul(column: pl.Expr) -> pl.Expr:
    """Text without the one character PostgreSQL cannot hold; needed by hand only for what becomes JSON."""
    return column.str.replace_all("\x00", "", literal=True)


def _written(frame: pl.DataFrame) -> bytes:
    return frame.write_csv(include_header=False, null_value="", datetime_format=_TIME).encode()


def copy_out(conn: Connection, query: Statement, schema: Schema) -> pl.DataFrame:
    """The rows of a query as a frame of that schema; the query's columns come in the schema's order.

    Sets the transaction's date style and time zone to what is read here.
    """
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query)
    with driver(conn).cursor() as cursor:
        cursor.execute("SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'")
        with cursor.copy(statement) as copy:
            text = b"".join(bytes(block) for block in copy)
    if not text:
        return pl.DataFrame(schema=schema)
    return _read(text, schema)


def _read(text: bytes, schema: Schema) -> pl.DataFrame:
    # Times and booleans come as PostgreSQL writes them, which is not how Polars reads them.
    as_text = {name: pl.String if _is_special(kind) else kind for name, kind in schema.items()}
    frame = pl.read_csv(text, has_header=False, schema=as_text)  # empty is no value, "" is the empty text
    return frame.with_columns(*(_typed(name, kind) for name, kind in schema.items() if _is_special(kind)))


def _is_special(kind: Any) -> bool:
    return isinstance(kind, pl.Datetime) or kind == pl.Boolean


def _typed(name: str, kind: Any) -> pl.Expr:
    if kind == pl.Boolean:
        return pl.col(name) == "t"
    return pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z", time_unit="us", time_zone="UTC")
