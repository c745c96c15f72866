"""`attain period`: close a period, prove that what was closed stands, open one again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, ProgressBars, counted, problems_as_json
from attain.plans import apply_reference
from attain.wiring import House, WrongUsage, database, open_house
from problems import Problem
from spm.store.closing import Close, closes, reopen
from spm.store.frozen import moved
from spm.store.guard import CODES, Limits
from sync.calculate import Basis
from sync.closing import Judged, Order, Outcome, Waiver, close_period, read_waiver

_FINDINGS = ", ".join(CODES)
_BY = click.option("--by", required=True, metavar="NAME", help="Who decides it; kept in the audit log.")


@click.group()
def period() -> None:
    """Close a period; verify and reopen closed ones. docs/closing.md says how a month is closed."""


@period.command(
    "close", epilog='Example: attain period close 2026-03 --by "Ann Lee" --waive cap_held="Agreed by the CRO"'
)
@click.argument("name", metavar="PERIOD")
@_BY
@click.option(
    "--waive",
    "waive",
    multiple=True,
    metavar="FINDING=REASON",
    help=f"Close over this finding; may be repeated. FINDING:WHERE=REASON is for one alone. Findings: {_FINDINGS}.",
)
@command
def close_command(name: str, by: str, waive: Sequence[str], config: Path | None, output: Output) -> int:
    """Calculate, show what speaks against closing PERIOD, and freeze its statements where nothing does.

    What cannot be mended can be waived with a reason, which is kept. Nothing is closed while a finding is left.
    """
    house = open_house(config)
    waivers = _waivers(waive)
    with database(house) as engine:
        plans, problems = apply_reference(house, engine)
        faults = [problem for problem in problems if problem.severity == "error"]
        if faults:
            return _show(output, name, Outcome(None, problems=tuple(faults)))
        basis = Basis(plans, house.settings.calendar, house.today, house.now)
        with ProgressBars(output.aside) as bars:
            outcome = close_period(engine, basis, _order(house, name, by, waivers), bars)
    return _show(output, name, outcome)


def _order(house: House, name: str, by: str, waivers: Sequence[Waiver]) -> Order:
    close = house.settings.close
    used = [one.name for one in house.settings.connections.values() if one.enabled]
    return Order(name, by.strip(), waivers, Limits(close.payout_share, close.sync_hours), used)


def _waivers(said: Sequence[str]) -> list[Waiver]:
    read = [read_waiver(one, list(CODES)) for one in said]
    wrong = [one for one in read if isinstance(one, Problem)]
    if wrong:
        raise WrongUsage(wrong)
    return [one for one in read if isinstance(one, Waiver)]


def _show(output: Output, name: str, outcome: Outcome) -> int:
    close = outcome.close
    rows = [(one.finding.code, one.finding.where, one.finding.message, _state(one)) for one in outcome.findings]
    output.table(("finding", "where", "what", "waived"), rows)
    standing = [one.finding for one in outcome.findings if one.reason is None]
    hints = [Problem(one.where, one.code, one.message, one.hint) for one in standing]
    output.problems([*outcome.problems, *hints])
    if close is not None:
        output.say(f"\n{name} is closed: {counted(close.statements, 'statement')}, hash {close.hash}")
    else:
        output.say(f"\n{name} stays open.")
        if any(one.waivable for one in standing):
            code = next(one.code for one in standing if one.waivable)
            output.say(f'Mend what is named, or close over it: --waive {code}="why it is right".')
    output.document(
        {
            "ok": close is not None,
            "period": name,
            "closed": None if close is None else _document(close),
            "findings": [_finding(one) for one in outcome.findings],
            "problems": problems_as_json(outcome.problems),
        }
    )
    return DONE if close is not None else PROBLEMS_FOUND


def _state(one: Judged) -> str:
    if one.reason is not None:
        return one.reason
    return "NO" if one.finding.waivable else "cannot be waived"


def _finding(one: Judged) -> dict[str, Any]:
    found = one.finding
    said = {"finding": found.code, "where": found.where, "message": found.message, "hint": found.hint}
    return {**said, "waivable": found.waivable, "waived": one.reason}


def _document(close: Close) -> dict[str, Any]:
    return {name: getattr(close, name) for name in Close.__dataclass_fields__ if name != "id"}


@period.command("list", epilog="Example: attain period list")
@command
def list_command(config: Path | None, output: Output) -> int:
    """List every closing, those that were opened again too."""
    house = open_house(config)
    with database(house) as engine, engine.begin() as conn:
        found = closes(conn)
    columns = ("period", "state", "closed (UTC)", "by", "statements", "waived", "reopened", "hash")
    output.table(columns, [_row(one) for one in found], numbers=("statements", "waived"))
    if not found:
        output.say("No period was closed yet: `attain period close PERIOD --by NAME`.")
    output.document({"ok": True, "periods": [_document(one) for one in found]})
    return DONE


def _row(one: Close) -> tuple[object, ...]:
    again = ""
    if one.reopened_at is not None:
        again = f"{one.reopened_at.astimezone(UTC):%Y-%m-%d} by {one.reopened_by}: {one.reopened_reason}"
    closed = f"{one.closed_at.astimezone(UTC):%Y-%m-%d %H:%M}"
    return one.period, one.state, closed, one.closed_by, one.statements, len(one.waived), again, one.hash[:12]


@period.command("verify", epilog="Example: attain period verify 2026-03")
@click.argument("name", metavar="[PERIOD]", default="")
@command
def verify_command(name: str, config: Path | None, output: Output) -> int:
    """Prove that nothing of the closed periods (or of PERIOD) has moved: every hash is made anew from the lines."""
    house = open_house(config)
    with database(house) as engine:
        checked, problems = _verified(engine, name)
    output.problems(problems)
    if not problems:
        output.say(f"{counted(len(checked), 'closed period')}: every statement is as it was closed.")
    moved_in = {problem.where for problem in problems}
    output.document(
        {
            "ok": not problems,
            "periods": [
                {"period": one.period, "hash": one.hash, "ok": f"period {one.period}" not in moved_in}
                for one in checked
            ],
            "problems": problems_as_json(problems),
        }
    )
    return PROBLEMS_FOUND if problems else DONE


def _verified(engine: Engine, name: str) -> tuple[list[Close], list[Problem]]:
    with engine.begin() as conn:
        chosen = [one for one in closes(conn) if one.state == "closed" and name in {"", one.period}]
        if name and not chosen:
            return [], [_not_closed("attain period verify", name)]
        return chosen, [fault for one in chosen for fault in moved(conn, one.id, one.period, one.hash)]


def _not_closed(command_name: str, name: str) -> Problem:
    return Problem(command_name, "period", f"the period {name} is not closed.", "`attain period list` shows which are.")


@period.command("reopen", epilog='Example: attain period reopen 2026-03 --by "Ann Lee" --reason "Wrong quota file"')
@click.argument("name", metavar="PERIOD")
@_BY
@click.option("--reason", required=True, help="Why; kept in the audit log.")
@command
def reopen_command(name: str, by: str, reason: str, config: Path | None, output: Output) -> int:
    """Open a closed PERIOD again: its statements follow the facts from the next calculation on.

    What it had paid is kept. It is rarely needed: what is learned late goes to the open period by itself.
    """
    house = open_house(config)
    empty = not by.strip() or not reason.strip()
    with database(house) as engine, engine.begin() as conn:
        found = None if empty else reopen(conn, name, by.strip(), reason.strip(), now=house.now)
    if found is None:
        fault = Problem("attain period reopen", "", "name and reason must say something.", "Say who and why.")
        problem = fault if empty else _not_closed("attain period reopen", name)
        output.problems([problem])
        output.document({"ok": False, "problems": problems_as_json([problem])})
        return PROBLEMS_FOUND
    output.say(f"{name} is open again. Next: `attain calculate`, then `attain period close {name} --by NAME`.")
    output.document({"ok": True, "period": _document(found)})
    return DONE
