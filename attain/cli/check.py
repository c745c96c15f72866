"""`attain check`: is every setting good, does each CRM answer, is each mapped field there; all problems at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from attain.cli.frame import command, connection_option
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, counted, problems_as_json
from attain.database import DatabaseUnusable
from attain.mapping_check import mapping_problems
from attain.plans import check_reference, read_plans
from attain.settings import ConnectionSettings
from attain.wiring import House, chosen, connector_of, database, open_house
from connectors.base import Account
from problems import Problem


@click.command(epilog="Example: attain check --connection acme")
@connection_option
@command
def check(connections: Sequence[str], config: Path | None, output: Output) -> int:
    """Check settings, connections, mappings, plans and the database; change nothing."""
    house = open_house(config)
    problems = list(house.warnings)
    rows = [_check_connection(house, one, problems) for one in chosen(house, connections)]
    database_state, plans = _check_database(house, problems)
    return _show(output, rows, plans, database_state, problems)


def _check_connection(house: House, connection: ConnectionSettings, problems: list[Problem]) -> dict[str, Any]:
    connector = connector_of(house, connection)
    try:
        account, found = connector.check()
        problems += found
        if account is not None:
            problems += mapping_problems(house, connection, connector)
    finally:
        connector.close()
    return {"connection": connection.name, "connector": connection.connector, "account": _account(account)}


def _account(account: Account | None) -> dict[str, Any] | None:
    return None if account is None else asdict(account)


def _check_database(house: House, problems: list[Problem]) -> tuple[str, list[str]]:
    """Where the database is, and the plans by name; the files are tried on it, and nothing of them stays."""
    try:
        with database(house) as engine:
            plans, found = check_reference(house, engine)
            place = "embedded" if not house.settings.database_url.get_secret_value() else str(engine.url.host)
    except DatabaseUnusable as error:
        problems.append(Problem("database", "", str(error), error.hint))
        plans, found = read_plans(house)
        place = "cannot be used"
    problems += found
    return place, [plan.name for plan in plans]


def _show(
    output: Output, rows: Sequence[dict[str, Any]], plans: Sequence[str], database_state: str, problems: list[Problem]
) -> int:
    output.table(
        ("connection", "connector", "answers as", "time zone", "currency", "calls left today"),
        [_row(row) for row in rows],
        numbers=("calls left today",),
    )
    output.say(f"plans: {', '.join(plans) or 'none'}; database: {database_state}")
    output.problems(problems)
    errors = sum(problem.severity == "error" for problem in problems)
    output.say(_verdict(errors, len(problems) - errors))
    output.document(
        {"ok": not errors, "connections": rows, "plans": list(plans), "problems": problems_as_json(problems)}
    )
    return PROBLEMS_FOUND if errors else DONE


def _verdict(errors: int, warnings: int) -> str:
    if not errors + warnings:
        return "Everything is in order. Next: `attain sync --dry-run` shows what would be written."
    return f"{counted(errors, 'error')}, {counted(warnings, 'warning')}."


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    account = row["account"]
    if account is None:
        return row["connection"], row["connector"], "no answer", "", "", ""
    left = "" if account["calls_left_today"] is None else f"{account['calls_left_today']:,}"
    known = account["account_id"] in account["name"]
    name = account["name"] if known else f"{account['name']} ({account['account_id']})"
    return row["connection"], row["connector"], name, account["timezone"], account["currency"], left
