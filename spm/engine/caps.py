"""Caps over a span: what is earned above is cut, or kept for review until an adjustment pays it."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from problems import Problem
from spm import wording
from spm.engine import targets
from spm.engine.cumulative import SPAN, changes, kind_of, ordering, stood
from spm.engine.earning import Earned
from spm.engine.exact import earning, money
from spm.engine.inputs import Inputs
from spm.engine.narrow import narrow
from spm.engine.people import person
from spm.plans.model import Cap, Excess, Plan, Span

_SPANS = {Span.PLAN: "in all", Span.DEAL: "a deal"}


def lines(inputs: Inputs, plan: Plan, part: Earned, which: tuple[int, Cap]) -> tuple[pl.DataFrame, list[Problem]]:
    """The lines (NARROW) of a cap of a component (its place and itself), and who has no target that it is a part of."""
    place, cap = which
    kind = kind_of(cap.over, plan)
    cells, problems = _limited(stood(part, inputs, plan, kind), inputs, plan, (part, cap, kind))
    made = capped(cells, plan, place, cap)
    lost = made.filter(pl.col("limit").is_null())
    return narrow(made.drop("span", "total", "due", "limit")), [*problems, *_without_target(lost, inputs, part)]


def capped(cells: pl.DataFrame, plan: Plan, place: int, cap: Cap) -> pl.DataFrame:
    """What a cap adds to cells with their `limit`: the columns of a line, and of the cell. Without a limit nothing
    above zero is paid."""
    changed = changes(cells, pl.min_horizontal("total", pl.col("limit").fill_null(0)))
    return changed.with_columns(cause=cause(cap), tier=ordering(place), reason=reason(cap, plan))


def cause(cap: Cap) -> pl.Expr:
    """The cause of its lines."""
    return pl.lit("cap" if cap.excess is Excess.CUT else "cap_held")


def reason(cap: Cap, plan: Plan) -> pl.Expr:
    """`cut above 5,000.00 USD a deal`, from the line's `amount` and its `limit`."""
    most = pl.format("{} {}", wording.amounts(pl.col("limit")), pl.lit(f"{plan.currency} {a_span(cap.over)}"))
    verb = "cut above" if cap.excess is Excess.CUT else "held for review above"
    told = pl.when(pl.col("amount") < 0).then(pl.lit(verb)).otherwise(pl.lit("given back: there is room again below"))
    return pl.format("{} {}", told, most).fill_null("there is no target incentive that the cap is a part of")


def a_span(span: Span) -> str:
    """`a deal`, `a quarter`, `in all`."""
    return _SPANS.get(span, f"a {span.value}")


def _limited(
    cells: pl.DataFrame, inputs: Inputs, plan: Plan, of: tuple[Earned, Cap, Span]
) -> tuple[pl.DataFrame, list[Problem]]:
    part, cap, kind = of
    if not cap.of_target:
        return cells.with_columns(limit=money(cap.amount)), []
    found, problems = targets.for_component(inputs, plan, part.component, kind)
    limit = earning(pl.col("target"), money(cap.amount), plan.rounding)
    return cells.join(found, on=SPAN, how="left").with_columns(limit=limit).drop("target"), problems


def _without_target(lost: pl.DataFrame, inputs: Inputs, part: Earned) -> Iterator[Problem]:
    name = part.component.name
    for participant_id in sorted(lost["participant_id"].unique()):
        message = f"a cap of {name} is a part of the target incentive, which is not known; {name} pays nothing."
        hint = f"Add a quota for {part.component.target}, or give `target` an amount."
        yield Problem(person(inputs.people, participant_id), "target", message, hint)
