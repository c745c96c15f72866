"""`attain provision`: the custom fields the mapping writes, and the permission to see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from attain.cli.frame import command, connection_option
from attain.cli.output import DONE, PROBLEMS_FOUND, TRY_LATER, Output, problems_as_json
from attain.settings import ConnectionSettings
from attain.wiring import House, Unusable, chosen, connector_of, mapping_of, open_house
from connectors.base import ConnectorError, FixSettings, ProvisionStep, TryLater
from mappings import field_specs
from problems import Problem


@click.command(epilog="Example: attain provision --dry-run")
@connection_option
@click.option("--dry-run", is_flag=True, help="Show what would be created; create nothing.")
@command
def provision(connections: Sequence[str], dry_run: bool, config: Path | None, output: Output) -> int:
    """Create the fields Attain writes to, and let the user it signs in as see them. Safe to repeat.

    A connection that fails is reported; the others go on.
    """
    house = open_house(config)
    steps: dict[str, list[ProvisionStep]] = {}
    failures: list[ConnectorError | Unusable] = []
    problems: list[Problem] = []
    for one in chosen(house, connections):
        try:
            steps[one.name] = provision_connection(house, one, dry_run=dry_run)
        except (ConnectorError, Unusable) as error:
            failures.append(error)
            problems += _problems(one, error)
    conflicts = any(step.action == "conflict" for found in steps.values() for step in found)
    _show(output, steps, dry_run=dry_run, pay=house.settings.write_back.pay_on_shared_records)
    output.problems(problems)
    document = {name: [asdict(step) for step in found] for name, found in steps.items()}
    good = not conflicts and not failures
    output.document({"ok": good, "connections": document, "problems": problems_as_json(problems)})
    return DONE if good else _code(failures, conflicts=conflicts)


def _problems(connection: ConnectionSettings, error: ConnectorError | Unusable) -> list[Problem]:
    if isinstance(error, Unusable):
        return list(error.problems)
    again = f"Run `attain provision --connection {connection.name}` again in a few minutes; it is safe to repeat."
    hint = error.hint if isinstance(error, FixSettings) else again
    return [Problem(f"connection {connection.name}", "", str(error), hint)]


def _code(failures: Sequence[ConnectorError | Unusable], *, conflicts: bool) -> int:
    later = all(isinstance(error, TryLater) for error in failures)
    return TRY_LATER if later and not conflicts else PROBLEMS_FOUND


def _show(output: Output, steps: dict[str, list[ProvisionStep]], *, dry_run: bool, pay: bool) -> None:
    rows = [(name, step.target, _word(step), step.message) for name, found in steps.items() for step in found]
    output.table(("connection", "target", "what", ""), rows)
    if not pay:
        output.say("Fields that show pay are left out: write_back.pay_on_shared_records is false.")
    if not steps:
        return
    missing = any(step.action in ("create", "grant") for found in steps.values() for step in found)
    if any(step.action == "conflict" for found in steps.values() for step in found):
        output.say("A field is in the way (conflict): rename it in the CRM or in the mapping's write section.")
    elif dry_run and missing:
        output.say("Nothing was created. Next: `attain provision`.")
    else:
        output.say("Every field is there. Next: `attain sync --dry-run`.")


def provision_connection(house: House, connection: ConnectionSettings, *, dry_run: bool) -> list[ProvisionStep]:
    """Create what one connection's mapping writes to; pay fields only where pay may be shared."""
    mapping = mapping_of(connection)
    specs = field_specs(mapping, pay=house.settings.write_back.pay_on_shared_records)
    connector = connector_of(house, connection)
    try:
        return connector.provision(specs, dry_run=dry_run)
    finally:
        connector.close()


def _word(step: ProvisionStep) -> str:
    if step.action in ("exists", "conflict"):
        return step.action
    return (
        f"{step.action}d"
        if step.done and step.action == "create"
        else f"{step.action}ed"
        if step.done
        else f"would {step.action}"
    )
