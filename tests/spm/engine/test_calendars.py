"""Statements by calendars of every kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from spm.calendar import Calendar, Months, Weeks, periods
from spm.engine import calculate
from spm.frames import Results
from tests.spm.engine.building import World, deal, paid, plan, quota, said

RETAIL = Weeks((4, 5, 4), date(2026, 2, 1))
DEALS = [deal(1, 1, "1000", "2026-02-28"), deal(2, 1, "1000", "2026-03-01"), deal(3, 1, "1000", "2026-08-01")]
DEALS += [deal(4, 1, "1000", "2026-08-02")]


def calculated(folder: Path, statement: str, calendar: Calendar) -> Results:
    version = plan(folder, f"statement = '{statement}'\n[[components]]\nname = 'Sales'\nrate = '10 %'\n")
    world = World(DEALS)
    facts = replace(world.facts(), periods=calendar.periods(date(2026, 2, 1), date(2026, 12, 31)))
    return calculate(facts, [version], today=date(2026, 12, 31))


@pytest.mark.parametrize(
    ("statement", "calendar", "expected"),
    [
        ("month", RETAIL, {"2027-P01": "100.00", "2027-P02": "100.00", "2027-P06": "100.00", "2027-P07": "100.00"}),
        ("quarter", RETAIL, {"2027-Q1": "200.00", "2027-Q2": "100.00", "2027-Q3": "100.00"}),
        ("half", RETAIL, {"2027-H1": "300.00", "2027-H2": "100.00"}),  # the first half ends on 1 August
        ("half", Months(), {"2026-H1": "200.00", "2026-H2": "200.00"}),
        ("half", Months(3), {"2026-H2": "100.00", "2027-H1": "300.00"}),
        ("year", RETAIL, {"2027": "400.00"}),
    ],
)
def test_a_statement_is_that_of_the_calendars_period(
    tmp_path: Path, statement: str, calendar: Calendar, expected: dict[str, str]
) -> None:
    results = calculated(tmp_path, statement, calendar)
    assert paid(results) == expected
    assert said(results) == []


def test_tiers_add_up_over_a_half(tmp_path: Path) -> None:
    text = "[[components]]\nname = 'Sales'\naccumulate = 'half'\ntier_mode = 'marginal'\ntier_by = 'attainment'\n"
    version = plan(tmp_path, text + "tiers = [{ to = 1, rate = '5 %' }, { from = 1, rate = '10 %' }]\n")
    world = World(DEALS, quotas=[quota(1, "365", "2026-01-01", "2026-12-31")])
    assert paid(world.results(version)) == {"2026-02": "90.95", "2026-03": "100.00", "2026-08": "190.80"}


class Lacking(Months):
    """A calendar without halves and quarters."""

    def periods(self, first: date, last: date) -> pl.DataFrame:
        return periods(1, first.year, last.year).filter(pl.col("kind").is_in(["month", "year"]))


@pytest.mark.parametrize(("statement", "kinds"), [("month", []), ("quarter", ["quarter"]), ("half", ["half"])])
def test_a_plan_that_needs_a_kind_the_calendar_lacks_is_told_and_not_paid(
    tmp_path: Path, statement: str, kinds: list[str]
) -> None:
    results = calculated(tmp_path, statement, Lacking())
    assert [text.partition(",")[0] for text in said(results)] == [
        f"plan Test: needs periods of the kind {kind}" for kind in kinds
    ]
    assert bool(paid(results)) is not bool(kinds)
