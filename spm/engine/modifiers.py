"""What changes the earnings of components after their rates: per-deal caps and floors, multipliers, gates, period caps
and floors, budgets, clawbacks. Each adds lines, none is edited."""

from __future__ import annotations

from collections.abc import Sequence

from spm.engine.earning import Earned
from spm.engine.inputs import Inputs
from spm.plans.model import Plan


def modified(inputs: Inputs, plan: Plan, parts: Sequence[Earned]) -> list[Earned]:  # noqa: ARG001
    """The parts of one plan with the lines of their modifiers."""
    return list(parts)
