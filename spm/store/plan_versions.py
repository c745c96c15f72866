"""Plan versions as they were applied: read back by their hashes, and which of them are in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from spm.plans import PlanVersion, stored_plan


@dataclass(frozen=True, slots=True)
class Kept:
    """A version that is kept: when it was first applied, and since when it is in force; None: it is not."""

    name: str
    hash: str
    recorded_at: datetime
    in_force_since: datetime | None


def load_plan_versions(conn: Connection, hashes: Sequence[str]) -> list[PlanVersion]:
    """The versions of these hashes that are kept, in the order of their hashes."""
    query = text("SELECT text FROM plan_version WHERE hash = ANY(CAST(:hashes AS text[])) ORDER BY hash")
    return [stored_plan(found) for found in conn.scalars(query, {"hashes": list(hashes)})]


def versions_in_force(conn: Connection) -> list[PlanVersion]:
    """The version of each plan that is in force, by the plan's name."""
    query = "SELECT text FROM plan JOIN plan_version ON hash = version ORDER BY plan.name"
    return [stored_plan(found) for found in conn.scalars(text(query))]


def kept_versions(conn: Connection) -> list[Kept]:
    """Every version that is kept, by name, the newest first."""
    query = """
        SELECT plan_version.name, hash, plan_version.recorded_at, greatest(plan.recorded_at, before.until) AS since
        FROM plan_version LEFT JOIN plan ON plan.version = hash
        LEFT JOIN (SELECT name, max(known_to) AS until FROM plan_history GROUP BY name) AS before
            ON before.name = plan.name
        ORDER BY plan_version.name, since NULLS LAST, plan_version.recorded_at DESC, hash
    """
    return [Kept(*row) for row in conn.execute(text(query))]
