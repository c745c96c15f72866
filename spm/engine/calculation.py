"""The calculation, from facts and plan versions to lines, statements and estimates.

A pure function: the same facts give the same frames to the byte, in whatever order their rows come, and for each
person on their own what they give for all together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from problems import Problem
from spm.engine import estimates, lines, quotas, statements
from spm.engine.days import longer
from spm.engine.earning import earned
from spm.engine.inputs import Inputs, prepared
from spm.frames import Facts, Results
from spm.plans import PlanVersion


@dataclass(frozen=True, slots=True)
class _Part:
    """What one plan came to."""

    worked: lines.Worked
    statements: pl.DataFrame
    estimates: pl.DataFrame
    problems: tuple[Problem, ...]


def calculate(facts: Facts, plans: Sequence[PlanVersion], *, today: date) -> Results:
    """Lines, statements and estimates of everybody in `facts.assignments`, for the periods in `facts.periods`.

    `plans`: one version of each plan. `today` decides which statement period is the last, and when open deals would be
    won. Raises ValueError where two versions of one plan are given; what is wrong with the facts comes as Problems.
    """
    versions = _one_each(plans)
    inputs, problems = prepared(facts, versions, today)
    parts = [_part(inputs, version) for version in versions]
    grids = [part.statements for part in parts]
    mixed = statements.in_two_currencies(grids)
    all_lines = lines.numbered([part.worked for part in parts], inputs.days, mixed)
    found = [*problems, *(each for part in parts for each in part.problems), *statements.mixed(mixed, inputs.people)]
    return Results(
        all_lines,
        statements.finished(grids, mixed, all_lines),
        estimates.together([part.estimates for part in parts]),
        _ordered(found),
    )


def _one_each(plans: Sequence[PlanVersion]) -> list[PlanVersion]:
    versions = {version.name: version for version in plans}
    if len(versions) < len(plans):
        raise ValueError("two versions of one plan were given; a calculation takes one of each")
    return [versions[name] for name in sorted(versions)]


def _part(inputs: Inputs, version: PlanVersion) -> _Part:
    plan = version.plan
    targets, problems = quotas.in_currency(inputs.quotas, inputs.rates, plan.currency, inputs.people)
    spans = {kind: quotas.spread(targets, inputs.days, kind) for kind in {each.accumulate for each in plan.components}}
    components = [earned(inputs, plan, each, spans[each.accumulate]) for each in plan.components]
    shown = quotas.spread(targets, inputs.days, longer(plan.components[0].accumulate, plan.statement))
    found = (*problems, *(problem for each in components for problem in each.problems))
    return _Part(
        lines.Worked(version, components),
        statements.of_plan(inputs, version, components[0], shown),
        estimates.of_plan(version, components),
        found,
    )


def _ordered(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(set(problems), key=lambda each: (each.where, each.field, each.message)))
