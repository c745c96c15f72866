"""The fiscal calendar: months, quarters and years with the names people use for them.

A fiscal year is named for the calendar year it ends in: with a start in February, fiscal 2026 is February 2025 to
January 2026 and its first quarter is `2026-Q1`. Months keep their calendar name, `2026-03` is always March 2026.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from spm.frames import PERIODS

KINDS = ("month", "quarter", "year")
"""The kinds of period, from the shortest; each lies wholly inside one of the next."""

_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}


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
    rows = [row for year in years for kind in KINDS for row in _of_year(year, kind, fiscal_year_start_month)]
    return pl.DataFrame(rows, schema=PERIODS, orient="row")


def _of_year(year: int, kind: str, start_month: int) -> list[tuple[str, str, date, date]]:
    length = _MONTHS_IN[kind]
    first = _month_of(year, start_month, 0)
    starts = [_after(first, months) for months in range(0, 12, length)]
    return [
        (_name(kind, year, number, start), kind, start, _after(start, length) - timedelta(days=1))
        for number, start in enumerate(starts, 1)
    ]


def _month_of(year: int, start_month: int, months: int) -> date:
    return _after(date(year - (start_month > 1), start_month, 1), months)


def _after(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def _name(kind: str, year: int, number: int, start: date) -> str:
    if kind == "month":
        return f"{start:%Y-%m}"
    return f"{year}-Q{number}" if kind == "quarter" else str(year)
