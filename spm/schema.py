"""Bring a database to the tables this version needs, and say how far it is.

`upgrade` is safe at any time and from several processes at once: an advisory lock lets one work and the others
wait, and what is already done is not done again.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_LOCK = 0x617474_61696E  # "attain"


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, all in one transaction."""
    with engine.begin() as conn:
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if current(conn) != head():
            command.upgrade(_config(conn), "head")


def current(conn: Connection) -> str | None:
    """The revision the database is at; None where no migration ever ran."""
    return MigrationContext.configure(conn).get_current_revision()


def head() -> str | None:
    """The revision this version needs."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def _config(conn: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", "spm:migrations")
    config.attributes["connection"] = conn
    return config
