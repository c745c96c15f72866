"""The calculation, from facts and plan versions to lines, statements and estimates.

A pure function: the same facts give the same frames to the byte, in whatever order their rows come, and for each
person on their own what they give for all together (with the people their pay hangs on).

Every component is credited and rated, then modified; components that pay on what others earned follow; then come the
lines of the whole plan, what is only paid later, and what people decided by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from problems import Problem
from spm.engine import adjusting, conserving, estimates, holding, lines, statements, whole_plan
from spm.engine.credits import won_credits
from spm.engine.earning import Earned, earned_by
from spm.engine.inputs import Inputs, prepared
from spm.engine.kinds import placeable
from spm.engine.lines import Worked
from spm.engine.modifiers import modified
from spm.engine.overrides import earnings_of
from spm.frames import CONSERVATION, Facts, Results, empty
from spm.plans import PlanVersion
from spm.plans.model import Component, Source


@dataclass(frozen=True, slots=True)
class _Part:
    """What one plan came to, before adjustments."""

    worked: Worked
    statements: pl.DataFrame
    problems: tuple[Problem, ...]


def calculate(
    facts: Facts,
    plans: Sequence[PlanVersion],
    *,
    today: date,
    only: Collection[int] | None = None,
    conserve: bool = False,
) -> Results:
    """Lines, statements and estimates of everybody in `facts.assignments`, for the periods in `facts.periods`.

    `plans`: one version of each plan. `today` decides which statement period is the last, and when open deals would be
    won. `only`: give results of these participants alone; the others are there because pay of these hangs on them.
    `conserve`: say of every won deal how much of it is credited, and why it is not all.
    Raises ValueError where two versions of one plan are given; what is wrong with the facts comes as Problems.
    """
    versions = _one_each(plans)
    inputs, problems = prepared(facts, versions, today)
    versions, unplaced = placeable(versions, inputs.days)
    parts = _parts(inputs, versions)
    grids = [part.statements for part in parts]
    mixed = statements.in_two_currencies(grids)
    worked = [part.worked for part in parts]
    by_hand, refused = adjusting.lines(inputs, grids, versions)
    all_lines = lines.numbered([*worked, *by_hand], inputs.days, mixed)
    found = [
        *problems,
        *unplaced,
        *(each for part in parts for each in part.problems),
        *statements.mixed(mixed, inputs.people),
    ]
    made, unpaid = statements.finished(grids, mixed, all_lines, inputs, versions)
    guessed, unknown = estimates.of_plans(inputs, worked)
    kept = _Kept(only)
    every = _ordered([*found, *refused, *unpaid, *unknown])
    conserved = conserving.of_plans(inputs, worked) if conserve else empty(CONSERVATION)
    return Results(kept(all_lines), kept(made), kept(guessed), every, conserved)


class _Kept:
    """Keeps the rows of the people asked for."""

    def __init__(self, only: Collection[int] | None) -> None:
        self.only = None if only is None else sorted(only)

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame if self.only is None else frame.filter(pl.col("participant_id").is_in(self.only))


def _one_each(plans: Sequence[PlanVersion]) -> list[PlanVersion]:
    versions = {version.name: version for version in plans}
    if len(versions) < len(plans):
        raise ValueError("two versions of one plan were given; a calculation takes one of each")
    return [versions[name] for name in sorted(versions)]


def _parts(inputs: Inputs, versions: Sequence[PlanVersion]) -> list[_Part]:
    """All plans: first what counts records, then what pays on others' earnings."""
    first = [_earned(inputs, version, _of_records(version)) for version in versions]
    basis = earnings_of(inputs, zip(versions, first, strict=True)) if any(map(_overrides, versions)) else None
    parts = []
    for version, each in zip(versions, first, strict=True):
        later = _earned(inputs, version, _overrides(version), basis, each) if _overrides(version) else []
        parts.append(_part(inputs, version, _in_plan_order(version, [*each, *later])))
    return parts


def _of_records(version: PlanVersion) -> list[Component]:
    return [part for part in version.plan.components if part.measure.source is not Source.EARNINGS]


def _overrides(version: PlanVersion) -> list[Component]:
    return [part for part in version.plan.components if part.measure.source is Source.EARNINGS]


def _earned(
    inputs: Inputs,
    version: PlanVersion,
    components: Sequence[Component],
    basis: pl.DataFrame | None = None,
    known: Sequence[Earned] = (),
) -> list[Earned]:
    plan = version.plan
    credited = [won_credits(inputs, plan, each, basis) for each in components]
    return modified(inputs, plan, earned_by(inputs, plan, components, credited, known), known)


def _in_plan_order(version: PlanVersion, parts: Sequence[Earned]) -> list[Earned]:
    places = {part.name: number for number, part in enumerate(version.plan.components)}
    return sorted(parts, key=lambda part: places[part.component.name])


def _part(inputs: Inputs, version: PlanVersion, parts: list[Earned]) -> _Part:
    settled = [holding.settled(inputs, version.plan, part) for part in parts]
    grid = statements.of_plan(inputs, version, settled)
    extra, problems = whole_plan.lines(inputs, version.plan, settled)
    found = (*problems, *(problem for each in settled for problem in each.problems))
    return _Part(Worked(version, settled, tuple(extra)), grid, found)


def _ordered(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(set(problems), key=lambda each: (each.where, each.field, each.message)))
