"""Amounts of a span that each person has: target incentives, draws, guarantees."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from spm.engine import targets
from spm.plans.model import Plan, Proration, Ramp, Span
from tests.spm.engine.allotting import BY_DAYS, PLAN, World, by_name, over
from tests.spm.engine.building import assignment, fx, quota

TODAY = date(2026, 3, 10)
DRAWS = replace(PLAN, proration=Proration(of=("draw",)))


def amounts(world: World, plan: Plan, amount: str, kind: Span, of: str = "draw", person: int = 1) -> dict[str, str]:
    inputs = world.inputs(plan, TODAY)
    found, _ = targets.amounts(inputs, plan, Decimal(amount), kind, of=of)
    return by_name(found, inputs, kind, "amount", person)


def of_measure(world: World, plan: Plan, of: str = "target") -> dict[str, str]:
    inputs = world.inputs(plan, TODAY)
    return by_name(targets.amounts(inputs, plan, "draw", Span.MONTH, of=of)[0], inputs, Span.MONTH, "amount")


@pytest.mark.parametrize(
    ("world", "plan", "kind", "of", "expected"),
    [
        (World(), PLAN, Span.MONTH, "draw", {"2026-01": "310.00", "2026-02": "310.00", "2026-03": "310.00"}),
        (World(), PLAN, Span.QUARTER, "draw", {"2026-Q1": "310.00"}),
        (World(), PLAN, Span.YEAR, "draw", {"2026": "310.00"}),
        (World(), PLAN, Span.PLAN, "draw", {"all": "310.00"}),
        (
            World(hired="2026-03-15"),
            PLAN,
            Span.MONTH,
            "draw",
            dict.fromkeys(["2026-01", "2026-02", "2026-03"], "310.00"),
        ),
        (World(hired="2026-03-15"), BY_DAYS, Span.MONTH, "draw", {"2026-03": "170.00"}),  # 17 of 31 days
        (World(hired="2026-03-15"), DRAWS, Span.MONTH, "draw", {"2026-03": "170.00"}),
        (
            World(hired="2026-03-15"),
            DRAWS,
            Span.MONTH,
            "floor",
            dict.fromkeys(["2026-01", "2026-02", "2026-03"], "310.00"),
        ),
        (World(hired="2026-03-15"), BY_DAYS, Span.QUARTER, "floor", {"2026-Q1": "58.56"}),  # 17 of 90 days
        (World(left="2026-01-10"), BY_DAYS, Span.MONTH, "draw", {"2026-01": "100.00"}),
        (
            World(assignments=[assignment(1, first="2026-02-20")]),
            PLAN,
            Span.MONTH,
            "draw",
            {"2026-02": "310.00", "2026-03": "310.00"},
        ),
        (
            World(assignments=[assignment(1, first="2026-02-26")]),
            BY_DAYS,
            Span.MONTH,
            "draw",
            {"2026-02": "33.21", "2026-03": "310.00"},
        ),
        (
            World(assignments=[assignment(1, last="2026-01-10"), assignment(1, first="2026-01-22")]),
            BY_DAYS,
            Span.MONTH,
            "draw",
            {"2026-01": "200.00", "2026-02": "310.00", "2026-03": "310.00"},
        ),
    ],
)
def test_a_number_is_everybodys_who_is_on_the_plan(
    world: World, plan: Plan, kind: Span, of: str, expected: dict[str, str]
) -> None:
    assert amounts(world, plan, "310", kind, of) == expected


def test_a_number_is_nobodys_who_is_on_another_plan() -> None:
    world = World(assignments=[assignment(1), assignment(2, "Other")])
    assert amounts(world, PLAN, "310", Span.QUARTER, person=2) == {}


def test_a_target_of_each_deal_has_no_span() -> None:
    inputs = World().inputs(PLAN)
    found, _ = targets.amounts(inputs, PLAN, Decimal(310), Span.DEAL, of="target")
    assert found.rows() == [(1, None, Decimal(310))]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (PLAN, "10000.00"),
        (BY_DAYS, "5483.87"),  # 17 of 31 days
        (replace(PLAN, ramps=(Ramp("draw", (Decimal("0.5"),)),)), "5000.00"),
        (replace(BY_DAYS, ramps=(Ramp("draw", (Decimal("0.5"),)),)), "2741.94"),  # 17/31 of 10,000 x 50 %
    ],
)
def test_a_measure_means_what_quota_rows_say(plan: Plan, expected: str) -> None:
    rows = [quota(1, "10000", "2026-01-01", "2026-01-31", measure="draw"), quota(1, "7", "2026-01-01", "2026-01-31")]
    assert of_measure(World(rows, hired="2026-01-15"), plan) == {"2026-01": expected}


def test_a_quota_may_be_prorated_and_a_target_not() -> None:
    rows = [quota(1, "31", "2026-01-01", "2026-01-31", measure="draw")]
    plan = replace(PLAN, proration=Proration(of=("quota",)))
    assert of_measure(World(rows, hired="2026-01-15"), plan) == {"2026-01": "31.00"}
    assert of_measure(World(rows, hired="2026-01-15"), plan, of="quota") == {"2026-01": "17.00"}


def test_amounts_of_a_measure_are_converted() -> None:
    rows = [quota(1, "80", "2026-01-01", "2026-01-31", measure="draw", currency="EUR")]
    assert of_measure(World(rows, rates=[fx("USD", "EUR", "0.8")]), PLAN) == {"2026-01": "100.00"}
    inputs = World(rows).inputs(PLAN)
    _, problems = targets.amounts(inputs, PLAN, "draw", Span.MONTH, of="draw")
    assert ["no rate to USD" in problem.message for problem in problems] == [True]


@pytest.mark.parametrize(("target", "expected"), [(Decimal(310), {"2026-Q1": "310.00"}), (None, {}), ("draw", {})])
def test_the_target_of_a_component_is_that_of_its_spans(target: Decimal | str | None, expected: dict[str, str]) -> None:
    plan = over(Span.QUARTER, target=target)
    inputs = World().inputs(plan, TODAY)
    found, _ = targets.for_component(inputs, plan, plan.components[0])
    assert by_name(found, inputs, Span.QUARTER, "target") == expected
