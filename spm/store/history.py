"""The moment at which things become known: what a transaction changes leaves a history dated by it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text


def at_moment(conn: Connection, now: datetime) -> None:
    """Date what this transaction changes by `now`; without it the database's own clock does."""
    conn.execute(text("SELECT set_config('attain.now', :now, true)"), {"now": now.isoformat()})
