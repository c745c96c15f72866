"""A company that changes its fiscal calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from spm.calendar import Calendar, Custom, Months, Weeks
from spm.store.calendar_change import closed_elsewhere, follow_calendar
from sync.calculate import Calculated, recalculate
from tests.sync.company import Company, Silent

WEEKS = Weeks((4, 4, 5), date(2026, 1, 1))


def calculate(company: Company, calendar: Calendar) -> Calculated:
    return recalculate(company.engine, replace(company.basis(), calendar=calendar), Silent())


def test_statements_of_the_old_calendar_give_way_to_those_of_the_new(company: Company) -> None:
    company.begin("ann")
    company.sell("d1", day="2026-01-29")
    calculate(company, Months())
    assert company.payouts() == {"2026-01": Decimal(100)}
    calculate(company, WEEKS)
    assert company.payouts() == {"2026-P01": Decimal(0), "2026-P02": Decimal(100)}
    assert company.lines()["period"].to_list() == ["2026-P02"]
    assert company.do("SELECT count(*) FROM period WHERE period = '2026-01'") == 0


def test_the_same_calendar_calculates_nobody_again(company: Company) -> None:
    company.begin("ann")
    company.sell("d1", day="2026-01-29")
    calculate(company, WEEKS)
    assert calculate(company, WEEKS).participants == 0


def test_a_closed_period_stays_and_keeps_the_calendar_from_changing(company: Company) -> None:
    company.begin("ann")
    company.sell("d1", day="2026-01-10")
    company.today = date(2026, 2, 3)
    company.close("2026-01")
    with company.engine.begin() as conn:
        assert closed_elsewhere(conn, Months()) == []
        assert [problem.message[:55] for problem in closed_elsewhere(conn, WEEKS)] == [
            "2026-01 (2026-01-01 to 2026-01-31) is closed, and the f"
        ]
    calculate(company, WEEKS)
    assert company.payouts()["2026-01"] == 100


def test_a_calendar_that_reaches_no_closed_period_may_be_used(company: Company) -> None:
    company.begin("ann")
    company.sell("d1", day="2026-01-10")
    company.today = date(2026, 2, 3)
    company.close("2026-01")
    later = Custom(Months().periods(date(2027, 1, 1), date(2027, 1, 1)))
    with company.engine.begin() as conn:
        assert closed_elsewhere(conn, later) == []


def test_without_any_period_there_is_nothing_to_change(company: Company) -> None:
    with company.engine.begin() as conn:
        assert closed_elsewhere(conn, WEEKS) == []
        assert follow_calendar(conn, WEEKS, now=company.now) is False
