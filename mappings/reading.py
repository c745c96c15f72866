"""What the CRM wrote, read as what it is: text columns to numbers, dates and yes or no, never through a float.

Both CRMs' forms are known: `1500`, `1500.25`, `1.5E7`; `2026-01-01T00:00:00.000+0000`, `2024-01-17T19:55:04.281Z`,
milliseconds since 1970, `2026-01-01`; `true`, `false`. Anything else is unreadable, and so are digits that would have
to be dropped: more than 28 before the point or more than 10 after it. An empty text is no value.
"""

from __future__ import annotations

import re
from decimal import Decimal

import polars as pl

from connectors.base import FieldKind
from mappings.kinds import INSTANT, MONEY

_PLACES = 10
_PLAIN = r"^[+-]?\d{1,28}(?:\.\d{1,10}0*)?$"
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DAY = r"^\d{4}-\d{2}-\d{2}$"
_MILLISECONDS = r"^-?\d{9,14}$"
_MOMENT = "%Y-%m-%dT%H:%M:%S%.f%z"


def typed(text: pl.Series, kind: FieldKind, time_zone: str) -> pl.Series:
    """The values of a text column as `kind`; null where there is none and where it cannot be read.

    Instants come in `time_zone`, the account's; a day alone means its first moment there.
    """
    if kind is FieldKind.TEXT:
        return text.replace("", None)
    clean = text.str.strip_chars()
    if kind is FieldKind.NUMBER:
        return numbers(clean)
    if kind is FieldKind.BOOLEAN:
        return _yes_or_no(clean)
    if kind is FieldKind.DATE:
        return _days(clean)
    return instants(clean, time_zone).dt.convert_time_zone(time_zone)


def numbers(clean: pl.Series) -> pl.Series:
    """Exact decimals of texts without spaces around them."""
    plain = clean.str.contains(_PLAIN).fill_null(value=False)
    if not (plain | clean.is_null()).all():
        odd = clean.filter(~plain).drop_nulls().unique()
        clean = clean.replace(odd, pl.Series(odd.name, [_plain_number(text) for text in odd], dtype=pl.String))
    return clean.cast(MONEY, strict=False)


def _plain_number(text: str) -> str | None:
    """A number without its exponent; None where it is none, or would lose digits."""
    if not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text).normalize()
    digits, exponent = number.as_tuple().digits, number.as_tuple().exponent
    assert isinstance(exponent, int)  # the pattern lets no NaN and no infinity through
    if exponent < -_PLACES or len(digits) + exponent > 28:
        return None
    return format(number, "f")


def _yes_or_no(clean: pl.Series) -> pl.Series:
    lowered = clean.str.to_lowercase()
    known = pl.Series(["true", "false"])
    return lowered.replace_strict(known, pl.Series([True, False]), default=None, return_dtype=pl.Boolean)


def _days(clean: pl.Series) -> pl.Series:
    """Days; of a moment (HubSpot sends midnight UTC for a date) the day in UTC."""
    days = clean.str.to_date("%Y-%m-%d", strict=False, exact=True)
    if not _all_read(clean, days):
        days = days.fill_null(instants(clean, "UTC").dt.date())
    return days


def instants(clean: pl.Series, time_zone: str) -> pl.Series:
    """Moments in UTC."""
    moments = clean.str.replace(r"[zZ]$", "+0000").str.to_datetime(
        _MOMENT, time_unit="us", time_zone="UTC", strict=False, exact=True
    )
    if not _all_read(clean, moments):
        moments = moments.fill_null(_from_milliseconds(clean)).fill_null(_from_days(clean, time_zone))
    return moments


def _all_read(clean: pl.Series, read: pl.Series) -> bool:
    return clean.null_count() == read.null_count()


def _from_milliseconds(clean: pl.Series) -> pl.Series:
    whole = clean.set(~clean.str.contains(_MILLISECONDS), None).cast(pl.Int64, strict=False)
    return whole.cast(pl.Datetime("ms", "UTC")).cast(INSTANT)


def _from_days(clean: pl.Series, time_zone: str) -> pl.Series:
    days = clean.set(~clean.str.contains(_DAY), None).str.to_date("%Y-%m-%d", strict=False)
    return first_moments(days, time_zone)


def first_moments(days: pl.Series, time_zone: str) -> pl.Series:
    """When each day begins in that time zone, in UTC; an hour later where its midnight was skipped by the clock."""
    wall = days.cast(pl.Datetime("us"))
    began = wall.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    later = wall.dt.offset_by("1h").dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return began.fill_null(later).dt.convert_time_zone("UTC")


def blank(values: pl.Series) -> pl.Series:
    """Which texts hold nothing but spaces; never null. Values that are no text hold something."""
    if values.dtype != pl.String:
        return none_of(values)
    return (values.str.strip_chars() == "").fill_null(value=False)


def none_of(values: pl.Series) -> pl.Series:
    """As many False as there are values."""
    return pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(values))
