"""`attain mapping`: is every mapped field there, and what comes of real records."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import click
import polars as pl
from sqlalchemy import Engine

from attain.cli.frame import command, connection_option
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, counted, problems_as_json
from attain.mapping_check import mapping_problems
from attain.settings import ConnectionSettings
from attain.wiring import House, Unusable, chosen, connector_of, database, link, mapping_path, open_house
from connectors.base import ID, PARENT, PullRequest
from mappings import crm_fields, normalise
from problems import Problem, did_you_mean
from sync.link import Link, Reading, readings
from sync.targets import TARGETS


@click.group()
def mapping() -> None:
    """Field mappings."""


@mapping.command(
    "check", epilog="Example: attain mapping check --connection acme", short_help="Is every mapped field there."
)
@connection_option
@command
def check_command(connections: Sequence[str], config: Path | None, output: Output) -> int:
    """Compare each mapping with the fields the CRM shows; every fault at once."""
    house = open_house(config)
    problems = list(house.warnings)
    for connection in chosen(house, connections):
        problems += _check_one(house, connection)
        output.say(f"{connection.name}: {mapping_path(connection)}")
    errors = sum(problem.severity == "error" for problem in problems)
    output.problems(problems)
    found = f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}."
    output.say(found if problems else "Every mapped field is there.")
    output.document({"ok": not errors, "problems": problems_as_json(problems)})
    return PROBLEMS_FOUND if errors else DONE


def _check_one(house: House, connection: ConnectionSettings) -> list[Problem]:
    """Signing in comes first: who is not let in is told that, not that every field is missing."""
    connector = connector_of(house, connection)
    try:
        account, problems = connector.check()
        return problems if account is None else [*problems, *mapping_problems(house, connection, connector)]
    finally:
        connector.close()


@mapping.command(
    "preview",
    epilog="Example: attain mapping preview deal --connection acme --records 3",
    short_help="Real records, raw beside normalised.",
)
@click.argument("section")
@connection_option
@click.option("--records", type=click.IntRange(1, 100), default=3, show_default=True, help="How many.")
@command
def preview_command(section: str, connections: Sequence[str], records: int, config: Path | None, output: Output) -> int:
    """Real records, raw beside normalised, for one SECTION of a mapping (deal, participant, task, ...).

    Reads from the CRM and stores nothing.
    """
    house = open_house(config)
    previews: list[dict[str, Any]] = []
    problems: list[Problem] = []
    with database(house) as engine:
        for connection in chosen(house, connections):
            found, notes = _preview_one(house, engine, connection, section, records)
            previews += found
            problems += notes
    for preview in previews:
        _show(output, preview)
    output.problems(problems)
    output.document({"ok": bool(previews), "records": previews, "problems": problems_as_json(problems)})
    return DONE if previews else PROBLEMS_FOUND


def _preview_one(
    house: House, engine: Engine, connection: ConnectionSettings, section: str, records: int
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The records of one connection; where it cannot be used, why, and the others go on."""
    try:
        with link(house, engine, connection) as one:
            return _preview(one, section, records, house)
    except Unusable as error:
        return [], list(error.problems)


def _preview(one: Link, section: str, count: int, house: House) -> tuple[list[dict[str, Any]], list[Problem]]:
    ready, problems = readings(one)
    everything = {reading.key: (reading, reading) for reading in ready}
    everything |= {child.key: (parent, child) for parent in ready for child in parent.children}
    if section not in everything:
        hint = did_you_mean(section, everything, f"Sections: {', '.join(everything)}.")
        place = f"connection {one.name}"
        return [], [*problems, Problem(place, section, "the mapping has no such section, or it cannot be read.", hint)]
    parent, reading = everything[section]
    raw = _raw(one, parent, reading, count, house)
    normalised = normalise(
        reading.section, TARGETS[reading.entity], raw, reading.schema, place=one.name, time_zone=one.time_zone
    )
    kept = {row[ID]: row for row in normalised.frame.iter_rows(named=True)}
    found = [_pair(one, reading, row, kept.get(row[ID])) for row in raw.iter_rows(named=True)]
    return found, [*problems, *normalised.problems]


def _raw(one: Link, parent: Reading, reading: Reading, count: int, house: House) -> pl.DataFrame:
    request = PullRequest(
        parent.object_name,
        parent.fields,
        None,
        house.now,
        {child.object_name: child.fields for child in parent.children if child is reading},
    )
    for page in islice(one.connector.pull(request), 20):
        rows = page.records if parent is reading else page.children[reading.object_name].drop(PARENT)
        if not rows.is_empty():
            return rows.head(count)
    return pl.DataFrame(schema={ID: pl.String})


def _pair(one: Link, reading: Reading, raw: dict[str, Any], kept: dict[str, Any] | None) -> dict[str, Any]:
    mapped = set(crm_fields(reading.section))
    return {
        "connection": one.name,
        "object": reading.object_name,
        "id": raw[ID],
        "raw": {name: value for name, value in raw.items() if name in mapped},
        "normalised": kept and {name: _plain(value) for name, value in kept.items() if name[:1] != "$"},
        "reads": {field.name: list(field.value.fields) for field in reading.section.fields},
    }


def _plain(value: object) -> object:
    """Numbers without the empty places of their column: 5943.01, not 5943.0100000000."""
    if not isinstance(value, Decimal):
        return value
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def _show(output: Output, preview: dict[str, Any]) -> None:
    output.heading(f"{preview['connection']} {preview['object']} {preview['id']}")
    if preview["normalised"] is None:
        output.say("Kept out: see the problems below.")
        output.table(("in the CRM", "value"), preview["raw"].items())
        return
    rows = [(name, value, _read(preview, name)) for name, value in preview["normalised"].items()]
    output.table(("in Attain", "value", "in the CRM"), rows)


def _read(preview: dict[str, Any], name: str) -> str:
    """`Amount = 5943.01`: the CRM fields behind one of ours, with what they hold."""
    raw = preview["raw"]
    held = [(field, raw[field]) for field in preview["reads"].get(name, ()) if field in raw]
    return ", ".join(f"{field} = {'(empty)' if value is None else value}" for field, value in held)
