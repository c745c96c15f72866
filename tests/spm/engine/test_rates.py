"""What each kind of rate pays: figures worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spm.engine.building import World, deal, paid, plan, quota

MARGINAL = """
[[components]]
name = "Sales"
accumulate = "quarter"
tier_mode = "marginal"
tier_by = "amount"
tiers = [{ from = 0, to = 1000, rate = 0.05 }, { from = 1000, to = 2000, rate = 0.1 }, { from = 2000, rate = 0.2 }]
"""
WHOLE = MARGINAL.replace('"marginal"', '"whole_amount"')
FLAT = '[[components]]\nname = "Sales"\nrate = 0.06'


@pytest.mark.parametrize(
    ("sold", "expected"),
    [
        ("999.99", "50.00"),  # 49.9995, rounded half up once
        ("1000", "50.00"),  # exactly on the bound
        ("1500", "100.00"),  # 50 + 500 x 10 %
        ("2000", "150.00"),  # both lower tiers full
        ("3000", "350.00"),  # 50 + 100 + 1000 x 20 %
        ("-400", "-20.00"),  # the lowest tier has no lower end
    ],
)
def test_each_slice_is_paid_at_its_own_rate(tmp_path: Path, sold: str, expected: str) -> None:
    world = World([deal(1, 1, sold, "2026-01-05")])
    assert paid(world.results(plan(tmp_path, MARGINAL))) == {"2026-01": expected}


def test_negative_credit_takes_back_from_the_slices_it_was_paid_from(tmp_path: Path) -> None:
    world = World([deal(1, 1, "2500", "2026-01-05"), deal(2, 1, "-2000", "2026-02-05")])
    assert paid(world.results(plan(tmp_path, MARGINAL))) == {"2026-01": "250.00", "2026-02": "-225.00"}


def test_accumulation_starts_again_with_each_span(tmp_path: Path) -> None:
    world = World([deal(1, 1, "1500", "2026-03-31"), deal(2, 1, "1500", "2026-04-01")])
    assert paid(world.results(plan(tmp_path, MARGINAL))) == {"2026-03": "100.00", "2026-04": "100.00"}


@pytest.mark.parametrize(
    ("sold", "expected"),
    [
        ("999.99", "50.00"),  # below the bound: 5 %
        ("1000", "100.00"),  # on the bound the higher tier holds: 10 % of all
        ("2000", "400.00"),  # 20 % of all
        ("-100", "-5.00"),  # the lowest tier takes what is below zero
    ],
)
def test_the_whole_amount_is_paid_at_the_rate_reached(tmp_path: Path, sold: str, expected: str) -> None:
    world = World([deal(1, 1, sold, "2026-01-05")])
    assert paid(world.results(plan(tmp_path, WHOLE))) == {"2026-01": expected}


def test_on_the_bound_the_lower_tier_holds_where_the_plan_says_so(tmp_path: Path) -> None:
    world = World([deal(1, 1, "1000", "2026-01-05")])
    lower = plan(tmp_path, WHOLE + 'at_bound = "lower_tier"')
    assert paid(world.results(lower)) == {"2026-01": "50.00"}


def test_a_later_period_makes_up_for_earlier_credits(tmp_path: Path) -> None:
    world = World([deal(1, 1, "600", "2026-01-05"), deal(2, 1, "600", "2026-02-05")])
    results = world.results(plan(tmp_path, WHOLE))
    assert paid(results) == {"2026-01": "30.00", "2026-02": "90.00"}  # 60 for the new deal, 60 - 30 for the old one
    causes = results.lines.select("period", "cause", "deal_id", "amount").rows()
    assert [(period, cause, number, f"{amount:.2f}") for period, cause, number, amount in causes] == [
        ("2026-01", "credit", 1, "30.00"),
        ("2026-02", "credit", 2, "60.00"),
        ("2026-02", "retroactive", 1, "30.00"),
    ]


def test_a_later_period_takes_back_when_the_total_falls(tmp_path: Path) -> None:
    world = World([deal(1, 1, "1200", "2026-01-05"), deal(2, 1, "-600", "2026-02-05")])
    assert paid(world.results(plan(tmp_path, WHOLE))) == {"2026-01": "120.00", "2026-02": "-90.00"}  # -30 and -60


def test_no_rounding_difference_builds_up_over_changes_of_the_rate(tmp_path: Path) -> None:
    sold = [deal(1, 1, "100.10", "2026-01-05"), deal(2, 1, "900", "2026-02-05"), deal(3, 1, "1000", "2026-03-05")]
    lines = World(sold).results(plan(tmp_path, WHOLE)).lines.filter(deal_id=1)
    assert [f"{amount:.2f}" for amount in lines["amount"]] == ["5.01", "5.00", "10.01"]  # 20.02 = 20 % of 100.10


def test_a_statement_longer_than_the_span_pays_each_span_at_its_own_total(tmp_path: Path) -> None:
    monthly = WHOLE.replace('accumulate = "quarter"', 'accumulate = "month"')
    world = World([deal(1, 1, "600", "2026-01-05"), deal(2, 1, "600", "2026-02-05")])
    assert paid(world.results(plan(tmp_path, 'statement = "quarter"' + monthly))) == {"2026-Q1": "60.00"}


def test_tiers_by_attainment_are_shares_of_the_quota_of_the_span(tmp_path: Path) -> None:
    text = MARGINAL.replace('"amount"', '"attainment"')
    text = text.replace("1000", "0.5").replace("2000", "1")
    world = World([deal(1, 1, "3000", "2026-01-05")], quotas=[quota(1, "2000", "2026-01-01", "2026-03-31")])
    assert paid(world.results(plan(tmp_path, text))) == {"2026-01": "350.00"}


@pytest.mark.parametrize(
    ("rounding", "sold", "expected"),
    [
        ('places = 2\nrule = "half_up"', "2.75", "0.1700"),  # 0.165
        ('places = 2\nrule = "half_even"', "2.75", "0.1600"),
        ('places = 2\nrule = "down"', "2.75", "0.1600"),
        ('places = 2\nrule = "half_up"', "-2.75", "-0.1700"),  # away from zero, as for what was earned
        ('places = 2\nrule = "down"', "-2.75", "-0.1600"),  # towards zero
        ('places = 0\nrule = "half_up"', "1000.01", "60.0000"),
        ('places = 4\nrule = "half_up"', "0.01", "0.0006"),
    ],
)
def test_earnings_are_rounded_by_the_rule_of_the_plan(tmp_path: Path, rounding: str, sold: str, expected: str) -> None:
    world = World([deal(1, 1, sold, "2026-01-05")])
    lines = world.results(plan(tmp_path, f"[rounding]\n{rounding}\n{FLAT}")).lines
    assert [f"{amount:.4f}" for amount in lines["amount"]] == [expected]


def test_a_credit_of_nothing_leaves_no_line(tmp_path: Path) -> None:
    assert World([deal(1, 1, "0", "2026-01-05")]).results(plan(tmp_path, FLAT)).lines.is_empty()


def test_large_amounts_are_exact(tmp_path: Path) -> None:
    world = World([deal(1, 1, "999999999999999.99", "2026-01-05")])
    assert paid(world.results(plan(tmp_path, FLAT))) == {"2026-01": "60000000000000.00"}  # 59,999,999,999,999.9994


def test_components_add_up(tmp_path: Path) -> None:
    both = FLAT + '\n[[components]]\nname = "Kicker"\ncondition = "deal_type = \'New\'"\nrate = 0.01'
    world = World([deal(1, 1, "100", "2026-01-05", deal_type="New"), deal(2, 1, "100", "2026-01-06")])
    assert paid(world.results(plan(tmp_path, both))) == {"2026-01": "13.00"}
