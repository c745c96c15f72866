"""The trace: lines of all components brought together, in an order that is the same every time, and numbered.

The kinds of rate and the modifiers give narrow lines that name their credit by its row. What the credit says is added
here once, after the sorting, so that a million lines move as few columns as possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from spm.engine.days import Days
from spm.engine.earning import Earned
from spm.frames import LINES, empty
from spm.plans import PlanVersion
from spm.plans.model import Span

# More than there are: several numbers in one key sort faster than apart.
_PERIODS = 10_000
_PARTS = 10_000
_CAUSES = 16
_TIERS = 1_000
_LAST = 2**40  # after every credit
_LABELS = {
    "plan": pl.String,
    "plan_version": pl.String,
    "component": pl.String,
    "currency": pl.String,
}


@dataclass(frozen=True, slots=True)
class Extra:
    """Lines (NARROW) that belong to no component: a draw, a guarantee, an adjustment. `name` stands in `component`."""

    name: str
    lines: pl.DataFrame
    credits: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Worked:
    """A plan and what its components and the plan as a whole came to."""

    version: PlanVersion
    components: Sequence[Earned]
    extra: Sequence[Extra] = field(default_factory=tuple)

    def parts(self) -> Iterator[Extra]:
        """Everything that has lines, in order."""
        for earned in self.components:
            yield Extra(earned.component.name, earned.lines, earned.credits)
        yield from self.extra


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
    """The lines of each part with the numbers they are sorted by; `row` counts on over all parts."""
    first, code = 0, 0
    for each in worked:
        names = _names(days, each.version.plan.statement)
        for part in each.parts():
            lines = part.lines.rename({"period": "number"}).join(names, on="number")
            yield _keyed(lines, first, code)
            first += 0 if part.credits is None else part.credits.height
            code += 1


def _names(days: Days, statement: Span) -> pl.DataFrame:
    return days.of_kind(statement).select("period", "rank", number="number")


def _keyed(lines: pl.DataFrame, first: int, code: int) -> pl.DataFrame:
    row = pl.col("row").cast(pl.Int64) + first
    statement = pl.col("participant_id") * _PERIODS + pl.col("rank")
    cause = pl.col("cause").to_physical().cast(pl.Int64)
    rated = pl.col("cause").is_in(["credit", "retroactive"])
    return lines.select(
        pl.exclude("row", "rank", "number", "tier"),
        tier=pl.when(rated).then("tier"),
        row=row,
        code=pl.lit(code, dtype=pl.Int32),
        statement=statement,
        place=(statement * _PARTS + code) * _CAUSES + cause,
        order=row.fill_null(_LAST) * _TIERS + pl.col("tier"),
    )


def _widened(lines: pl.DataFrame, worked: Sequence[Worked]) -> pl.DataFrame:
    told = pl.concat([_told(part.credits) for each in worked for part in each.parts() if part.credits is not None])
    row = lines["row"]
    told = told[row.fill_null(0)] if told.height else _nothing(told, lines.height)
    if row.null_count():
        told = told.with_columns(pl.when(row.is_not_null()).then(pl.all()))
    labels = pl.DataFrame(
        [_label(each, part) for each in worked for part in each.parts()], schema=_LABELS, orient="row"
    )
    wide = pl.concat([lines, told, labels[lines["code"]]], how="horizontal")
    return wide.select(*LINES).cast(LINES).rechunk()  # type: ignore[arg-type]


def _label(each: Worked, part: Extra) -> tuple[str, str, str, str]:
    return each.version.name, each.version.hash, part.name, each.version.plan.currency


def _nothing(told: pl.DataFrame, height: int) -> pl.DataFrame:
    return told.clear(height)


def _told(credits_: pl.DataFrame) -> pl.DataFrame:
    names = ("deal_id", "role", "share", "fx_rate", "from_participant_id", "item")
    return credits_.select(*names, deal_amount="value", deal_currency="currency")
