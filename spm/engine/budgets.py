"""Budgets: what a component pays to all people together, in the order in which it was earned, until it is used up.

Earnings stand in the order of their day, then of deals, larger shares and the people's emails; what was earned for an
earlier credit or for a whole period stands on the last day of the period it falls in, after that day's credits.
"""

from __future__ import annotations

import polars as pl

from spm import wording
from spm.engine.earning import Earned
from spm.engine.exact import money
from spm.engine.inputs import Inputs
from spm.engine.narrow import narrow
from spm.frames import MONEY
from spm.plans.model import Plan

_ORDER = ["day", "late", "place", "item", "share", "email", "role", "row"]
_DESCENDING = [False, False, False, False, True, False, False, False]


def lines(inputs: Inputs, plan: Plan, part: Earned) -> pl.DataFrame:
    """The lines (NARROW) that cut what is beyond the budget."""
    budget = part.component.budget
    if budget is None:
        return narrow(part.lines.clear())
    earned = _in_order(inputs, plan, part)
    total = pl.col("amount").cum_sum().cast(MONEY)
    beyond = pl.min_horizontal(money(0), money(budget) - total)
    cut = (beyond - beyond.shift(1).fill_null(0)).cast(MONEY)
    used = pl.lit(f"budget of {wording.amount(budget)} {plan.currency} used up")
    back = pl.lit(f"below the budget of {wording.amount(budget)} {plan.currency} again")
    changed = earned.with_columns(amount=cut).filter(pl.col("amount") != 0)
    reason = pl.when(pl.col("amount") < 0).then(used).otherwise(back)
    made = changed.with_columns(cause=pl.lit("budget"), reason=reason)
    return narrow(made.select("row", "participant_id", "period", "cause", "amount", "reason"))


def _in_order(inputs: Inputs, plan: Plan, part: Earned) -> pl.DataFrame:
    """What each credit earned in each period, and each person without a credit."""
    sums = part.lines.group_by("row", "participant_id", "period").agg(pl.col("amount").sum())
    last = inputs.days.of_kind(plan.statement).select(period="number", last="ends_on")
    about = part.credits.select("row", "on", "deal_id", "item", "share", "role", booked="period")
    people = inputs.people.select("participant_id", "email")
    joined = (
        sums.join(about, on="row", how="left").join(last, on="period").join(people, on="participant_id", how="left")
    )
    placed = joined.join(inputs.places, on="deal_id", how="left")
    own = pl.col("booked").eq_missing(pl.col("period"))
    dated = placed.with_columns(day=pl.when(own).then("on").otherwise("last"), late=~own)
    return dated.sort(_ORDER, descending=_DESCENDING, nulls_last=True)
