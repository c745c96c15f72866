"""`attain plan show` and `attain plan list`: what a plan says in plain language, and which plans are in force."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import Connection

from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, problems_as_json
from attain.wiring import database, open_house
from problems import Problem, did_you_mean
from spm.plans import PlanVersion, load_plan, plan_version
from spm.plans.words import plan_words
from spm.store.plan_versions import Kept, kept_versions, load_plan_versions


@click.command("show", epilog="Example: attain plan show plans/ae.toml")
@click.argument("plan", metavar="FILE|NAME")
@click.option("--version", "version", metavar="HASH", help="A version that is kept; the first digits of it are enough.")
@command
def show_command(plan: str, *, version: str | None, config: Path | None, output: Output) -> int:
    """A plan in plain language: of a file, or the version in force of a plan by its name."""
    path = Path(plan)
    if version is None and (path.is_file() or path.suffix == ".toml"):
        loaded = load_plan(path)
        found = plan_version(loaded.plan) if loaded.plan else None
        problems = list(loaded.problems)
    else:
        house = open_house(config)
        with database(house) as engine, engine.connect() as conn:
            found, problems = _kept(conn, plan, version)
    output.problems(problems)
    if found is None:
        output.document({"ok": False, "problems": problems_as_json(problems)})
        return PROBLEMS_FOUND
    words = plan_words(found.plan)
    output.say(words.rstrip("\n"))
    output.say()
    output.say(f"Version {found.hash}")
    output.document(
        {"ok": True, "name": found.name, "version": found.hash, "words": words, "rules": json.loads(found.text)}
    )
    return DONE


def _kept(conn: Connection, name: str, version: str | None) -> tuple[PlanVersion | None, list[Problem]]:
    """The version of that name that is in force, or the one whose hash begins so."""
    known = kept_versions(conn)
    of_name = [one for one in known if one.name == name]
    chosen = [one for one in of_name if (one.hash.startswith(version.lower()) if version else one.in_force_since)]
    if len(chosen) == 1:
        return load_plan_versions(conn, [chosen[0].hash])[0], []
    return None, [_not_one(name, version, known, len(chosen))]


def _not_one(name: str, version: str | None, known: Sequence[Kept], chosen: int) -> Problem:
    names = sorted({one.name for one in known})
    listed = f"Kept are: {', '.join(names)}." if names else "None is kept yet: `attain plan apply FILE`."
    if name not in names:
        hint = did_you_mean(name, names, listed)
        return Problem("attain plan show", "plan", f"there is no file and no plan {name!r}.", hint)
    hashes = ", ".join(one.hash[:12] for one in known if one.name == name)
    if version is None:
        return Problem("attain plan show", "plan", f"{name!r} is not in force.", f"Say --version, one of {hashes}.")
    said = "several versions begin" if chosen else "no version begins"
    return Problem("attain plan show", "version", f"{said} with {version!r}.", f"Write more of one of {hashes}.")


@click.command("list", epilog="Example: attain plan list --json")
@command
def list_command(config: Path | None, output: Output) -> int:
    """The plans in force, and every version that is kept."""
    house = open_house(config)
    with database(house) as engine, engine.connect() as conn:
        known = kept_versions(conn)
    rows = [(one.name, one.hash[:12], _moment(one.in_force_since), _moment(one.recorded_at)) for one in known]
    output.table(("plan", "version", "in force since (UTC)", "first applied (UTC)"), rows)
    if not known:
        output.say("No plan was ever applied. Next: `attain plan apply FILE`.")
    output.document({"ok": True, "versions": [_as_json(one) for one in known]})
    return DONE


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else ""


def _as_json(one: Kept) -> dict[str, object]:
    since = one.in_force_since
    return {
        "name": one.name,
        "version": one.hash,
        "in_force": since is not None,
        "in_force_since": since.astimezone(UTC) if since else None,
        "first_applied_at": one.recorded_at.astimezone(UTC),
    }
