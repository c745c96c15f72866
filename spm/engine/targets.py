"""Target incentives: what a span pays at target.

A target that is a number is that of every span; one that names a measure is found among the quotas, and spread over
spans as they are.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from problems import Problem
from spm.engine.exact import money
from spm.engine.inputs import Inputs
from spm.engine.quotas import over
from spm.plans.model import Component, Curve, Matrix, Pays, Plan, Span, Steps


def needed(component: Component) -> bool:
    """Whether the component's earnings are a part of its target incentive."""
    rate = component.rate
    return isinstance(rate, Curve | Steps | Matrix) and rate.pays is Pays.TARGET


def joined(rows: pl.DataFrame, inputs: Inputs, plan: Plan, component: Component) -> tuple[pl.DataFrame, list[Problem]]:
    """The rows (with `participant_id` and `span`) plus `target`, that of the span the component accumulates over."""
    kind = component.accumulate
    if kind is Span.DEAL and not isinstance(component.target, str) and component.target is not None:
        return rows.with_columns(target=money(component.target)), []  # a deal is no span of the calendar
    found, problems = for_component(inputs, plan, component)
    return rows.join(found, on=["participant_id", "span"], how="left", maintain_order="left"), problems


def for_component(
    inputs: Inputs, plan: Plan, component: Component, kind: Span | None = None
) -> tuple[pl.DataFrame, list[Problem]]:
    """`participant_id`, `span` and `target` for everybody on the plan, over spans of that kind (None: those that the
    component accumulates over)."""
    spans = kind or component.accumulate
    if isinstance(component.target, str):
        named = replace(component, measure=replace(component.measure, name=component.target))
        found, problems = over(inputs, plan, named, spans)
        return found.rename({"quota": "target"}), problems
    people = inputs.assignments.filter(pl.col("plan") == plan.name).select("participant_id").unique()
    numbers = _numbers(inputs, spans)
    target = pl.lit(None) if component.target is None else money(component.target)
    return people.join(numbers, how="cross").with_columns(target=target), []


def _numbers(inputs: Inputs, kind: Span) -> pl.DataFrame:
    if kind in {Span.PLAN, Span.DEAL}:
        return pl.DataFrame({"span": [0]}, schema={"span": pl.Int32})
    return inputs.days.of_kind(kind).select(span="number")
