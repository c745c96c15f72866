"""Which days count for somebody: those on which they are hired, on the plan and, where the plan says so, not on leave.

A day on the plan belongs to that plan alone, since nobody is on two at a time. The days of two stays on one plan add
up. Hire date, leave date and the ends of stays and absences are counted in.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

import polars as pl

from spm.engine.days import DAYS, counted
from spm.plans.model import Plan

if TYPE_CHECKING:  # Inputs are prepared by modules that count days
    from spm.engine.inputs import Inputs

_EVER = date(1, 1, 1)


def prorated(plan: Plan, what: str) -> bool:
    """Whether the plan prorates its quotas, targets, draws or floors (`what`, in the singular)."""
    return plan.proration is not None and what in plan.proration.of


def counting(first: pl.Expr, last: pl.Expr, plan: Plan) -> pl.Expr:
    """How many days lie from `first` to `last` by the plan's way of counting."""
    if plan.proration is None:
        return counted(first, last)
    return counted(first, last, plan.proration.by, plan.proration.holidays)


def stays(inputs: Inputs, plan: Plan) -> pl.DataFrame:
    """When people are on the plan: `participant_id`, `first`, `last`; nobody's stays overlap."""
    of_plan = inputs.assignments.filter(pl.col("plan") == plan.name)
    return of_plan.select("participant_id", first=pl.col("starts_on").fill_null(_EVER), last="ends_on")


def active_days(pieces: pl.DataFrame, inputs: Inputs, plan: Plan) -> pl.DataFrame:
    """The pieces (`participant_id`, `first`, `last`, ...) in their order, with `days`: those the person counts for."""
    active = _active(inputs, plan).lazy()
    found = (
        pieces.lazy()
        .select("participant_id", "first", "last")
        .with_row_index("piece")
        .join(active, on="participant_id")
    )
    first, last = pl.max_horizontal("first", "since"), pl.min_horizontal("last", "until")
    days = (counting(first, last, plan).cast(pl.Int64) * pl.col("sign")).alias("days")
    summed = found.filter(first <= last).select("piece", days).group_by("piece").agg(pl.col("days").sum())
    numbered = pieces.lazy().with_row_index("piece").join(summed, on="piece", how="left", maintain_order="left")
    return numbered.drop("piece").with_columns(pl.col("days").fill_null(0).cast(DAYS)).collect()


def _active(inputs: Inputs, plan: Plan) -> pl.DataFrame:
    """`participant_id`, `since`, `until`, `sign`: stays while hired count 1 a day, absences within them -1."""
    key = ("active days", plan.name)
    if key not in inputs.known:
        hired = _hired(inputs, plan)
        lost = _absent(inputs, hired) if plan.proration and plan.proration.leave else hired.clear()
        signed = [hired.with_columns(sign=pl.lit(1, pl.Int64)), lost.with_columns(sign=pl.lit(-1, pl.Int64))]
        inputs.known[key] = pl.concat(signed)
    return cast(pl.DataFrame, inputs.known[key])


def _hired(inputs: Inputs, plan: Plan) -> pl.DataFrame:
    people = inputs.people.select("participant_id", "hire_date", "leave_date").unique("participant_id")
    joined = stays(inputs, plan).join(people, on="participant_id", how="left")
    since, until = pl.max_horizontal("first", "hire_date"), pl.min_horizontal("last", "leave_date")
    return joined.select("participant_id", since=since, until=until).filter(pl.col("since") <= pl.col("until"))


def _absent(inputs: Inputs, hired: pl.DataFrame) -> pl.DataFrame:
    """The days of leave within these stays, each once."""
    absences = _joined_up(inputs.absences.select("participant_id", away="starts_on", back="ends_on").drop_nulls())
    found = hired.join(absences, on="participant_id")
    since, until = pl.max_horizontal("since", "away"), pl.min_horizontal("until", "back")
    return found.select("participant_id", since=since, until=until).filter(pl.col("since") <= pl.col("until"))


def _joined_up(absences: pl.DataFrame) -> pl.DataFrame:
    """Absences that overlap as one."""
    ordered = absences.filter(pl.col("away") <= pl.col("back")).sort("participant_id", "away", "back")
    reach = pl.col("back").cum_max().shift(1).over("participant_id")
    apart = ordered.with_columns(new=(pl.col("away") > reach).fill_null(value=True).cum_sum().over("participant_id"))
    spans = apart.group_by("participant_id", "new").agg(pl.col("away").min(), pl.col("back").max())
    return spans.drop("new")
