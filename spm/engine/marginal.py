"""Marginal tiers: each slice of what is accumulated earns the rate of the tier it lies in.

The slice of a credit in a tier is clip(after, from, to) - clip(before, from, to), where before and after are the
running totals around the credit within person, component and span. Slices add up to the credit, whatever its sign: a
negative credit takes back from the same slices, the lowest of which has no lower end.
"""

from __future__ import annotations

import polars as pl

from spm.engine.exact import earning, money
from spm.engine.tiers import bound_columns, bounds
from spm.plans.model import MarginalTiers, Rounding


def earn(booked: pl.DataFrame, rate: MarginalTiers, rounding: Rounding) -> pl.DataFrame:
    """One line for each credit and tier it touches."""
    after = pl.col("credited").cum_sum().over("participant_id", "span")
    return _sliced(booked.with_columns(after=after), rate, rounding)


def _sliced(booked: pl.DataFrame, rate: MarginalTiers, rounding: Rounding) -> pl.DataFrame:
    """The lines of credits whose running total `after` is known."""
    before = pl.col("after") - pl.col("credited")
    ranged = booked.select("row", "participant_id", "period", *bound_columns(booked), "after", before=before)
    parts = [_slice(ranged, rate, number) for number in range(1, len(rate.tiers) + 1)]
    return pl.concat(parts).with_columns(amount=earning(pl.col("credited"), pl.col("rate"), rounding))


def _slice(ranged: pl.DataFrame, rate: MarginalTiers, number: int) -> pl.DataFrame:
    """The part of each credit in tier `number`, without the credits that have none in it."""
    start, end = bounds(rate, number)
    inside = _clipped("after") - _clipped("before")
    bounded = ranged.with_columns(tier_from=start, tier_to=end).with_columns(credited=inside)
    return bounded.filter(pl.col("credited") != 0).select(
        *("row", "participant_id", "period", "credited"),
        tier=pl.lit(number, dtype=pl.Int32),
        tier_from="tier_from",
        tier_to="tier_to",
        rate=money(rate.tiers[number - 1].rate),
    )


def _clipped(total: str) -> pl.Expr:
    return pl.min_horizontal(pl.max_horizontal(total, "tier_from"), "tier_to")


def would_earn(opened: pl.DataFrame, booked: pl.DataFrame, rate: MarginalTiers, rounding: Rounding) -> pl.DataFrame:
    """What each open credit would earn on top of all that the span holds: `deal_id`, `participant_id`, `amount`."""
    totals = booked.group_by("participant_id", "span").agg(pl.col("credited").sum().alias("total"))
    joined = opened.join(totals, on=["participant_id", "span"], how="left").with_columns(pl.col("total").fill_null(0))
    own = pl.col("credited").cum_sum().over("participant_id", "deal_id", order_by="row")
    lines = _sliced(joined.with_columns(after=pl.col("total") + own), rate, rounding)
    return lines.select("row", "amount").join(opened.select("row", "deal_id", "participant_id"), on="row").drop("row")
