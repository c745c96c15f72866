"""What a plan gives each person for a span as a floor or a draw, rounded as it is paid."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from problems import Problem
from spm.engine.exact import rounded
from spm.engine.inputs import Inputs
from spm.engine.people import person
from spm.engine.targets import amounts
from spm.plans.model import Plan, Span


def of_spans(
    inputs: Inputs, plan: Plan, amount: Decimal | str, kind: Span, *, of: str
) -> tuple[pl.DataFrame, list[Problem]]:
    """`participant_id`, `span` and `limit`: the amount for each span of that kind, prorated where the plan says so.

    `of` (`draw`, `floor`) is what a plan's proration calls it. Somebody on the plan without any quota row that holds
    theirs is a Problem.
    """
    found, problems = amounts(inputs, plan, amount, kind, of=of)
    limits = found.select("participant_id", "span", limit=rounded(pl.col("amount"), plan.rounding))
    if isinstance(amount, str):
        problems = [*problems, *_without(limits, inputs, plan, amount, of)]
    return limits, problems


def _without(limits: pl.DataFrame, inputs: Inputs, plan: Plan, measure: str, of: str) -> list[Problem]:
    there = inputs.assignments.filter(pl.col("plan") == plan.name).select("participant_id").unique()
    lost = there.join(limits, on="participant_id", how="anti")["participant_id"].sort()
    message, hint = f"no quota for {measure}, which holds the {of}; there is none.", f"Add a quota for {measure}."
    return [Problem(person(inputs.people, each), f"quota {measure}", message, hint) for each in lost]
