"""The emails behind participants' numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text


def emails_of(conn: Connection, participant_ids: Sequence[int] | None = None) -> dict[int, str]:
    """The email of each of these participants (None: all), by number."""
    query = "SELECT id, email FROM participant WHERE CAST(:ids AS bigint[]) IS NULL OR id = ANY(:ids) ORDER BY email"
    rows = conn.execute(text(query), {"ids": None if participant_ids is None else list(participant_ids)})
    return {row.id: row.email for row in rows}
