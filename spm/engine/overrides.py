"""Overrides on commission: what people earned, as records that components with source = earnings count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from spm.engine.earning import Earned
from spm.engine.inputs import Inputs
from spm.plans import PlanVersion


def earnings_of(inputs: Inputs, worked: Iterable[tuple[PlanVersion, Sequence[Earned]]]) -> pl.DataFrame:
    """One row for each earned line of all plans."""
    raise NotImplementedError
