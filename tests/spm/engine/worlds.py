"""Random plans and facts, small enough to read when one of them fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from spm.plans import PlanVersion, plan_version
from spm.plans.model import (
    AtBound,
    Component,
    FlatRate,
    MarginalTiers,
    Measure,
    Plan,
    Rate,
    Rounding,
    RoundingRule,
    Span,
    Tier,
    TierBasis,
    WholeAmountTiers,
)
from tests.spm.engine.building import World
from tests.spm.engine.slow import Row, SlowComponent, SlowPlan

CONDITIONS: dict[str | None, Callable[[Row], bool]] = {
    None: lambda row: True,
    "deal_type = 'New'": lambda row: row["deal_type"] == "New",
    "deal_type <> 'New' or amount > 100.5": lambda row: (
        (row["deal_type"] is not None and row["deal_type"] != "New")
        or (row["amount"] is not None and row["amount"] > Decimal("100.5"))
    ),
}
VALUES = {"amount": Fraction(1), "amount * 0.333": Fraction(333, 1000), "amount * 12": Fraction(12)}
PEOPLE = [1, 2, 3]
_DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
_RATES = st.sampled_from([Decimal(text) for text in ("0", "0.01", "0.05", "0.0125", "0.1", "0.2", "0.1234")])
# Half of the amounts and bounds are multiples of a few round numbers, so that totals meet bounds and halves of a cent.
_ROUND = st.sampled_from([-200, -50, 50, 100, 100, 150, 200, 500]).map(Decimal)
_MONEY = _ROUND | _ROUND.map(lambda number: number / 8) | st.integers(-50_000, 200_000).map(lambda n: Decimal(n) / 100)
_STATEMENTS = st.sampled_from([Span.MONTH, Span.MONTH, Span.QUARTER, Span.YEAR])
_SHARES = st.sampled_from([Decimal(text) for text in ("0.5", "0.3333333333", "0.25", "1", "-0.1", "0")])


@st.composite
def _tiers(draw: st.DrawFn, basis: TierBasis) -> tuple[Tier, ...]:
    scale = Decimal("0.25") if basis is TierBasis.ATTAINMENT else Decimal(50)
    bounds = sorted(draw(st.sets(st.sampled_from([1, 2, 3, 4, 6, 8]), min_size=1, max_size=4)))
    marks: list[Decimal | None] = [Decimal(0), *(number * scale for number in bounds), None]
    return tuple(Tier(low or Decimal(0), high, draw(_RATES)) for low, high in pairwise(marks))


@st.composite
def _rate(draw: st.DrawFn) -> Rate:
    kind = draw(st.sampled_from(["flat", "marginal", "marginal", "whole_amount", "whole_amount"]))
    if kind == "flat":
        return FlatRate(draw(_RATES))
    basis = draw(st.sampled_from([TierBasis.AMOUNT, TierBasis.AMOUNT, TierBasis.ATTAINMENT]))
    tiers = draw(_tiers(basis))
    if kind == "marginal":
        return MarginalTiers(basis, tiers)
    return WholeAmountTiers(basis, tiers, draw(st.sampled_from(AtBound)))


@st.composite
def plans(draw: st.DrawFn, name: str = "First") -> Plan:
    components = tuple(
        Component(
            f"Part {number}",
            Measure(
                draw(st.sampled_from(["bookings", "renewals"])),
                draw(st.sampled_from(["amount", "amount", *VALUES])),
                draw(st.sampled_from([None, None, *CONDITIONS])),
                "close_date",
            ),
            draw(st.sampled_from(["revenue", "revenue", "owner", "overlay"])),
            draw(st.sampled_from([Span.YEAR, Span.YEAR, Span.QUARTER, Span.MONTH])),
            draw(_rate()),
        )
        for number in range(draw(st.integers(1, 2)))
    )
    rounding = Rounding(draw(st.integers(0, 4)), draw(st.sampled_from(RoundingRule)))
    return Plan(name, draw(st.sampled_from(["USD", "USD", "EUR"])), draw(_STATEMENTS), rounding, components)


def slow_plan(plan: Plan) -> SlowPlan:
    """The same plan for the slow calculation."""
    rounding = plan.rounding
    parts = [_slow_component(component) for component in plan.components]
    return SlowPlan(plan.name, plan.currency, plan.statement.value, rounding.places, rounding.rule.value, parts)


def _slow_component(component: Component) -> SlowComponent:
    rate, measure = component.rate, component.measure
    kind = {FlatRate: "flat", MarginalTiers: "marginal", WholeAmountTiers: "whole_amount"}[type(rate)]
    tiers = [Tier(Decimal(0), None, rate.rate)] if isinstance(rate, FlatRate) else rate.tiers
    return SlowComponent(
        component.name,
        CONDITIONS[measure.condition],
        VALUES[measure.value],
        component.role,
        component.accumulate.value,
        kind,
        "amount" if isinstance(rate, FlatRate) else rate.basis.value,
        [(Fraction(t.start), None if t.end is None else Fraction(t.end), Fraction(t.rate)) for t in tiers],
        rate.at_bound.value if isinstance(rate, WholeAmountTiers) else "",
        measure.name,
    )


@st.composite
def _deals(draw: st.DrawFn) -> list[dict[str, Any]]:
    days = draw(st.lists(_DAYS, min_size=2, max_size=6))
    return [
        {
            "deal_id": number,
            "connection": "acme",
            "crm_id": f"006{number:03}",
            "name": f"Deal {number}",
            "owner_participant_id": draw(st.sampled_from([1, 1, 1, 1, *PEOPLE, None])),
            "amount": None if draw(st.integers(0, 9)) == 0 else draw(_MONEY),
            "currency": draw(st.sampled_from(["USD"] * 6 + ["EUR", "GBP", "JPY"])),
            "close_date": draw(st.sampled_from(days)),
            "status": draw(st.sampled_from(["won"] * 6 + ["open", "open", "lost"])),
            "deal_type": draw(st.sampled_from(["New", "Renewal", None])),
        }
        for number in range(1, draw(st.sampled_from([0, 6, 10, 15, 20])) + 1)
    ]


@st.composite
def _splits(draw: st.DrawFn, deals: int) -> list[dict[str, Any]]:
    numbers = st.integers(1, max(deals, 1))
    return [
        {
            "split_id": number,
            "deal_id": draw(numbers),
            "participant_id": draw(st.sampled_from([*PEOPLE, None])),
            "share": draw(_SHARES),
            "role": draw(st.sampled_from(["revenue", None, "overlay"])),
        }
        for number in range(1, draw(st.integers(0, 6)) + 1)
    ]


@st.composite
def _quotas(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for _ in range(draw(st.integers(0, 6))):
        first = draw(_DAYS)
        row = {
            "participant_id": draw(st.sampled_from(PEOPLE)),
            "measure": draw(st.sampled_from(["bookings", "bookings", "renewals"])),
            "starts_on": draw(st.sampled_from([first, date(2026, 1, 1)])),
            "ends_on": first + timedelta(days=draw(st.integers(0, 500))),
            "amount": draw(st.sampled_from([0, 100, 200, 400]) | st.integers(1, 3000)) * Decimal(1),
            "currency": draw(st.sampled_from(["USD", "EUR", None])),
        }
        rows.append(row)
    return rows


@st.composite
def _assignments(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for person in PEOPLE:
        change = draw(_DAYS) if draw(st.integers(0, 2)) == 0 else None
        first = {"participant_id": person, "plan": "First", "starts_on": date(2026, 1, 1), "ends_on": change}
        rows.append(first)
        if change:
            rows.append(first | {"plan": "Second", "starts_on": change + timedelta(days=1), "ends_on": None})
    return rows


@st.composite
def worlds(draw: st.DrawFn) -> World:
    deals = draw(_deals())
    rates = [("EUR", "0.9", None), ("EUR", "0.87", date(2026, 5, 3)), ("GBP", "0.7512345678", date(2026, 2, 1))]
    rows = [{"base": "USD", "currency": c, "rate": Decimal(r), "starts_on": d} for c, r, d in rates]
    return World(deals, draw(_splits(len(deals))), draw(_quotas()), draw(_assignments()), rows)


def versions(first: Plan, second: Plan) -> tuple[PlanVersion, PlanVersion]:
    """Two plans in one currency and with one kind of statement, so that people can change between them any day."""
    aligned = Plan(second.name, first.currency, first.statement, second.rounding, second.components)
    return plan_version(first), plan_version(aligned)
