"""`attain sync` and its steps: pull, calculate, write-back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from attain.cli.frame import command, connection_option
from attain.cli.output import DONE, PROBLEMS_FOUND, TRY_LATER, Output, ProgressBars, counted, problems_as_json
from attain.record_names import Key, record_names
from attain.steps import Steps, SyncReport, take_steps
from attain.wiring import House, chosen, database, open_house
from problems import Problem
from spm.store.connections import open_problems
from sync.calculate import Calculated
from sync.differences import Difference
from sync.run import StepReport

_READ = ("object", "read", "new", "changed", "gone", "problems")
_WROTE = ("object", "to write", "confirmed", "rejected", "retry", "unknown", "parked")
_PREVIEWED = 20  # records of each object that a dry run shows
_FULL = click.option("--full", is_flag=True, help="Read every record again, not only what changed.")


@click.command(epilog="Example: attain sync --connection acme --dry-run", short_help="Pull, calculate and write back.")
@connection_option
@_FULL
@click.option("--dry-run", is_flag=True, help="Pull and calculate, then show what would be written; write nothing.")
@command
def sync(connections: Sequence[str], full: bool, dry_run: bool, config: Path | None, output: Output) -> int:
    """Pull what changed, calculate what it touches, write back what differs."""
    return _run(config, output, connections, Steps(full=full, dry_run=dry_run))


@click.command("pull", epilog="Example: attain pull --full", short_help="Read what changed in the CRMs.")
@connection_option
@_FULL
@command
def pull_command(connections: Sequence[str], full: bool, config: Path | None, output: Output) -> int:
    """Read what changed in the CRMs into the store."""
    return _run(config, output, connections, Steps(calculate=False, write=False, full=full))


@click.command("calculate", epilog="Example: attain calculate --full", short_help="Calculate what changed.")
@click.option("--full", is_flag=True, help="Calculate everybody, not only who is touched.")
@command
def calculate_command(full: bool, config: Path | None, output: Output) -> int:
    """Calculate attainment, payout and estimates of everybody who is touched by a change."""
    house = open_house(config)
    with database(house) as engine:
        with ProgressBars(output.aside) as bars:
            report = take_steps(house, engine, [], Steps(pull=False, write=False, full=full), bars)
        told = _told(house, engine, report)
    return show(output, report, house.warnings, told)


@click.command("write-back", epilog="Example: attain write-back --dry-run", short_help="Write what differs.")
@connection_option
@click.option("--dry-run", is_flag=True, help="Show what would be written; write nothing.")
@command
def write_back_command(connections: Sequence[str], dry_run: bool, config: Path | None, output: Output) -> int:
    """Write what was calculated to the CRMs' fields, where it differs from what they hold."""
    return _run(config, output, connections, Steps(pull=False, calculate=False, dry_run=dry_run))


def _run(config: Path | None, output: Output, names: Sequence[str], steps: Steps) -> int:
    house = open_house(config)
    wanted = chosen(house, names)
    with database(house) as engine:
        with ProgressBars(output.aside) as bars:
            report = take_steps(house, engine, wanted, steps, bars)
        told = _told(house, engine, report, dry_run=steps.dry_run)
    return show(output, report, house.warnings, told)


@dataclass(frozen=True, slots=True)
class Told:
    """What the report is told with: `dry_run`, names of records to be written, and how many problems are open."""

    dry_run: bool = False
    names: Mapping[Key, str] = field(default_factory=dict)
    still_open: int = 0


def _told(house: House, engine: Engine, report: SyncReport, *, dry_run: bool = False) -> Told:
    with engine.connect() as conn:
        still_open = len(open_problems(conn))
    names = record_names(house, engine, report.steps, first=_PREVIEWED) if dry_run else {}
    return Told(dry_run, names, still_open)


def show(output: Output, report: SyncReport, warnings: Sequence[Problem] = (), told: Told | None = None) -> int:
    """Print how it went; the exit code it deserves."""
    told = told or Told()
    show_steps(output, report, told)
    problems = _all_problems(report, warnings)
    output.problems(problems)
    code = _code(report, problems)
    if told.still_open and not problems:
        output.say(f"\n{counted(told.still_open, 'problem')} found earlier, still open: `attain status` shows them.")
    document = {"ok": code == DONE, **as_document(report), "problems": problems_as_json(problems)}
    output.document({**document, "open_problems": told.still_open})
    return code


def show_steps(output: Output, report: SyncReport, told: Told | None = None) -> None:
    """What each step did, in the order it was done."""
    told = told or Told()
    for step in report.steps:
        if step.step == "pull":
            _show_step(output, step, told)
    if report.calculated is not None:
        _show_calculated(output, report.calculated)
    for step in report.steps:
        if step.step != "pull":
            _show_step(output, step, told)


def _show_step(output: Output, step: StepReport, told: Told) -> None:
    if step.step == "connect":  # it never came to that: the problems say why
        return
    calls = sum(step.calls.values())
    output.heading(f"{step.connection}: {step.step} ({calls} calls, {step.seconds:.1f} s)")
    if step.pulled:
        read = [(p.object_name, p.records, p.new, p.changed, p.gone, p.problems) for p in step.pulled]
        output.table(_READ, read, numbers=_READ[1:])
        if found := sum(pulled.problems for pulled in step.pulled):
            output.say(f"{counted(found, 'problem')} in these records: `attain status` names them.")
    if not step.written:
        return
    if told.dry_run:
        output.table(_WROTE[:2], [(w.object_name, w.wanted) for w in step.written], numbers=_WROTE[1:])
        _show_preview(output, step, told)
        return
    wrote = [(w.object_name, w.wanted, w.confirmed, w.rejected, w.retry, w.unknown, w.parked) for w in step.written]
    output.table(_WROTE, wrote, numbers=_WROTE[1:])


def _show_preview(output: Output, step: StepReport, told: Told) -> None:
    """The first records of each object, name and id once, then field by field."""
    for written in step.written:
        shown = written.preview[:_PREVIEWED]
        if not shown:
            continue
        among = f", the first {len(shown)} of {written.wanted:,}" if written.wanted > len(shown) else ""
        output.say(f"\nWould be written to {written.object_name}{among}:")
        rows = [
            (name, record, key, "(clear)" if text is None else text)
            for one in shown
            for name, record, key, text in _rows(told, step, written.object_name, one)
        ]
        output.table(("name", "record", "field", "value"), rows)


def _rows(
    told: Told, step: StepReport, object_name: str, one: Difference
) -> Iterator[tuple[str, str, str, str | None]]:
    name = told.names.get((step.connection, object_name, one.record_id), "")
    for number, (key, text) in enumerate(one.values.items()):
        yield ("", "", key, text) if number else (name, one.record_id, key, text)


def _show_calculated(output: Output, calculated: Calculated) -> None:
    output.heading("calculate")
    people = "1 person" if calculated.participants == 1 else f"{calculated.participants:,} people"
    changed = counted(calculated.statements_changed, "statement")
    output.say(f"{people} calculated, {changed} changed, {counted(calculated.lines_written, 'line')} written")


def _all_problems(report: SyncReport, warnings: Sequence[Problem]) -> list[Problem]:
    found = [*warnings, *report.problems]
    for step in report.steps:
        found += step.problems
        named = step.step == "connect" and step.problems  # why it cannot be used is said already
        if step.state != "done" and not named:
            found.append(Problem(f"connection {step.connection}", step.step, step.message, step.hint))
    if report.calculated is not None:
        found += report.calculated.problems
    return list(dict.fromkeys(found))


def _code(report: SyncReport, problems: Sequence[Problem]) -> int:
    states = {step.state for step in report.steps}
    if states & {"fix_settings", "stopped"} or any(problem.severity == "error" for problem in report.problems):
        return PROBLEMS_FOUND
    if any(pulled.errors for step in report.steps for pulled in step.pulled):
        return PROBLEMS_FOUND
    if "try_later" in states or any(written.retry for step in report.steps for written in step.written):
        return TRY_LATER
    return PROBLEMS_FOUND if any(problem.severity == "error" for problem in problems) else DONE


def as_document(report: SyncReport) -> dict[str, Any]:
    """The report for `--json`. Values that would be written are shown on a dry run only."""
    document: dict[str, Any] = {"steps": [_step_document(step) for step in report.steps]}
    if report.calculated is not None:
        document["calculated"] = {
            "participants": report.calculated.participants,
            "statements_changed": report.calculated.statements_changed,
            "lines_written": report.calculated.lines_written,
        }
    return document


def _step_document(step: StepReport) -> dict[str, Any]:
    return {
        "connection": step.connection,
        "step": step.step,
        "state": step.state,
        "message": step.message,
        "calls": dict(step.calls),
        "seconds": round(step.seconds, 3),
        "pulled": [asdict(pulled) for pulled in step.pulled],
        "written": [
            {key: value for key, value in asdict(written).items() if key != "problems"} for written in step.written
        ],
    }
