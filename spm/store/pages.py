"""Put a page of normalised records where SQL can see it: a temporary table per entity, emptied at commit."""

from __future__ import annotations

import polars as pl
from psycopg import sql
from sqlalchemy import Connection

from spm.fields import ENTITIES
from spm.store.bulk import copy_in, run, without_nul
from spm.store.shapes import Shape

ID = "$id"
_KINDS: dict[type[pl.DataType], str] = {
    pl.String: "text",
    pl.Decimal: "number",
    pl.Date: "date",
    pl.Datetime: "datetime",
    pl.Boolean: "boolean",
}
"""What a mapping's own field may be; a frame of another type is a fault of the caller."""


def load_page(conn: Connection, shape: Shape, frame: pl.DataFrame) -> None:
    """Fill the temporary table of the shape with this page alone."""
    _make_room(conn, shape)
    copy_in(conn, shape.page, _as_table(shape, frame))


def _make_room(conn: Connection, shape: Shape) -> None:
    table = sql.Identifier(shape.page)
    there = run(conn, sql.SQL("SELECT to_regclass(%(name)s)"), {"name": f"pg_temp.{shape.page}"})[0][0]
    if there is not None:
        run(conn, sql.SQL("DELETE FROM {}").format(table), {})
        return
    columns = {"crm_id": "text NOT NULL", **shape.columns}
    listed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns.items()
    )
    run(conn, sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DELETE ROWS").format(table, listed), {})


def _as_table(shape: Shape, frame: pl.DataFrame) -> pl.DataFrame:
    fields = [name for name in ENTITIES[shape.entity].names if name in frame.columns]
    columns = [pl.col(name).alias(shape.renamed.get(name, name)) for name in fields]
    custom = [_custom(frame)] if shape.extendable else []
    return frame.select(pl.col(ID).alias("crm_id"), *columns, *custom)


def custom_kinds(shape: Shape, frame: pl.DataFrame) -> dict[str, str]:
    """The mapping's own fields in this page and their kinds.

    Raises TypeError for a field of a type the model cannot keep.
    """
    if not shape.extendable:
        return {}
    known = {*ENTITIES[shape.entity].names}
    return {name: _kind(name, dtype) for name, dtype in frame.schema.items() if name not in known and name[:1] != "$"}


def _kind(name: str, dtype: pl.DataType) -> str:
    kind = _KINDS.get(type(dtype))
    if kind is None:
        raise TypeError(f"field {name!r} is {dtype}: text, number, date, datetime or boolean can be kept")
    return kind


def _custom(frame: pl.DataFrame) -> pl.Expr:
    """The own fields as JSON text without the empty ones; numbers as text with ten places, times in UTC."""
    known = {*ENTITIES["deal"].names}
    own = [name for name in frame.columns if name not in known and name[:1] != "$"]
    if not own:
        return pl.lit("{}").alias("custom")
    return pl.struct(_json_ready(name, frame.schema[name]) for name in own).struct.json_encode().alias("custom")


def _json_ready(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S%.6f+00")
    if dtype == pl.Boolean:
        return pl.col(name)
    return without_nul(pl.col(name).cast(pl.String))
