"""Where people stand at the end of each period, for kinds of rate that pay by period and not by credit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from problems import Problem
from spm.engine import targets
from spm.engine.inputs import Inputs
from spm.engine.people import person
from spm.engine.results_at import Basis, results_at
from spm.plans.model import Component, Matrix, Plan, TierBasis

Others = Mapping[str, tuple[Component, pl.DataFrame]]
"""Components of the plan and their credits, by name."""

_PLACE = ["participant_id", "period", "span"]


def for_matrix(inputs: Inputs, plan: Plan, component: Component, others: Others) -> tuple[pl.DataFrame, list[Problem]]:
    """What matrix.earn() takes, for everybody on the plan in every period; nothing where there is no other component.

    Raises TypeError where the component pays by no matrix.
    """
    rate = component.rate
    if not isinstance(rate, Matrix):
        raise TypeError(f"{component.name} pays by no matrix")
    credits_ = others[component.name][1]
    own, problems = results_at(inputs, plan, Basis(component, credits_, rate.basis))
    sums, _ = results_at(inputs, plan, Basis(component, credits_, TierBasis.AMOUNT))
    if rate.other not in others:
        message = f"the matrix pays by {rate.other!r}, which is not calculated before it; nothing is paid."
        hint = "Name a component that counts records."
        return own.clear(), [Problem(f"plan {plan.name}, component {component.name}", "matrix", message, hint)]
    theirs, lost = results_at(inputs, plan, Basis(*others[rate.other], rate.other_basis))
    joined = own.join(sums.select(*_PLACE, credited="total"), on=_PLACE).join(
        _last(theirs), on=["participant_id", "period"], how="left", maintain_order="left"
    )
    missing = _without(joined, inputs, plan, component, others[rate.other][0])
    more: list[Problem] = []
    if targets.needed(component):
        joined, more = targets.joined(joined, inputs, plan, component)
    return joined.sort(_PLACE), [*problems, *lost, *more, *missing]


def _last(results: pl.DataFrame) -> pl.DataFrame:
    """The result of the last span in each period."""
    latest = results.sort(_PLACE).unique(["participant_id", "period"], keep="last")
    return latest.select("participant_id", "period", other_total="total", other_of="of")


def _without(
    rows: pl.DataFrame, inputs: Inputs, plan: Plan, component: Component, other: Component
) -> Iterator[Problem]:
    lost = rows.filter(pl.col("other_of").is_null() & (pl.col("credited") != 0))
    periods = inputs.days.of_kind(plan.statement).select("period", number="number")
    named = lost.select("participant_id", number="period").unique().join(periods, on="number")
    for participant_id, _, period in named.sort("participant_id", "number").iter_rows():
        measure = other.measure.name
        message = f"no quota for {measure} in {period}; {component.name} earns nothing there until there is one."
        hint = f"Add a quota for {measure} that covers {period}."
        yield Problem(person(inputs.people, participant_id), f"quota {measure}", message, hint)
