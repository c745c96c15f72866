"""The trace: lines of all components brought together, in an order that is the same every time, and numbered.

The kinds of rate give narrow lines that name their credit by its row. What the credit says is added here once, after
the sorting, so that a million lines move as few columns as possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from spm.engine.days import Days
from spm.engine.earning import Earned
from spm.frames import LINES, empty
from spm.plans import PlanVersion

# More than there are: several numbers in one key sort faster than apart.
_PERIODS = 10_000
_PARTS = 10_000
_TIERS = 1_000
_LABELS = {
    "plan": pl.String,
    "plan_version": pl.String,
    "component": pl.String,
    "currency": pl.String,
}


@dataclass(frozen=True, slots=True)
class Worked:
    """A plan and what its components came to."""

    version: PlanVersion
    components: Sequence[Earned]


def numbered(worked: Sequence[Worked], days: Days, left_out: pl.DataFrame) -> pl.DataFrame:
    """All lines as frames.LINES, numbered from 1 within person and period.

    Within a statement they stand by plan, component, cause, then as the credits do, then by tier. `left_out` names
    the statements (`participant_id`, `period`) that are not made.
    """
    parts = list(_parts(worked, days))
    if not parts:
        return empty(LINES)
    narrow = pl.concat(parts)
    if not left_out.is_empty():
        narrow = narrow.join(left_out, on=["participant_id", "period"], how="anti")
    ordered = narrow.sort("place", "order")
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("statement")
    return _widened(ordered.with_columns(line_no=number), worked)


def _parts(worked: Sequence[Worked], days: Days) -> Iterator[pl.DataFrame]:
    """The lines of each component with the numbers they are sorted by; `row` counts on over all components."""
    first, code = 0, 0
    for each in worked:
        names = days.of_kind(each.version.plan.statement).select("period", "rank", number="number")
        for earned in each.components:
            lines = earned.lines.rename({"period": "number"}).join(names, on="number")
            yield _keyed(lines, first, code)
            first += earned.credits.height
            code += 1


def _keyed(lines: pl.DataFrame, first: int, code: int) -> pl.DataFrame:
    row = pl.col("row").cast(pl.Int64) + first
    statement = pl.col("participant_id") * _PERIODS + pl.col("rank")
    return lines.select(
        pl.exclude("row", "rank", "number", "retroactive"),
        cause=pl.when("retroactive").then(pl.lit("retroactive")).otherwise(pl.lit("credit")),
        row=row,
        code=pl.lit(code, dtype=pl.Int32),
        statement=statement,
        place=(statement * _PARTS + code) * 2 + pl.col("retroactive"),
        order=row * _TIERS + pl.col("tier"),
    )


def _widened(lines: pl.DataFrame, worked: Sequence[Worked]) -> pl.DataFrame:
    told = pl.concat([_told(earned.credits) for each in worked for earned in each.components])[lines["row"]]
    rows = [
        (each.version.name, each.version.hash, earned.component.name, each.version.plan.currency)
        for each in worked
        for earned in each.components
    ]
    labels = pl.DataFrame(rows, schema=_LABELS, orient="row")[lines["code"]]
    wide = pl.concat([lines, told, labels], how="horizontal")
    return wide.select(*LINES).cast(LINES).rechunk()  # type: ignore[arg-type]


def _told(credits_: pl.DataFrame) -> pl.DataFrame:
    names = ("deal_id", "role", "share", "fx_rate")
    return credits_.select(*names, deal_amount="value", deal_currency="currency")
