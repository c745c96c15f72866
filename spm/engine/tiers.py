"""Bounds of tiers as expressions over credits: amounts and counts as they stand, attainments times the span's quota.

Tiers follow each other without gaps, so the end of one is the start of the next.
"""

from __future__ import annotations

import polars as pl

from spm.engine.exact import EXACT, money
from spm.frames import MONEY
from spm.plans.model import AtBound, BasePlusTop, MarginalTiers, TierBasis, WholeAmountTiers

Tiers = MarginalTiers | WholeAmountTiers | BasePlusTop
_PREFIX = "bound_"


def with_bounds(quotas: pl.DataFrame, rate: Tiers) -> pl.DataFrame:
    """The quotas plus, for tiers by attainment, the lower bound of each tier: its share of `quota`, to ten places."""
    quota = pl.col("quota").cast(EXACT)
    starts = [(_column(number), quota * pl.lit(tier.start, dtype=EXACT)) for number, tier in enumerate(rate.tiers, 1)]
    return quotas.with_columns(**{name: start.cast(MONEY) for name, start in starts})


def bound_columns(rows: pl.DataFrame) -> list[str]:
    """The columns of `rows` that bounds are made from."""
    return [name for name in rows.columns if name.startswith(_PREFIX)]


def _column(number: int) -> str:
    return f"{_PREFIX}{number}"


def _start(rate: Tiers, number: int) -> pl.Expr:
    """The lower bound of a tier: in the plan's currency, in pieces, or in credits."""
    if rate.basis is TierBasis.ATTAINMENT:
        return pl.col(_column(number))
    return money(rate.tiers[number - 1].start)


def bounds(rate: Tiers, number: int) -> tuple[pl.Expr, pl.Expr]:
    """`tier_from` and `tier_to` of tier `number` (1 is the lowest); null where it reaches on for ever."""
    endless = pl.lit(None, dtype=MONEY)
    end = _start(rate, number + 1) if number < len(rate.tiers) else endless
    return _start(rate, number) if number > 1 else endless, end


def number_of(count: pl.Expr, credited: pl.Expr) -> pl.Expr:
    """Which number a credit has, where `count` is how many there are after it; one below zero has that of the credit it
    takes away."""
    return count + pl.when(credited < 0).then(money(1)).otherwise(money(0))


def tier_numbered(number: pl.Expr, rate: Tiers) -> pl.Expr:
    """The number of the tier that the n-th credit lies in: above the tier's lower bound, up to its end."""
    passed = [(number > _start(rate, tier)).cast(pl.Int32) for tier in range(2, len(rate.tiers) + 1)]
    return pl.sum_horizontal(pl.lit(1, dtype=pl.Int32), *passed).cast(pl.Int32)


def tier_of(total: pl.Expr, rate: WholeAmountTiers | BasePlusTop) -> pl.Expr:
    """The number of the tier that a total has reached."""
    higher = rate.at_bound is AtBound.HIGHER_TIER
    starts = [_start(rate, number) for number in range(2, len(rate.tiers) + 1)]
    reached = [total >= start if higher else total > start for start in starts]
    return pl.sum_horizontal(pl.lit(1, dtype=pl.Int32), *(passed.cast(pl.Int32) for passed in reached)).cast(pl.Int32)


def described(rows: pl.DataFrame, rate: Tiers) -> pl.DataFrame:
    """The rows (with `tier` and, by attainment, bounds) plus `rate`, `tier_from` and `tier_to` of their tier."""
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
