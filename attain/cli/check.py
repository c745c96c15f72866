"""`attain check`: is every setting good, does each CRM answer, is each mapped field there; all problems at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from attain.cli.frame import command, connection_option
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, problems_as_json
from attain.plans import read_plans
from attain.settings import ConnectionSettings
from attain.wiring import House, Unusable, chosen, connector_of, database, mapping_of, open_house
from connectors.base import Account, Connector, ConnectorError, FixSettings
from mappings import check_mapping
from problems import Problem


@click.command(epilog="Example: attain check --connection acme")
@connection_option
@command
def check(connections: Sequence[str], config: Path | None, output: Output) -> int:
    """Check settings, connections, mappings, plans and the database; change nothing."""
    house = open_house(config)
    problems = list(house.warnings)
    rows = [_check_connection(house, one, problems) for one in chosen(house, connections)]
    plans, plan_problems = read_plans(house)
    problems += plan_problems
    database_state = _check_database(house)
    return _show(output, rows, [plan.name for plan in plans], database_state, problems)


def _check_connection(house: House, connection: ConnectionSettings, problems: list[Problem]) -> dict[str, Any]:
    connector = connector_of(house, connection)
    try:
        account, found = connector.check()
        problems += found
        if account is not None:
            problems += _check_mapping(connection, connector)
    finally:
        connector.close()
    return {"connection": connection.name, "connector": connection.connector, "account": _account(account)}


def _account(account: Account | None) -> dict[str, Any] | None:
    return None if account is None else asdict(account)


def _check_mapping(connection: ConnectionSettings, connector: Connector) -> list[Problem]:
    try:
        return check_mapping(mapping_of(connection), connector.describe)
    except Unusable as error:
        return list(error.problems)
    except FixSettings as error:
        return [Problem(f"connection {connection.name}", "mapping", str(error), error.hint)]
    except ConnectorError as error:
        return [Problem(f"connection {connection.name}", "mapping", str(error), "Run `attain check` again.")]


def _check_database(house: House) -> str:
    with database(house) as engine:
        return "embedded" if not house.settings.database_url.get_secret_value() else str(engine.url.host)


def _show(
    output: Output, rows: Sequence[dict[str, Any]], plans: Sequence[str], database_state: str, problems: list[Problem]
) -> int:
    output.table(
        ("connection", "connector", "answers as", "time zone", "currency", "calls left today"),
        [_row(row) for row in rows],
    )
    output.say(f"plans: {', '.join(plans) or 'none'}; database: {database_state}")
    output.problems(problems)
    errors = sum(problem.severity == "error" for problem in problems)
    output.say("Everything is in order." if not problems else f"{errors} errors, {len(problems) - errors} warnings.")
    output.document(
        {"ok": not errors, "connections": rows, "plans": list(plans), "problems": problems_as_json(problems)}
    )
    return PROBLEMS_FOUND if errors else DONE


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    account = row["account"]
    if account is None:
        return row["connection"], row["connector"], "no answer", "", "", ""
    left = account["calls_left_today"]
    name = f"{account['name']} ({account['account_id']})"
    return row["connection"], row["connector"], name, account["timezone"], account["currency"], left
