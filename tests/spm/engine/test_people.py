"""Plans of people over time, their quotas, their statements and the problems of each."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from spm import frames
from spm.calendar import periods
from spm.engine import calculate
from tests.spm.engine.building import Row, World, assignment, deal, fx, paid, plan, quota, said

FLAT = '[[components]]\nname = "Sales"\nrate = 0.1'
TIERED = """
[[components]]
name = "Sales"
measure = "bookings"
accumulate = "quarter"
tier_mode = "marginal"
tier_by = "attainment"
tiers = [{ from = 0, to = 1, rate = 0.1 }, { from = 1, rate = 0.2 }]
"""


def test_a_deal_counts_for_the_plan_of_its_day(tmp_path: Path) -> None:
    second = plan(tmp_path, FLAT.replace("0.1", "0.2"), "Second")
    spells = [assignment(1, last="2026-02-14"), assignment(1, "Second", "2026-02-15")]
    world = World([deal(1, 1, "100", "2026-02-14"), deal(2, 1, "100", "2026-02-15")], assignments=spells)
    results = world.results(plan(tmp_path, FLAT), second)
    assert paid(results) == {"2026-02": "30.00"}
    assert results.statements.filter(period="2026-02")["plan"].to_list() == ["Second"]  # the later one


def test_a_deal_before_the_first_plan_is_not_credited(tmp_path: Path) -> None:
    world = World([deal(1, 1, "100", "2026-01-05")], assignments=[assignment(1, first="2026-02-01")])
    results = world.results(plan(tmp_path, FLAT))
    assert not paid(results)
    assert results.statements["period"][0] == "2026-02"


def test_two_plans_at_once_are_a_problem_and_no_pay(tmp_path: Path) -> None:
    spells = [assignment(1), assignment(1, "Second", "2026-02-15"), assignment(2)]
    world = World([deal(1, 1, "100", "2026-01-05"), deal(2, 2, "100", "2026-01-05")], assignments=spells)
    results = world.results(plan(tmp_path, FLAT), plan(tmp_path, FLAT, "Second"))
    assert (paid(results, 1), paid(results, 2)) == ({}, {"2026-01": "10.00"})
    assert said(results) == [
        (
            "p1@example.com (plan): is on more than one plan at a time (Test from 2026-01-01; Second from 2026-02-15); "
            "none of these pays. End one assignment before the other starts."
        )
    ]


def test_the_same_assignment_twice_is_one(tmp_path: Path) -> None:
    world = World([deal(1, 1, "100", "2026-01-05")], assignments=[assignment(1), assignment(1)])
    assert paid(world.results(plan(tmp_path, FLAT))) == {"2026-01": "10.00"}


def test_an_earlier_spell_that_overlaps_nothing_still_pays(tmp_path: Path) -> None:
    spells = [
        assignment(1, last="2026-01-31"),
        assignment(1, "Second", "2026-03-01", "2026-05-31"),
        assignment(1, "Test", "2026-04-01"),
    ]
    world = World([deal(1, 1, "100", "2026-01-05"), deal(2, 1, "100", "2026-03-05")], assignments=spells)
    assert paid(world.results(plan(tmp_path, FLAT), plan(tmp_path, FLAT, "Second"))) == {"2026-01": "10.00"}


def test_an_assignment_to_an_unknown_plan_is_a_problem(tmp_path: Path) -> None:
    results = World(assignments=[assignment(1, "Gone")]).results(plan(tmp_path, FLAT))
    assert said(results) == ["p1@example.com (plan): is on the plan 'Gone', which does not exist. Apply it."]


def test_plans_in_two_currencies_share_no_statement(tmp_path: Path) -> None:
    euro = plan(tmp_path, f'currency = "EUR"\n{FLAT}', "Euro")
    spells = [assignment(1, last="2026-02-14"), assignment(1, "Euro", "2026-02-15")]
    deals = [deal(number, 1, "90", day) for number, day in enumerate(("2026-01-05", "2026-02-05", "2026-03-05"), 1)]
    results = World(deals, assignments=spells, fx_rates=[fx("USD", "EUR", "0.9")]).results(plan(tmp_path, FLAT), euro)
    assert paid(results) == {"2026-01": "9.00", "2026-03": "8.10"}
    assert "2026-02" not in results.statements["period"].to_list()
    assert said(results) == [
        (
            "p1@example.com (plan): is on plans in EUR and USD in 2026-02; there is no statement for it. "
            "Let the second assignment start with a statement period."
        )
    ]


def test_two_versions_of_one_plan_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two versions of one plan"):
        World().results(plan(tmp_path, FLAT), plan(tmp_path, FLAT.replace("0.1", "0.2")))


def test_without_a_quota_nothing_is_earned_and_it_is_said(tmp_path: Path) -> None:
    results = World([deal(1, 1, "100", "2026-02-05")]).results(plan(tmp_path, TIERED))
    assert not paid(results)
    assert said(results) == [
        (
            "p1@example.com (quota bookings): no quota for bookings in 2026-Q1; Sales earns nothing there until "
            "there is one. Add a quota for bookings that covers 2026-Q1."
        )
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([quota(1, "300", "2026-01-01", "2026-03-31")], "300"),  # the span itself
        ([quota(1, "100", f"2026-0{m}-01", f"2026-0{m}-28") for m in (1, 2, 3)], "300"),  # its months add up
        ([quota(1, "365", "2026-01-01", "2026-12-31")], "90"),  # 90 of 365 days
        ([quota(1, "30", "2025-12-17", "2026-01-15")], "15"),  # half of its 30 days
        ([quota(1, "300", "2026-01-01", "2026-03-31", measure="renewals")], None),  # of something else
        ([quota(1, "270", "2026-01-01", "2026-03-31", currency="EUR")], "300"),  # at 0.9
        ([quota(1, "300", "2026-01-01", "2026-03-31", currency=None)], "300"),  # the plan's currency
        ([quota(2, "300", "2026-01-01", "2026-03-31")], None),  # of somebody else
        ([quota(1, "0", "2026-01-01", "2026-03-31")], "0"),  # a quota of zero is no target
    ],
)
def test_the_quota_of_a_span_is_what_lies_in_it(tmp_path: Path, rows: list[Row], expected: str | None) -> None:
    world = World(quotas=rows, fx_rates=[fx("USD", "EUR", "0.9")])
    found = world.results(plan(tmp_path, TIERED), today=date(2026, 2, 1)).statements["quota"][-1]
    assert (None if found is None else f"{found.normalize():f}") == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (quota(1, "-5", "2026-01-01", "2026-03-31"), "is no usable quota; it is left out."),
        (quota(1, "5", "2026-03-31", "2026-01-01"), "is no usable quota; it is left out."),
        (quota(1, "5", "2026-01-01", "2026-03-31", currency="JPY"), "a quota in JPY has no rate to USD on 2026-01-01"),
    ],
)
def test_a_quota_that_cannot_be_used_is_left_out_and_said(tmp_path: Path, row: Row, expected: str) -> None:
    results = World([deal(1, 1, "10", "2026-01-05")], quotas=[row]).results(plan(tmp_path, TIERED))
    assert not paid(results)
    assert any(expected in text for text in said(results)), said(results)


def test_attainment_accumulates_over_the_span_of_the_first_component(tmp_path: Path) -> None:
    deals = [deal(1, 1, "30", "2026-01-05"), deal(2, 1, "90", "2026-03-05"), deal(3, 1, "5", "2026-04-05")]
    quotas = [quota(1, "100", "2026-01-01", "2026-03-31"), quota(1, "200", "2026-04-01", "2026-06-30")]
    statements = World(deals, quotas=quotas).results(plan(tmp_path, TIERED), today=date(2026, 4, 9)).statements
    assert [f"{attainment:.3f}" for attainment in statements["attainment"]] == ["0.300", "0.300", "1.200", "0.025"]


def test_a_statement_longer_than_the_span_shows_the_whole_statement(tmp_path: Path) -> None:
    monthly = 'statement = "quarter"' + TIERED.replace('"quarter"', '"month"')
    quotas = [quota(1, "100", f"2026-0{month}-01", f"2026-0{month}-28") for month in (1, 2, 3)]
    world = World([deal(1, 1, "120", "2026-01-05"), deal(2, 1, "30", "2026-02-05")], quotas=quotas)
    row = world.results(plan(tmp_path, monthly), today=date(2026, 3, 9)).statements.row(0, named=True)
    assert (row["quota"], row["credited"], row["attainment"], row["payout"]) == (300, 150, pytest.approx(0.5), 17)


def test_there_is_a_statement_for_every_period_up_to_today(tmp_path: Path) -> None:
    statements = World().results(plan(tmp_path, FLAT), today=date(2026, 3, 1)).statements
    assert statements["period"].to_list() == ["2026-01", "2026-02", "2026-03"]
    assert statements["payout"].to_list() == [0, 0, 0]


def test_there_is_no_statement_after_the_last_day_on_a_plan(tmp_path: Path) -> None:
    statements = World(assignments=[assignment(1, last="2026-02-01")]).results(plan(tmp_path, FLAT)).statements
    assert statements["period"].to_list() == ["2026-01", "2026-02"]


def test_the_hash_changes_with_a_line_and_only_in_its_statement(tmp_path: Path) -> None:
    deals = [deal(1, 1, "100", "2026-01-05"), deal(2, 1, "100", "2026-02-05")]
    version = plan(tmp_path, FLAT)
    before = World(deals).results(version).statements["hash"].to_list()
    after = World([deals[0], {**deals[1], "amount": 101}]).results(version).statements["hash"].to_list()
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, *[True] * 10]


def test_no_facts_give_empty_frames_of_the_right_shape(tmp_path: Path) -> None:
    facts = World(assignments=[]).facts()
    for plans in ([], [plan(tmp_path, FLAT)]):
        results = calculate(facts, plans, today=date(2026, 3, 1))
        assert dict(results.lines.schema) == frames.LINES
        assert dict(results.statements.schema) == frames.STATEMENTS
        assert dict(results.estimates.schema) == frames.ESTIMATES
        assert results.lines.is_empty()


def test_a_day_outside_the_calendar_gives_no_statement_of_its_own(tmp_path: Path) -> None:
    results = World([deal(1, 1, "100", "2026-01-05")]).results(plan(tmp_path, FLAT), today=date(2027, 1, 1))
    assert results.statements.height == 12
    assert paid(results) == {"2026-01": "10.00"}


def test_a_fiscal_year_moves_the_quarters(tmp_path: Path) -> None:
    facts = World([deal(1, 1, "1000", "2026-04-30")], quotas=[quota(1, "500", "2026-02-01", "2026-04-30")]).facts()
    fiscal = frames.Facts(
        facts.deals,
        facts.splits,
        facts.participants,
        facts.quotas,
        facts.assignments,
        facts.fx_rates,
        periods(2, 2026, 2027),
    )
    results = calculate(fiscal, [plan(tmp_path, TIERED)], today=date(2026, 4, 30))
    row = results.statements.filter(pl.col("period") == "2026-04").row(0, named=True)
    assert (row["quota"], row["payout"]) == (500, 150)
