"""Curve."""

from __future__ import annotations

import polars as pl

from spm.plans.model import Curve, Rounding


def earn(booked: pl.DataFrame, rate: Curve, rounding: Rounding) -> pl.DataFrame:
    """Lines as narrow() takes them."""
    raise NotImplementedError
