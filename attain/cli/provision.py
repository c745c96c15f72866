"""`attain provision`: the custom fields the mapping writes, and the permission to see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from attain.cli.frame import command, connection_option
from attain.cli.output import DONE, PROBLEMS_FOUND, Output
from attain.settings import ConnectionSettings
from attain.wiring import House, chosen, connector_of, mapping_of, open_house
from connectors.base import ProvisionStep
from mappings import field_specs


@click.command(epilog="Example: attain provision --dry-run")
@connection_option
@click.option("--dry-run", is_flag=True, help="Show what would be created; create nothing.")
@command
def provision(connections: Sequence[str], dry_run: bool, config: Path | None, output: Output) -> int:
    """Create the fields Attain writes to, and let the user it signs in as see them. Safe to repeat."""
    house = open_house(config)
    steps = {one.name: provision_connection(house, one, dry_run=dry_run) for one in chosen(house, connections)}
    rows = [(name, step.target, _word(step), step.message) for name, found in steps.items() for step in found]
    output.table(("connection", "target", "what", ""), rows)
    conflicts = any(step.action == "conflict" for found in steps.values() for step in found)
    output.document(
        {"ok": not conflicts, "connections": {name: [asdict(step) for step in found] for name, found in steps.items()}}
    )
    return PROBLEMS_FOUND if conflicts else DONE


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
