"""An immutable version of a plan: its canonical text and the hash of it.

The text holds every rule, defaults written out, and nothing else: comments, spaces and the order of keys make no new
version. It is kept in the database and read back with `stored_plan`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from spm.plans.building import plan_of
from spm.plans.document import (
    CreditSection,
    DrawSection,
    ExchangeSection,
    PlanFile,
    ProrationSection,
    RampSection,
    RollUpSection,
)
from spm.plans.fields import default_unit
from spm.plans.model import Cap, Component, Excess, Measure, Multiplier, Plan, RollUp, Source
from spm.plans.modifier_keys import ClawbackSection, FloorSection, GateSection, HoldSection, MultiplierSection
from spm.plans.shapes import keys_of, keys_of_rate, plain


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A plan as it was applied. `hash` is the SHA-256 of `text`, in hexadecimal."""

    name: str
    hash: str
    plan: Plan
    text: str


def plan_version(plan: Plan) -> PlanVersion:
    """The version that this plan is."""
    text = json.dumps(_document(plan), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return PlanVersion(plan.name, hashlib.sha256(text.encode()).hexdigest(), plan, text)


def stored_plan(text: str) -> PlanVersion:
    """The version whose text was kept. Raises ValueError (Pydantic's) where it is no plan's text."""
    return plan_version(plan_of(PlanFile.model_validate(json.loads(text))))


def _document(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "currency": plan.currency,
        "statement": plan.statement,
        "rounding": {"places": plan.rounding.places, "rule": plan.rounding.rule},
        **_pay(plan),
        **_targets(plan),
        "components": [_component(component) for component in plan.components],
    }


def _pay(plan: Plan) -> dict[str, Any]:
    """What later versions of the language brought is only written where it says something: hashes last."""
    return _said(
        pay_currency=plan.pay_currency,
        exchange=keys_of(ExchangeSection, plan.exchange),
        splits=plan.splits and {"places": plan.splits.places, "residual": plan.splits.residual},
        draw=plan.draw and keys_of(DrawSection, plan.draw),
        caps=[_cap(cap) for cap in plan.caps],
        floors=[keys_of(FloorSection, floor) for floor in plan.floors],
    )


def _targets(plan: Plan) -> dict[str, Any]:
    return _said(
        proration=plan.proration and {"by": plan.proration.by} | keys_of(ProrationSection, plan.proration),
        seasonality=plain(plan.seasonality),
        ramps=[keys_of(RampSection, ramp) for ramp in plan.ramps],
    )


def _component(component: Component) -> dict[str, Any]:
    return {
        "name": component.name,
        **_measure(component.measure),
        "role": component.role,
        "accumulate": component.accumulate,
        **keys_of_rate(component.rate),
        **_crediting(component),
        **_modifiers(component),
    }


def _measure(measure: Measure) -> dict[str, Any]:
    unit = None if measure.unit is default_unit(measure.source, per_unit=False) else measure.unit
    source = None if measure.source is Source.DEALS else measure.source
    return {
        "measure": measure.name,
        "value": measure.value,
        "date": measure.date,
        **_said(condition=measure.condition, source=source, unit=unit, weight=measure.weight),
    }


def _crediting(component: Component) -> dict[str, Any]:
    return _said(
        credit=[keys_of(CreditSection, rule) for rule in component.credit],
        roll_up=component.roll_up and _roll_up(component.roll_up),
        earnings_of=component.earnings_of,
        starts_on=plain(component.starts_on),
        ends_on=plain(component.ends_on),
        budget=plain(component.budget),
        target=plain(component.target),
    )


def _roll_up(roll_up: RollUp) -> dict[str, Any]:
    return keys_of(RollUpSection, roll_up) | {"levels": "all" if roll_up.levels is None else roll_up.levels}


def _modifiers(component: Component) -> dict[str, Any]:
    return _said(
        gates=[keys_of(GateSection, gate) for gate in component.gates],
        multipliers=[_multiplier(multiplier) for multiplier in component.multipliers],
        caps=[_cap(cap) for cap in component.caps],
        floors=[keys_of(FloorSection, floor) for floor in component.floors],
        hold=component.hold and keys_of(HoldSection, component.hold),
        clawback=component.clawback and keys_of(ClawbackSection, component.clawback),
    )


def _multiplier(multiplier: Multiplier) -> dict[str, Any]:
    points = [{"at": plain(point.at), "times": plain(point.pays)} for point in multiplier.points]
    return keys_of(MultiplierSection, multiplier) | {"points": points}


def _cap(cap: Cap) -> dict[str, Any]:
    amount = {"times_target" if cap.of_target else "amount": plain(cap.amount)}
    return amount | {"over": cap.over, **_said(excess=None if cap.excess is Excess.CUT else cap.excess)}


def _said(**keys: Any) -> dict[str, Any]:
    """The keys that say something."""
    return {key: value for key, value in keys.items() if value not in (None, [], {}, ())}
