"""What the planner knows of the tables.

In a first load they grow from nothing faster than PostgreSQL notices by itself, and the plan for a small table is the
wrong one for a large.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_TABLES = {
    "participant": "participant, participant_link",
    "deal": "deal, deal_version",
    "deal_split": "deal_split",
    "activity": "activity",
    "quota": "quota",
    "fx_rate": "fx_rate",
}


def refresh_statistics(conn: Connection, entity: str) -> None:
    """Look at the entity's tables as they are now (a sample of 30,000 rows, whatever their size)."""
    conn.execute(text(f"ANALYZE {_TABLES[entity]}"))
