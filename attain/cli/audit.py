"""`attain audit`: who changed what, and whether the log of it is whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, counted, problems_as_json
from attain.wiring import database, open_house
from spm.store.audit import entries, verify

_SHOWN = 100  # letters of the detail, in the table


@click.group()
def audit() -> None:
    """The log of every change of plans, quotas, assignments, mappings, periods and adjustments."""


@audit.command("list", epilog="Example: attain audit list --since 2026-03-01")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only entries from this day (UTC) on.")
@command
def list_command(since: datetime | None, config: Path | None, output: Output) -> int:
    """List the entries, oldest first. `--json` shows them whole."""
    house = open_house(config)
    with database(house) as engine, engine.begin() as conn:
        found = entries(conn, since=since.replace(tzinfo=UTC) if since else None)
    rows = [
        (
            one["id"],
            f"{one['at'].astimezone(UTC):%Y-%m-%d %H:%M}",
            one["actor"],
            one["action"],
            one["subject"],
            _short(one),
        )
        for one in found
    ]
    output.table(("entry", "when (UTC)", "who", "what", "of", "detail"), rows, numbers=("entry",))
    if not found:
        output.say("No entry. Changes of plans, quotas, assignments, mappings, periods and adjustments make some.")
    output.document({"ok": True, "entries": found})
    return DONE


def _short(entry: dict[str, object]) -> str:
    said = json.dumps(entry["detail"], ensure_ascii=False)[1:-1]
    return said if len(said) <= _SHOWN else f"{said[: _SHOWN - 1]}…"


@audit.command("verify", epilog="Example: attain audit verify --expect 5f2c...")
@click.option("--expect", default="", metavar="HASH", help="A hash noted earlier, which must still be in the log.")
@command
def verify_command(expect: str, config: Path | None, output: Output) -> int:
    """Prove that no entry was changed, taken out or cut off.

    Note the hash it prints somewhere else: with --expect it shows later that the log was not written anew.
    """
    house = open_house(config)
    with database(house) as engine, engine.begin() as conn:
        chain = verify(conn, expected=expect)
    output.problems(chain.problems)
    if not chain.problems:
        output.say(
            f"{counted(chain.entries, 'change')} in the log, which is whole. Hash of the newest: {chain.head or 'none'}"
        )
    output.document(
        {
            "ok": not chain.problems,
            "entries": chain.entries,
            "head": chain.head,
            "problems": problems_as_json(chain.problems),
        }
    )
    return PROBLEMS_FOUND if chain.problems else DONE
