"""The mappings' own fields of deals: kept as JSON with their kind, read back as columns of that type.

Two connections may give one name two kinds; then it is read as text. A value written under an earlier kind, which is
not of the present one, reads as no value until its deal is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, text

from spm.frames import DEALS, MONEY


class CustomColumn(NamedTuple):
    """An own field as a column: `value` is its expression over `deal`."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    value: sql.Composed


_READ: dict[str, tuple[pl.DataType | type[pl.DataType], str, str]] = {
    "text": (pl.String, "text", ""),
    "number": (MONEY, "numeric", r"^-?[0-9]+(\.[0-9]+)?$"),
    "date": (pl.Date, "date", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    "datetime": (pl.Datetime("us", "UTC"), "timestamptz", r"^[0-9]{4}-[0-9]{2}-[0-9]{2} "),
    "boolean": (pl.Boolean, "boolean", "^(true|false)$"),
}
"""Kind to column type, SQL type and the form its text has."""


def custom_columns(conn: Connection) -> list[CustomColumn]:
    """Every own field of any connection, by name; names that are columns of every deal are passed over."""
    rows = conn.execute(
        text(
            "SELECT name, CASE min(kind) WHEN max(kind) THEN min(kind) ELSE 'text' END FROM custom_field GROUP BY name"
        )
    )
    return [_column(name, kind) for name, kind in sorted((row[0], row[1]) for row in rows) if name not in DEALS]


def _column(name: str, kind: str) -> CustomColumn:
    return CustomColumn(name, _READ[kind][0], _value("deal", name, kind))


def _value(row: str, name: str, kind: str) -> sql.Composed:
    _, sql_type, form = _READ[kind]
    said = sql.SQL("({} ->> {})").format(sql.Identifier(row, "custom"), sql.Literal(name))
    return sql.SQL("CASE WHEN {said} ~ {form} THEN {said}::{type} END").format(
        said=said, form=sql.Literal(form), type=sql.SQL(sql_type)
    )


def date_fields(conn: Connection, connection_id: int) -> tuple[str, ...]:
    """The own fields of the connection's deals that are days: a plan may credit on one of them."""
    rows = conn.scalars(
        text("SELECT name FROM custom_field WHERE connection_id = :connection AND kind = 'date' ORDER BY name"),
        {"connection": connection_id},
    )
    return tuple(rows)


_FIRST_PAYMENT = """CASE WHEN EXISTS (SELECT FROM payment)
    THEN (SELECT min(happened_on) FROM payment WHERE deal_crm_id = {}) END"""
"""Where there are no payments at all, which is asked once a statement, none are looked for."""


def first_day(row: str, dates: Sequence[str]) -> sql.Composed:
    """The first day a deal in that row of a statement can count on: today while it is open, else the earliest of its
    close date, its own days and its payments. Needs the value `today`."""
    paid = sql.SQL(_FIRST_PAYMENT).format(sql.Identifier(row, "crm_id"))
    days = [sql.Identifier(row, "close_date"), *(_value(row, name, "date") for name in dates), paid]
    return sql.SQL("CASE WHEN {} = 'open' THEN %(today)s ELSE coalesce(LEAST({}), %(today)s) END").format(
        sql.Identifier(row, "status"), sql.SQL(", ").join(days)
    )
