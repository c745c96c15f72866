"""Pool."""

from __future__ import annotations

import polars as pl

from spm.plans.model import Pool, Rounding


def earn(booked: pl.DataFrame, rate: Pool, rounding: Rounding) -> pl.DataFrame:
    """Lines as narrow() takes them."""
    raise NotImplementedError
