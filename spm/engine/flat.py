"""A flat rate: every credit earns the same fraction of itself."""

from __future__ import annotations

import polars as pl

from spm.engine.exact import earning, money
from spm.frames import MONEY
from spm.plans.model import FlatRate, Rounding


def earn(booked: pl.DataFrame, rate: FlatRate, rounding: Rounding) -> pl.DataFrame:
    """One line for each credit."""
    none = pl.lit(None, dtype=MONEY)
    lines = booked.select(
        *("row", "participant_id", "period", "credited"),
        tier=pl.lit(0, dtype=pl.Int32),
        tier_from=none,
        tier_to=none,
        rate=money(rate.rate),
    )
    return lines.with_columns(amount=earning(pl.col("credited"), pl.col("rate"), rounding))


def would_earn(opened: pl.DataFrame, _credits: pl.DataFrame, rate: FlatRate, rounding: Rounding) -> pl.DataFrame:
    """What each open credit would earn: `deal_id`, `participant_id`, `amount`."""
    earned = earning(pl.col("credited"), money(rate.rate), rounding)
    return opened.select("deal_id", "participant_id", amount=earned)
