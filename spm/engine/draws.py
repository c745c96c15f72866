"""Draws: an advance in each statement period on the plan, recovered from what is earned above it where it is owed.

The balance after each period follows from the one before: b = max(0, b before - (earned - draw)) against earnings. Such
a sequence is the running sum of its steps less the lowest value that this ever had (or 0), which needs no loop.
"""

from __future__ import annotations

import polars as pl

from problems import Problem
from spm import wording
from spm.engine import amounts
from spm.engine.cumulative import current, on_plan
from spm.engine.exact import money
from spm.engine.inputs import Inputs
from spm.engine.narrow import narrow
from spm.frames import MONEY
from spm.plans.model import Draw, DrawMode, Plan

_WHO = "participant_id"


def lines(inputs: Inputs, plan: Plan, draw: Draw, earned: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """The draw and recovery lines (NARROW). `earned`: `participant_id`, `period` and `amount`, all that the plan pays
    without a draw."""
    there = on_plan(inputs, plan, plan.statement).filter(pl.col("period") <= current(inputs, plan))
    limits, problems = amounts.of_spans(inputs, plan, draw.amount, plan.statement, of="draw")
    rows = there.join(limits, on=[_WHO, "span"], how="left").join(earned, on=[_WHO, "period"], how="left")
    nth = pl.int_range(1, pl.len() + 1).over(_WHO)
    ordered = rows.sort(_WHO, "period").with_columns(pl.col("amount").fill_null(0), nth=nth)
    drawing = pl.col("limit").is_not_null()
    drawing = drawing & (pl.col("nth") <= draw.periods) if draw.periods else drawing
    known = ordered.with_columns(draw=pl.when(drawing).then("limit").otherwise(money(0)), drawing=drawing)
    paid = _against(known, draw) if draw.mode is DrawMode.AGAINST else _on_top(known, draw)
    return pl.concat([_drawn(paid, draw, plan), _recovered(paid, plan)]), problems


def _against(rows: pl.DataFrame, draw: Draw) -> pl.DataFrame:
    """`drawn`, and where it is owed `before`, the balance before each period, and `recovered`."""
    over = pl.col("amount") - pl.col("draw")
    drawn = pl.when(pl.col("drawing")).then(pl.max_horizontal(-over, money(0))).otherwise(money(0))
    above = pl.max_horizontal(over, money(0))
    return _balanced(rows.with_columns(drawn=drawn.cast(MONEY), above=above.cast(MONEY)), draw)


def _on_top(rows: pl.DataFrame, draw: Draw) -> pl.DataFrame:
    above = pl.max_horizontal(pl.col("amount") - pl.col("draw"), money(0))
    return _balanced(rows.with_columns(drawn="draw", above=above.cast(MONEY)), draw)


def _balanced(rows: pl.DataFrame, draw: Draw) -> pl.DataFrame:
    """The balance before each period: what was drawn before, less what was recovered of it, never below nothing."""
    if not draw.recoverable:
        return rows.with_columns(before=money(0), recovered=money(0))
    # Just before a period's recovery, what is owed is max(0, owed after the last recovery) + what was drawn then.
    drawn_before = pl.col("drawn").shift(1).over(_WHO).fill_null(0)
    stepped = rows.with_columns(step=(drawn_before - pl.col("above")).cast(MONEY))
    run = stepped.with_columns(run=pl.col("step").cum_sum().over(_WHO))
    lowest = pl.min_horizontal(pl.col("run").cum_min().over(_WHO), money(0))
    after = run.with_columns(after=(pl.col("run") - lowest).cast(MONEY))
    before = (pl.col("after").shift(1).over(_WHO).fill_null(0) + drawn_before).cast(MONEY)
    known = after.with_columns(before=before)
    return known.with_columns(recovered=pl.min_horizontal("before", "above"))


def _drawn(rows: pl.DataFrame, draw: Draw, plan: Plan) -> pl.DataFrame:
    limit, earned = wording.amounts(pl.col("draw")), wording.amounts(pl.col("amount"))
    if draw.mode is DrawMode.AGAINST:
        reason = pl.format("draw of {} {} less {} earned", limit, pl.lit(plan.currency), earned)
    else:
        reason = pl.format("draw of {} {} besides what is earned", limit, pl.lit(plan.currency))
    made = rows.filter(pl.col("drawn") != 0).with_columns(reason=reason)
    return narrow(made.select(_WHO, "period", "reason", amount="drawn", cause=pl.lit("draw")))


def _recovered(rows: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    before = pl.format("recovered of {} {} drawn before", wording.amounts(pl.col("before")), pl.lit(plan.currency))
    above = pl.format("{}, from what is earned above the draw of {}", before, wording.amounts(pl.col("draw")))
    reason = pl.when(pl.col("draw") > 0).then(above).otherwise(before)
    made = rows.filter(pl.col("recovered") != 0).with_columns(reason=reason)
    return narrow(made.select(_WHO, "period", "reason", amount=-pl.col("recovered"), cause=pl.lit("recovery")))
