"""The cumulative rule of modifiers: what is due, by the end of each period, of all that stands in a span so far.

A modifier over a span adds, in each statement period, what is due by its end less what stands there and less what the
modifier added before. So what a cap cut comes back when a later deal is negative, and a gate met later gives back what
it kept. Spans within one statement period stand alone. A line lies in the span of its credit's day where that is
in the line's own period, else in the span of the last day of its period.
"""

from __future__ import annotations

import polars as pl

from spm.engine.days import longer
from spm.engine.earning import Earned
from spm.engine.inputs import Inputs
from spm.engine.results_at import span_numbers
from spm.frames import MONEY
from spm.plans.model import PERIOD_SPANS, Component, Plan, Span

SPAN = ["participant_id", "span"]
CELL = ["participant_id", "period", "span"]
_EACH = 64  # more than there are spans within one statement period


def kind_of(span: Span | None, plan: Plan, component: Component | None = None) -> Span:
    """The span that a modifier adds up over: None is the component's own; a deal is none, and the statement period."""
    kind = span or (component.accumulate if component else plan.statement)
    return plan.statement if kind is Span.DEAL else kind


def shorter(one: Span, other: Span) -> Span:
    """The shorter of two spans."""
    return other if longer(one, other) is one else one


def calendar(inputs: Inputs, plan: Plan, kind: Span) -> pl.DataFrame:
    """Each statement `period` and `span` of that kind which share days."""
    return span_numbers(inputs.days, plan.statement, kind).select("period", "span").unique().drop_nulls()


def stood(part: Earned, inputs: Inputs, plan: Plan, kind: Span) -> pl.DataFrame:
    """What all lines of the component add up to: `participant_id`, `period`, `span`, `amount`."""
    return sums(part.lines, part.credits, inputs, plan, kind)


def sums(lines: pl.DataFrame, credits_: pl.DataFrame | None, inputs: Inputs, plan: Plan, kind: Span) -> pl.DataFrame:
    """The same of any lines (NARROW) and the credits that they name, if there are any."""
    if _within(kind, plan):
        rows = _by_day(lines, credits_, inputs, plan, kind)
    else:
        of_periods = lines.group_by("participant_id", "period").agg(pl.col("amount").sum())
        rows = of_periods.join(calendar(inputs, plan, kind), on="period")
    return rows.group_by(CELL).agg(pl.col("amount").sum())


def _within(kind: Span, plan: Plan) -> bool:
    """Whether a statement period holds several spans."""
    return kind in PERIOD_SPANS and kind is not plan.statement and longer(kind, plan.statement) is plan.statement


def _by_day(lines: pl.DataFrame, credits_: pl.DataFrame | None, inputs: Inputs, plan: Plan, kind: Span) -> pl.DataFrame:
    last = inputs.days.of_kind(plan.statement).select(period="number", last="ends_on")
    rows = lines.select("row", "participant_id", "period", "amount").join(last, on="period")
    if credits_ is None:
        dated = rows.with_columns(on="last")
    else:
        placed = rows.join(credits_.select("row", "on", booked="period"), on="row", how="left")
        own = pl.col("booked").eq_missing(pl.col("period"))
        dated = placed.with_columns(on=pl.when(own).then("on").otherwise("last"))
    return dated.join(span_numbers(inputs.days, plan.statement, kind).select("on", "span"), on="on")


def on_plan(inputs: Inputs, plan: Plan, kind: Span) -> pl.DataFrame:
    """Person, statement period and span for every day that somebody is on the plan, whatever the day is today."""
    spells = inputs.assignments.filter(pl.col("plan") == plan.name).select("participant_id", "starts_on", "ends_on")
    fine = kind if _within(kind, plan) else plan.statement
    pieces = inputs.days.of_kind(fine).select(on="starts_on", first="starts_on", until="ends_on")
    covered = spells.join_where(pieces, pl.col("starts_on") <= pl.col("until"), pl.col("ends_on") >= pl.col("first"))
    placed = covered.join(span_numbers(inputs.days, plan.statement, kind), on="on")
    return placed.select(CELL).unique()


def current(inputs: Inputs, plan: Plan) -> int:
    """The number of the statement period with today; one beyond all where the calendar does not reach it."""
    number = inputs.days.number(inputs.today, plan.statement)
    return 2**31 - 1 if number is None else number


def changes(cells: pl.DataFrame, due: pl.Expr) -> pl.DataFrame:
    """The cells (CELL, `amount`: what the period adds before the modifier) plus `total`, what stands by the end of the
    period, `due`, evaluated on it, and as `amount` what the modifier adds; cells where that is nothing are left out."""
    ordered = cells.sort(*SPAN, "period").with_columns(total=pl.col("amount").cum_sum().over(SPAN).cast(MONEY))
    off = (pl.col("due") - pl.col("total")).cast(MONEY)
    known = ordered.with_columns(due=due.cast(MONEY)).with_columns(off=off)
    before = pl.col("off").shift(1).over(SPAN).fill_null(0)
    return known.with_columns(amount=pl.col("off") - before).drop("off").filter(pl.col("amount") != 0)


def ordering(place: int) -> pl.Expr:
    """What orders the lines of the `place`-th modifier of a kind, and of several spans within one period."""
    within = pl.col("span").rank("dense").over("participant_id", "period").cast(pl.Int32)
    return (within + place * _EACH).cast(pl.Int32)
