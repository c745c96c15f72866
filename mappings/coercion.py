"""The values an expression gave, made what the SPM field holds; what cannot be is null, and told by the caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from mappings.kinds import INSTANT, MONEY
from mappings.reading import days, first_moments, moments, numbers, yes_or_no
from mappings.target import NUMBERS

TYPES: Mapping[str, pl.DataType] = {
    "text": pl.String(),
    "email": pl.String(),
    "currency": pl.String(),
    "money": MONEY,
    "number": MONEY,
    "share": MONEY,
    "date": pl.Date(),
    "datetime": INSTANT,
    "boolean": pl.Boolean(),
}
"""The column type of each kind of SPM field."""

_PLACES = 10
_EMAIL = r"^[^@\s,;<>]+@[^@\s,;<>]+$"
_CURRENCY = r"^[A-Z]{3}$"


def coerced(values: pl.Expr, given: pl.DataType, kind: str, time_zone: str) -> pl.Expr:
    """`values` (of type `given`) as a field of `kind`: null where there is none and where it cannot be.

    The caller made sure, with `check_kinds`, that such values can become such a field at all. Numbers are rounded,
    halves away from zero, to ten places: only calculated ones have more, since longer written ones are not read.
    """
    if given == pl.Null:
        return values.cast(TYPES[kind])
    return _COERCIONS[kind](values, given, time_zone).cast(TYPES[kind])


def can_fail(given: pl.DataType, kind: str) -> bool:
    """Whether a value of that type can be there and yet not become a field of that kind."""
    if kind in ("email", "currency"):
        return True
    if given.is_decimal() and kind in NUMBERS:
        return _scale(given) > _PLACES
    return (given == pl.String and kind != "text") or (isinstance(given, pl.Datetime) and given.time_zone is None)


def _scale(dtype: pl.DataType) -> int:
    return dtype.scale if isinstance(dtype, pl.Decimal) else 0


def plain_numbers(values: pl.Expr) -> pl.Expr:
    """Decimals as people write them: no exponent, no zeros at the end, no minus before nothing."""
    text = values.cast(pl.String)
    short = pl.when(text.str.contains(".", literal=True)).then(text.str.strip_chars_end("0").str.strip_chars_end("."))
    return short.otherwise(text).replace("-0", "0")


def _text(values: pl.Expr, given: pl.DataType, time_zone: str) -> pl.Expr:
    if given.is_decimal():
        return plain_numbers(values)
    if isinstance(given, pl.Datetime):
        return _utc(values, given, time_zone).dt.to_string("%Y-%m-%dT%H:%M:%SZ")
    text = values.cast(pl.String)
    return pl.when(text != "").then(text)


def _number(values: pl.Expr, given: pl.DataType, _time_zone: str) -> pl.Expr:
    if given == pl.String:
        return numbers(values.str.strip_chars())
    if _scale(given) > _PLACES:
        values = values.round(_PLACES, mode="half_away_from_zero")
    return values.cast(MONEY, strict=False)


def _date(values: pl.Expr, given: pl.DataType, time_zone: str) -> pl.Expr:
    if given == pl.String:
        return days(values.str.strip_chars(), time_zone)
    if given == pl.Date:
        return values
    return _utc(values, given, time_zone).dt.convert_time_zone(time_zone).dt.date()


def _datetime(values: pl.Expr, given: pl.DataType, time_zone: str) -> pl.Expr:
    if given == pl.String:
        return moments(values.str.strip_chars(), time_zone)
    if given == pl.Date:
        return first_moments(values, time_zone)
    return _utc(values, given, time_zone)


def _utc(values: pl.Expr, given: pl.DataType, time_zone: str) -> pl.Expr:
    """Moments in UTC; those without a time zone (from strptime) are in the account's."""
    if isinstance(given, pl.Datetime) and given.time_zone is None:
        values = values.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return values.dt.convert_time_zone("UTC")


def _boolean(values: pl.Expr, given: pl.DataType, _time_zone: str) -> pl.Expr:
    return yes_or_no(values.str.strip_chars()) if given == pl.String else values


def _email(values: pl.Expr, given: pl.DataType, time_zone: str) -> pl.Expr:
    lowered = _text(values, given, time_zone).str.strip_chars().str.to_lowercase()
    return pl.when(lowered.str.contains(_EMAIL)).then(lowered)


def _currency(values: pl.Expr, given: pl.DataType, time_zone: str) -> pl.Expr:
    capitals = _text(values, given, time_zone).str.strip_chars().str.to_uppercase()
    return pl.when(capitals.str.contains(_CURRENCY)).then(capitals)


_COERCIONS: Mapping[str, Callable[[pl.Expr, pl.DataType, str], pl.Expr]] = {
    "text": _text,
    "money": _number,
    "number": _number,
    "share": _number,
    "date": _date,
    "datetime": _datetime,
    "boolean": _boolean,
    "email": _email,
    "currency": _currency,
}
