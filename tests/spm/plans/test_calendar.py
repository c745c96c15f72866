"""The fiscal calendar."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from spm.calendar import KINDS, fiscal_year, periods
from spm.frames import PERIODS


@pytest.mark.parametrize(
    ("start_month", "day", "month", "quarter", "year"),
    [
        (1, date(2026, 3, 31), "2026-03", "2026-Q1", "2026"),
        (1, date(2026, 12, 31), "2026-12", "2026-Q4", "2026"),
        (2, date(2026, 1, 31), "2026-01", "2026-Q4", "2026"),  # the year ends in January 2026
        (2, date(2026, 2, 1), "2026-02", "2027-Q1", "2027"),
        (7, date(2025, 7, 1), "2025-07", "2026-Q1", "2026"),
        (12, date(2024, 2, 29), "2024-02", "2024-Q1", "2024"),
    ],
)
def test_a_day_lies_in_the_periods_people_name(
    start_month: int, day: date, month: str, quarter: str, year: str
) -> None:
    calendar = periods(start_month, 2024, 2027)
    holding = calendar.filter(pl.lit(day).is_between("starts_on", "ends_on"))
    assert {row["kind"]: row["period"] for row in holding.iter_rows(named=True)} == {
        "month": month,
        "quarter": quarter,
        "year": year,
    }
    assert str(fiscal_year(day, start_month=start_month)) == year


@pytest.mark.parametrize("start_month", range(1, 13))
@pytest.mark.parametrize("kind", KINDS)
def test_periods_follow_each_other_without_gap_or_overlap(start_month: int, kind: str) -> None:
    of_kind = periods(start_month, 2023, 2025).filter(kind=kind).sort("starts_on")
    starts, ends = of_kind["starts_on"].to_list(), of_kind["ends_on"].to_list()
    assert [end + timedelta(days=1) for end in ends[:-1]] == starts[1:]
    assert of_kind["period"].n_unique() == of_kind.height == {"month": 36, "quarter": 12, "year": 3}[kind]


def test_the_frame_is_that_of_the_contract() -> None:
    assert dict(periods(1, 2026, 2026).schema) == PERIODS
    assert isinstance(periods(1, 2026, 2026), pl.DataFrame)


@pytest.mark.parametrize(("start_month", "first", "last"), [(0, 2026, 2026), (13, 2026, 2026), (1, 2026, 2025)])
def test_a_calendar_that_makes_no_sense_is_refused(start_month: int, first: int, last: int) -> None:
    with pytest.raises(ValueError, match=r"fiscal year|first year"):
        periods(start_month, first, last)
