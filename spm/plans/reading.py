"""Read a plan file: all that is wrong with it at once, each with file and line, or the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from problems import Problem
from problems.toml import Document, TomlError, problems_from, read_toml
from spm.plans.building import plan_of
from spm.plans.checks import Finding, findings
from spm.plans.document import PlanFile
from spm.plans.model import Plan


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
    told = [each for each in findings(file, own_fields) if not _meant(each, document)]
    told.sort(key=lambda finding: document.line_of(finding.path) or 0)
    found = tuple(_problem(each, document) for each in told)
    return LoadedPlan(None if found else plan_of(file), found)


def _meant(finding: Finding, document: Document) -> bool:
    """Whether a number that looks like a percentage is written as one, so that no guess is needed."""
    given: Any = document.data
    for step in finding.path if finding.guess else ():
        given = given[step]
    return isinstance(given, str) and given.rstrip().endswith("%")


def _problem(finding: Finding, document: Document) -> Problem:
    keys = ".".join(str(step) for step in finding.path if isinstance(step, str))
    return Problem(document.where(finding.path), keys, finding.message, finding.hint)
