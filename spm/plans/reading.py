"""Read a plan file: all that is wrong with it at once, each with file and line, or the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from problems import Problem
from problems.toml import Document, TomlError, problems_from, read_toml
from spm.plans.checks import Finding, bounds, findings
from spm.plans.document import ComponentSection, PlanFile
from spm.plans.model import (
    AtBound,
    Component,
    FlatRate,
    MarginalTiers,
    Measure,
    Plan,
    Rate,
    Rounding,
    Tier,
    TierBasis,
    WholeAmountTiers,
)


@dataclass(frozen=True, slots=True)
class LoadedPlan:
    """A plan, or why there is none."""

    plan: Plan | None
    problems: tuple[Problem, ...]


def load_plan(path: Path, *, own_fields: Mapping[str, pl.DataType | type[pl.DataType]] | None = None) -> LoadedPlan:
    """Read the plan file at `path`.

    `own_fields` are the deal fields that the mappings bring besides the normalised ones, with their column types;
    without them a name that is not a normalised field is taken to be one of theirs.
    """
    try:
        document = read_toml(path)
    except TomlError as error:
        return LoadedPlan(None, (error.problem,))
    try:
        file = PlanFile.model_validate(document.data)
    except ValidationError as error:
        return LoadedPlan(None, tuple(problems_from(error, document, PlanFile)))
    found = tuple(_problem(finding, document) for finding in findings(file, own_fields))
    return LoadedPlan(None if found else plan_of(file), found)


def plan_of(file: PlanFile) -> Plan:
    """The plan that a checked file describes."""
    rounding = Rounding(file.rounding.places, file.rounding.rule)
    components = tuple(_component(section) for section in file.components)
    return Plan(file.name, file.currency, file.statement, rounding, components)


def _component(section: ComponentSection) -> Component:
    measure = Measure(section.measure, section.value, section.condition, section.date)
    return Component(section.name, measure, section.role, section.accumulate, _rate(section))


def _rate(section: ComponentSection) -> Rate:
    if section.rate is not None:
        return FlatRate(section.rate)
    pairs = zip(section.tiers, bounds(section.tiers), strict=True)
    tiers = tuple(Tier(start or Decimal(0), end, tier.rate) for tier, (start, end) in pairs)
    basis = section.tier_by or TierBasis.ATTAINMENT
    if section.tier_mode == "marginal":
        return MarginalTiers(basis, tiers)
    return WholeAmountTiers(basis, tiers, section.at_bound or AtBound.HIGHER_TIER)


def _problem(finding: Finding, document: Document) -> Problem:
    keys = ".".join(str(step) for step in finding.path if isinstance(step, str))
    return Problem(document.where(finding.path), keys, finding.message, finding.hint)
