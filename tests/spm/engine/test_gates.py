"""Gates and multipliers: what another result, or the component's own, makes of what was earned."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.spm.engine.building import Row, World, assignment, deal, paid, plan, quota, said, told

SALES = '[[components]]\nname = "Sales"\naccumulate = "quarter"\nrate = 0.1\n'
RENEWALS = '[[components]]\nname = "Renewals"\nmeasure = "renewals"\ncondition = "deal_type = \'R\'"\nrate = 0\n'
QUARTER = ("2026-01-01", "2026-03-31")
TODAY = date(2026, 4, 30)
DEALS = [
    deal(1, 1, "1000", "2026-01-05"),
    deal(2, 1, "1500", "2026-02-05"),
    deal(3, 1, "-1000", "2026-03-05"),
]
QUOTA = [quota(1, "4000", *QUARTER)]


def renewal(number: int, amount: str, on: str) -> Row:
    return deal(number, 1, amount, on, deal_type="R")


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        ('at_least = "50 %"', {"2026-02": "250.00", "2026-03": "-250.00"}),  # met in February, and no longer in March
        ('at_least = "50 %", otherwise = "40 %"', {"2026-01": "40.00", "2026-02": "210.00", "2026-03": "-190.00"}),
        ('at_least = "63 %"', {}),  # 62.5 % at best
        ("at_least = 0.625", {"2026-02": "250.00", "2026-03": "-250.00"}),  # exactly on the bound is met
        ('at_least = 2500, by = "amount"', {"2026-02": "250.00", "2026-03": "-250.00"}),
        ('at_least = 2, by = "count"', {"2026-02": "250.00", "2026-03": "-250.00"}),  # a refund takes one away
        ('at_least = 1200, by = "amount", over = "month"', {"2026-02": "150.00"}),  # each month alone
    ],
)
def test_a_gate_keeps_back_and_gives_back(tmp_path: Path, gate: str, expected: dict[str, str]) -> None:
    version = plan(tmp_path, SALES + f"gates = [{{ {gate} }}]\n")
    assert paid(World(DEALS, quotas=QUOTA).results(version, today=TODAY)) == expected


def test_a_gate_says_what_is_below_what(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'gates = [{ at_least = "50 %", otherwise = "40 %" }]\n')
    assert told(World(DEALS, quotas=QUOTA).results(version, today=TODAY), "gate") == [
        ("2026-01", "-60.00", "kept back: attainment 25 % is below 50 %, 40 % is paid"),
        ("2026-02", "60.00", "given back: attainment has reached 50 %"),
        ("2026-03", "-90.00", "kept back: attainment 37.5 % is below 50 %, 40 % is paid"),
    ]


def test_a_gate_on_another_component_opens_in_a_month_without_deals_of_its_own(tmp_path: Path) -> None:
    gate = 'gates = [{ of = "Renewals", at_least = "80 %", over = "quarter" }]\n'
    version = plan(tmp_path, SALES + 'condition = "deal_type is null"\n' + gate + RENEWALS)
    deals = [*DEALS[:2], renewal(9, "800", "2026-03-05")]
    world = World(deals, quotas=[quota(1, "1000", *QUARTER, measure="renewals")])
    results = world.results(version, today=TODAY)
    assert paid(results) == {"2026-03": "250.00"}
    assert told(results, "gate")[-1] == ("2026-03", "250.00", "given back: attainment of Renewals has reached 80 %")


def test_a_gate_without_a_quota_stays_shut_and_is_reported(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'gates = [{ at_least = "50 %" }]\n')
    results = World(DEALS).results(version, today=TODAY)
    assert paid(results) == {}
    assert told(results, "gate")[0][2] == "kept back: there is no quota for bookings"
    (problem,) = said(results)
    assert problem.startswith("p1@example.com (quota bookings): what Sales pays hangs on the attainment of Sales")
    assert problem.endswith("which has no quota; it is kept back. Add a quota for bookings.")


def test_several_months_in_one_statement_have_a_line_each(tmp_path: Path) -> None:
    gate = 'gates = [{ at_least = 1200, by = "amount", over = "month" }]\n'
    version = plan(tmp_path, 'statement = "quarter"\n' + SALES + gate)
    results = World(DEALS).results(version, today=TODAY)
    assert [(amount, reason[:37]) for _, amount, reason in told(results, "gate")] == [
        ("-100.00", "kept back: the total 1,000.00 USD is "),
        ("100.00", "kept back: the total -1,000.00 USD is"),
    ]


@pytest.mark.parametrize(
    ("points", "renewed", "expected"),
    [
        ("{ at = 0, times = 0.8 }, { at = 1, times = 1.2 }", "500", {"2026-01": "80.00", "2026-02": "120.00"}),
        ("{ at = 0, times = 0.8 }, { at = 1, times = 1.2 }", "1000", {"2026-01": "80.00", "2026-02": "220.00"}),
        ("{ at = 0.6, times = 2 }", "500", {"2026-01": "200.00", "2026-02": "300.00"}),  # flat before the first point
        ('{ at = 0.6, times = 2 }], below = "zero", shape = "step" #', "500", {}),
    ],
)
def test_a_multiplier_is_that_of_the_result_so_far(
    tmp_path: Path, points: str, renewed: str, expected: dict[str, str]
) -> None:
    closing = points.split("]")[1].rstrip(" #") if "]" in points else ""
    multiplier = f'multipliers = [{{ of = "Renewals", points = [{points.split("]")[0]}]{closing} }}]\n'
    version = plan(tmp_path, SALES + 'condition = "deal_type is null"\n' + multiplier + RENEWALS)
    deals = [*DEALS[:2], renewal(9, renewed, "2026-02-06")]
    world = World(deals, quotas=[quota(1, "1000", "2026-01-01", "2026-12-31", measure="renewals")])
    assert paid(world.results(version, today=TODAY)) == expected


def test_a_multiplier_says_of_what_it_is(tmp_path: Path) -> None:
    points = 'points = [{ at = 0, times = 1 }, { at = "85 %", times = 0.9 }], shape = "linear"'
    version = plan(tmp_path, SALES + f'multipliers = [{{ of = "Renewals", {points} }}]\n' + RENEWALS)
    deals = [DEALS[0], renewal(9, "850", "2026-02-06")]
    world = World(deals, quotas=[quota(1, "1000", "2026-01-01", "2026-12-31", measure="renewals")])
    assert told(world.results(version, today=TODAY), "multiplier") == [
        ("2026-02", "-18.50", "attainment of Renewals 85 %: x 0.9")
    ]


def test_a_yearly_component_is_multiplied_quarter_by_quarter(tmp_path: Path) -> None:
    """What an earlier quarter earned is not multiplied again by a later one's factor."""
    year = SALES.replace("quarter", "year")
    multiplier = (
        'multipliers = [{ of = "Renewals", by = "amount", points = [{ at = 0, times = 1 }, { at = 5, times = 2 }] }]\n'
    )
    renewals = RENEWALS + 'accumulate = "quarter"\n'
    version = plan(tmp_path, year + 'condition = "deal_type is null"\n' + multiplier + renewals)
    deals = [DEALS[0], renewal(9, "10", "2026-01-06"), deal(4, 1, "1000", "2026-04-05")]
    assert paid(World(deals).results(version, today=TODAY)) == {"2026-01": "200.00", "2026-04": "100.00"}


def test_an_override_can_hang_on_the_result_of_a_component_that_counts_deals(tmp_path: Path) -> None:
    override = '[[components]]\nname = "Override"\nsource = "earnings"\nrate = 0.5\n'
    gate = 'gates = [{ of = "Sales", by = "amount", at_least = 2000, over = "quarter" }]\n'
    version = plan(tmp_path, SALES + override + gate)
    results = World(DEALS[:2]).results(version, today=TODAY)
    assert [row[:2] for row in told(results, "gate")] == [("2026-01", "-50.00"), ("2026-02", "50.00")]
    assert not results.problems


def test_somebody_on_the_plan_for_a_part_of_the_span_is_gated_by_their_own_days(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'gates = [{ at_least = "50 %" }]\n')
    world = World(DEALS[1:2], quotas=QUOTA, assignments=[assignment(1, first="2026-02-01", last="2026-02-20")])
    assert paid(world.results(version, today=TODAY)) == {}
