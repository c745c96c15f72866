"""Quotas of spans: cut, prorated, ramped, by season, of teams."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spm.calendar import Custom, Months, Weeks, periods
from spm.engine import quotas
from spm.plans.model import (
    DaysBy,
    Divided,
    Exchange,
    Plan,
    Pool,
    Proration,
    Ramp,
    RollUp,
    RollUpTo,
    Span,
    Unit,
)
from tests.spm.engine.allotting import BY_DAYS, PLAN, World, by_name, over
from tests.spm.engine.building import assignment, fx, quota

YEAR = ("2026-01-01", "2026-12-31")
NORTH = {"participant_id": None, "team": "North"}


def found(world: World, plan: Plan, kind: Span | None = None, person: int = 1) -> dict[str, str]:
    """The quotas of the plan's first component by period, with two places."""
    kind = kind or plan.components[0].accumulate
    inputs = world.inputs(plan)
    rows, _ = quotas.over(inputs, plan, plan.components[0], kind)
    return by_name(rows, inputs, kind, "quota", person)


def said(world: World, plan: Plan) -> list[str]:
    return [str(problem) for problem in quotas.for_component(world.inputs(plan), plan, plan.components[0])[1]]


@pytest.mark.parametrize(
    ("first", "last", "kind", "expected"),
    [
        ("2026-03-01", "2026-03-31", Span.MONTH, {"2026-03": "31000.00"}),
        ("2026-03-01", "2026-03-31", Span.QUARTER, {"2026-Q1": "31000.00"}),
        ("2026-06-16", "2026-07-16", Span.HALF, {"2026-H1": "15000.00", "2026-H2": "16000.00"}),  # 15 and 16 of 31 days
        ("2025-12-17", "2026-01-16", Span.YEAR, {"2026": "16000.00"}),  # the rest is of a year that is not at hand
        ("2026-03-01", "2026-03-31", Span.DEAL, {}),  # a deal has no quota
    ],
)
def test_a_row_counts_by_its_days_inside_the_span(first: str, last: str, kind: Span, expected: dict[str, str]) -> None:
    assert found(World([quota(1, "31000", first, last)]), over(kind)) == expected


def test_rows_of_one_span_add_up() -> None:
    world = World([quota(1, "100", "2026-01-01", "2026-01-31"), quota(1, "50", "2026-02-01", "2026-02-28")])
    assert found(world, over(Span.QUARTER)) == {"2026-Q1": "150.00"}


def test_a_quota_of_another_measure_or_person_is_not_counted() -> None:
    rows = [quota(1, "100", *YEAR, measure="meetings"), quota(2, "100", *YEAR)]
    assert found(World(rows, [assignment(1), assignment(2)]), over(Span.YEAR)) == {}


JANUARY = ("2026-01-01", "2026-01-31")
BY_WORK = replace(PLAN, proration=Proration(DaysBy.WORKING_DAYS))
NEW_YEAR = replace(PLAN, proration=Proration(DaysBy.WORKING_DAYS, holidays=(date(2026, 1, 1),)))


@pytest.mark.parametrize(
    ("plan", "world", "expected"),
    [
        (BY_DAYS, World(hired="2026-01-15"), "17000.00"),  # 17 of 31 days
        (BY_DAYS, World(hired="2026-01-31"), "1000.00"),  # hired on the last day: that day counts
        (BY_DAYS, World(hired="2026-01-01"), "31000.00"),
        (BY_DAYS, World(hired="2026-02-01"), None),  # not yet there
        (BY_DAYS, World(left="2026-01-10"), "10000.00"),  # the last day is counted in
        (BY_DAYS, World(left="2025-12-31"), None),
        (BY_DAYS, World(hired="2026-01-15", left="2026-01-15"), "1000.00"),
        (BY_DAYS, World(absences=[("2026-01-05", "2026-01-09")]), "26000.00"),  # 5 days of leave
        (BY_DAYS, World(absences=[("2026-01-01", "2026-01-31")]), None),  # a month of leave: no quota
        (
            BY_DAYS,
            World(absences=[("2026-01-05", "2026-01-09"), ("2026-01-08", "2026-01-12")]),
            "23000.00",
        ),  # once each
        (
            BY_DAYS,
            World(absences=[("2026-01-05", "2026-01-20"), ("2026-01-08", "2026-01-09")]),
            "15000.00",
        ),  # one in one
        (BY_DAYS, World(left="2026-01-10", absences=[("2026-01-08", "2026-02-28")]), "7000.00"),  # leave past the exit
        (BY_DAYS, World(hired="2026-01-10", absences=[("2026-01-01", "2026-01-12")]), "19000.00"),  # leave before hire
        (BY_DAYS, World(assignments=[assignment(1, first="2026-01-16")]), "16000.00"),  # onto the plan in mid-month
        (
            BY_DAYS,
            World(assignments=[assignment(1, last="2026-01-15"), assignment(1, "Other", "2026-01-16")]),
            "15000.00",  # each day is of one plan
        ),
        (
            BY_DAYS,
            World(assignments=[assignment(1, last="2026-01-10"), assignment(1, first="2026-01-22")]),
            "20000.00",  # away and back: the days of both stays
        ),
        (BY_WORK, World(hired="2026-01-15"), "16909.09"),  # 12 of 22 Mondays to Fridays
        (BY_WORK, World(left="2026-01-11"), "9863.64"),  # a Sunday: 7 of 22, as on the Friday before
        (NEW_YEAR, World(hired="2026-01-15"), "17714.29"),  # 12 of 21: New Year is no working day
        (BY_WORK, World(absences=[("2026-01-09", "2026-01-12")]), "28181.82"),  # Friday to Monday: 2 of 22
        (PLAN, World(hired="2026-01-15", left="2026-01-20"), "31000.00"),  # a plan that does not prorate
        (replace(PLAN, proration=Proration(of=("draw",))), World(hired="2026-01-15"), "31000.00"),  # draws alone
        (
            replace(PLAN, proration=Proration(leave=False)),
            World(absences=[("2026-01-05", "2026-01-09")]),
            "31000.00",  # leave is not taken out
        ),
    ],
)
def test_a_prorated_quota_counts_by_the_days_there(plan: Plan, world: World, expected: str | None) -> None:
    world = replace(world, quotas=[quota(1, "31000", *JANUARY)])
    assert found(world, plan) == ({"2026-01": expected} if expected else {})


def test_a_row_without_a_working_day_gives_nothing() -> None:
    world = World([quota(1, "100", "2026-01-03", "2026-01-04"), quota(1, "7", *JANUARY)])
    assert found(world, BY_WORK) == {"2026-01": "7.00"}


HALF = Ramp("bookings", (Decimal("0.25"), Decimal("0.5"), Decimal("0.75")))
RAMPED = replace(PLAN, ramps=(HALF,))
MONTHLY = [quota(1, "100", f"2026-{month:02}-01", f"2026-{month:02}-28") for month in range(1, 7)]


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        (World(), ["25.00", "50.00", "75.00", "100.00", "100.00", "100.00"]),
        (
            World(assignments=[assignment(1, first="2026-03-31")]),
            ["100.00", "100.00", "25.00", "50.00", "75.00", "100.00"],
        ),
        (World(hired="2026-02-15"), ["100.00", "25.00", "50.00", "75.00", "100.00", "100.00"]),  # later than the plan
        (World(hired="2025-11-03"), ["25.00", "50.00", "75.00", "100.00", "100.00", "100.00"]),  # earlier than the plan
        (  # the first stay counts, and the months away with it
            World(assignments=[assignment(1, last="2026-01-31"), assignment(1, first="2026-03-01")]),
            ["25.00", "50.00", "75.00", "100.00", "100.00", "100.00"],
        ),
        (  # November is the first month, so January the third
            World(assignments=[assignment(1, first="2025-11-20")]),
            ["75.00", "100.00", "100.00", "100.00", "100.00", "100.00"],
        ),
        (World(assignments=[assignment(1, first="2001-01-01")]), ["100.00"] * 6),
    ],
)
def test_the_first_months_on_a_plan_have_a_part_of_the_quota(world: World, expected: list[str]) -> None:
    assert list(found(replace(world, quotas=MONTHLY), RAMPED).values()) == expected


@pytest.mark.parametrize("years", [(2026, 2026), (2025, 2026), (2020, 2026)])
def test_a_ramp_is_the_same_however_far_the_calendar_reaches(years: tuple[int, int]) -> None:
    world = World(MONTHLY, [assignment(1, first="2025-11-20")], years=years)
    assert list(found(world, RAMPED).values())[:2] == ["75.00", "100.00"]


def test_a_ramp_goes_month_by_month_within_a_longer_span() -> None:
    world = World([quota(1, "365", *YEAR)])
    # by days: 31 x 0.25 + 28 x 0.5 + 31 x 0.75
    assert found(world, over(Span.QUARTER, RAMPED))["2026-Q1"] == "45.00"
    assert found(world, over(Span.YEAR, RAMPED)) == {"2026": "320.00"}  # 365 - 45 less than whole


def test_a_ramp_and_proration_multiply() -> None:
    half = replace(BY_DAYS, ramps=(Ramp("bookings", (Decimal("0.5"),)),))
    assert found(World([quota(1, "10000", *JANUARY)], hired="2026-01-15"), half) == {"2026-01": "2741.94"}


def test_a_ramp_of_another_measure_changes_nothing() -> None:
    plan = replace(PLAN, ramps=(replace(HALF, measure="meetings"),))
    assert found(World([quota(1, "100", *JANUARY)]), plan) == {"2026-01": "100.00"}


SHARES = tuple(Decimal(share) / 100 for share in (5, 5, 10, 5, 5, 10, 5, 5, 10, 10, 10, 20))
SEASONAL = replace(PLAN, seasonality={"bookings": SHARES})


@pytest.mark.parametrize(
    ("row", "calendar", "kind", "expected"),
    [
        (
            YEAR,
            Months(),
            Span.QUARTER,
            {"2026-Q1": "200.00", "2026-Q2": "200.00", "2026-Q3": "200.00", "2026-Q4": "400.00"},
        ),
        (YEAR, Months(), Span.HALF, {"2026-H1": "400.00", "2026-H2": "600.00"}),
        (YEAR, Months(), Span.YEAR, {"2026": "1000.00"}),
        (("2026-02-01", "2027-01-31"), Months(2), Span.HALF, {"2027-H1": "400.00", "2027-H2": "600.00"}),
        (
            ("2026-02-01", "2027-01-30"),
            Weeks((4, 5, 4), date(2026, 2, 1)),
            Span.HALF,
            {"2027-H1": "400.00", "2027-H2": "600.00"},
        ),
        (("2026-01-01", "2027-12-31"), Months(), Span.HALF, {"2026-H1": "200.00", "2026-H2": "300.00"}),  # two years
        (("2024-01-01", "2026-12-31"), Months(), Span.YEAR, {"2026": "333.03"}),  # 365 days of 1096
        (YEAR, Months(2), Span.HALF, {"2026-H2": "84.93", "2027-H1": "495.89", "2027-H2": "419.18"}),  # no fiscal year
        (
            ("2026-01-01", "2026-06-30"),
            Months(),
            Span.QUARTER,
            {"2026-Q1": "497.24", "2026-Q2": "502.76"},
        ),  # half a year
    ],
)
def test_an_annual_quota_follows_the_seasons(
    row: tuple[str, str], calendar: Months | Weeks, kind: Span, expected: dict[str, str]
) -> None:
    years = (2025, 2026) if row == YEAR else (2026, 2026)
    world = World([quota(1, "1000", *row)], calendar=calendar, years=years)
    assert found(world, over(kind, SEASONAL)) == expected


def test_a_month_of_a_season_is_prorated_by_its_own_days() -> None:
    plan = replace(SEASONAL, proration=Proration())
    months = found(World([quota(1, "1000", *YEAR)], hired="2026-11-16"), plan)
    assert months == {"2026-11": "50.00", "2026-12": "200.00"}  # 15 of the 30 days of 10 %, and 20 %


def test_a_quota_by_month_has_no_season() -> None:
    assert found(World([quota(1, "100", *JANUARY)]), SEASONAL) == {"2026-01": "100.00"}


def test_the_season_of_another_measure_changes_nothing() -> None:
    plan = over(Span.HALF, replace(PLAN, seasonality={"meetings": SHARES}))
    assert found(World([quota(1, "365", *YEAR)]), plan) == {"2026-H1": "181.00", "2026-H2": "184.00"}


TEAM = over(Span.QUARTER, roll_up=RollUp(RollUpTo.TEAM))
POOL = over(Span.QUARTER, rate=Pool(Divided.EQUALLY, amount=Decimal(100)))
MEMBER = {"participant_id": 1, "team": "North"}


def test_the_team_has_the_quota_where_credits_roll_up_to_it() -> None:
    rows = [quota(1, "100", *YEAR), {**quota(1, "4000", "2026-01-01", "2026-03-31"), **NORTH}]
    world = World(rows, hierarchy=[MEMBER])
    assert found(world, TEAM) == {"2026-Q1": "4000.00"}
    assert found(world, POOL) == {"2026-Q1": "4000.00"}
    assert found(world, over(Span.YEAR)) == {"2026": "100.00"}  # one's own, where nothing rolls up


@pytest.mark.parametrize(
    ("moves", "assignments", "expected"),
    [
        ([("North", None, None)], [assignment(1)], "4000.00"),
        ([("South", None, None)], [assignment(1)], None),
        (
            [("North", None, "2026-03-30"), ("South", "2026-03-31", None)],
            [assignment(1)],
            None,
        ),  # South on the last day
        ([("South", None, "2026-03-30"), ("North", "2026-03-31", None)], [assignment(1)], "4000.00"),
        (  # on the last day on the plan it was North
            [("North", None, "2026-02-15"), ("South", "2026-02-16", None)],
            [assignment(1, last="2026-02-10")],
            "4000.00",
        ),
        ([(None, None, None)], [assignment(1)], None),
    ],
)
def test_the_team_is_that_of_the_last_day_on_the_plan_in_the_span(
    moves: list[tuple[str | None, str | None, str | None]], assignments: list[dict[str, object]], expected: str | None
) -> None:
    days = [(team, *(date.fromisoformat(day) if day else None for day in span)) for team, *span in moves]
    hierarchy = [{"participant_id": 1, "team": team, "starts_on": first, "ends_on": last} for team, first, last in days]
    rows = [{**quota(1, "4000", "2026-01-01", "2026-03-31"), **NORTH}]
    world = World(rows, assignments, hierarchy=hierarchy)
    assert found(world, TEAM) == ({"2026-Q1": expected} if expected else {})


def test_a_team_quota_is_prorated_for_a_member_and_whole_for_a_pool() -> None:
    rows = [{**quota(1, "9000", "2026-01-01", "2026-03-31"), **NORTH}]
    world = World(rows, hired="2026-03-01", hierarchy=[MEMBER])
    assert found(world, replace(TEAM, proration=Proration())) == {"2026-Q1": "3100.00"}  # 31 of 90 days
    assert found(world, replace(POOL, proration=Proration())) == {"2026-Q1": "9000.00"}


def test_the_whole_time_on_a_plan_is_one_span() -> None:
    rows = [quota(1, "365", "2025-01-01", "2025-12-31"), quota(1, "365", *YEAR)]
    stays = [assignment(1, first="2025-12-01", last="2026-01-31"), assignment(1, first="2026-03-01", last="2026-03-31")]
    world = World(rows, stays, years=(2025, 2026))
    assert found(world, over(Span.PLAN)) == {"all": "93.00"}  # 31 days of each of three months


def test_a_quota_in_another_currency_is_converted_and_one_of_pieces_is_not() -> None:
    rows = [quota(1, "100", *JANUARY, currency="EUR")]
    world = World(rows, rates=[fx("USD", "EUR", "0.8")])
    assert found(world, PLAN) == {"2026-01": "125.00"}
    measure = replace(PLAN.components[0].measure, unit=Unit.NUMBER)
    assert found(world, over(Span.MONTH, measure=measure)) == {"2026-01": "100.00"}


def test_a_plan_with_rates_of_its_own_converts_quotas_by_them() -> None:
    plan = replace(PLAN, exchange=Exchange("plan_rate", {"EUR": Decimal("1.5")}))
    rows = [quota(1, "100", *JANUARY, currency=currency) for currency in ("EUR", "USD", "GBP")]
    world = World(rows, rates=[fx("USD", "EUR", "0.8"), fx("USD", "GBP", "0.5")])
    assert found(world, plan) == {"2026-01": "250.00"}
    assert [text.partition(": ")[2] for text in said(world, plan)] == [
        "the plan has no rate from GBP to USD; a quota is left out. Add GBP to exchange.rates of the plan."
    ]


def test_a_team_whose_quota_has_no_rate_is_named() -> None:
    rows = [{**quota(1, "100", *YEAR, currency="EUR"), **NORTH}]
    assert [text[:63] for text in said(World(rows, hierarchy=[MEMBER]), TEAM)] == [
        "team North (quota bookings): a quota in EUR has no rate to USD "
    ]


def test_a_year_without_twelve_months_has_no_season_and_is_told() -> None:
    may = (pl.col("kind") == "month") & (pl.col("period") == "2026-05")
    without_may = Custom(periods(1, 2026, 2026).filter(~may))
    world, plan = World([quota(1, "365", *YEAR)], calendar=without_may), over(Span.YEAR, SEASONAL)
    assert found(world, plan) == {"2026": "365.00"}
    assert "the fiscal year from 2026-01-01 has 11 months, not 12" in said(world, plan)[0]


def test_a_quota_too_large_to_be_counted_exactly_by_days_is_left_out() -> None:
    rows = [quota(1, str(10**15 - 1), "2000-01-01", "2026-12-31"), quota(1, "1", *YEAR)]
    assert found(World(rows), over(Span.YEAR)) == {"2026": "1.00"}


DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
AMOUNTS = st.decimals(0, 10**9, places=2)


@settings(deadline=None)
@given(AMOUNTS, DAYS, st.integers(0, 800), st.booleans(), st.sampled_from([None, SHARES]))
def test_months_of_a_row_add_up_to_the_row(
    amount: Decimal, first: date, length: int, annual: bool, shares: tuple[Decimal, ...] | None
) -> None:
    last = min(first + timedelta(days=length), date(2027, 12, 31))
    first, last = (first.replace(month=1, day=1), last.replace(month=12, day=31)) if annual else (first, last)
    plan = replace(PLAN, seasonality={"bookings": shares} if shares else {})
    world = World([quota(1, f"{amount:f}", f"{first}", f"{last}")], years=(2025, 2027))
    months, _ = quotas.for_component(world.inputs(plan), plan, plan.components[0])
    assert abs(sum(months["quota"], Decimal(0)) - amount) <= Decimal("1e-9") * 3  # years of seasons are rounded, too


@settings(deadline=None)
@given(DAYS, DAYS, DAYS, st.lists(st.tuples(DAYS, DAYS), max_size=4))
def test_days_of_the_year_add_up_whatever_the_leave(
    hired: date, start: date, left: date, absences: list[tuple[date, date]]
) -> None:
    there = {
        start + timedelta(days=number)
        for number in range((date(2027, 12, 31) - start).days + 1)
        if hired <= start + timedelta(days=number) <= left
    }
    away = {day for day in there if any(first <= day <= last for first, last in absences)}
    of_2026 = [day for day in there - away if day.year == 2026]
    world = World(
        [quota(1, "365", *YEAR)],
        [assignment(1, first=f"{start}")],
        f"{hired}",
        f"{left}",
        [(f"{first}", f"{last}") for first, last in absences],
    )
    plan = over(Span.YEAR, BY_DAYS)
    assert found(world, plan).get("2026", "0.00") == f"{len(of_2026)}.00"
