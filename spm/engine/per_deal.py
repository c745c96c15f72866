"""Caps and floors for each deal: of all that a person earns for it in a component, in whatever period.

Deals stand for themselves here, with their line items and payments; so does each activity and each entry.
"""

from __future__ import annotations

import polars as pl

from problems import Problem
from spm.engine import caps, floors, targets
from spm.engine.cumulative import changes
from spm.engine.earning import Earned, payable
from spm.engine.exact import earning, money, rounded
from spm.engine.inputs import Inputs
from spm.engine.narrow import narrow
from spm.plans.model import Cap, Component, Floor, Plan, Source

_OF_A_DEAL = (Source.DEALS, Source.LINE_ITEMS, Source.PAYMENTS, Source.EARNINGS)


def deal_of(credits_: pl.DataFrame, component: Component) -> pl.DataFrame:
    """The credits plus `deal`: a number that the credits of one deal share (within a person), and `first`: the row of
    its first credit."""
    alone = -1 - pl.col("row").cast(pl.Int64)
    deal = pl.col("deal_id").fill_null(alone) if component.measure.source in _OF_A_DEAL else alone
    numbered = credits_.with_columns(deal=deal)
    return numbered.with_columns(first=pl.col("row").min().over("participant_id", "deal"))


def capped(inputs: Inputs, plan: Plan, part: Earned, which: tuple[int, Cap]) -> tuple[pl.DataFrame, list[Problem]]:
    """The lines (NARROW) of a cap for each deal (its place among the component's, and itself)."""
    place, cap = which
    cells = _cells(part)
    if not cap.of_target:
        limited, problems = cells.with_columns(limit=money(cap.amount)), list[Problem]()
    elif isinstance(part.component.target, str):
        limited, problems = _of_target(cells, inputs, plan, part, cap)
    else:
        target = money(part.component.target or 0)
        limited, problems = cells.with_columns(limit=earning(target, money(cap.amount), plan.rounding)), []
    changed = changes(limited, pl.min_horizontal("total", pl.col("limit").fill_null(0)))
    made = changed.with_columns(cause=caps.cause(cap), tier=pl.lit(place), reason=caps.reason(cap, plan))
    return _narrow(made), problems


def _of_target(
    cells: pl.DataFrame, inputs: Inputs, plan: Plan, part: Earned, cap: Cap
) -> tuple[pl.DataFrame, list[Problem]]:
    """The target incentive of the span that the component adds up over, on the day of the deal's first credit."""
    found, problems = targets.for_component(inputs, plan, part.component)
    spans = part.credits.select("participant_id", "span", first="row").join(found, on=["participant_id", "span"])
    limit = earning(pl.col("target"), money(cap.amount), plan.rounding)
    joined = cells.join(spans.select("first", "target"), on="first", how="left")
    return joined.with_columns(limit=limit).drop("target"), problems


def floored(plan: Plan, part: Earned, place: int, floor: Floor) -> tuple[pl.DataFrame, list[Problem]]:
    """The lines (NARROW) of a floor for each deal whose credits add up to more than nothing."""
    # A deal that the rate pays nothing for (below the first step) has no line yet, and its floor all the same.
    unpaid = payable(part.booked, part.component).select("row", "participant_id", "period", amount=money(0))
    cells = _cells(part, unpaid).filter(pl.col("credited") > 0)
    if isinstance(floor.amount, str):
        return part.lines.clear(), [_no_deal_quota(plan, part, floor)]
    limited = cells.with_columns(limit=rounded(money(floor.amount), plan.rounding))
    changed = changes(limited, pl.max_horizontal("total", "limit"))
    made = changed.with_columns(cause=pl.lit("floor"), tier=pl.lit(place), reason=floors.reason(floor, plan))
    return _narrow(made), []


def _no_deal_quota(plan: Plan, part: Earned, floor: Floor) -> Problem:
    where = f"plan {plan.name}, component {part.component.name}"
    message = (
        f"a floor for each deal cannot be the quota {floor.amount}, which is of a span of days; nothing is filled up."
    )
    return Problem(where, "floors", message, "Give it an amount.")


def _cells(part: Earned, *more: pl.DataFrame) -> pl.DataFrame:
    """Each person, deal and statement period with lines: `amount`; `span` is the deal, `credited` all its credits.
    `more`: rows that count like lines (`row`, `participant_id`, `period`, `amount`)."""
    deals = deal_of(part.credits, part.component)
    credited = pl.col("credited").sum().over("participant_id", "deal")
    about = deals.select("row", "first", "deal", credited=credited)
    lines = pl.concat([part.lines.select("row", "participant_id", "period", "amount"), *more])
    rows = lines.join(about, on="row")
    grouped = rows.group_by("participant_id", "period", span="deal")
    return grouped.agg(pl.col("amount").sum(), pl.col("first", "credited").first())


def _narrow(made: pl.DataFrame) -> pl.DataFrame:
    named = made.rename({"first": "row"})
    return narrow(named.drop("span", "credited", "total", "due", "limit", strict=False))
