"""What is wrong with rows although each value can be read: days out of order, quotas that overlap, rates of 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from problems import Problem
from spm.trial.columns import LINE
from spm.trial.people import Frames
from spm.trial.tables import Table

Tables = Mapping[str, Table]

_SPANS = ("quotas", "hierarchy", "assignments", "absences")


def faults(frames: Frames, tables: Tables) -> Iterator[Problem]:
    """All of it, each with file and line."""
    for name in _SPANS:
        if name in tables:
            yield from _out_of_order(frames[name], tables[name])
    if "quotas" in tables:
        yield from _overlapping_quotas(frames["quotas"], tables["quotas"])
    if "fx_rates" in tables:
        yield from _unsound_rates(frames["fx_rates"], tables["fx_rates"])


def _out_of_order(frame: pl.DataFrame, table: Table) -> Iterator[Problem]:
    wrong = frame.filter(pl.col("ends_on") < pl.col("starts_on")).select(LINE, "starts_on", "ends_on")
    for row, first, last in wrong.iter_rows():
        message = f"{last} is before {first}, the first day."
        yield Problem(table.where(row), "ends_on", message, "Correct one of the two days.")


def _overlapping_quotas(quotas: pl.DataFrame, table: Table) -> Iterator[Problem]:
    """Two of one person and measure would add up."""
    of = ("email", pl.col("measure").fill_null("bookings"))
    spans = quotas.drop_nulls(["email", "starts_on"]).sort("starts_on", LINE)
    last = pl.coalesce("ends_on", pl.col("starts_on").dt.month_end())
    reach = last.cum_max().shift(1).over(*of)
    again = spans.filter(pl.col("starts_on") <= reach)
    for row in again[LINE]:
        message = "overlaps another quota of the same person and measure: on such a day both would count."
        yield Problem(table.where(row), "starts_on", message, "End one before the other starts.")


def _unsound_rates(rates: pl.DataFrame, table: Table) -> Iterator[Problem]:
    for row in rates.filter(pl.col("rate") <= 0)[LINE]:
        hint = "Write how many units of `currency` one unit of `base` is worth."
        yield Problem(table.where(row), "rate", "is not above 0.", hint)
    for row in rates.filter(pl.col("base") == pl.col("currency"))[LINE]:
        yield Problem(table.where(row), "currency", "is the base itself.", "Take the row out.")
