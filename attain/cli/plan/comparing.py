"""`attain plan compare`: a draft plan against the one in force, over what happened and what is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, problems_as_json
from attain.cli.plan.trying import files_of, table_options, time_options, wanted
from attain.plans import own_fields
from attain.wiring import House, Unusable, WrongUsage, database, open_house
from problems import Problem, did_you_mean
from spm.plans import PlanVersion, load_plan, plan_version
from spm.store.emails import emails_of
from spm.store.inputs import load_facts
from spm.store.plan_versions import versions_in_force
from spm.store.span import first_paid_day
from spm.trial import read_tables
from spm.trial.comparing import Comparison, Question, Side, compared
from spm.trial.comparison_answer import people, totals
from spm.trial.trying import prepared_from

_TWO = 2  # the plan as it is, and the draft
_DAY = click.DateTime(["%Y-%m-%d"])
_COLUMNS = ("person", "before", "after", "difference", "before_with_pipeline", "after_with_pipeline")
_LAST = ("difference_with_pipeline", "currency", "effect")
_NUMBERS = (*_COLUMNS[1:], "difference_with_pipeline", "gain", "lose", "same")


@click.command("compare", epilog="Example: attain plan compare draft.toml --from 2026-01-01 --to 2026-12-31")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "first", type=_DAY, metavar="DATE", help="First day. Default: of this fiscal year.")
@click.option("--to", "last", type=_DAY, metavar="DATE", help="Last day. Default: of this fiscal year.")
@click.option("--instead-of", metavar="NAME", help="The plan in force that the draft would stand in for.")
@click.option("--against", type=click.Path(path_type=Path), help="On CSV files: the plan file to compare with.")
@table_options
@time_options
@command
def compare_command(file: Path, *, config: Path | None, output: Output, **options: Any) -> int:
    """What people would get by the draft in FILE, before and after: over the past, and with the open pipeline as if it
    were won. On the stored deals, or with --deals and --against on plain files (docs/trying.md). Changes nothing.
    """
    found = _on_files(file, options) if files_of(options) else _on_store(file, options, config)
    return _show(*found, output)


Found = tuple[Comparison, Mapping[int, str], Question, tuple[PlanVersion, PlanVersion]]


def _on_files(file: Path, options: Mapping[str, Any]) -> Found:
    against: Path | None = options["against"]
    if against is None:
        hint = "Say --against FILE, the plan as it is today."
        raise WrongUsage([Problem("--against", "", "on CSV files there is no plan in force to compare with.", hint)])
    tables, problems = read_tables(files_of(options))
    _stop_on_errors(problems)
    trial, versions, problems = prepared_from([against, file], tables, wanted(options), one_plan=True)
    if trial is None or len(versions) < _TWO:
        raise Unusable(problems)
    before, after = versions
    whole = min(trial.facts.periods["starts_on"].to_list()), trial.as_of
    question = _question(options, trial.as_of, whole)
    names = {before.name: after.name}
    found = compared(trial.facts, Side([before], {}), Side([after], names), question)
    return found, trial.emails, question, (before, after)


def _on_store(file: Path, options: Mapping[str, Any], config: Path | None) -> Found:
    house = open_house(config)
    loaded = load_plan(file, own_fields=own_fields(house))
    if loaded.plan is None:
        raise Unusable(loaded.problems)
    after = plan_version(loaded.plan)
    years = house.settings.calendar.periods(house.today, house.today).filter(kind="year")
    question = _question(options, house.today, (min(years["starts_on"].to_list()), max(years["ends_on"].to_list())))
    with database(house) as engine, engine.connect() as conn:
        return _stored(conn, house, after, options["instead_of"], question)


def _stored(conn: Connection, house: House, after: PlanVersion, instead_of: str | None, question: Question) -> Found:
    held = versions_in_force(conn)
    before = _replaced(held, after, instead_of)
    others = [version for version in held if version.name != before.name]
    if after.name in {version.name for version in others}:
        said = f"{after.name!r} is in force besides {before.name!r}."
        raise WrongUsage([Problem("--instead-of", "", said, "Give the draft another name, or leave --instead-of out.")])
    calendar = house.settings.calendar.periods(
        min(first_paid_day(conn) or question.first, question.first), question.last
    )
    span = min(calendar["starts_on"].to_list()), max(calendar["ends_on"].to_list())
    facts = load_facts(conn, None, span, calendar)
    sides = Side(held, {}), Side([*others, after], {before.name: after.name})
    return compared(facts, *sides, question), emails_of(conn), question, (before, after)


def _replaced(held: Sequence[PlanVersion], after: PlanVersion, instead_of: str | None) -> PlanVersion:
    """The version in force that the draft stands in for: by name, or the only one. Raises WrongUsage."""
    names = [version.name for version in held]
    name = instead_of or (names[0] if len(names) == 1 else after.name)
    found = next((version for version in held if version.name == name), None)
    if found is not None:
        return found
    listed = f"In force are: {', '.join(names)}." if names else "Apply one first: `attain plan apply FILE`."
    hint = did_you_mean(name, names, f"Say --instead-of NAME. {listed}")
    raise WrongUsage([Problem("--instead-of", "", f"no plan {name!r} is in force.", hint)])


def _question(options: Mapping[str, Any], today: date, default: tuple[date, date]) -> Question:
    first, last = (
        options[name].date() if options[name] else day for name, day in zip(("first", "last"), default, strict=True)
    )
    if first > last:
        said = f"{first} is after {last}, the last day."
        raise WrongUsage([Problem("--from", "", said, "Say an earlier --from or a later --to.")])
    return Question(first, last, today)


def _stop_on_errors(problems: Sequence[Problem]) -> None:
    if any(problem.severity == "error" for problem in problems):
        raise Unusable(problems)


def _show(
    found: Comparison,
    emails: Mapping[int, str],
    question: Question,
    versions: tuple[PlanVersion, PlanVersion],
    output: Output,
) -> int:
    before, after = versions
    rows, summed = people(found, emails), totals(found)
    output.say(
        f"From {question.first} to {question.last}: {before.name} {before.hash[:12]}, and the draft {after.hash[:12]}"
    )
    columns = (*_COLUMNS, *_LAST)
    output.table(columns, [[row[column] for column in columns] for row in rows], numbers=_NUMBERS)
    output.heading("In all")
    in_all = (*_COLUMNS[1:], *_LAST[:-1], "gain", "lose", "same")
    output.table(in_all, [[row[column] for column in in_all] for row in summed], numbers=_NUMBERS)
    output.problems(found.problems)
    errors = any(problem.severity == "error" for problem in found.problems)
    output.document(
        {
            "ok": not errors,
            "from": question.first,
            "to": question.last,
            "today": question.today,
            "before": {"name": before.name, "version": before.hash},
            "after": {"name": after.name, "version": after.hash},
            "people": rows,
            "totals": summed,
            "problems": problems_as_json(found.problems),
        }
    )
    return PROBLEMS_FOUND if errors else DONE
