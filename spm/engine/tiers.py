"""Bounds of tiers as expressions over credits: amounts as they stand, attainments times the quota of the span."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from spm.engine.exact import EXACT, money
from spm.frames import MONEY
from spm.plans.model import AtBound, MarginalTiers, TierBasis, WholeAmountTiers

Tiers = MarginalTiers | WholeAmountTiers


def bound(at: Decimal, basis: TierBasis) -> pl.Expr:
    """A bound in the plan's currency; by attainment it is a share of the column `quota`, kept to ten places."""
    if basis is TierBasis.AMOUNT:
        return money(at)
    return (pl.col("quota").cast(EXACT) * pl.lit(at, dtype=EXACT)).cast(MONEY)


def bounds(rate: Tiers, number: int) -> tuple[pl.Expr, pl.Expr]:
    """`tier_from` and `tier_to` of tier `number` (1 is the lowest); null where it reaches on for ever."""
    tier = rate.tiers[number - 1]
    open_end = pl.lit(None, dtype=MONEY)
    start = bound(tier.start, rate.basis) if number > 1 else open_end
    return start, open_end if tier.end is None else bound(tier.end, rate.basis)


def tier_of(total: pl.Expr, rate: WholeAmountTiers) -> pl.Expr:
    """The number of the tier that a total has reached."""
    higher = rate.at_bound is AtBound.HIGHER_TIER
    starts = [bound(tier.start, rate.basis) for tier in rate.tiers[1:]]
    reached = [total >= start if higher else total > start for start in starts]
    return pl.sum_horizontal(pl.lit(1, dtype=pl.Int32), *(passed.cast(pl.Int32) for passed in reached)).cast(pl.Int32)


def described(rows: pl.DataFrame, rate: Tiers) -> pl.DataFrame:
    """The rows (with `tier` and, by attainment, `quota`) plus `rate`, `tier_from` and `tier_to` of their tier."""
    numbers = range(1, len(rate.tiers) + 1)
    starts, ends = zip(*(bounds(rate, number) for number in numbers), strict=True)
    rates = [money(tier.rate) for tier in rate.tiers]
    return rows.with_columns(
        _chosen(rates).alias("rate"), _chosen(starts).alias("tier_from"), _chosen(ends).alias("tier_to")
    )


def _chosen(choices: list[pl.Expr] | tuple[pl.Expr, ...]) -> pl.Expr:
    chosen = choices[0]
    for number, choice in enumerate(choices[1:], 2):
        chosen = pl.when(pl.col("tier") >= number).then(choice).otherwise(chosen)
    return chosen
