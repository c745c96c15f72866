"""Multipliers: what was earned in a span, times the value of a curve at another component's result.

The result is that at the end of the statement period, over the other component's span. What it multiplies adds up over
the shorter of the two components' spans: a quarter's commission by the year's renewals so far, a year's commission
quarter by quarter by each quarter's renewals.
"""

from __future__ import annotations

import polars as pl

from problems import Problem
from spm.engine.cumulative import CELL, SPAN, changes, kind_of, ordering, shorter, stood
from spm.engine.earning import Earned
from spm.engine.exact import rounded
from spm.engine.gates import Asked, shut
from spm.engine.inputs import Inputs
from spm.engine.narrow import narrow
from spm.engine.points import times_value, value_at
from spm.engine.results_at import Basis, results_at, span_numbers
from spm.plans.model import Multiplier, Plan, Span


def lines(
    inputs: Inputs, plan: Plan, part: Earned, multiplier: tuple[int, Multiplier, Earned]
) -> tuple[pl.DataFrame, list[Problem]]:
    """The lines (NARROW) of one multiplier (its place among the component's, itself, and the part whose result it asks
    for); and who has no quota, without which nothing is paid."""
    place, rule, of = multiplier
    over = kind_of(None, plan, of.component)
    kind = shorter(kind_of(None, plan, part.component), over)
    results, problems = results_at(inputs, plan, Basis(of.component, of.credits, rule.basis, over))
    states = _placed(results, inputs, plan, (kind, over))
    both = stood(part, inputs, plan, kind).join(states, on=CELL, how="full", coalesce=True).sort(*SPAN, "period")
    filled = both.with_columns(pl.col("reached", "result", "of").forward_fill().over(SPAN))
    cells = filled.with_columns(pl.col("amount").fill_null(0))
    due = rounded(times_value(pl.col("total"), rule, pl.col("reached"), pl.col("of")), plan.rounding).fill_null(0)
    changed = changes(cells, due)
    made = changed.with_columns(cause=pl.lit("multiplier"), tier=ordering(place), reason=_reason(rule, of, plan))
    lost = made.filter(pl.col("of").is_null())
    unnamed = made.drop("span", "total", "due", "reached", "result", "of")
    return narrow(unnamed), [*problems, *shut(lost, inputs, part, of)]


def _placed(results: pl.DataFrame, inputs: Inputs, plan: Plan, kinds: tuple[Span, Span]) -> pl.DataFrame:
    """The results (over spans of the second kind) for the spans of the first kind that lie in them."""
    kind, over = kinds
    statement = plan.statement
    outer = span_numbers(inputs.days, statement, over).select("on", outer="span")
    inner = span_numbers(inputs.days, statement, kind).join(outer, on="on").drop("on").unique().drop_nulls()
    named = results.rename({"span": "outer", "total": "reached"})
    return named.join(inner, on=["period", "outer"]).select(*CELL, "reached", "result", "of")


def _reason(multiplier: Multiplier, of: Earned, plan: Plan) -> pl.Expr:
    """`attainment of Renewals 85 %: x 0.9`."""
    factor = value_at(multiplier, pl.col("reached"), pl.col("of")).round(6)
    times = factor.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
    known = pl.format("{}: x {}", Asked(of, multiplier.basis, plan).named(), times)
    return known.fill_null(f"there is no quota for {of.component.measure.name}: nothing is paid")
