"""Which fiscal month, quarter and year each day lies in; periods get numbers that sort as they follow each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from spm.plans.model import Span

_LENGTH = {span: number for number, span in enumerate(Span)}


@dataclass(frozen=True, slots=True)
class Days:
    """The calendar of one calculation.

    `days`: one row a day, `on` and for each kind the number of its period (`month`, `quarter`, `year`).
    `periods`: `number`, `kind`, `period` (its name), `starts_on`, `ends_on`; numbers follow time
    within a kind, and `rank` the order of names over all kinds.
    """

    days: pl.DataFrame
    periods: pl.DataFrame

    def of_kind(self, kind: Span) -> pl.DataFrame:
        """The periods of one kind, in order."""
        return self.periods.filter(pl.col("kind") == kind.value)

    def number(self, day: date, kind: Span) -> int | None:
        """The number of the period of that kind which holds `day`; None outside the calendar."""
        found = self.days.filter(pl.col("on") == day)[kind.value]
        return found[0] if found.len() else None

    def last_day(self, day: date, kind: Span) -> date | None:
        """The last day of the period of that kind which holds `day`; None outside the calendar."""
        found = self.of_kind(kind).filter(pl.lit(day).is_between("starts_on", "ends_on"))["ends_on"]
        return found[0] if found.len() else None


def longer(one: Span, other: Span) -> Span:
    """The longer of two kinds of period."""
    return max(one, other, key=_LENGTH.__getitem__)


def days_of(periods: pl.DataFrame) -> Days:
    """The calendar that these periods (frames.PERIODS) make; a day needs a period of each kind to be in it."""
    numbered = periods.sort("starts_on", "kind").with_columns(
        number=pl.int_range(pl.len(), dtype=pl.Int32).over("kind"), rank=pl.col("period").rank("dense").cast(pl.Int32)
    )
    month, quarter, year = (_days_of_kind(numbered, kind) for kind in (Span.MONTH, Span.QUARTER, Span.YEAR))
    return Days(month.join(quarter, on="on").join(year, on="on").sort("on"), numbered)


def _days_of_kind(periods: pl.DataFrame, kind: Span) -> pl.DataFrame:
    of_kind = periods.filter(pl.col("kind") == kind.value)
    on = pl.date_ranges("starts_on", "ends_on").alias("on")
    return of_kind.select(on, pl.col("number").alias(kind.value)).explode("on").unique("on", keep="first")
