"""The order of credits: person, day, place of the record, larger share, email of whose credit it was, role, split.

Person, day and place in one number say it nearly always; only the credits of one record that reach a person in several
ways are sorted by the rest.
"""

from __future__ import annotations

import polars as pl

_KEY = "sort key"
_FITS = 2**62
_REST = ["share", "email", "role", "split_id"]


def in_order(rows: pl.DataFrame, place: str, people: pl.DataFrame) -> pl.DataFrame:
    """The credits in order. `place`: the column with the place of the record; `people`: frames.PARTICIPANTS."""
    if rows.is_empty():
        return rows
    key = _key(rows, place)
    ordered = rows.with_columns(key.alias(_KEY)).sort(_KEY)
    same = pl.col(_KEY) == pl.col(_KEY).shift()
    doubled = ordered.select((same | same.shift(-1)).fill_null(value=False)).to_series()
    if not doubled.any():
        return ordered
    at = doubled.arg_true()
    emails = people.select(from_participant_id="participant_id", email="email")
    several = ordered[at].with_columns(at=at).join(emails, on="from_participant_id", how="left")
    told = several.sort(_KEY, *_REST, descending=[False, True, False, False, False])
    rank = pl.int_range(ordered.height, dtype=pl.Int64, eager=True).scatter(at, told["at"].cast(pl.Int64))
    return ordered.select(pl.all().gather(rank))


def _key(rows: pl.DataFrame, place: str) -> pl.Expr:
    """Person, day and place as one number. People of numbers so large that it would not fit are numbered anew."""
    day, person = pl.col("on").to_physical().cast(pl.Int64), pl.col("participant_id")
    first: int
    last: int
    places: int
    people: int
    first, last, places, people = rows.select(
        day.min().alias("first"), day.max().alias("last"), pl.col(place).max(), person.max()
    ).row(0)
    if (people + 1) * (last - first + 1) * (places + 1) >= _FITS:
        person = person.rank("dense").cast(pl.Int64)
    return (person * (last - first + 1) + (day - first)) * (places + 1) + pl.col(place).cast(pl.Int64)
