"""What a component's credits have come to by the end of each period: what gates, multipliers and matrices ask.

A result is the sum of the credits (or how many there are: one below zero takes one away) since its span began, also in
periods without any, for as long as somebody is on the plan. By attainment it is divided by the quota of the span; a
bound is multiplied by the quota instead, so that reaching it is decided exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from problems import Problem
from spm.engine.days import Days, longer
from spm.engine.exact import EXACT, money
from spm.engine.inputs import Inputs
from spm.engine.quotas import over
from spm.engine.totals import counted
from spm.frames import MONEY, empty
from spm.plans.model import PERIOD_SPANS, Component, Plan, Span, TierBasis

RESULT = ["participant_id", "period", "span", "total", "of", "result"]


@dataclass(frozen=True, slots=True)
class Basis:
    """Of what a result is taken: the component and its credits, in which basis, over which span (None: its own)."""

    component: Component
    credits: pl.DataFrame
    by: TierBasis
    span: Span | None = None


def results_at(inputs: Inputs, plan: Plan, basis: Basis) -> tuple[pl.DataFrame, list[Problem]]:
    """The result of everybody on the plan at the end of each statement period up to the current one, in order.

    Columns: `participant_id`, `period` (number of the statement period), `span` (number of the span it lies in; one row
    for each span of a period that holds several), `total` (amount, pieces or count), `of` (the quota by attainment,
    else 1) and `result` (total / of, to twenty places). `of` and `result` are null where there is no quota. There is
    no result per deal: it is taken over the statement period.
    """
    kind = basis.span or basis.component.accumulate
    kind = plan.statement if kind is Span.DEAL else kind
    grid = _grid(inputs, plan, kind)
    sums = _sums(inputs.days, plan, basis, kind)
    joined = grid.join(sums, on=["participant_id", "period", "span"], how="left").sort(
        "participant_id", "period", "span"
    )
    total = pl.col("total").fill_null(money(0)).cum_sum().over("participant_id", "span")
    whole, problems = _divided_by(inputs, plan, basis, kind)
    results = joined.with_columns(total=total).join(whole, on=["participant_id", "span"], how="left")
    known = pl.when(pl.col("of") > 0).then("of") if basis.by is TierBasis.ATTAINMENT else money(1)
    results = results.with_columns(of=known).with_columns(result=pl.col("total").cast(EXACT) / pl.col("of").cast(EXACT))
    return results.sort("participant_id", "period", "span").select(RESULT), problems


def reached(bound: Decimal) -> pl.Expr:
    """Whether a row of results is at the bound or above it: false without a quota."""
    return (pl.col("total") >= (money(bound).cast(EXACT) * pl.col("of").cast(EXACT))).fill_null(value=False)


def span_numbers(days: Days, statement: Span, kind: Span) -> pl.DataFrame:
    """`on`, and the numbers of the statement `period` and of the `span` that hold the day."""
    span = pl.col(kind.value) if kind in PERIOD_SPANS else pl.lit(0, dtype=pl.Int32)
    return days.days.select("on", period=pl.col(statement.value), span=span)


def _sums(days: Days, plan: Plan, basis: Basis, kind: Span) -> pl.DataFrame:
    """What each period (and span within it) adds."""
    added = counted(pl.col("credited")) if basis.by is TierBasis.COUNT else pl.col("credited")
    rows = basis.credits.select("participant_id", "on", total=added)
    placed = rows.join(span_numbers(days, plan.statement, kind), on="on")
    return placed.group_by("participant_id", "period", "span").agg(pl.col("total").sum())


def _grid(inputs: Inputs, plan: Plan, kind: Span) -> pl.DataFrame:
    """Person, period and span for each period that somebody is on the plan in, up to the one with today."""
    spells = inputs.assignments.filter(pl.col("plan") == plan.name).select("participant_id", "starts_on", "ends_on")
    fine = kind if kind in PERIOD_SPANS and longer(kind, plan.statement) is plan.statement else plan.statement
    last_day = inputs.days.last_day(inputs.today, plan.statement) or inputs.today
    pieces = inputs.days.of_kind(fine).filter(pl.col("starts_on") <= last_day)
    pieces = pieces.select(on="starts_on", first="starts_on", last="ends_on")
    covered = spells.join_where(pieces, pl.col("starts_on") <= pl.col("last"), pl.col("ends_on") >= pl.col("first"))
    placed = covered.join(span_numbers(inputs.days, plan.statement, kind), on="on")
    return placed.select("participant_id", "period", "span").unique()


def _divided_by(inputs: Inputs, plan: Plan, basis: Basis, kind: Span) -> tuple[pl.DataFrame, list[Problem]]:
    """`participant_id`, `span` and `of`: the quota where the result is by attainment."""
    if basis.by is not TierBasis.ATTAINMENT:
        return empty({"participant_id": pl.Int64, "span": pl.Int32, "of": MONEY}), []
    quotas, problems = over(inputs, plan, basis.component, kind)
    return quotas.rename({"quota": "of"}), problems
