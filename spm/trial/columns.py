"""What the columns of each file are, and how their text becomes exact values; every mistake at once.

A column may stand under other names as well. Text that is no value of its column's kind is a problem with file, line,
column, value and hint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from problems import Problem, did_you_mean
from spm.frames import MONEY
from spm.trial.tables import Table

LINE = "$row"
"""The column that holds the index of each row in its table."""

_NUMBER = r"^[+-]?(\d{1,26}(\.\d{0,10}0*)?|\.\d{1,10}0*)$"
_PERCENT = r"^[+-]?(\d{1,24}(\.\d{0,8}0*)?|\.\d{1,8}0*)\s*%$"
_DAY = r"^\d{4}-\d{2}-\d{2}$"
_MOMENT = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$"


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    PERSON = "person"  # an email, or any name that is used alike everywhere
    DAY = "day"
    MOMENT = "moment"
    NUMBER = "number"
    SHARE = "share"  # 0.6 or 60 %
    CURRENCY = "currency"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, under which other names it may stand. `required`: in every row."""

    name: str
    kind: Kind = Kind.TEXT
    also: tuple[str, ...] = ()
    required: bool = False
    choices: tuple[str, ...] = ()


_TYPES: dict[Kind, pl.DataType | type[pl.DataType]] = {
    Kind.DAY: pl.Date,
    Kind.MOMENT: pl.Datetime("us", "UTC"),
    Kind.NUMBER: MONEY,
    Kind.SHARE: MONEY,
    Kind.BOOLEAN: pl.Boolean,
}
_HINTS = {
    Kind.DAY: ("is no day.", "Write days as 2026-01-31."),
    Kind.MOMENT: ("is no day or time.", "Write 2026-01-31 or 2026-01-31T14:30:00Z."),
    Kind.NUMBER: (
        "is no number that can be kept exactly.",
        "Write digits with a point, such as 1250000.50: no separators, no currency sign, at most ten places.",
    ),
    Kind.SHARE: ("is no share.", "Write 0.6 or 60 %."),
    Kind.CURRENCY: ("is no currency.", "Write its three letters, such as EUR."),
    Kind.BOOLEAN: ("is neither true nor false.", "Write true or false."),
}


def typed(table: Table, columns: Sequence[Column], *, further: bool = False) -> tuple[pl.DataFrame, list[Problem]]:
    """The table's values: each of `columns` by its name (null where nothing is said) and the row's index in `$row`.

    With `further` other columns stay as text, under their own names; without it they are problems. Values that cannot
    be read are null, and each is a problem.
    """
    found, unknown = _matched(table, columns)
    problems = [] if further else _unknown(table, columns, unknown)
    problems += _missing(table, columns, found)
    parts = [pl.Series(LINE, range(table.frame.height), dtype=pl.Int64)]
    for column in columns:
        values, wrong = _column(table, column, found.get(column.name))
        parts.append(values)
        problems += wrong
    if further:
        parts += [table.frame[name] for name in unknown]
    return pl.DataFrame(parts), problems


def _matched(table: Table, columns: Sequence[Column]) -> tuple[dict[str, str], list[str]]:
    """The file's own name of each column that is there, and the names that are no column's."""
    there = {name.lower(): name for name in table.frame.columns}
    found: dict[str, str] = {}
    for column in columns:
        match = next((word for word in (column.name, *column.also) if word in there), None)
        if match is not None:
            found[column.name] = there.pop(match)
    return found, list(there.values())


def _unknown(table: Table, columns: Sequence[Column], unknown: Sequence[str]) -> list[Problem]:
    known = [column.name for column in columns]
    words = [word for column in columns for word in (column.name, *column.also)]
    listed = f"Columns of this table are: {', '.join(known)}."
    message = "there is no such column in this table."
    return [Problem(table.header, name, message, did_you_mean(name, words, listed)) for name in unknown]


def _missing(table: Table, columns: Sequence[Column], found: dict[str, str]) -> list[Problem]:
    lacking = [column for column in columns if column.required and column.name not in found]
    names = [" or ".join((column.name, *column.also)) for column in lacking]
    return [
        Problem(table.header, column.name, "the column is missing.", f"Add it: {name}.")
        for column, name in zip(lacking, names, strict=True)
    ]


def _column(table: Table, column: Column, given: str | None) -> tuple[pl.Series, list[Problem]]:
    kind = _TYPES.get(column.kind, pl.String)
    if given is None:
        return pl.Series(column.name, [None] * table.frame.height, dtype=kind), []
    text = table.frame[given].alias("text")
    values = pl.DataFrame([text]).select(_value(column, pl.col("text")).alias(column.name)).to_series()
    message, hint = _HINTS.get(column.kind, ("is not known here.", f"Write one of {', '.join(column.choices)}."))
    unread = (text.is_not_null() & values.is_null()).arg_true()
    problems = [Problem(table.where(row), given, f"{text[row]!r} {message}", hint) for row in unread]
    if column.required:
        empty = text.is_null().arg_true()
        problems += [Problem(table.where(row), given, "is empty.", "Fill it in, or take the row out.") for row in empty]
    return values, problems


def _value(column: Column, text: pl.Expr) -> pl.Expr:
    match column.kind:
        case Kind.DAY:
            return days(text)
        case Kind.MOMENT:
            return moments(text)
        case Kind.NUMBER:
            return numbers(text)
        case Kind.SHARE:
            return shares(text)
        case Kind.BOOLEAN:
            return booleans(text)
        case Kind.PERSON:
            return people(text)
        case Kind.CURRENCY:
            capitals = text.str.to_uppercase()
            return pl.when(capitals.str.contains(r"^[A-Z]{3}$")).then(capitals)
        case _:
            lowered = text.str.to_lowercase()
            return pl.when(lowered.is_in(list(column.choices))).then(lowered) if column.choices else text


def numbers(text: pl.Expr) -> pl.Expr:
    """Exact decimals; null for what is none or cannot be kept in ten places."""
    return pl.when(text.str.contains(_NUMBER)).then(text).cast(MONEY, strict=False)


def shares(text: pl.Expr) -> pl.Expr:
    """Exact fractions, of fractions or of per cent."""
    number = pl.when(text.str.contains(_PERCENT)).then(text.str.strip_suffix("%").str.strip_chars())
    hundredth = pl.lit("0.01").cast(MONEY)
    return pl.coalesce(numbers(text), (number.cast(MONEY, strict=False) * hundredth).cast(MONEY))


def days(text: pl.Expr) -> pl.Expr:
    """Days written 2026-01-31."""
    return pl.when(text.str.contains(_DAY)).then(text).str.to_date("%Y-%m-%d", strict=False)


def booleans(text: pl.Expr) -> pl.Expr:
    """true and false, also as yes and no."""
    lowered = text.str.to_lowercase()
    return pl.when(lowered.is_in(["true", "yes"])).then(True).when(lowered.is_in(["false", "no"])).then(False)


def people(text: pl.Expr) -> pl.Expr:
    """Whoever is meant: an email in small letters; another name as it is."""
    return pl.when(text.str.contains("@", literal=True)).then(text.str.to_lowercase()).otherwise(text)


def moments(text: pl.Expr) -> pl.Expr:
    """Times in UTC; without a zone they are taken to be, and a day is its beginning."""
    zone = text.str.extract(r"(Z|[+-]\d{2}:?\d{2})$")
    bare = text.str.replace(r"(Z|[+-]\d{2}:?\d{2})$", "").str.replace(" ", "T", literal=True)
    seconds = pl.when(bare.str.contains(r"T\d{2}:\d{2}$")).then(bare + ":00").otherwise(bare)
    whole = pl.when(text.str.contains(_MOMENT)).then(seconds + zone.fill_null("Z"))
    day = pl.when(text.str.contains(_DAY)).then(text + "T00:00:00Z")
    moment = pl.coalesce(whole, day).str.replace("Z", "+00:00", literal=True)
    return moment.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)
