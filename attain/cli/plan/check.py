"""`attain plan check`: are the plans right, before anybody is paid by them."""

from __future__ import annotations

from pathlib import Path

import click

from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, counted, problems_as_json
from attain.wiring import open_house
from spm.plans import load_plan, plan_version


@click.command("check", epilog="Example: attain plan check examples/plans/ae.toml")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@command
def check_command(files: tuple[Path, ...], config: Path | None, output: Output) -> int:
    """Check plan files, or those the settings name; every fault at once, with file, line and hint."""
    house = None if files else open_house(config)
    paths = list(files) if house is None else house.settings.files(house.settings.plans.files)
    loaded = [load_plan(path) for path in paths]
    versions = [plan_version(one.plan) for one in loaded if one.plan is not None]
    problems = [problem for one in loaded for problem in one.problems]
    output.table(("plan", "version"), [(version.name, version.hash[:12]) for version in versions])
    output.problems(problems)
    if not paths:
        output.say("No plan files: name them, or set plans.files in the settings.")
    errors = sum(problem.severity == "error" for problem in problems)
    if paths:
        output.say(_verdict(len(versions), errors, len(problems) - errors))
    output.document(
        {
            "ok": not errors,
            "plans": [{"name": version.name, "version": version.hash} for version in versions],
            "problems": problems_as_json(problems),
        }
    )
    return PROBLEMS_FOUND if errors or not paths else DONE


def _verdict(good: int, errors: int, warnings: int) -> str:
    return f"{counted(good, 'plan')} can be used; {counted(errors, 'error')}, {counted(warnings, 'warning')}."
