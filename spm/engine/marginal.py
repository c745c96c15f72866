"""Marginal tiers: each slice of what is accumulated earns the rate of the tier it lies in.

The slice of a credit in a tier is clip(after, from, to) - clip(before, from, to), where before and after are the
running totals around the credit within person, component and span. Slices add up to the credit, whatever its sign: a
negative credit takes back from the same slices, the lowest of which has no lower end.
"""

from __future__ import annotations

import polars as pl

from spm.engine.exact import earning, money
from spm.engine.tiers import bound_columns, bounds, described, number_of, tier_numbered
from spm.engine.totals import running
from spm.plans.model import MarginalTiers, Rounding, TierBasis

_LINE = ["row", "participant_id", "period", "credited", "tier", "tier_from", "tier_to", "rate"]


def earn(booked: pl.DataFrame, rate: MarginalTiers, rounding: Rounding) -> pl.DataFrame:
    """One line for each credit and tier it touches; by count, one for each credit, as its number says."""
    if rate.basis is TierBasis.COUNT:
        return _numbered(booked, rate, rounding)
    after = pl.col("credited").cum_sum().over("participant_id", "span")
    return _sliced(booked.with_columns(after=after), rate, rounding)


def _numbered(booked: pl.DataFrame, rate: MarginalTiers, rounding: Rounding) -> pl.DataFrame:
    rows = running(booked, rate.basis)
    tier = tier_numbered(number_of(pl.col("reached"), pl.col("credited")), rate)
    lines = described(rows.with_columns(tier=tier), rate)
    amount = earning(pl.col("credited"), pl.col("rate"), rounding)
    return lines.select(*_LINE, amount=amount)


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
