"""A flat rate: every credit earns the same fraction of itself, or the same amount a piece."""

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
