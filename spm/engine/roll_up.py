"""Roll-ups: credits of people count for their managers, or for every member of their team, by the hierarchy of the day.

A row that rolled up names in `from_participant_id` whose credit it was; value and share are theirs. They need not be on
any plan. A team's pool is a roll-up in which everybody's own credits name themselves, so that the pool can add up.
"""

from __future__ import annotations

from typing import cast

import polars as pl

from problems import Problem
from spm.engine import hierarchy
from spm.engine.inputs import Inputs
from spm.plans.model import Component, Pool, RollUp, RollUpTo

_Ties = tuple[pl.DataFrame, list[Problem]]


def rolled_up(rows: pl.DataFrame, inputs: Inputs, component: Component) -> tuple[pl.DataFrame, list[Problem]]:
    """The rows of credit and those they make for others, or those alone where one's own do not count."""
    if isinstance(component.rate, Pool):
        own = rows.with_columns(from_participant_id="participant_id")
        return pl.concat([own, _for_others(rows, _mates(inputs)[0])]), []
    if component.roll_up is None:
        return rows, []
    ties, problems = _ties(inputs, component.roll_up)
    others = _for_others(rows, ties)
    return pl.concat([rows, others]) if component.roll_up.own else others, problems


def _for_others(rows: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """A credit without a day stays with everybody it could go to, so that what it lacks is said."""
    joined = rows.join(ties, on="participant_id")
    there = pl.col("on").is_between("since", "until")
    whose = {"participant_id": pl.col("to"), "from_participant_id": pl.col("participant_id")}
    return joined.filter(there | pl.col("on").is_null()).with_columns(**whose).select(rows.columns)


def _ties(inputs: Inputs, roll_up: RollUp) -> _Ties:
    if roll_up.to is RollUpTo.TEAM:
        return _mates(inputs)
    key = ("above", roll_up.levels)
    if key not in inputs.known:
        inputs.known[key] = hierarchy.above(inputs.hierarchy, roll_up.levels, inputs.people)
    return cast("_Ties", inputs.known[key])


def _mates(inputs: Inputs) -> _Ties:
    """The other members of each person's team."""
    if "mates" not in inputs.known:
        ties = hierarchy.mates(inputs.hierarchy)
        inputs.known["mates"] = ties.filter(pl.col("to") != pl.col("participant_id")), []
    return cast("_Ties", inputs.known["mates"])
