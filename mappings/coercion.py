"""The values an expression gave, made what the SPM field holds; what cannot be is left empty and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from mappings.kinds import INSTANT, MONEY, family
from mappings.reading import first_moments, instants, numbers, typed
from connectors.base import FieldKind

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

_EMAIL = r"^[^@\s,;<>]+@[^@\s,;<>]+$"
_CURRENCY = r"^[A-Z]{3}$"


def coerced(values: pl.Series, kind: str, time_zone: str) -> pl.Series:
    """`values` as a field of `kind`: null where there is none and where it cannot be. The caller made sure, with
    `check_kinds`, that such values can become such a field at all. Numbers are rounded, halves away from zero, to
    ten places: only calculated ones have more, since more written digits are not read."""
    if values.dtype == pl.Null:
        return values.cast(TYPES[kind])
    return _COERCIONS[kind](values, time_zone).cast(TYPES[kind])


def _text(values: pl.Series, _time_zone: str) -> pl.Series:
    if family(values.dtype) == "number":
        return plain_numbers(values)
    if family(values.dtype) == "datetime":
        return _utc(values, _time_zone).dt.to_string("%Y-%m-%dT%H:%M:%SZ")
    return values.cast(pl.String).replace("", None)


def plain_numbers(values: pl.Series) -> pl.Series:
    """Numbers as people write them: no exponent, no zeros at the end, no minus before nothing."""
    text = values.cast(pl.String)
    if values.dtype.is_decimal():
        text = pl.select(
            pl.when(text.str.contains(".", literal=True))
            .then(text.str.strip_chars_end("0").str.strip_chars_end("."))
            .otherwise(text)
        ).to_series()
    return text.replace("-0", "0").rename(values.name)


def _number(values: pl.Series, _time_zone: str) -> pl.Series:
    if values.dtype == pl.String:
        return numbers(values.str.strip_chars())
    if values.dtype.is_decimal():
        values = values.round(10, mode="half_away_from_zero")
    return values.cast(MONEY, strict=False)


def _date(values: pl.Series, time_zone: str) -> pl.Series:
    if values.dtype == pl.String:
        days = values.str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
        return days.fill_null(instants(values.str.strip_chars(), time_zone).dt.convert_time_zone(time_zone).dt.date())
    if values.dtype == pl.Date:
        return values
    return _utc(values, time_zone).dt.convert_time_zone(time_zone).dt.date()


def _datetime(values: pl.Series, time_zone: str) -> pl.Series:
    if values.dtype == pl.String:
        return instants(values.str.strip_chars(), time_zone)
    if values.dtype == pl.Date:
        return first_moments(values, time_zone)
    return _utc(values, time_zone)


def _utc(values: pl.Series, time_zone: str) -> pl.Series:
    """Moments in UTC; those without a time zone (from strptime) are in the account's."""
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is None:
        values = values.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return values.dt.convert_time_zone("UTC")


def _boolean(values: pl.Series, time_zone: str) -> pl.Series:
    return typed(values, FieldKind.BOOLEAN, time_zone) if values.dtype == pl.String else values


def _email(values: pl.Series, time_zone: str) -> pl.Series:
    lowered = _text(values, time_zone).str.strip_chars().str.to_lowercase()
    return lowered.set(~lowered.str.contains(_EMAIL), None)


def _currency(values: pl.Series, time_zone: str) -> pl.Series:
    capitals = _text(values, time_zone).str.strip_chars().str.to_uppercase()
    return capitals.set(~capitals.str.contains(_CURRENCY), None)


_COERCIONS: Mapping[str, Callable[[pl.Series, str], pl.Series]] = {
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
