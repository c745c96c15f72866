"""The trace: lines of all components brought together, in an order that is the same every time, and numbered."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from spm.engine.days import Days
from spm.engine.earning import Earned
from spm.frames import LINES, empty
from spm.plans import PlanVersion

_WITHIN = ["plan", "component_no", "cause", "on", "deal_id", "split_id", "tier"]
"""The order of lines within a statement; `credit` comes before `retroactive` by name."""


def of_plan(version: PlanVersion, components: Sequence[Earned], days: Days) -> pl.DataFrame:
    """The lines of a plan with the columns of frames.LINES except `line_no`, and those they are ordered by."""
    plan = version.plan
    names = days.of_kind(plan.statement).select("period", number="number")
    parts = [_of_component(earned, number) for number, earned in enumerate(components)]
    joined = pl.concat(parts).rename({"period": "number"}).join(names, on="number", how="left")
    return joined.with_columns(
        plan=pl.lit(version.name), plan_version=pl.lit(version.hash), currency=pl.lit(plan.currency)
    )


def _of_component(earned: Earned, number: int) -> pl.DataFrame:
    return earned.lines.select(
        *("participant_id", "period", "cause", "on", "deal_id", "split_id", "role", "share"),
        *("fx_rate", "credited", "tier", "tier_from", "tier_to", "rate", "amount"),
        deal_amount="value",
        deal_currency="currency",
        component=pl.lit(earned.component.name),
        component_no=pl.lit(number, dtype=pl.Int32),
    )


def numbered(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """All lines as frames.LINES, numbered from 1 within person and period."""
    if not parts:
        return empty(LINES)
    ordered = pl.concat(parts).sort("participant_id", "period", *_WITHIN)
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("participant_id", "period")
    return ordered.with_columns(line_no=number).select(*LINES).cast(LINES)  # type: ignore[arg-type]
