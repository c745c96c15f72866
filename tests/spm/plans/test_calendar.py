"""The fiscal calendar."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from spm import wording
from spm.calendar import KINDS, Calendar, Months, Weeks, YearRule, beginning, begun, fiscal_year, periods
from spm.frames import PERIODS
from spm.store.period_file import read_periods

FIRST, LAST = date(2020, 6, 15), date(2049, 6, 15)
RETAIL = Weeks((4, 5, 4), date(2026, 2, 1))
CALENDARS: list[Calendar] = [
    *[Months(month) for month in range(1, 13)],
    RETAIL,
    Weeks((4, 4, 5), date(2025, 12, 28), YearRule.LAST_IN_MONTH),
    Weeks((5, 4, 4), date(2026, 1, 5), YearRule.FIRST_IN_MONTH),
    Weeks((4, 4, 5), date(2026, 1, 1)),
]


@pytest.mark.parametrize(
    ("start_month", "day", "month", "quarter", "half", "year"),
    [
        (1, date(2026, 3, 31), "2026-03", "2026-Q1", "2026-H1", "2026"),
        (1, date(2026, 12, 31), "2026-12", "2026-Q4", "2026-H2", "2026"),
        (2, date(2026, 1, 31), "2026-01", "2026-Q4", "2026-H2", "2026"),  # the year ends in January 2026
        (2, date(2026, 2, 1), "2026-02", "2027-Q1", "2027-H1", "2027"),
        (7, date(2025, 7, 1), "2025-07", "2026-Q1", "2026-H1", "2026"),
        (12, date(2024, 2, 29), "2024-02", "2024-Q1", "2024-H1", "2024"),
        (4, date(2026, 10, 1), "2026-10", "2027-Q3", "2027-H2", "2027"),
    ],
)
def test_a_day_lies_in_the_periods_people_name(
    start_month: int, day: date, month: str, quarter: str, half: str, year: str
) -> None:
    named = _names(periods(start_month, 2024, 2027), day)
    assert named == {"month": month, "quarter": quarter, "half": half, "year": year}
    assert str(fiscal_year(day, start_month=start_month)) == year


def _names(calendar: pl.DataFrame, day: date) -> dict[str, str]:
    holding = calendar.filter(pl.lit(day).is_between("starts_on", "ends_on"))
    return {row["kind"]: row["period"] for row in holding.iter_rows(named=True)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("calendar", CALENDARS)
def test_thirty_years_follow_each_other_without_gap_or_overlap(calendar: Calendar, kind: str) -> None:
    of_kind = calendar.periods(FIRST, LAST).filter(kind=kind).sort("starts_on")
    starts, ends = of_kind["starts_on"].to_list(), of_kind["ends_on"].to_list()
    assert [end + timedelta(days=1) for end in ends[:-1]] == starts[1:]
    assert starts[0] <= FIRST
    assert ends[-1] >= LAST
    years = len(calendar.periods(FIRST, LAST).filter(kind="year"))
    assert years in {30, 31}
    assert of_kind.height == years * {"month": 12, "quarter": 4, "half": 2, "year": 1}[kind]


@pytest.mark.parametrize("calendar", CALENDARS)
def test_every_name_is_there_once(calendar: Calendar) -> None:
    names = calendar.periods(FIRST, LAST)["period"]
    assert names.n_unique() == names.len()


@pytest.mark.parametrize("calendar", CALENDARS)
def test_a_shorter_period_lies_inside_one_longer(calendar: Calendar) -> None:
    rows = calendar.periods(FIRST, LAST)
    for shorter, longer in pairwise(KINDS):
        outer = rows.filter(kind=longer).select(first="starts_on", last="ends_on")
        inner = rows.filter(kind=shorter)
        inside = inner.join_where(outer, pl.col("starts_on") >= pl.col("first"), pl.col("ends_on") <= pl.col("last"))
        assert inside.height == inner.height


@pytest.mark.parametrize("calendar", CALENDARS)
def test_whole_years_are_given_whatever_the_days_asked_for(calendar: Calendar) -> None:
    day = date(2026, 8, 3)
    of_day, around = calendar.periods(day, day), calendar.periods(FIRST, LAST)
    assert of_day.join(around, on=list(PERIODS), how="semi").height == of_day.height == 19


@pytest.mark.parametrize(
    ("year", "first", "weeks"),
    [  # the National Retail Federation's calendar, which names years for the calendar year they begin in
        ("2018", date(2017, 1, 29), 53),
        ("2019", date(2018, 2, 4), 52),
        ("2023", date(2022, 1, 30), 52),
        ("2024", date(2023, 1, 29), 53),
        ("2025", date(2024, 2, 4), 52),
        ("2026", date(2025, 2, 2), 52),
        ("2027", date(2026, 2, 1), 52),
    ],
)
def test_years_of_weeks_are_those_of_the_retail_calendar(year: str, first: date, weeks: int) -> None:
    found = RETAIL.periods(first, first).filter(kind="year").row(0, named=True)
    assert (found["period"], found["starts_on"]) == (year, first)
    assert (found["ends_on"] - first).days + 1 == weeks * 7


@pytest.mark.parametrize(
    ("pattern", "weeks"),
    [((4, 4, 5), [4, 4, 5]), ((4, 5, 4), [4, 5, 4]), ((5, 4, 4), [5, 4, 4])],
)
def test_periods_of_weeks_have_the_weeks_of_the_pattern(pattern: tuple[int, int, int], weeks: list[int]) -> None:
    rows = Weeks(pattern, date(2026, 2, 1)).periods(date(2023, 6, 1), date(2023, 6, 1)).filter(kind="month")
    lengths = [(row["ends_on"] - row["starts_on"]).days + 1 for row in rows.iter_rows(named=True)]
    assert [days // 7 for days in lengths] == [*weeks * 3, *weeks[:2], weeks[2] + 1]  # the year has a 53rd week


@pytest.mark.parametrize(
    ("start", "rule", "said"),
    [
        (date(2026, 1, 12), YearRule.NEAREST_MONTH_END, "no year begins on Monday 2026-01-12 .* but on 2025-12-29"),
        (date(2026, 1, 4), YearRule.LAST_IN_MONTH, "but on 2025-12-28"),
        (date(2025, 12, 28), YearRule.FIRST_IN_MONTH, "but on 2026-01-04"),
    ],
)
def test_a_day_that_begins_no_year_by_the_rule_is_refused(start: date, rule: YearRule, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Weeks((4, 4, 5), start, rule)


def test_the_frame_is_that_of_the_contract() -> None:
    assert dict(periods(1, 2026, 2026).schema) == PERIODS
    assert dict(RETAIL.periods(FIRST, FIRST).schema) == PERIODS
    assert isinstance(periods(1, 2026, 2026), pl.DataFrame)


@pytest.mark.parametrize(("start_month", "first", "last"), [(0, 2026, 2026), (13, 2026, 2026), (1, 2026, 2025)])
def test_a_calendar_that_makes_no_sense_is_refused(start_month: int, first: int, last: int) -> None:
    with pytest.raises(ValueError, match=r"fiscal year|first year"):
        periods(start_month, first, last)


@pytest.mark.parametrize(
    ("calendar", "last", "today", "expected"),
    [
        (Months(), date(2026, 3, 10), date(2026, 3, 19), False),  # days pass, nothing begins
        (Months(), date(2026, 3, 31), date(2026, 4, 1), True),
        (Months(), date(2025, 3, 10), date(2026, 3, 10), True),  # the same month of another year
        (Months(), date(2026, 4, 1), date(2026, 3, 31), False),  # a clock that was put back
        (RETAIL, date(2026, 2, 28), date(2026, 3, 1), True),
        (RETAIL, date(2026, 3, 31), date(2026, 4, 4), False),  # April has begun, the next period has not
    ],
)
def test_a_period_begins_on_its_first_day(calendar: Calendar, last: date, today: date, expected: bool) -> None:
    assert begun(calendar, last, today) is expected


@pytest.mark.parametrize(
    ("calendar", "day", "first"),
    [
        (Months(), date(2026, 3, 10), date(2026, 3, 1)),
        (RETAIL, date(2026, 4, 4), date(2026, 3, 1)),
        (RETAIL, date(2026, 4, 5), date(2026, 4, 5)),
    ],
)
def test_the_shortest_period_around_a_day_says_where_it_begins(calendar: Calendar, day: date, first: date) -> None:
    assert beginning(calendar, day) == first


OWN = """period,kind,starts_on,ends_on
Spring,half,2026-01-01,2026-06-30
Autumn,half,2026-07-01,2026-12-31
FY26,year,2026-01-01,2026-12-31
FY27,year,2027-01-01,2027-12-31
All 27,half,2027-01-01,2027-12-31
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "periods.csv"
    path.write_text(text)
    return path


def test_a_calendar_of_ones_own_has_the_periods_of_its_file(tmp_path: Path) -> None:
    calendar, problems = read_periods(written(tmp_path, OWN))
    assert problems == []
    assert calendar is not None
    of_2026 = calendar.periods(date(2026, 3, 1), date(2026, 3, 1))
    assert sorted(of_2026["period"]) == ["Autumn", "FY26", "Spring"]
    assert _names(calendar.periods(date(2026, 3, 1), date(2027, 3, 1)), date(2027, 3, 1)) == {
        "half": "All 27",
        "year": "FY27",
    }
    assert calendar.periods(date(2030, 1, 1), date(2030, 1, 1)).height == 5  # outside: all there is


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Autumn,half,2026-07-01", "Autumn,half,2026-07-02", "periods.csv:3 (starts_on): Autumn begins on 2026-07-02"),
        ("Autumn,half,2026-07-01", "Autumn,half,2026-07-02", "Let it begin on 2026-07-01."),
        ("2026-06-30", "2026-07-31", "Autumn begins on 2026-07-01 and overlaps Spring"),
        ("2027-01-01,2027-12-31\nAll", "2027-01-01,2027-11-30\nAll", "All 27 (2027-01-01 to 2027-12-31) does not lie"),
        ("Spring,half", "Spring,haf", "periods.csv:2 (kind): 'haf' is no kind of period. Did you mean 'half'?"),
        ("Autumn,half", "Spring,half", "periods.csv:3 (period): Spring is the name of the period in"),
        ("2026-06-30", "2025-06-30", "periods.csv:2 (ends_on): Spring ends on 2025-06-30, before it begins."),
        ("2026-06-30", "soon", "periods.csv:2 (ends_on): 'soon' is no day."),
        ("All 27,half,2027-01-01,2027-12-31\n", "", "FY27 (2027-01-01 to 2027-12-31) has days that lie in no half."),
        ("FY26,year,2026-01-01,2026-12-31\nFY27,year,2027-01-01,2027-12-31\n", "", "there is no year."),
        ("kind", "sort", "'sort' is no column of this file."),
        (OWN.partition("\n")[2], "", "has no period."),
    ],
)
def test_what_is_wrong_with_a_calendar_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in OWN
    calendar, problems = read_periods(written(tmp_path, OWN.replace(old, new, 1)))
    assert calendar is None
    assert said in "\n".join(map(str, problems))


def test_all_faults_of_a_calendar_are_named_at_once(tmp_path: Path) -> None:
    text = OWN.replace("Autumn,half,2026-07-01", "Autumn,half,2026-07-02").replace(
        "FY27,year,2027-01-01", "FY27,year,2027-02-01"
    )
    _, problems = read_periods(written(tmp_path, text))
    assert len(problems) == 3  # the gaps before Autumn and FY27, and All 27, which begins before FY27


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("2026-03", "Mar 2026"),
        ("2026-P01", "P01 2026"),
        ("2026-Q1", "Q1 2026"),
        ("2026-H2", "H2 2026"),
        ("2026", "2026"),
        ("2026-13", "2026-13"),  # no month: somebody's own name
        ("2026-Period 1", "2026-Period 1"),
        ("Spring", "Spring"),
    ],
)
def test_a_period_is_called_as_people_call_it(name: str, words: str) -> None:
    assert wording.period(name) == words
