"""What kind of value an expression gives, once the kinds of the CRM's fields are known; and whether that can work.

Numbers are exact decimals throughout. An expression whose parts do not fit (a text in a sum, a date compared with a
text) is refused here, with the words of the file, instead of by Polars in the middle of a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import polars as pl

from connectors.base import FieldKind
from mappings.expressions import Expression, ExpressionError, compiled
from mappings.target import NUMBERS

MONEY = pl.Decimal(38, 10)
"""Every number: 28 digits before the point, 10 after it."""

INSTANT = pl.Datetime("us", "UTC")

Columns = tuple[tuple[str, FieldKind | None], ...]
"""The fields an expression reads and their kinds; None is a field that is not there and is read as empty."""

_FAMILIES: dict[str, str] = {
    "text": "text",
    "email": "text",
    "currency": "text",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    **dict.fromkeys(NUMBERS, "number"),
}
_BECOMES: dict[str, tuple[str, ...]] = {
    "text": ("text", "number", "boolean", "date", "datetime"),
    "number": ("number", "text"),
    "boolean": ("boolean", "text"),
    "date": ("date", "datetime", "text"),
    "datetime": ("datetime", "date", "text"),
}
"""Which kinds of value each kind of field can be made of; text is read as the field demands, record by record."""


def column_type(kind: FieldKind | None, time_zone: str) -> pl.DataType:
    """The type of a CRM field's column while expressions look at it; instants are shown in the account's time."""
    types: dict[FieldKind | None, pl.DataType] = {
        FieldKind.TEXT: pl.String(),
        FieldKind.NUMBER: MONEY,
        FieldKind.BOOLEAN: pl.Boolean(),
        FieldKind.DATE: pl.Date(),
        FieldKind.DATETIME: pl.Datetime("us", time_zone),
        None: pl.Null(),
    }
    return types[kind]


def family(dtype: pl.DataType) -> str:
    """number, text, boolean, date, datetime, nothing, or what it is where no field can be that."""
    if dtype.is_decimal() or dtype.is_integer():
        return "number"
    names: dict[type[pl.DataType], str] = {
        pl.String: "text",
        pl.Boolean: "boolean",
        pl.Date: "date",
        pl.Datetime: "datetime",
        pl.Null: "nothing",
    }
    return names.get(type(dtype), str(dtype).lower())


def check_kinds(expression: Expression, columns: Columns, time_zone: str, target: str) -> pl.DataType:
    """The type of what the expression gives on CRM fields of these kinds.

    Raises ExpressionError where it does not work on them, or a field of kind `target` cannot be made of what it gives.
    """
    types = tuple((name, column_type(kind, time_zone)) for name, kind in columns)
    return check_types(expression, types, target)


@lru_cache(maxsize=4096)
def check_types(expression: Expression, columns: tuple[tuple[str, pl.DataType], ...], target: str) -> pl.DataType:
    """The same on columns of these types."""
    frame = _one_empty_record(columns)
    _parts_fit(expression, frame)
    dtype = _type_of(expression.sql, frame)
    given = family(dtype)
    if given not in ("nothing", *_BECOMES[_FAMILIES[target]]):
        raise ExpressionError(f"{expression.text!r} gives {_a(given)}, and {target} is needed.", "Map another field.")
    return dtype


def _one_empty_record(columns: tuple[tuple[str, pl.DataType], ...]) -> pl.DataFrame:
    schema = dict(columns)
    return pl.DataFrame({"$row": [0], **{name: [None] for name in schema}}, schema={"$row": pl.Int64, **schema})


def _parts_fit(expression: Expression, frame: pl.DataFrame) -> None:
    demands = {
        "number": expression.numbers,
        "text": expression.texts,
        "date": expression.dates,
        "boolean": expression.booleans,
    }
    for wanted, parts in demands.items():
        for part in parts:
            given = family(_type_of(part, frame))
            if given not in _accepted(wanted):
                raise ExpressionError(f"{_shown(part)} is {_a(given)}, not {_a(wanted)}.", _WRITE_INSTEAD[wanted])
    for left, right in expression.alike:
        kinds = {family(_type_of(part, frame)) for part in (left, right)} - {"nothing"}
        if len(kinds) > 1:
            raise ExpressionError(
                f"{_shown(left)} and {_shown(right)} are of different kinds: {' and '.join(sorted(kinds))}.",
                _different(kinds),
            )


_WRITE_INSTEAD = {
    "text": "Write cast(... as text) around it.",
    "boolean": "Write a comparison, such as StageName = 'Won'.",
    "number": "Write cast(... as decimal) around a text that holds a number.",
    "date": "Write strptime(..., '%d.%m.%Y') around a text that holds a date.",
}


def _accepted(wanted: str) -> tuple[str, ...]:
    return ("date", "datetime", "nothing") if wanted == "date" else (wanted, "nothing")


def _different(kinds: set[str]) -> str:
    if kinds == {"date", "text"}:
        return "A date is written date '2026-01-31'."
    if kinds == {"date", "datetime"} or kinds == {"datetime", "text"}:
        return "Compare days: cast(CreatedDate as date) >= date '2026-01-31'."
    if "boolean" in kinds:
        return "Write true or false without quotes."
    return "Make one of them the other's kind with cast(... as ...)."


def _type_of(sql: str, frame: pl.DataFrame) -> pl.DataType:
    """The type Polars gives a part, having run it on an empty record: some errors only show there."""
    try:
        return frame.with_columns(compiled(sql).alias("$row")).schema["$row"]
    except pl.exceptions.PolarsError as error:
        said = next(iter(_plain_lines(error)), "it does not fit the fields' kinds")
        raise ExpressionError(
            f"{_shown(sql)} cannot be calculated: {said}.", "Check the kinds of its fields."
        ) from error


def _plain_lines(error: Exception) -> Iterator[str]:
    return (line.strip().rstrip(".") for line in str(error).splitlines() if line.strip())


def _shown(sql: str) -> str:
    text = sql.replace('"', "")
    return text if len(text) <= 60 else f"{text[:57]}..."


def _a(kind: str) -> str:
    return {"nothing": "empty", "boolean": "yes or no"}.get(kind, f"a {kind}")
