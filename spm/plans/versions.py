"""An immutable version of a plan: its canonical text and the hash of it.

The text holds every rule, defaults written out, and nothing else: comments, spaces and the order of keys make no new
version. It is kept in the database and read back with `stored_plan`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from spm.plans.document import PlanFile
from spm.plans.model import Component, FlatRate, MarginalTiers, Plan
from spm.plans.reading import plan_of


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
        "statement": plan.statement.value,
        "rounding": {"places": plan.rounding.places, "rule": plan.rounding.rule.value},
        "components": [_component(component) for component in plan.components],
    }


def _component(component: Component) -> dict[str, Any]:
    measure = component.measure
    return {
        "name": component.name,
        "measure": measure.name,
        "value": measure.value,
        **({"condition": measure.condition} if measure.condition else {}),
        "date": measure.date,
        "role": component.role,
        "accumulate": component.accumulate.value,
        **_rate(component),
    }


def _rate(component: Component) -> dict[str, Any]:
    rate = component.rate
    if isinstance(rate, FlatRate):
        return {"rate": _number(rate.rate)}
    tiers = [
        {"from": _number(tier.start), "rate": _number(tier.rate)} | ({"to": _number(tier.end)} if tier.end else {})
        for tier in rate.tiers
    ]
    if isinstance(rate, MarginalTiers):
        return {"tier_mode": "marginal", "tier_by": rate.basis.value, "tiers": tiers}
    mode = {"tier_mode": "whole_amount", "at_bound": rate.at_bound.value}
    return {**mode, "tier_by": rate.basis.value, "tiers": tiers}


def _number(number: Decimal) -> str:
    return format(number.normalize(), "f")
