"""BasePlusTop."""

from __future__ import annotations

import polars as pl

from spm.plans.model import BasePlusTop, Rounding


def earn(booked: pl.DataFrame, rate: BasePlusTop, rounding: Rounding) -> pl.DataFrame:
    """Lines as narrow() takes them."""
    raise NotImplementedError
