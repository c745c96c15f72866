"""Amounts that each person has for a span: target incentives, draws, guarantees.

A number holds for everybody on the plan, in each span that they are on it; the name of a quota measure means what each
one's quota rows of it say, in the plan's currency, spread over the spans as quotas are. Where the plan prorates them,
a number counts by the days of the span that the person is hired, on the plan and not on leave.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from problems import Problem
from spm.engine.days import beside
from spm.engine.exact import EXACT, money
from spm.engine.proration import active_days, counting, prorated, stays
from spm.engine.quotas import ALLOTTED, Ask, allotted
from spm.frames import MONEY, empty
from spm.plans.model import PERIOD_SPANS, Component, Curve, Matrix, Pays, Plan, Span, Steps

if TYPE_CHECKING:
    from spm.engine.inputs import Inputs


def needed(component: Component) -> bool:
    """Whether the component's earnings are a part of its target incentive."""
    rate = component.rate
    return isinstance(rate, Curve | Steps | Matrix) and rate.pays is Pays.TARGET


def joined(rows: pl.DataFrame, inputs: Inputs, plan: Plan, component: Component) -> tuple[pl.DataFrame, list[Problem]]:
    """The rows (with `participant_id` and `span`) plus `target`, that of the span the component accumulates over."""
    found, problems = for_component(inputs, plan, component)
    key = ["participant_id", "span"]
    if component.accumulate is Span.DEAL:
        found, key = found.drop("span"), ["participant_id"]
    return rows.join(found, on=key, how="left", maintain_order="left"), problems


def for_component(
    inputs: Inputs, plan: Plan, component: Component, kind: Span | None = None
) -> tuple[pl.DataFrame, list[Problem]]:
    """`participant_id`, `span` and `target` for everybody on the plan, over spans of that kind (None: those that the
    component accumulates over), up to the current statement period.

    The whole time on the plan is the span 0. By deal, `span` is null: the target is that of each deal of the person.
    """
    if component.target is None:
        return empty(ALLOTTED).rename({"amount": "target"}), []
    found, problems = amounts(inputs, plan, component.target, kind or component.accumulate, of="target")
    return found.rename({"amount": "target"}), problems


def amounts(
    inputs: Inputs, plan: Plan, amount: Decimal | str, over: Span, *, of: str
) -> tuple[pl.DataFrame, list[Problem]]:
    """`participant_id`, `span` and `amount` (ALLOTTED) of everybody on the plan, up to the current statement period.

    `of` says what it is for the plan's proration: `target`, `draw` or `floor`.
    """
    if isinstance(amount, str):
        return allotted(inputs, plan, Ask(amount, over, what=of))
    return _of_number(inputs, plan, amount, over, prorate=prorated(plan, of)), []


def _of_number(inputs: Inputs, plan: Plan, amount: Decimal, over: Span, *, prorate: bool) -> pl.DataFrame:
    there = stays(inputs, plan)
    if over not in PERIOD_SPANS:
        number = None if over is Span.DEAL else 0
        found = there.select("participant_id", span=pl.lit(number, dtype=pl.Int32), amount=money(amount)).unique()
        return found.sort("participant_id")
    spans = _spans(inputs, plan, there, over)
    if not prorate:
        return spans.select("participant_id", "span", amount=money(amount))
    days = active_days(spans, inputs, plan).with_columns(whole=counting(pl.col("first"), pl.col("last"), plan))
    part = money(amount).cast(EXACT) * pl.col("days") / pl.col("whole")
    part = pl.when(pl.col("whole") > 0).then(part).otherwise(money(0).cast(EXACT))
    return days.select("participant_id", "span", amount=part.cast(MONEY))


def _spans(inputs: Inputs, plan: Plan, there: pl.DataFrame, over: Span) -> pl.DataFrame:
    """The spans in which people are on the plan: `participant_id`, `span`, `first`, `last`."""
    present = inputs.days.last_day(inputs.today, plan.statement) or inputs.today
    periods = inputs.days.of_kind(over).filter(pl.col("starts_on") <= present)
    held = beside(there, ("first", "last"), periods.select(span="number", begins="starts_on", until="ends_on"))
    spans = held.select("participant_id", "span", first="begins", last="until")
    return spans.unique().sort("participant_id", "span")
