"""`attain plan check`: are the plans right, before anybody is paid by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, counted, problems_as_json
from attain.plans import own_fields
from attain.stored_filters import filter_warnings
from attain.wiring import House, Unusable, open_house
from problems import Problem
from spm.plans import PlanVersion, load_plan, plan_version
from spm.trial.custom import Type
from spm.trial.plan_tests import TestRun, run_tests


@dataclass(frozen=True, slots=True)
class Checked:
    """One plan file: its version (None where it has faults), its tests, all that is wrong with it."""

    path: Path
    version: PlanVersion | None
    tests: tuple[TestRun, ...]
    problems: tuple[Problem, ...]

    @property
    def usable(self) -> bool:
        """Whether somebody may be paid by it: no fault, no failing test."""
        return self.version is not None and not any(problem.severity == "error" for problem in self.problems)


def checked(path: Path, own_fields: Mapping[str, Type] | None) -> Checked:
    """The plan file at `path` with its tests run. `own_fields` as for `load_plan`."""
    loaded = load_plan(path, own_fields=own_fields)
    if loaded.plan is None:
        return Checked(path, None, (), loaded.problems)
    runs = tuple(run_tests(path, own_fields=own_fields))
    failures = tuple(problem for run in runs for problem in run.problems)
    return Checked(path, plan_version(loaded.plan), runs, (*loaded.problems, *failures))


@click.command("check", epilog="Example: attain plan check examples/plans/ae.toml")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@command
def check_command(files: tuple[Path, ...], config: Path | None, output: Output) -> int:
    """Check plan files, or those the settings name; every fault at once, with file, line and hint; run their tests.

    Where there are settings, the fields of the mappings are known, and conditions that match nothing that is stored are
    named.
    """
    house = _house(config, needed=not files)
    paths = list(files) if files or house is None else house.settings.files(house.settings.plans.files)
    own = own_fields(house) if house else None
    plans = [checked(path, own) for path in paths]
    good = [(one.path, one.version) for one in plans if one.version is not None]
    warnings = filter_warnings(house, good) if house else []
    return report(plans, output, warnings)


def _house(config: Path | None, *, needed: bool) -> House | None:
    """The settings; plan files by themselves can be checked without any."""
    try:
        return open_house(config)
    except Unusable:
        if needed or config is not None:
            raise
        return None


def report(plans: Sequence[Checked], output: Output, warnings: Sequence[Problem] = ()) -> int:
    """Print what was found."""
    problems = [*(problem for one in plans for problem in one.problems), *warnings]
    good = [(one, one.version) for one in plans if one.version is not None]
    output.table(("plan", "version", "tests"), [(each.name, each.hash[:12], _tests(one)) for one, each in good])
    output.problems(problems)
    if not plans:
        output.say("No plan files: name them, or set plans.files in the settings.")
    errors = sum(problem.severity == "error" for problem in problems)
    if plans:
        output.say(_verdict(sum(one.usable for one in plans), errors, len(problems) - errors))
    output.document(
        {
            "ok": not errors,
            "plans": [{"name": each.name, "version": each.hash, "tests": _runs(one)} for one, each in good],
            "problems": problems_as_json(problems),
        }
    )
    return PROBLEMS_FOUND if errors or not plans else DONE


def _tests(one: Checked) -> str:
    passed = sum(run.passed for run in one.tests)
    return f"{passed} of {len(one.tests)} pass" if one.tests else "none"


def _runs(one: Checked) -> list[dict[str, object]]:
    return [{"name": run.name, "passed": run.passed} for run in one.tests]


def _verdict(good: int, errors: int, warnings: int) -> str:
    return f"{counted(good, 'plan')} can be used; {counted(errors, 'error')}, {counted(warnings, 'warning')}."
