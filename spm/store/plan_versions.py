"""Plan versions as they were applied, read back by their hashes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from spm.plans import PlanVersion, stored_plan


def load_plan_versions(conn: Connection, hashes: Sequence[str]) -> list[PlanVersion]:
    """The versions of these hashes that are kept, in the order of their hashes."""
    query = text("SELECT text FROM plan_version WHERE hash = ANY(CAST(:hashes AS text[])) ORDER BY hash")
    return [stored_plan(found) for found in conn.scalars(query, {"hashes": list(hashes)})]
