"""Base plus top: what lies in the first tier earns its rate, all that is over it the rate of the tier that is reached.

F = rate of the first tier x what lies in it + rate of the tier reached x what is over. By count, the credits whose
number is above the first tier's end are over, a negative one (a refund) having the number that it takes away.
"""

from __future__ import annotations

import polars as pl

from spm import wording
from spm.engine.exact import EXACT, money
from spm.engine.tiers import bounds, described, number_of, tier_of
from spm.engine.totals import SPAN, running, telescoped, told
from spm.plans.model import BasePlusTop, Rounding, TierBasis


def earn(booked: pl.DataFrame, rate: BasePlusTop, rounding: Rounding) -> pl.DataFrame:
    """One line for each credit, with the tier that is reached after it."""
    rows = running(booked, rate.basis).with_columns(over=money(0)).with_columns(over=_over(rate))
    reached = described(rows.with_columns(tier=tier_of(pl.col("reached"), rate)), rate)
    base = (pl.col("total") - pl.col("over")).cast(EXACT) * money(rate.tiers[0].rate).cast(EXACT)
    worth = base + pl.col("over").cast(EXACT) * pl.col("rate").cast(EXACT)
    paid = telescoped(reached, worth, rounding)
    reason = told(rate.basis, _worth(rate))
    return paid.select(
        "row", "participant_id", "period", "credited", "tier", "tier_from", "tier_to", "amount", reason=reason
    )


def _over(rate: BasePlusTop) -> pl.Expr:
    """What lies over the first tier after each credit."""
    if len(rate.tiers) == 1:
        return pl.col("over")
    _, end = bounds(rate, 1)
    if rate.basis is not TierBasis.COUNT:
        return pl.max_horizontal(pl.col("total") - end, pl.col("over"))
    beyond = pl.when(number_of(pl.col("reached"), pl.col("credited")) > end).then("credited")
    return beyond.fill_null(pl.col("over")).cum_sum().over(SPAN)


def _worth(rate: BasePlusTop) -> pl.Expr:
    base = pl.format(
        "{} at {}", wording.amounts(pl.col("total") - pl.col("over")), pl.lit(wording.percent(rate.tiers[0].rate))
    )
    top = pl.format(" + {} over at {}", wording.amounts(pl.col("over")), wording.percents(pl.col("rate")))
    return pl.concat_str(base, pl.when(pl.col("over") != 0).then(top).otherwise(pl.lit("")))
