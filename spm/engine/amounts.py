"""Amounts that a plan gives each person for a span (floors, draws): a number, or the name of a quota that holds it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import polars as pl

from problems import Problem
from spm.engine.cumulative import on_plan
from spm.engine.exact import money, rounded
from spm.engine.inputs import Inputs
from spm.engine.quotas import over
from spm.plans.model import Plan, Span


def of_spans(
    inputs: Inputs, plan: Plan, amount: Decimal | str, kind: Span, *, of: str
) -> tuple[pl.DataFrame, list[Problem]]:
    """`participant_id`, `span` and `limit`: the amount for each span of that kind in which somebody is on the plan,
    rounded by the plan's rule. `of` (`draw`, `floor`) is what a plan's proration calls it."""
    people = on_plan(inputs, plan, kind).select("participant_id", "span").unique()
    if not isinstance(amount, str):
        return people.with_columns(limit=rounded(money(amount), plan.rounding)), []
    first = plan.components[0]
    named = replace(first, measure=replace(first.measure, name=amount))
    found, problems = over(inputs, plan, named, kind)
    limits = found.select("participant_id", "span", limit=rounded(pl.col("quota"), plan.rounding))
    return people.join(limits, on=["participant_id", "span"]), problems


