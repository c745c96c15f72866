"""`attain status`: how far each object is, what went wrong, what is parked."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import click

from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, counted, problems_as_json
from attain.wiring import database, open_house
from problems import Problem
from spm.store.connections import latest_runs, open_problems
from spm.store.outbox import parked


@click.command(epilog="Example: attain status --json")
@command
def status(config: Path | None, output: Output) -> int:
    """The last runs, open problems, and writes a CRM refused."""
    house = open_house(config)
    with database(house) as engine, engine.begin() as conn:
        runs = latest_runs(conn)
        refused = parked(conn)
        problems = open_problems(conn)
    _show_runs(output, runs)
    _show_refused(output, refused)
    output.problems(problems)
    output.say("No open problems." if not problems else f"{counted(len(problems), 'open problem')}.")
    output.document(
        {"ok": not problems and not refused, "runs": runs, "parked": refused, "problems": problems_as_json(problems)}
    )
    return PROBLEMS_FOUND if refused or _errors(problems) else DONE


def _errors(problems: list[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _show_runs(output: Output, runs: list[dict[str, Any]]) -> None:
    if not runs:
        output.say("Nothing has run yet. Next: `attain check`, then `attain sync --dry-run`.")
        return
    output.heading("Last runs")
    columns = ("connection", "step", "started (UTC)", "outcome", "records", "changed", "written", "calls", "message")
    rows = [
        (
            run["connection"] or "(all)",
            run["step"],
            f"{run['started_at'].astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            run["outcome"],
            run["counts"].get("records", ""),
            run["counts"].get("changed", ""),
            run["counts"].get("confirmed", ""),
            sum(run["calls"].values()),
            run["message"],
        )
        for run in runs
    ]
    output.table(columns, rows, numbers=("records", "changed", "written", "calls"))


def _show_refused(output: Output, refused: list[dict[str, Any]]) -> None:
    if not refused:
        return
    output.heading("Refused by the CRM, not tried again until the value changes")
    columns = ("connection", "object", "record", "code", "message")
    output.table(columns, [tuple(row[column] for column in columns) for row in refused])
