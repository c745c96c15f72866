"""Lines of the whole plan: its caps, its guarantee, its draw."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from problems import Problem
from spm.engine.earning import Earned
from spm.engine.inputs import Inputs
from spm.engine.lines import Extra
from spm.plans.model import Plan


def lines(
    inputs: Inputs,
    plan: Plan,
    parts: Sequence[Earned],
    grid: pl.DataFrame,  # noqa: ARG001
) -> tuple[list[Extra], list[Problem]]:
    """What the plan adds to the sum of its components. `grid`: its statements (`participant_id`, `number` of the
    period, ...)."""
    return [], []
