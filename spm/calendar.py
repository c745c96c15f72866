"""The fiscal calendar: months, quarters, halves and years with the names people use for them.

By months, a fiscal year is named for the calendar year it ends in: with a start in February, fiscal 2026 is February
2025 to January 2026, its first quarter is `2026-Q1` and its first half `2026-H1`; months keep their calendar name,
`2026-03` is always March 2026. By weeks (4-4-5 and its sisters) the periods of a year are `2026-P01` to `2026-P12`.
A calendar of one's own takes every name from its table.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, Protocol

import polars as pl

from spm.frames import PERIODS

KINDS = ("month", "quarter", "half", "year")
"""The kinds of period, from the shortest; each lies wholly inside one of the next."""

_MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)

_Row = tuple[str, str, date, date]


Pattern = Literal["months", "4-4-5", "4-5-4", "5-4-4"]
"""The kinds of calendar that a pattern describes."""


class Calendar(Protocol):
    """Which periods there are."""

    def periods(self, first: date, last: date) -> pl.DataFrame:
        """Every period (frames.PERIODS) of the whole fiscal years that the days from `first` to `last` lie in."""


@dataclass(frozen=True, slots=True)
class Months:
    """Fiscal years of twelve calendar months, from `start_month` (1 to 12) on."""

    start_month: int = 1

    def periods(self, first: date, last: date) -> pl.DataFrame:
        """As Calendar says."""
        years = (fiscal_year(day, start_month=self.start_month) for day in (first, last))
        return periods(self.start_month, *years)


class YearRule(StrEnum):
    """How years of whole weeks stay near one date: they always begin on the same weekday, so some have a 53rd week.

    The first two are the rules of 52-53-week tax years (26 CFR 1.441-2).
    """

    NEAREST_MONTH_END = "nearest_month_end"  # a year ends on the weekday nearest to the end of a month
    LAST_IN_MONTH = "last_in_month"  # a year ends on the last such weekday in a month
    FIRST_IN_MONTH = "first_in_month"  # a year begins on the first such weekday in a month


_EARLIEST = {YearRule.NEAREST_MONTH_END: -3, YearRule.LAST_IN_MONTH: -6, YearRule.FIRST_IN_MONTH: 0}
"""The first of the seven days that a year may end on, counted from the end of the month."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """Fiscal years of whole weeks. `pattern`: the weeks of the three periods of a quarter, such as (4, 4, 5).

    `start` is a day that begins a fiscal year; it says near which month's end years end, and on which weekday. A 53rd
    week goes to the last period of its year. A year is named for the calendar year of that month.
    Raises ValueError where no year begins on `start` by the rule.
    """

    pattern: tuple[int, int, int]
    start: date
    rule: YearRule = YearRule.NEAREST_MONTH_END

    def __post_init__(self) -> None:
        month_end = self._month_end
        first = self._last_day(month_end.year) + _DAY
        if first != self.start:
            raise ValueError(f"no year begins on {self.start:%A} {self.start} by the rule {self.rule}, but on {first}")

    @property
    def _month_end(self) -> date:
        """The end of the month that years end near."""
        ended = self.start - _DAY
        ends = (ended.replace(day=1) - _DAY, _month_end(ended.year, ended.month))
        middle = timedelta(days=_EARLIEST[self.rule] + 3)
        return min(ends, key=lambda end: abs(ended - end - middle))

    def _last_day(self, year: int) -> date:
        """The last day of the fiscal year of that name."""
        earliest = _month_end(year, self._month_end.month) + timedelta(days=_EARLIEST[self.rule])
        return earliest + timedelta(days=((self.start - _DAY).weekday() - earliest.weekday()) % 7)

    def _year_of(self, day: date) -> int:
        return next(year for year in range(day.year - 1, day.year + 3) if day <= self._last_day(year))

    def periods(self, first: date, last: date) -> pl.DataFrame:
        """As Calendar says."""
        years = range(self._year_of(first), self._year_of(last) + 1)
        return _frame(row for year in years for row in self._of_year(year))

    def _of_year(self, year: int) -> Iterator[_Row]:
        first, last = self._last_day(year - 1) + _DAY, self._last_day(year)
        starts = [first]
        for weeks in self.pattern * 4:
            starts.append(starts[-1] + weeks * _WEEK)
        starts[-1] = last + _DAY  # the 53rd week is the last period's
        for kind, length in _MONTHS_IN.items():
            for number, at in enumerate(range(0, 12, length), 1):
                name = f"{year}-P{number:02}" if kind == "month" else _name(kind, year, number)
                yield name, kind, starts[at], starts[at + length] - _DAY


@dataclass(frozen=True, slots=True)
class Custom:
    """The periods of a table (frames.PERIODS), as `custom_calendar.checked` leaves it."""

    table: pl.DataFrame

    def periods(self, first: date, last: date) -> pl.DataFrame:
        """As Calendar says; all periods of the table where the days lie in none of its years."""
        years = self.table.filter(kind="year").filter(pl.col("ends_on") >= first, pl.col("starts_on") <= last)
        if years.is_empty():
            return self.table
        start, end = years.select(pl.col("starts_on").min(), pl.col("ends_on").max()).row(0)
        return self.table.filter(pl.col("starts_on") >= start, pl.col("ends_on") <= end)


def calendar_from(pattern: Pattern, start: int | date | None, week_53: YearRule) -> Calendar:
    """The calendar of that pattern. `start`: for `months` the month in which a year starts (None: January), for weeks a
    day that begins a year. Raises ValueError, with what to write, where the two do not fit."""
    if pattern == "months":
        if isinstance(start, date):
            raise ValueError("a year of calendar months starts in a month from 1 to 12, not on a day")
        if start is not None and not 1 <= start <= 12:
            raise ValueError(f"a fiscal year starts in a month from 1 to 12, not {start}")
        return Months(start or 1)
    if not isinstance(start, date):
        raise ValueError(f"for {pattern} say a day that begins a fiscal year, such as 2026-02-01")
    first, second, third = (int(weeks) for weeks in pattern.split("-"))
    return Weeks((first, second, third), start, week_53)


def fiscal_year(day: date, *, start_month: int = 1) -> int:
    """The fiscal year that holds `day`; `start_month` is 1 to 12."""
    return day.year + (start_month > 1 and day.month >= start_month)


def periods(fiscal_year_start_month: int, first_year: int, last_year: int) -> pl.DataFrame:
    """Every period (frames.PERIODS) of the fiscal years from `first_year` to `last_year`, both included.

    Raises ValueError where the month is not 1 to 12 or the years are not in order.
    """
    if not 1 <= fiscal_year_start_month <= 12:
        raise ValueError(f"a fiscal year starts in a month from 1 to 12, not {fiscal_year_start_month}")
    if first_year > last_year:
        raise ValueError(f"the first year {first_year} is after the last, {last_year}")
    years = range(first_year, last_year + 1)
    return _frame(row for year in years for kind in KINDS for row in _of_year(year, kind, fiscal_year_start_month))


def begun(calendar: Calendar, last: date, today: date) -> bool:
    """Whether a period has begun after the day `last`, up to `today`."""
    starts = calendar.periods(min(last, today), today)["starts_on"]
    return bool(starts.is_between(last + _DAY, today).any())


def beginning(calendar: Calendar, day: date) -> date:
    """The first day of the shortest period that holds `day`; the day itself where none does."""
    around = calendar.periods(day, day).filter(pl.lit(day).is_between("starts_on", "ends_on"))
    latest = around["starts_on"].max()
    return latest if isinstance(latest, date) else day


def _frame(rows: Iterable[_Row]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=PERIODS, orient="row")


def _of_year(year: int, kind: str, start_month: int) -> list[_Row]:
    length = _MONTHS_IN[kind]
    first = date(year - (start_month > 1), start_month, 1)
    starts = [_after(first, months) for months in range(0, 12, length)]
    return [
        (f"{start:%Y-%m}" if kind == "month" else _name(kind, year, number), kind, start, _after(start, length) - _DAY)
        for number, start in enumerate(starts, 1)
    ]


def _after(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _name(kind: str, year: int, number: int) -> str:
    return str(year) if kind == "year" else f"{year}-{kind[0].upper()}{number}"
