"""What the CRM wrote, read as what it is: text columns to numbers, dates and yes or no, never through a float.

Both CRMs' forms are known: `1500`, `1500.25`, `1.5E7`; `2026-01-01T00:00:00.000+0000`, `2024-01-17T19:55:04.281Z`,
milliseconds since 1970, `2026-01-01`; `true`, `false`. Anything else is unreadable, and so are digits that would have
to be dropped: more than 28 before the point or more than 10 after it. An empty text is no value.
"""

from __future__ import annotations

import polars as pl

from connectors.base import FieldKind
from mappings.kinds import INSTANT, MONEY

_PLACES = 10
_LARGEST = 40
# [0-9] and no bounded repetition: Polars builds a pattern anew for every page, and \d{1,28} takes a millisecond
_NUMBER = r"^[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?$"
_USUAL_NUMBER = r"^-?[0-9]+(?:\.[0-9]{1,10})?$"
_FRACTION = r"\.([0-9]*?)0*(?:[eE]|$)"
_EXPONENT = r"[eE]([+-]?[0-9]+)$"
_DAY = r"^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$"
_MILLISECONDS = r"^-?[0-9]+$"
_MOMENT = "%Y-%m-%dT%H:%M:%S%.f%z"


def read(text: pl.Expr, kind: FieldKind, time_zone: str) -> pl.Expr:
    """The values of a text column as `kind`; null where there is none and where it cannot be read.

    Moments come in `time_zone`, the account's; a day alone means its first moment there.
    """
    clean = text.str.strip_chars()
    if kind is FieldKind.NUMBER:
        return numbers(clean)
    if kind is FieldKind.BOOLEAN:
        return yes_or_no(clean)
    if kind is FieldKind.DATE:
        return days(clean, "UTC")
    if kind is FieldKind.DATETIME:
        return moments(clean, time_zone).dt.convert_time_zone(time_zone)
    return pl.when(text != "").then(text)


def read_usual(text: pl.Expr, kind: FieldKind, time_zone: str) -> pl.Expr:
    """The same for the forms that nearly every value has, at a fraction of the cost; null for all others."""
    if kind is FieldKind.NUMBER:
        return pl.when(text.str.contains(_USUAL_NUMBER)).then(text).cast(MONEY, strict=False)
    if kind is FieldKind.BOOLEAN:
        return pl.when(text == "true").then(True).when(text == "false").then(False)
    if kind is FieldKind.DATE:
        return pl.when(text.str.contains(_DAY)).then(text).str.to_date("%Y-%m-%d", strict=False)
    if kind is FieldKind.DATETIME:
        zoned = text.str.replace("Z", "+0000", literal=True)
        return _parsed(zoned).dt.convert_time_zone(time_zone)
    return read(text, kind, time_zone)


def filled(text: pl.Expr) -> pl.Expr:
    """Whether a text holds anything but spaces; never null."""
    return (text.str.strip_chars() != "").fill_null(value=False)


def numbers(clean: pl.Expr) -> pl.Expr:
    """Exact decimals of texts without spaces around them; none that would lose a digit."""
    places = clean.str.extract(_FRACTION).str.len_chars().fill_null(0).cast(pl.Int32)
    exponent = clean.str.extract(_EXPONENT).cast(pl.Int32, strict=False).fill_null(0)
    exact = (places - exponent <= _PLACES) & (exponent < _LARGEST)
    return pl.when(clean.str.contains(_NUMBER) & exact).then(clean).cast(MONEY, strict=False)


def yes_or_no(clean: pl.Expr) -> pl.Expr:
    """true and false, in letters of any size."""
    word = clean.str.to_lowercase()
    return pl.when(word == "true").then(True).when(word == "false").then(False)


def days(clean: pl.Expr, time_zone: str) -> pl.Expr:
    """Days; of a moment the day it is in `time_zone`. HubSpot sends midnight UTC for a date."""
    day = pl.when(clean.str.contains(_DAY)).then(clean).str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(day, _written_moments(clean).dt.convert_time_zone(time_zone).dt.date())


def moments(clean: pl.Expr, time_zone: str) -> pl.Expr:
    """Moments in UTC; of a day alone, its first moment in `time_zone`."""
    day = pl.when(clean.str.contains(_DAY)).then(clean).str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(_written_moments(clean), first_moments(day, time_zone))


def _written_moments(clean: pl.Expr) -> pl.Expr:
    written = _parsed(clean.str.replace(r"Z$", "+0000"))
    since_1970 = pl.when(clean.str.contains(_MILLISECONDS)).then(clean).cast(pl.Int64, strict=False)
    return pl.coalesce(written, since_1970.cast(pl.Datetime("ms", "UTC")).cast(INSTANT))


def _parsed(text: pl.Expr) -> pl.Expr:
    return text.str.to_datetime(_MOMENT, time_unit="us", time_zone="UTC", strict=False)


def first_moments(day: pl.Expr, time_zone: str) -> pl.Expr:
    """When a day begins in that time zone, in UTC; an hour later where its midnight is skipped by the clock."""
    wall = day.cast(pl.Datetime("us"))
    began = wall.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    later = wall.dt.offset_by("1h").dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return pl.coalesce(began, later).dt.convert_time_zone("UTC")
