"""`attain db upgrade`: bring the database to this version's tables."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Engine

from attain.cli.frame import command
from attain.cli.output import Output
from attain.database import open_database
from attain.wiring import open_house
from spm.schema import current, upgrade


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade", epilog="Example: attain db upgrade")
@command
def upgrade_command(config: Path | None, output: Output) -> None:
    """Bring the tables to what this version needs. Safe to repeat; the embedded database does it by itself."""
    house = open_house(config)
    with open_database(house.settings, any_version=True) as opened:
        before = _revision(opened.engine)
        upgrade(opened.engine)
        after = _revision(opened.engine)
    output.say(f"The database is at {after}." if before == after else f"Upgraded from {before or 'empty'} to {after}.")
    output.document({"ok": True, "before": before, "after": after})


def _revision(engine: Engine) -> str | None:
    with engine.connect() as conn:
        return current(conn)
