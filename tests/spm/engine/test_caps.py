"""Caps, floors and budgets: at most, at least, and to all together."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.spm.engine.building import Row, World, assignment, deal, paid, payment, plan, quota, said, split, told

SALES = '[[components]]\nname = "Sales"\naccumulate = "quarter"\nrate = 0.1\n'
TODAY = date(2026, 4, 30)
DEALS = [
    deal(1, 1, "6000", "2026-01-05"),
    deal(2, 1, "8000", "2026-02-05"),
    deal(3, 1, "-4000", "2026-03-05"),
    deal(4, 1, "3000", "2026-04-05"),
]
QUARTERS = 'statement = "quarter"\n'


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        # 1,400 in February is 400 too much; 1,000 at the end of March is not, so what was cut comes back
        ('amount = 1000, over = "quarter"', ["600.00", "400.00", None, "300.00"]),
        ('amount = 1100, over = "quarter"', ["600.00", "500.00", "-100.00", "300.00"]),
        ('amount = 700, over = "month"', ["600.00", "700.00", "-400.00", "300.00"]),
        ('amount = 1000, over = "year"', ["600.00", "400.00", None, None]),
        ('amount = 1000, over = "plan"', ["600.00", "400.00", None, None]),
        ('amount = 700, over = "deal"', ["600.00", "700.00", "-400.00", "300.00"]),
    ],
)
def test_no_more_is_paid_than_the_cap(tmp_path: Path, cap: str, expected: list[str | None]) -> None:
    version = plan(tmp_path, SALES + f"caps = [{{ {cap} }}]\n")
    found = paid(World(DEALS).results(version, today=TODAY))
    months = ["2026-01", "2026-02", "2026-03", "2026-04"]
    wanted = {month: amount for month, amount in zip(months, expected, strict=True) if amount}
    assert found == wanted


def test_a_cap_can_be_a_part_of_the_target(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'target = 500\ncaps = [{ times_target = 1.5, over = "quarter" }]\n')
    found = paid(World(DEALS).results(version, today=TODAY))
    assert found == {"2026-01": "600.00", "2026-02": "150.00", "2026-04": "300.00"}  # 1,000 is above 750 in March, too


def test_what_is_above_a_cap_is_cut_or_kept_for_review_and_says_so(tmp_path: Path) -> None:
    caps = 'caps = [{ amount = 700, over = "deal", excess = "hold" }, { amount = 1000, over = "quarter" }]\n'
    results = World(DEALS).results(plan(tmp_path, SALES + caps), today=TODAY)
    assert told(results, "cap", "cap_held") == [
        ("2026-02", "-300.00", "cut above 1,000.00 USD a quarter"),
        ("2026-02", "-100.00", "held for review above 700.00 USD a deal"),
        ("2026-03", "300.00", "given back: there is room again below 1,000.00 USD a quarter"),
    ]


def test_what_is_kept_for_review_is_not_earned(tmp_path: Path) -> None:
    cap = 'caps = [{ amount = 700, over = "month", excess = "hold" }]\n'
    results = World(DEALS[1:2]).results(plan(tmp_path, SALES + cap), today=date(2026, 2, 28))
    (statement,) = results.statements.filter(period="2026-02").select("earned", "held").rows()
    assert [f"{figure:.2f}" for figure in statement] == ["700.00", "0.00"]


def test_a_cap_for_each_deal_names_the_deal_and_takes_its_parts_together(tmp_path: Path) -> None:
    tiers = '[[components]]\nname = "Sales"\naccumulate = "year"\ntier_mode = "marginal"\ntier_by = "amount"\n'
    tiers += 'tiers = [{ to = 100, rate = 0.1 }, { from = 100, rate = 0.5 }]\ncaps = [{ amount = 40, over = "deal" }]\n'
    results = World([deal(1, 1, "300", "2026-01-05")]).results(plan(tmp_path, tiers), today=TODAY)
    (line,) = results.lines.filter(cause="cap").select("deal_id", "amount").rows()
    assert (line[0], f"{line[1]:.2f}") == (1, "-70.00")  # 10 + 100 less 40


def test_a_cap_for_each_deal_counts_what_it_is_lifted_by_later(tmp_path: Path) -> None:
    tiers = '[[components]]\nname = "Sales"\naccumulate = "quarter"\ntier_mode = "whole_amount"\ntier_by = "amount"\n'
    tiers += (
        'tiers = [{ to = 1000, rate = 0.1 }, { from = 1000, rate = 0.2 }]\ncaps = [{ amount = 100, over = "deal" }]\n'
    )
    deals = [deal(1, 1, "600", "2026-01-05"), deal(2, 1, "400", "2026-02-05")]
    results = World(deals).results(plan(tmp_path, tiers), today=TODAY)
    assert paid(results) == {
        "2026-01": "60.00",
        "2026-02": "120.00",
    }  # 40 more of the first (60 would be), 80 of the other


def test_a_cap_that_is_a_part_of_an_unknown_target_pays_nothing_and_is_reported(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'target = "variable"\ncaps = [{ times_target = 1, over = "quarter" }]\n')
    results = World(DEALS[:1]).results(version, today=TODAY)
    assert paid(results) == {}
    assert any("a cap of Sales is a part of the target incentive, which is not known" in text for text in said(results))


def test_a_cap_of_each_persons_target_is_theirs(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'target = "variable"\ncaps = [{ times_target = 2, over = "quarter" }]\n')
    targets = [quota(1, "100", "2026-01-01", "2026-03-31", measure="variable")]
    assert paid(World(DEALS[:1], quotas=targets).results(version, today=TODAY)) == {"2026-01": "200.00"}


@pytest.mark.parametrize(
    ("floor", "expected"),
    [
        ('amount = 500, over = "month"', ["600.00", "800.00", "500.00", "500.00"]),
        # the first quarter earns 1,000; the second, open one, is not over
        ('amount = 1200, over = "quarter"', ["600.00", "800.00", "-200.00", "300.00"]),
        ('amount = 350, over = "deal"', ["600.00", "800.00", "-400.00", "350.00"]),  # not of a deal below zero
    ],
)
def test_no_less_is_paid_than_the_floor(tmp_path: Path, floor: str, expected: list[str]) -> None:
    version = plan(tmp_path, SALES + f"floors = [{{ {floor} }}]\n")
    assert list(paid(World(DEALS).results(version, today=TODAY)).values()) == expected


def test_a_floor_is_paid_without_any_deal_while_on_the_plan(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'floors = [{ amount = 100, over = "month" }]\n')
    world = World([], assignments=[assignment(1, first="2026-02-10", last="2026-03-10")])
    assert told(world.results(version, today=TODAY), "floor") == [
        ("2026-02", "100.00", "filled up to 100.00 USD a month"),
        ("2026-03", "100.00", "filled up to 100.00 USD a month"),
    ]


def test_a_floor_of_a_longer_span_falls_due_when_somebody_leaves(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'floors = [{ amount = 1000, over = "year" }]\n')
    world = World(DEALS[:1], assignments=[assignment(1, last="2026-02-10")])
    assert paid(world.results(version, today=TODAY)) == {"2026-01": "600.00", "2026-02": "400.00"}


def test_a_floor_is_prorated_where_the_plan_prorates(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'floors = [{ amount = 310, over = "month" }]\n[proration]\nby = "calendar_days"\n')
    world = World([], assignments=[assignment(1, first="2026-01-22", last="2026-01-31")])
    assert told(world.results(version, today=TODAY), "floor") == [
        ("2026-01", "100.00", "filled up to 100.00 USD a month")
    ]


def test_a_floor_can_be_each_ones_own(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'floors = [{ amount = "minimum", over = "month" }]\n')
    least = [quota(1, "50", "2026-01-01", "2026-01-31", measure="minimum")]
    results = World([], quotas=least, assignments=[assignment(1), assignment(2)]).results(version, today=TODAY)
    assert paid(results) == {"2026-01": "50.00"}
    assert paid(results, 2) == {}
    assert any("p2@example.com (quota minimum): no quota for minimum" in text for text in said(results))


def test_a_budget_is_used_up_in_the_order_of_days_over_all_people(tmp_path: Path) -> None:
    deals: list[Row] = [
        deal(1, 1, "1000", "2026-01-05"),
        deal(2, 2, "1500", "2026-02-05"),
        deal(3, 1, "3000", "2026-03-05"),
        deal(4, 2, "1000", "2026-03-06"),
    ]
    world = World(deals, assignments=[assignment(1), assignment(2)])
    results = world.results(plan(tmp_path, SALES + "budget = 300\n"), today=TODAY)
    assert paid(results) == {"2026-01": "100.00", "2026-03": "50.00"}
    assert paid(results, 2) == {"2026-02": "150.00"}
    assert told(results, "budget") == [
        ("2026-03", "-250.00", "budget of 300.00 USD used up"),
        ("2026-03", "-100.00", "budget of 300.00 USD used up"),
    ]


def test_on_one_deal_the_larger_share_has_the_budget_first(tmp_path: Path) -> None:
    splits = [split(1, 1, 1, "0.4"), split(2, 1, 2, "0.6")]
    world = World([deal(1, 1, "1000", "2026-01-05")], splits, assignments=[assignment(1), assignment(2)])
    results = world.results(plan(tmp_path, SALES + "budget = 70\n"), today=TODAY)
    assert (paid(results), paid(results, 2)) == ({"2026-01": "10.00"}, {"2026-01": "60.00"})


def test_a_plan_caps_and_guarantees_what_its_components_earn_together(tmp_path: Path) -> None:
    bounds = 'caps = [{ amount = 150, over = "month" }]\nfloors = [{ amount = 200, over = "quarter" }]\n'
    other = SALES.replace("Sales", "Bonus").replace("0.1", "0.02")
    deals = [deal(1, 1, "1000", "2026-01-05"), deal(2, 1, "2000", "2026-02-05"), deal(3, 2, "500", "2026-02-05")]
    world = World(deals, assignments=[assignment(1), assignment(2)])
    results = world.results(plan(tmp_path, bounds + SALES + other), today=TODAY)
    assert paid(results) == {"2026-01": "120.00", "2026-02": "150.00"}
    assert paid(results, 2) == {"2026-02": "60.00", "2026-03": "140.00"}
    assert results.lines.filter(~results.lines["component"].is_in(["Sales", "Bonus"]))["component"].to_list() == [
        "Cap of the plan",
        "Guarantee",
    ]


def test_months_within_a_quarterly_statement_are_capped_each(tmp_path: Path) -> None:
    version = plan(tmp_path, QUARTERS + 'caps = [{ amount = 700, over = "month" }]\n' + SALES)
    deals = [deal(1, 1, "9000", "2026-01-05"), deal(2, 1, "9000", "2026-02-05"), deal(3, 1, "1000", "2026-03-05")]
    assert paid(World(deals).results(version, today=TODAY)) == {"2026-Q1": "1500.00"}


def test_the_greater_of_a_guarantee_and_the_commission_is_paid(tmp_path: Path) -> None:
    """Published: 7 % of 3,614, at least 250 (floor-001)."""
    seven = SALES.replace("0.1", "0.07")
    version = plan(tmp_path, 'floors = [{ amount = 250, over = "month" }]\n' + seven)
    results = World([deal(1, 1, "3614", "2026-04-05")]).results(version, today=TODAY)
    assert list(paid(results).values()) == ["250.00", "250.00", "250.00", "252.98"]


def test_a_payment_held_back_counts_for_the_guarantee(tmp_path: Path) -> None:
    version = plan(
        tmp_path, 'floors = [{ amount = 50, over = "month" }]\n' + SALES + 'hold = { release = "payment" }\n'
    )
    world = World([deal(1, 1, "1000", "2026-04-05")], payments=[payment(1, 1, None, "2026-06-01")])
    assert told(world.results(version, today=TODAY), "floor") == [
        (month, "50.00", "filled up to 50.00 USD a month") for month in ("2026-01", "2026-02", "2026-03")
    ]


def test_a_deal_for_which_the_rate_pays_nothing_yet_has_its_floor(tmp_path: Path) -> None:
    text = """
    [[components]]
    name = "Sales"
    steps_by = "amount"
    steps_pays = "amount"
    steps = [{ at = 100, pays = 10 }]
    floors = [{ amount = 3, over = "deal" }]
    """
    deals = [deal(1, 1, "50", "2026-01-05"), deal(2, 1, "60", "2026-02-05"), deal(3, 1, "-5", "2026-03-05")]
    assert paid(World(deals).results(plan(tmp_path, text))) == {"2026-01": "3.00", "2026-02": "10.00"}
