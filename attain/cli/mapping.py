"""`attain mapping`: is every mapped field there, and what comes of real records."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click
import polars as pl

from attain.cli.frame import command, connection_option
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, problems_as_json
from attain.wiring import Unusable, chosen, connector_of, database, link, mapping_of, mapping_path, open_house
from connectors.base import ID, PARENT, PullRequest
from mappings import check_mapping, normalise
from problems import Problem, did_you_mean
from sync.link import Link, Reading, readings
from sync.targets import TARGETS


@click.group()
def mapping() -> None:
    """Field mappings."""


@mapping.command("check", epilog="Example: attain mapping check --connection acme")
@connection_option
@command
def check_command(connections: Sequence[str], config: Path | None, output: Output) -> int:
    """Compare each mapping with the fields the CRM shows; every fault at once."""
    house = open_house(config)
    problems: list[Problem] = []
    for connection in chosen(house, connections):
        connector = connector_of(house, connection)
        try:
            problems += check_mapping(mapping_of(connection), connector.describe)
        except Unusable as error:
            problems += error.problems
        finally:
            connector.close()
        output.say(f"{connection.name}: {mapping_path(connection).name}")
    errors = sum(problem.severity == "error" for problem in problems)
    output.problems(problems)
    output.say(
        "Every mapped field is there." if not problems else f"{len(problems)} problems, {errors} of them errors."
    )
    output.document({"ok": not errors, "problems": problems_as_json(problems)})
    return PROBLEMS_FOUND if errors else DONE


@mapping.command("preview", epilog="Example: attain mapping preview deal --connection acme --records 3")
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
            with link(house, engine, connection) as one:
                found, notes = _preview(one, section, records, house)
                previews += found
                problems += notes
    for preview in previews:
        _show(output, preview)
    output.problems(problems)
    output.document({"ok": bool(previews), "records": previews, "problems": problems_as_json(problems)})
    return DONE if previews else PROBLEMS_FOUND


def _preview(one: Link, section: str, count: int, house: Any) -> tuple[list[dict[str, Any]], list[Problem]]:
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


def _raw(one: Link, parent: Reading, reading: Reading, count: int, house: Any) -> pl.DataFrame:
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
    return {
        "connection": one.name,
        "object": reading.object_name,
        "id": raw[ID],
        "raw": {name: value for name, value in raw.items() if name[:1] != "$"},
        "normalised": kept and {name: value for name, value in kept.items() if name[:1] != "$"},
    }


def _show(output: Output, preview: dict[str, Any]) -> None:
    output.heading(f"{preview['connection']} {preview['object']} {preview['id']}")
    output.table(("in the CRM", "value"), preview["raw"].items())
    if preview["normalised"] is None:
        output.say("Kept out: see the problems below.")
        return
    output.say()
    output.table(("in Attain", "value"), preview["normalised"].items())
