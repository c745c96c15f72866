"""A plan tried: plan files and tables in, the calculation's results out, or everything that is wrong with either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from problems import Problem
from spm.calendar import Calendar, Months
from spm.engine import calculate
from spm.frames import Results
from spm.plans import LoadedPlan, PlanVersion, load_plan, plan_version
from spm.trial.custom import Type, settle
from spm.trial.facts import Setting, Told, Trial, prepared, told
from spm.trial.tables import Table, read_csv


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to try: `as_of` None is the last day that the tables name."""

    as_of: date | None = None
    calendar: Calendar = field(default_factory=Months)


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it. `trial` and `results` are None where there are errors in the plans or tables."""

    versions: tuple[PlanVersion, ...]
    trial: Trial | None
    results: Results | None
    problems: tuple[Problem, ...]


def read_tables(files: Mapping[str, Path]) -> tuple[dict[str, Table], list[Problem]]:
    """The tables in these CSV files, by the name of the table; all that is wrong with reading them."""
    read = {name: read_csv(path) for name, path in files.items()}
    problems = [problem for _, found in read.values() for problem in found]
    return {name: table for name, (table, _) in read.items() if table is not None}, problems


def tried(paths: Sequence[Path], tables: Mapping[str, Table], wanted: Wanted) -> Tried:
    """The plans of these files on these tables."""
    trial, versions, problems = prepared_from(paths, tables, wanted)
    if trial is None:
        return Tried(versions, None, None, tuple(problems))
    results = calculate(trial.facts, versions, today=trial.as_of, conserve=True)
    return Tried(versions, trial, results, (*problems, *trial.placed(results.problems)))


def prepared_from(
    paths: Sequence[Path], tables: Mapping[str, Table], wanted: Wanted, *, one_plan: bool = False
) -> tuple[Trial | None, tuple[PlanVersion, ...], list[Problem]]:
    """The facts and the plan versions, and all that is wrong; None where nothing can be calculated.

    With `one_plan` the files are drafts of one plan: people are on that of the first file.
    """
    said = told(tables, plans_text=_text(paths))
    loaded, own = loaded_plans(paths, said)
    found = [problem for one in loaded for problem in one.problems]
    plans = [one.plan for one in loaded if one.plan is not None]
    versions = tuple(plan_version(plan) for plan in plans)
    problems = [*found, *([] if one_plan else _same_names(versions)), *said.problems]
    if any(problem.severity == "error" for problem in found):
        return None, versions, problems
    of, drafts = (plans[:1], plans[1:]) if one_plan else (plans, [])
    trial, found = prepared(said, Setting(of, own, wanted.as_of, wanted.calendar, drafts))
    problems += found
    errors = any(problem.severity == "error" for problem in problems)
    return None if errors else trial, versions, problems


def _text(paths: Sequence[Path]) -> str:
    """What the files say; of one that cannot be read nothing: loading it says why."""
    return "\n".join(path.read_text("utf-8", "replace") for path in paths if path.is_file())


def loaded_plans(paths: Sequence[Path], said: Told) -> tuple[list[LoadedPlan], dict[str, Type]]:
    """The plans, checked against the fields that the deals have; and these fields with their types."""
    own = settle(said.own, said.undecided, paths)
    return [load_plan(path, own_fields=own) for path in paths], own


def _same_names(versions: Sequence[PlanVersion]) -> list[Problem]:
    names = [version.name for version in versions]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [
        Problem("plans", name, f"two files describe the plan {name!r}.", "Give each its own name.") for name in twice
    ]
