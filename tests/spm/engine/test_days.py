"""The days of a calculation: which periods hold them, how they are counted, which span is longer."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spm.calendar import periods
from spm.engine.days import counted, days_of, longer
from spm.plans.model import DaysBy, Span

CALENDAR = periods(2, 2026, 2027)  # February 2025 to January 2027
ANY = st.dates(date(2025, 1, 1), date(2026, 12, 31))


def count(first: date, last: date, by: DaysBy = DaysBy.WORKING_DAYS, holidays: tuple[date, ...] = ()) -> int:
    frame = pl.DataFrame({"first": [first], "last": [last]})
    return int(frame.select(counted(pl.col("first"), pl.col("last"), by, holidays)).item())


@pytest.mark.parametrize(
    ("first", "last", "days", "working"),
    [
        ("2026-01-01", "2026-01-31", 31, 22),
        ("2026-01-03", "2026-01-04", 2, 0),  # a weekend
        ("2026-01-02", "2026-01-05", 4, 2),  # Friday to Monday
        ("2026-01-05", "2026-01-05", 1, 1),
        ("2026-01-06", "2026-01-05", 0, 0),  # not in order
        ("2024-02-01", "2024-02-29", 29, 21),
    ],
)
def test_days_are_counted_with_both_ends(first: str, last: str, days: int, working: int) -> None:
    ends = date.fromisoformat(first), date.fromisoformat(last)
    assert count(*ends, DaysBy.CALENDAR_DAYS) == days
    assert count(*ends) == working


@settings(deadline=None)
@given(ANY, ANY, st.lists(ANY, max_size=5))
def test_working_days_are_mondays_to_fridays_without_holidays(first: date, last: date, holidays: list[date]) -> None:
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert count(first, last, holidays=tuple(holidays)) == sum(
        day.weekday() < 5 and day not in holidays for day in days
    )


def test_every_day_lies_in_the_period_that_holds_it() -> None:
    made = days_of(CALENDAR)
    for kind in (Span.MONTH, Span.QUARTER, Span.HALF, Span.YEAR):
        spans = made.of_kind(kind).select("number", "starts_on", "ends_on")
        joined = made.days.select("on", number=kind.value).join(spans, on="number")
        assert joined.filter(pl.col("on").is_between("starts_on", "ends_on")).height == made.days.height == 730
        assert made.days[kind.value].is_sorted()
    assert made.days["plan"].unique().to_list() == [0]


@pytest.mark.parametrize(
    ("day", "kind", "number", "last"),
    [
        (date(2025, 2, 1), Span.MONTH, 0, date(2025, 2, 28)),
        (date(2026, 8, 3), Span.HALF, 3, date(2027, 1, 31)),
        (date(2027, 1, 31), Span.YEAR, 1, date(2027, 1, 31)),
        (date(2025, 1, 31), Span.YEAR, None, None),  # before the calendar
        (date(2027, 2, 1), Span.MONTH, None, None),  # after it
    ],
)
def test_a_day_has_the_number_and_the_end_of_its_period(
    day: date, kind: Span, number: int | None, last: date | None
) -> None:
    made = days_of(CALENDAR)
    assert (made.number(day, kind), made.last_day(day, kind)) == (number, last)


def test_the_order_of_the_rows_changes_nothing() -> None:
    assert days_of(CALENDAR.reverse()).days.equals(days_of(CALENDAR).days)


def test_a_day_in_a_gap_is_in_no_calendar() -> None:
    gap = CALENDAR.filter(pl.col("period") != "2025-05")
    assert set(days_of(CALENDAR).days["on"]) - set(days_of(gap).days["on"]) == {
        date(2025, 5, 1) + timedelta(days=number) for number in range(31)
    }


def test_a_calendar_without_a_kind_has_no_numbers_of_it() -> None:
    made = days_of(CALENDAR.filter(pl.col("kind") != "half"))
    assert made.days["half"].null_count() == made.days.height == 730


def test_no_periods_hold_no_days() -> None:
    assert days_of(CALENDAR.clear()).days.height == 0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Span.MONTH, Span.QUARTER, Span.QUARTER),
        (Span.HALF, Span.QUARTER, Span.HALF),
        (Span.YEAR, Span.HALF, Span.YEAR),
        (Span.PLAN, Span.YEAR, Span.PLAN),
        (Span.DEAL, Span.MONTH, Span.MONTH),
        (Span.MONTH, Span.MONTH, Span.MONTH),
    ],
)
def test_the_longer_of_two_spans(one: Span, other: Span, expected: Span) -> None:
    assert longer(one, other) is longer(other, one) is expected
