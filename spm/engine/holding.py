"""Holds: what is earned when a deal is booked and paid when something else happens."""

from __future__ import annotations

import polars as pl

from spm.engine.earning import Earned
from spm.engine.inputs import Inputs
from spm.plans.model import Plan


def lines(inputs: Inputs, plan: Plan, part: Earned) -> list[pl.DataFrame]:  # noqa: ARG001
    """The hold and release lines (NARROW) of one component."""
    return []
