"""Records that a complete read brought and that could not be read: they are there, so what is known of them stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text


def keep_seen(
    conn: Connection, connection_id: int, entity: str, crm_ids: Sequence[str], *, seen_at: datetime, source: str = ""
) -> None:
    """Note that the complete read begun at `seen_at` has brought these records, so that its `sweep` leaves them."""
    if not crm_ids:
        return
    values = {
        "connection": connection_id,
        "entity": entity,
        "source": source,
        "seen_at": seen_at,
        "ids": list(crm_ids),
    }
    conn.execute(text(_BY_COLUMN.get(entity, _SIGHTED)), values)


_SIGHTED = """
INSERT INTO sighting (connection_id, entity, source, seen_at, crm_id)
SELECT :connection, :entity, :source, :seen_at, unnest(CAST(:ids AS text[]))
"""
_BY_COLUMN = {
    "participant": """
        UPDATE participant_link SET seen_at = :seen_at
        WHERE connection_id = :connection AND crm_id = ANY(CAST(:ids AS text[]))
    """,
    "deal_split": """
        UPDATE deal_split SET seen_at = :seen_at
        WHERE connection_id = :connection AND crm_id = ANY(CAST(:ids AS text[])) AND superseded_at IS NULL
    """,
}
"""Entities whose rows themselves say when they were last seen."""
