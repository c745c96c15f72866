"""Floors over a span: what is earned below is filled up, also without a deal, for whoever is on the plan.

A floor falls due in the last statement period of its span, or in the one in which somebody leaves the plan before it
ends: until then nobody knows what the span earns. From then on the span stands at the floor or above.
"""

from __future__ import annotations

import polars as pl

from problems import Problem
from spm import wording
from spm.engine import amounts
from spm.engine.assigning import ALWAYS
from spm.engine.caps import a_span
from spm.engine.cumulative import CELL, SPAN, changes, current, kind_of, on_plan, ordering, stood
from spm.engine.earning import Earned
from spm.engine.inputs import Inputs
from spm.engine.narrow import narrow
from spm.plans.model import Floor, Plan, Span


def lines(inputs: Inputs, plan: Plan, part: Earned, which: tuple[int, Floor]) -> tuple[pl.DataFrame, list[Problem]]:
    """The lines (NARROW) of a floor of a component (its place and itself)."""
    return filled(inputs, plan, stood(part, inputs, plan, kind_of(which[1].over, plan)), which)


def filled(
    inputs: Inputs, plan: Plan, sums: pl.DataFrame, which: tuple[int, Floor]
) -> tuple[pl.DataFrame, list[Problem]]:
    """The same for the sums (CELL and `amount`) of whatever the floor lifts."""
    place, floor = which
    kind = kind_of(floor.over, plan)
    limits, problems = amounts.of_spans(inputs, plan, floor.amount, kind, of="floor")
    due = _due(inputs, plan, kind).join(limits, on=SPAN)
    ends = due.select(*SPAN, "limit", falls="period")
    both = pl.concat([sums.select(*CELL, "amount"), due.select(CELL).with_columns(amount=_ZERO)])
    cells = both.group_by(CELL).agg(pl.col("amount").sum()).join(ends, on=SPAN, how="left")
    late = (pl.col("period") >= pl.col("falls")).fill_null(value=False)
    changed = changes(cells, pl.when(late).then(pl.max_horizontal("total", "limit")).otherwise("total"))
    made = changed.with_columns(cause=pl.lit("floor"), tier=ordering(place), reason=reason(floor, plan))
    return narrow(made.drop("span", "total", "due", "limit", "falls")), problems


_ZERO = pl.lit(0).cast(pl.Decimal(38, 10))


def reason(floor: Floor, plan: Plan) -> pl.Expr:
    """`filled up to 250.00 USD a month`, from the line's `amount` and its `limit`."""
    least = pl.format("{} {}", wording.amounts(pl.col("limit")), pl.lit(f"{plan.currency} {a_span(floor.over)}"))
    told = pl.when(pl.col("amount") > 0).then(pl.lit("filled up to")).otherwise(pl.lit("less is needed to fill up to"))
    return pl.format("{} {}", told, least)


def _due(inputs: Inputs, plan: Plan, kind: Span) -> pl.DataFrame:
    """The statement period in which each person's floor of each span falls due, up to the current one."""
    there = on_plan(inputs, plan, kind)
    if kind is Span.PLAN:
        there = there.join(_staying(inputs, plan), on="participant_id", how="anti")
    last = there.group_by(SPAN).agg(pl.col("period").max())
    return last.filter(pl.col("period") <= current(inputs, plan)).select(CELL)


def _staying(inputs: Inputs, plan: Plan) -> pl.DataFrame:
    """Who is on the plan without end, or longer than the calendar reaches."""
    reach = inputs.days.periods["ends_on"].max()
    spells = inputs.assignments.filter(pl.col("plan") == plan.name)
    return spells.filter((pl.col("ends_on") == ALWAYS) | (pl.col("ends_on") > reach)).select("participant_id").unique()
