"""From credits to lines of one component: the quota where the rate needs one, then the module of its kind of rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from problems import Problem
from spm.engine import base_plus_top, curves, flat, marginal, matrix, pools, steps, targets, whole_amount
from spm.engine.credits import Credits
from spm.engine.days import Days
from spm.engine.exact import LARGEST_EARNING, money
from spm.engine.inputs import Inputs
from spm.engine.narrow import narrow
from spm.engine.people import person
from spm.engine.quotas import for_component
from spm.engine.standing import Others, for_matrix
from spm.engine.teams import for_pool
from spm.engine.tiers import with_bounds
from spm.plans.model import (
    BasePlusTop,
    Component,
    Curve,
    FlatRate,
    MarginalTiers,
    Matrix,
    Plan,
    Pool,
    Rounding,
    Span,
    Steps,
    WholeAmountTiers,
)


class _RateKind(Protocol):
    """`rows`: credits that are not zero, in order, with `quota`, `target` and the bounds of tiers where the rate has
    such; for a kind that pays by period, where people stand at its end. Returns lines as narrow() takes them."""

    def earn(self, rows: pl.DataFrame, rate: Any, rounding: Rounding, /) -> pl.DataFrame: ...


KINDS: dict[type, _RateKind] = {
    FlatRate: flat,
    MarginalTiers: marginal,
    WholeAmountTiers: whole_amount,
    BasePlusTop: base_plus_top,
    Curve: curves,
    Steps: steps,
    Pool: pools,
    Matrix: matrix,
}
"""The module that calculates each kind of rate."""


@dataclass(frozen=True, slots=True)
class Earned:
    """What one component came to.

    `credits`: all credits in order, also those that earn nothing for want of a quota. `booked`: those that are not
    zero, with `quota` and `target` of their span (null: none). `lines`: NARROW. `standing`: where people stand at the
    end of each period, for a rate that pays by it.
    """

    component: Component
    credits: pl.DataFrame
    booked: pl.DataFrame
    lines: pl.DataFrame
    problems: tuple[Problem, ...] = ()
    standing: pl.DataFrame | None = None

    def rated_anew(self, plan: Plan, component: Component) -> Earned:
        """What the rate alone gives, without what modified it. `component`: the same one with other modifiers."""
        return replace(self, component=component, lines=rated(self.booked, plan, component, self.standing))

    def with_lines(self, *more: pl.DataFrame) -> Earned:
        """The same with further lines (NARROW)."""
        return replace(self, lines=pl.concat([self.lines, *more]))


def earned_by(
    inputs: Inputs,
    plan: Plan,
    components: Sequence[Component],
    credited: Sequence[Credits],
    known: Sequence[Earned] = (),
) -> list[Earned]:
    """Credits and lines of components of one plan, which may look at each other's credits and at those `known`."""
    others = {part.component.name: (part.component, part.credits) for part in known}
    others |= {part.name: (part, each.rows) for part, each in zip(components, credited, strict=True)}
    return [_earned(inputs, plan, part, each, others) for part, each in zip(components, credited, strict=True)]


def _earned(inputs: Inputs, plan: Plan, component: Component, credited: Credits, others: Others) -> Earned:
    booked, problems = with_quota(credited.rows.filter(pl.col("credited") != 0), inputs, plan, component)
    standing, more = _standing(inputs, plan, component, others)
    missing = _without(booked, component, inputs)
    found = (*credited.problems, *problems, *more, *missing, *_too_large(booked, component, inputs))
    return Earned(component, credited.rows, booked, rated(booked, plan, component, standing), found, standing)


def _standing(
    inputs: Inputs, plan: Plan, component: Component, others: Others
) -> tuple[pl.DataFrame | None, list[Problem]]:
    if isinstance(component.rate, Matrix):
        return for_matrix(inputs, plan, component, others)
    if isinstance(component.rate, Pool):
        return for_pool(inputs, plan, component, others[component.name][1])
    return None, []


def rated(booked: pl.DataFrame, plan: Plan, component: Component, standing: pl.DataFrame | None = None) -> pl.DataFrame:
    """The lines (NARROW) of credits with their quota, or of a standing: what the rate alone gives."""
    if standing is not None:
        return narrow(KINDS[type(component.rate)].earn(standing, component.rate, plan.rounding))
    return narrow(KINDS[type(component.rate)].earn(payable(booked, component), component.rate, plan.rounding))


def payable(booked: pl.DataFrame, component: Component) -> pl.DataFrame:
    """The credits that can be rated: their quota and target are known, and they are not too large."""
    known = booked.drop_nulls("quota") if component.needs_quota else booked
    known = known.drop_nulls("target") if targets.needed(component) else known
    return known.filter(~_beyond(component)) if _largest_rate(component) > 1 else known


def _largest_rate(component: Component) -> Decimal:
    """Amounts a piece may be large; a rate of money seldom is above 1."""
    rate = component.rate
    if isinstance(rate, FlatRate):
        return rate.rate
    return max((tier.rate for tier in getattr(rate, "tiers", ())), default=Decimal(1))


def _beyond(component: Component) -> pl.Expr:
    """Whether a credit is so large that the component's largest rate of it could not be calculated."""
    return pl.col("credited").abs() * money(_largest_rate(component)) >= money(LARGEST_EARNING)


def _too_large(booked: pl.DataFrame, component: Component, inputs: Inputs) -> Iterator[Problem]:
    if _largest_rate(component) <= 1:
        return
    for participant_id in booked.filter(_beyond(component))["participant_id"].unique().sort():
        message = f"{component.name} counts a credit that is too large to be right; it earns nothing."
        yield Problem(person(inputs.people, participant_id), "credit", message, "Correct the record in the CRM.")


def with_quota(
    booked: pl.DataFrame, inputs: Inputs, plan: Plan, component: Component
) -> tuple[pl.DataFrame, list[Problem]]:
    """The credits plus `quota` where the rate is by attainment (and bounds of tiers), `target` where it pays of one."""
    problems: list[Problem] = []
    if targets.needed(component):
        booked, problems = targets.joined(booked, inputs, plan, component)
    if component.needs_quota:
        quotas, lost = for_component(inputs, plan, component)
        quotas = quotas.filter(pl.col("quota") > 0)
        rate = component.rate
        bounded = (
            with_bounds(quotas, rate) if isinstance(rate, MarginalTiers | WholeAmountTiers | BasePlusTop) else quotas
        )
        booked = booked.join(bounded, on=["participant_id", "span"], how="left", maintain_order="left")
        problems = [*problems, *lost]
    return booked, problems


def _without(booked: pl.DataFrame, component: Component, inputs: Inputs) -> Iterator[Problem]:
    if component.needs_quota:
        yield from _lacking(booked, component, inputs, "quota", component.measure.name)
    if targets.needed(component):
        yield from _lacking(booked, component, inputs, "target", str(component.target))


def _lacking(booked: pl.DataFrame, component: Component, inputs: Inputs, what: str, name: str) -> Iterator[Problem]:
    lost = booked.filter(pl.col(what).is_null()).select("participant_id", "span").unique()
    if lost.is_empty():
        return
    spans = _names(inputs.days, component)
    for participant_id, span in lost.sort("participant_id", "span").iter_rows():
        when = spans.get(span, "all its time")
        message = f"no {what} for {name} in {when}; {component.name} earns nothing there until there is one."
        hint = f"Add a quota for {name} that covers {when}."
        yield Problem(person(inputs.people, participant_id), f"quota {name}", message, hint)


def _names(days: Days, component: Component) -> dict[int, str]:
    if component.accumulate in {Span.PLAN, Span.DEAL}:
        return {}
    return dict(days.of_kind(component.accumulate).select("number", "period").iter_rows())
