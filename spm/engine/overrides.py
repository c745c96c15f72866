"""Overrides on commission: what people earned, as records that components with source = earnings count.

A line is dated on the day of its credit where that lies in the line's own period; otherwise (what a later credit
lifted, gates, caps, floors) on the last day of the period it is in, so that no override reaches back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from spm.engine.earning import Earned
from spm.engine.inputs import Inputs
from spm.engine.sources import EARNINGS, RECORD
from spm.frames import NOT_EARNED
from spm.plans import PlanVersion

_ORDER = ("email", "plan", "part", "cause", "row", "tier", "period", "amount")


def earnings_of(inputs: Inputs, worked: Iterable[tuple[PlanVersion, Sequence[Earned]]]) -> pl.DataFrame:
    """One record (sources.EARNINGS) for each earned line of all plans, in its plan's currency."""
    names = inputs.people.select(owner_participant_id="participant_id", email="email")
    lines = [each.join(names, on="owner_participant_id", how="left") for each in _parts(inputs, worked)]
    if not lines:
        return pl.DataFrame(schema=EARNINGS)
    ordered = pl.concat(lines).sort(_ORDER).with_row_index(RECORD)
    return ordered.select(*EARNINGS).cast(EARNINGS)  # type: ignore[arg-type]


def _parts(inputs: Inputs, worked: Iterable[tuple[PlanVersion, Sequence[Earned]]]) -> Iterator[pl.DataFrame]:
    for version, parts in worked:
        plan = version.plan
        periods = inputs.days.of_kind(plan.statement).select("period", "starts_on", "ends_on", number="number")
        for place, part in enumerate(parts):
            yield _records(part, periods).with_columns(
                component=pl.lit(part.component.name),
                plan=pl.lit(plan.name),
                currency=pl.lit(plan.currency),
                part=pl.lit(place, dtype=pl.Int32),
            )


def _records(part: Earned, periods: pl.DataFrame) -> pl.DataFrame:
    earned = part.lines.filter(~pl.col("cause").is_in(list(NOT_EARNED)) & (pl.col("amount") != 0))
    told = part.credits.select("row", "on", "deal_id", "item")
    dated = earned.rename({"period": "number"}).join(periods, on="number").join(told, on="row", how="left")
    inside = pl.col("on").is_between("starts_on", "ends_on")
    return dated.select(
        "row",
        "cause",
        "tier",
        "amount",
        "credited",
        "period",
        "deal_id",
        "item",
        owner_participant_id="participant_id",
        on=pl.when(inside).then("on").otherwise("ends_on"),
    )
