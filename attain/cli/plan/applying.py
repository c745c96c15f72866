"""`attain plan apply`: put plans in force, now, as immutable versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from sqlalchemy import Connection, Engine

from attain.actor import login
from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, problems_as_json
from attain.cli.plan.check import Checked, checked, report
from attain.plans import own_fields
from attain.wiring import House, database, open_house
from problems import Problem
from spm.plans import PlanVersion
from spm.plans.changes import changes
from spm.store.assigned import load_assignments
from spm.store.audit import acting
from spm.store.emails import emails_of
from spm.store.plan_versions import versions_in_force
from spm.store.reference import apply_plans

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Applied:
    """One plan that was applied: what is other than before, in words, and whose pay it can change."""

    name: str
    version: str
    before: str | None
    changes: tuple[str, ...]
    people: tuple[str, ...]


@click.command("apply", epilog="Example: attain plan apply plans/ae.toml --dry-run")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@command
def apply_command(files: tuple[Path, ...], *, dry_run: bool, config: Path | None, output: Output) -> int:
    """Put the plans in FILES in force, or exactly those that the settings name; refuse while one has a fault or a
    failing test."""
    house = open_house(config)
    paths = list(files) or house.settings.files(house.settings.plans.files)
    own = own_fields(house)
    plans = [checked(path, own) for path in paths]
    if not plans or not all(one.usable for one in plans):
        code = report(plans, output)
        output.say("Nothing was applied.")
        return code or PROBLEMS_FOUND
    with database(house) as engine:
        found, problems = apply(house, engine, plans, only=not files, dry_run=dry_run)
    problems += _left_out(house, files)
    return _show(found, problems, output, dry_run=dry_run)


def apply(
    house: House, engine: Engine, plans: Sequence[Checked], *, only: bool, dry_run: bool
) -> tuple[list[Applied], list[Problem]]:
    """Put these plans in force: beside the others, or with `only` these alone. With `dry_run` nothing stays."""
    named = [one.version for one in plans if one.version is not None]
    with engine.connect() as conn:
        acting(conn, login())
        held = versions_in_force(conn)
        names = {version.name for version in named}
        others = [] if only else [version for version in held if version.name not in names]
        problems = apply_plans(conn, [*others, *named], now=house.now)
        applied = [] if problems else [_applied(conn, version, held) for version in named]
        if dry_run or problems:
            conn.rollback()
        else:
            conn.commit()
    return applied, problems


def _applied(conn: Connection, version: PlanVersion, held: Sequence[PlanVersion]) -> Applied:
    before = next((one for one in held if one.name == version.name), None)
    if before is not None and before.hash == version.hash:
        return Applied(version.name, version.hash, before.hash, (), ())
    told = tuple(changes(before, version)) if before else ()
    return Applied(version.name, version.hash, before.hash if before else None, told, _people(conn, version.name))


def _people(conn: Connection, plan: str) -> tuple[str, ...]:
    rows = load_assignments(conn, None).filter(plan=plan)
    return tuple(sorted(emails_of(conn, rows["participant_id"].unique().to_list()).values()))


def _left_out(house: House, files: Sequence[Path]) -> list[Problem]:
    """Named files that the settings do not name: the next sync takes them out of force."""
    known = {path.resolve() for path in house.settings.files(house.settings.plans.files)}
    said = "is not among plans.files: the next `attain sync` puts exactly those in force, and this one no longer."
    hint = "Add it to plans.files in the settings."
    return [Problem(str(path), "", said, hint, "warning") for path in files if path.resolve() not in known]


def _show(applied: Sequence[Applied], problems: list[Problem], output: Output, *, dry_run: bool) -> int:
    for one in applied:
        _say(one, output, dry_run=dry_run)
    output.problems(problems)
    errors = any(problem.severity == "error" for problem in problems)
    if not errors and not dry_run and any(one.version != one.before for one in applied):
        output.say("Next: `attain calculate`, or `attain sync`.")
    output.document(
        {
            "ok": not errors,
            "dry_run": dry_run,
            "plans": [asdict(one) for one in applied],
            "problems": problems_as_json(problems),
        }
    )
    return PROBLEMS_FOUND if errors else DONE


def _say(one: Applied, output: Output, *, dry_run: bool) -> None:
    would = "would be" if dry_run else "is"
    if one.version == one.before:
        output.say(f"{one.name}: version {one.version[:12]} is in force already.")
        return
    before = f", in the place of {one.before[:12]}" if one.before else ""
    output.heading(f"{one.name}: version {one.version[:12]} {would} in force{before}")
    for change in one.changes:
        output.say(f"  {change}")
    output.say(f"  {_touched(one.people)}")


def _touched(people: Sequence[str]) -> str:
    if not people:
        return "Nobody is on it: see plans.assignments."
    named = ", ".join(people[:_SHOWN]) + (", ..." if len(people) > _SHOWN else "")
    return f"Touches {len(people)} {'person' if len(people) == 1 else 'people'}: {named}"
