"""Which fiscal month, quarter, half and year each day lies in; periods get numbers that sort as they follow each other.

Also how days are counted: all of them, or Monday to Friday without holidays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from spm.plans.model import PERIOD_SPANS, DaysBy, Span

DAYS = pl.Decimal(38, 0)
"""Numbers of days, exact in divisions."""

_ORDER = {span: place for place, span in enumerate((Span.DEAL, *PERIOD_SPANS, Span.PLAN))}


@dataclass(frozen=True, slots=True)
class Days:
    """The calendar of one calculation.

    `days`: one row a day, `on` and for each kind the number of its period (`month`, `quarter`, `half`, `year`; null
    where the calendar has no such periods), and 0 as `plan`, since all days are in the one span of that kind.
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
        found = self._holding(day, kind)["number"]
        return found[0] if found.len() else None

    def last_day(self, day: date, kind: Span) -> date | None:
        """The last day of the period of that kind which holds `day`; None outside the calendar."""
        found = self._holding(day, kind)["ends_on"]
        return found[0] if found.len() else None

    def _holding(self, day: date, kind: Span) -> pl.DataFrame:
        return self.of_kind(kind).filter(pl.lit(day).is_between("starts_on", "ends_on"))


def longer(one: Span, other: Span) -> Span:
    """The longer of two spans: a deal, a month, a quarter, a half, a year, the whole time on the plan."""
    return max(one, other, key=_ORDER.__getitem__)


def days_of(periods: pl.DataFrame) -> Days:
    """The calendar that these periods (frames.PERIODS) make; a day that lies in no period of a kind that the calendar
    has is not in it."""
    numbered = periods.sort("starts_on", "kind").with_columns(
        number=pl.int_range(pl.len(), dtype=pl.Int32).over("kind"), rank=pl.col("period").rank("dense").cast(pl.Int32)
    )
    first, last = periods["starts_on"].min(), periods["ends_on"].max()
    if not (isinstance(first, date) and isinstance(last, date)):
        return Days(pl.DataFrame(schema=_SCHEMA), numbered)
    on = pl.date_range(first, last, eager=True).alias("on")
    present = [kind for kind in PERIOD_SPANS if (numbered["kind"] == kind.value).any()]
    numbers = [_numbers(on, numbered, kind) for kind in present]
    days = pl.DataFrame([on, *numbers]).drop_nulls()
    lacking = {kind.value: pl.lit(None, dtype=pl.Int32) for kind in PERIOD_SPANS if kind not in present}
    return Days(days.with_columns(**lacking, plan=pl.lit(0, dtype=pl.Int32)).select(*_SCHEMA), numbered)


_SCHEMA = {"on": pl.Date, **dict.fromkeys([kind.value for kind in (*PERIOD_SPANS, Span.PLAN)], pl.Int32)}


def _numbers(on: pl.Series, numbered: pl.DataFrame, kind: Span) -> pl.Series:
    """The number of each day's period; null where none of that kind holds it. The days are looked up in the first days
    of the periods, which is a hundred times faster than spelling out the days of each."""
    of_kind = numbered.filter(pl.col("kind") == kind.value).sort("starts_on")
    place = of_kind["starts_on"].search_sorted(on, side="right").cast(pl.Int64) - 1
    found = of_kind.select("number", "ends_on")[place.clip(0)]
    inside = (place >= 0) & (on <= found["ends_on"])
    return pl.select(pl.when(inside).then(found["number"]).alias(kind.value)).to_series()


def counted(first: pl.Expr, last: pl.Expr, by: DaysBy = DaysBy.CALENDAR_DAYS, holidays: Sequence[date] = ()) -> pl.Expr:
    """How many days lie from `first` to `last`, both included (exact; 0 where they are not in order)."""
    if by is DaysBy.CALENDAR_DAYS:
        days = (last - first).dt.total_days() + 1
    else:
        days = pl.business_day_count(first, last + timedelta(days=1), holidays=sorted(set(holidays))).cast(pl.Int64)
    return pl.when(first <= last).then(days).otherwise(0).cast(DAYS)


def beside(rows: pl.DataFrame, ends: tuple[str, str], spans: pl.DataFrame) -> pl.DataFrame:
    """Each row beside each of the spans (`begins`, `until`, ... in order, none overlapping) that it shares a day with.

    `ends` names the row's first and last day. The spans are looked up, which takes a tenth of the time of comparing all
    with all.
    """
    begins = spans["begins"]
    low = begins.search_sorted(rows[ends[0]], side="right").cast(pl.Int64) - 1
    high = begins.search_sorted(rows[ends[1]], side="right").cast(pl.Int64)
    places = pl.select(pl.int_ranges(low.clip(0), high)).to_series().alias("place")
    placed = rows.with_columns(places).explode("place").drop_nulls("place")
    found = pl.concat([placed.drop("place"), spans[placed["place"]]], how="horizontal")
    return found.filter(pl.col("until") >= pl.col(ends[0]), pl.col("begins") <= pl.col(ends[1]))


def outside(rows: pl.DataFrame, ends: tuple[str, str], days: Days) -> pl.DataFrame:
    """What of each row lies before and after the calendar, as rows of their own. `ends` names first and last day."""
    begin, end = ends
    first, last = days.days["on"].min(), days.days["on"].max()
    if not (isinstance(first, date) and isinstance(last, date)):
        return rows
    before = rows.with_columns(pl.min_horizontal(end, pl.lit(first - timedelta(days=1))).alias(end))
    after = rows.with_columns(pl.max_horizontal(begin, pl.lit(last + timedelta(days=1))).alias(begin))
    return pl.concat([before, after]).filter(pl.col(begin) <= pl.col(end))
