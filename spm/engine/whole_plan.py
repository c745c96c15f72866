"""Lines of the whole plan: its caps, its guarantee, its draw, in this order.

Caps and guarantees look at what is earned, whenever it is paid; the draw at what is paid.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from problems import Problem
from spm.engine import caps, draws, floors
from spm.engine.cumulative import CELL, kind_of, sums
from spm.engine.earning import Earned
from spm.engine.exact import money
from spm.engine.inputs import Inputs
from spm.engine.lines import Extra
from spm.engine.narrow import narrow
from spm.frames import NOT_EARNED
from spm.plans.model import Cap, Plan, Span

CAP = "Cap of the plan"
GUARANTEE = "Guarantee"
DRAW = "Draw"


def lines(
    inputs: Inputs,
    plan: Plan,
    parts: Sequence[Earned],
) -> tuple[list[Extra], list[Problem]]:
    """What the plan adds to the sum of its components."""
    if not (plan.caps or plan.floors or plan.draw):
        return [], []
    made: list[Extra] = []
    problems: list[Problem] = []
    for place, cap in enumerate(plan.caps):
        cells = _earned(inputs, plan, (*parts, *made), cap.over)
        made.append(Extra(CAP, _capped(cells, plan, place, cap)))
    for place, floor in enumerate(plan.floors):
        cells = _earned(inputs, plan, (*parts, *made), floor.over)
        found, lost = floors.filled(inputs, plan, cells, (place, floor))
        made.append(Extra(GUARANTEE, found))
        problems += lost
    if plan.draw:
        found, lost = draws.lines(inputs, plan, plan.draw, _paid((*parts, *made)))
        made.append(Extra(DRAW, found))
        problems += lost
    return made, problems


def _paid(parts: Sequence[Earned | Extra]) -> pl.DataFrame:
    """What all lines of each person and statement period add up to."""
    rows = pl.concat([each.lines.select("participant_id", "period", "amount") for each in parts])
    return rows.group_by("participant_id", "period").agg(pl.col("amount").sum())


def _earned(inputs: Inputs, plan: Plan, parts: Sequence[Earned | Extra], over: Span) -> pl.DataFrame:
    """The same of what is earned, in the spans over which something adds up (CELL and `amount`)."""
    earned = ~pl.col("cause").is_in(list(NOT_EARNED))
    kind = kind_of(over, plan)
    cells = [sums(each.lines.filter(earned), each.credits, inputs, plan, kind) for each in parts]
    return pl.concat(cells).group_by(CELL).agg(pl.col("amount").sum())


def _capped(cells: pl.DataFrame, plan: Plan, place: int, cap: Cap) -> pl.DataFrame:
    limited = cells.with_columns(limit=money(cap.amount))
    return narrow(caps.capped(limited, plan, place, cap).drop("span", "total", "due", "limit"))
