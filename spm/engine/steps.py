"""Steps."""

from __future__ import annotations

import polars as pl

from spm.plans.model import Rounding, Steps


def earn(booked: pl.DataFrame, rate: Steps, rounding: Rounding) -> pl.DataFrame:
    """Lines as narrow() takes them."""
    raise NotImplementedError
