"""The conservation check: how much of each won deal a component credits, and why it is not all of it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from spm.engine.inputs import Inputs
from spm.engine.lines import Worked
from spm.frames import CONSERVATION, empty


def of_plans(inputs: Inputs, worked: Sequence[Worked]) -> pl.DataFrame:  # noqa: ARG001
    """frames.CONSERVATION, by deal, plan and component."""
    return empty(CONSERVATION)
