"""What is paid for a whole span: a credit pays what the span is worth after it less what it was worth before it.

Both are rounded, so that the lines of a span add up to its rounded worth at any moment, whatever the order of the
credits and however often the total goes up and down. Before its first credit a span is worth nothing.
"""

from __future__ import annotations

import polars as pl

from spm import wording
from spm.engine.exact import EXACT, money, rounded
from spm.frames import MONEY
from spm.plans.model import Rounding, TierBasis

SPAN = ["participant_id", "span"]


def counted(credited: pl.Expr) -> pl.Expr:
    """What a credit adds to a count: 1; one below zero (a refund) -1, zero nothing."""
    return credited.sign().cast(MONEY)


def running(booked: pl.DataFrame, basis: TierBasis) -> pl.DataFrame:
    """The credits (in order) plus `total`, the sum of the span after each, and `reached`, what bounds are compared
    with: that sum or how many credits it is made of."""
    summed = booked.with_columns(total=pl.col("credited").cum_sum().over(SPAN))
    if basis is not TierBasis.COUNT:
        return summed.with_columns(reached=pl.col("total"))
    return summed.with_columns(reached=counted(pl.col("credited")).cum_sum().over(SPAN))


def quota(basis: TierBasis) -> pl.Expr:
    """What bounds are shares of: the quota of the span; 1 where they are amounts or counts."""
    return pl.col("quota") if basis is TierBasis.ATTAINMENT else money(1)


def telescoped(rows: pl.DataFrame, worth: pl.Expr, rounding: Rounding) -> pl.DataFrame:
    """The rows plus `due` (what the span is worth after each credit, rounded), `before`, and `amount` between."""
    due = rows.with_columns(due=rounded(worth.cast(EXACT), rounding).cast(MONEY))
    before = pl.col("due").shift(1).over(SPAN).fill_null(money(0))
    return due.with_columns(before=before).with_columns(amount=pl.col("due") - pl.col("before"))


def paying(share: pl.Expr, of: pl.Expr, what: str) -> pl.Expr:
    """`90 % of the target 5,000.00`."""
    return pl.format("{} of {} {}", wording.percents(share.round(6)), pl.lit(what), wording.amounts(of))


def told(basis: TierBasis, worth: pl.Expr) -> pl.Expr:
    """The reason of a telescoped line: what is reached, what that is worth, what was paid before."""
    return pl.format("{}: {}{}", _reached(basis), worth, less())


def less() -> pl.Expr:
    """` = 13,000.00, less 7,000.00 before`, where something was paid before; else nothing more to say."""
    due, before = wording.amounts(pl.col("due")), wording.amounts(pl.col("before"))
    more = pl.format(" = {}, less {} before", due, before)
    return pl.when(pl.col("before") != 0).then(more).otherwise(pl.lit(""))


def _reached(basis: TierBasis) -> pl.Expr:
    total = wording.amounts(pl.col("total"))
    if basis is TierBasis.COUNT:
        return pl.format("{} counted", pl.col("reached").cast(pl.Int64))
    if basis is TierBasis.AMOUNT:
        return pl.format("{} in total", total)
    share = pl.col("total").cast(EXACT) / pl.col("quota").cast(EXACT)
    return pl.format("{} of {} is {}", total, wording.amounts(pl.col("quota")), wording.percents(share.round(4)))
