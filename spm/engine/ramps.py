"""Ramps: the first months of somebody on the plan have a part of the quota.

The first month is the fiscal month of the day on which the person's first stay on the plan begins, or of the hire date
where that is later. The quota of the n-th month is multiplied by the n-th share; after the last one it is whole.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from spm.engine.days import Days, beside, outside
from spm.engine.proration import stays
from spm.frames import MONEY
from spm.plans.model import ONE, Plan, Span

if TYPE_CHECKING:
    from spm.engine.inputs import Inputs


def shares_of(plan: Plan, measure: str) -> tuple[Decimal, ...]:
    """The shares of the plan's ramp for the measure; none where there is no ramp."""
    return next((ramp.shares for ramp in plan.ramps if ramp.measure == measure), ())


def by_month(pieces: pl.DataFrame, days: Days) -> pl.DataFrame:
    """The pieces (`first`, `last`, ...) cut at the borders of fiscal months, with the month as `month`: null for
    what lies outside the calendar."""
    months = days.of_kind(Span.MONTH).select(month="number", begins="starts_on", until="ends_on")
    touching = beside(pieces, ("first", "last"), months)
    first, last = pl.max_horizontal("first", "begins"), pl.min_horizontal("last", "until")
    inside = touching.with_columns(first=first, last=last).drop("begins", "until")
    beyond = outside(pieces, ("first", "last"), days).with_columns(month=pl.lit(None, dtype=pl.Int32))
    return pl.concat([inside, beyond.select(inside.columns)])


def ramped(pieces: pl.DataFrame, inputs: Inputs, plan: Plan, shares: tuple[Decimal, ...]) -> pl.DataFrame:
    """Pieces of months (`participant_id`, `month`, ...) with `share`: the part of the quota that counts."""
    places = pl.DataFrame({"nth": range(1, len(shares) + 1), "share": shares}, schema={"nth": pl.Int32, "share": MONEY})
    begun = pieces.join(_first_months(inputs, plan), on="participant_id", how="left")
    counted = begun.with_columns(nth=(pl.col("month") - pl.col("began") + 1).cast(pl.Int32))
    joined = counted.join(places, on="nth", how="left")
    return joined.with_columns(pl.col("share").fill_null(pl.lit(ONE, dtype=MONEY))).drop("nth", "began")


def _first_months(inputs: Inputs, plan: Plan) -> pl.DataFrame:
    """`participant_id` and `began`: the number of everybody's first month. Months before those at hand have numbers
    below 0, by calendar months; a plan with ramps is calculated from the first stay on it on."""
    people = inputs.people.select("participant_id", "hire_date").unique("participant_id")
    first = stays(inputs, plan).group_by("participant_id").agg(pl.col("first").min())
    on = pl.max_horizontal("first", "hire_date")
    began = first.join(people, on="participant_id", how="left").select("participant_id", on=on)
    known = began.join(inputs.days.days.select("on", began="month"), on="on", how="left")
    start = pl.lit(inputs.days.days["on"].min(), dtype=pl.Date)
    before = 12 * (pl.col("on").dt.year() - start.dt.year()) + pl.col("on").dt.month() - start.dt.month()
    earlier = pl.when(pl.col("on") < start).then(before.cast(pl.Int32))
    return known.select("participant_id", pl.coalesce("began", earlier))
