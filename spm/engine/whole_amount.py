"""Whole-amount tiers: everything accumulated earns the rate of the tier that the total has reached.

Each statement period pays by the total at its end. Where that total has reached another tier than at the end of the
period before, every earlier credit of the span gets a `retroactive` line for the difference: what it earns at the new
rate less what it earned at the old one, both rounded as any earning. So after every period each credit has been
paid exactly its earning at the rate then reached, and no rounding difference builds up.
"""

from __future__ import annotations

import polars as pl

from spm.engine.exact import earning, money
from spm.engine.narrow import CAUSE
from spm.engine.tiers import bound_columns, described, tier_of
from spm.engine.totals import counted
from spm.plans.model import Rounding, TierBasis, WholeAmountTiers

_SPAN = ["participant_id", "span"]
_LINE = ["row", "participant_id", "period", "credited", "cause", "tier", "tier_from", "tier_to", "rate", "amount"]


def earn(booked: pl.DataFrame, rate: WholeAmountTiers, rounding: Rounding) -> pl.DataFrame:
    """One line for each credit in its own period, and one in each later period that changes its rate."""
    reached = _reached(booked, rate)
    own = booked.join(reached.select(*_SPAN, "period", "tier"), on=[*_SPAN, "period"])
    earned = earning(pl.col("credited"), pl.col("rate"), rounding)
    first = described(own, rate).with_columns(cause=pl.lit("credit", dtype=CAUSE), amount=earned)
    lines = [first, _made_up(booked, reached, rate, rounding)]
    return pl.concat([part.select(_LINE) for part in lines])


def _reached(booked: pl.DataFrame, rate: WholeAmountTiers) -> pl.DataFrame:
    """The tier reached at the end of each period that has credits, and the tier before it."""
    starts = [pl.col(name).first() for name in bound_columns(booked)]
    added = counted(pl.col("credited")) if rate.basis is TierBasis.COUNT else pl.col("credited")
    sums = booked.group_by(*_SPAN, "period").agg(added.sum().alias("total"), *starts).sort(*_SPAN, "period")
    totals = sums.with_columns(total=pl.col("total").cum_sum().over(_SPAN))
    tiered = totals.with_columns(tier=tier_of(pl.col("total"), rate))
    return tiered.with_columns(tier_before=pl.col("tier").shift(1).over(_SPAN))


def _made_up(booked: pl.DataFrame, reached: pl.DataFrame, rate: WholeAmountTiers, rounding: Rounding) -> pl.DataFrame:
    changes = reached.filter(pl.col("tier") != pl.col("tier_before"))
    changes = changes.select(*_SPAN, "tier", "tier_before", later="period")
    earlier = booked.join(changes, on=_SPAN).filter(pl.col("period") < pl.col("later"))
    earlier = earlier.with_columns(period=pl.col("later")).drop("later")
    before = _rate_of("tier_before", rate)
    paid = earning(pl.col("credited"), before, rounding)
    due = earning(pl.col("credited"), pl.col("rate"), rounding)
    lines = described(earlier, rate).with_columns(cause=pl.lit("retroactive", dtype=CAUSE), amount=due - paid)
    return lines.with_columns(rate=pl.col("rate") - before).filter(pl.col("rate") != 0)


def _rate_of(tier: str, rate: WholeAmountTiers) -> pl.Expr:
    chosen = money(rate.tiers[0].rate)
    for number, each in enumerate(rate.tiers[1:], 2):
        chosen = pl.when(pl.col(tier) >= number).then(money(each.rate)).otherwise(chosen)
    return chosen
