"""The benchmark's company in the tables of a database of its own, as pulls would have left it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl
from sqlalchemy import Connection, Engine, text

from spm.frames import Facts
from spm.plans import PlanVersion
from spm.store.bulk import copy_in
from spm.store.connections import ensure_connection
from spm.store.marks import mark_all
from spm.store.reference import apply_plans

_NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)


def fill(engine: Engine, facts: Facts, plan: PlanVersion) -> None:
    """Store the facts, and mark everybody."""
    with engine.begin() as conn:
        connection = ensure_connection(conn, "acme", "salesforce")
        _people(conn, facts, connection)
        _deals(conn, facts, connection)
        _rules(conn, facts, plan)
        mark_all(conn, "bench")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))


def _people(conn: Connection, facts: Facts, connection: int) -> None:
    managers = facts.hierarchy.select("participant_id", "manager_id")
    people = facts.participants.join(managers, on="participant_id", how="left").sort(
        pl.col("manager_id").is_null(), "participant_id", descending=[True, False]
    )
    copy_in(conn, "participant", people.select("email", "manager_id", id="participant_id"))
    owner = pl.format("005{}", "participant_id")
    links = people.select(
        "participant_id",
        "email",
        connection_id=pl.lit(connection),
        crm_id=owner,
        owner_id=owner,
        recorded_at=_stamp(),
        seen_at=_stamp(),
    )
    copy_in(conn, "participant_link", links)
    copy_in(conn, "membership", people.select("participant_id", "manager_id", recorded_at=_stamp()))
    _count_on(conn, ["participant"])


def _deals(conn: Connection, facts: Facts, connection: int) -> None:
    common = {"connection_id": pl.lit(connection), "recorded_at": _stamp()}
    deals = facts.deals.select(
        "crm_id",
        "name",
        "amount",
        "currency",
        "close_date",
        "status",
        "deal_type",
        id="deal_id",
        owner_id=pl.format("005{}", "owner_participant_id"),
        version=pl.lit(1),
        custom=pl.lit("{}"),
        **common,
    )
    copy_in(conn, "deal", deals)
    numbers = facts.deals.select("deal_id", deal_crm_id="crm_id")
    splits = facts.splits.join(numbers, on="deal_id").select(
        "deal_crm_id",
        "share",
        "role",
        crm_id=pl.format("0s{}", "split_id"),
        owner_id=pl.format("005{}", "participant_id"),
        seen_at=_stamp(),
        **common,
    )
    copy_in(conn, "deal_split", splits)
    _count_on(conn, ["deal"])


def _rules(conn: Connection, facts: Facts, plan: PlanVersion) -> None:
    emails = facts.participants.select("participant_id", "email")
    quotas = facts.quotas.join(emails, on="participant_id").select(
        "email", "measure", "starts_on", "ends_on", "amount", "currency", source=pl.lit("csv"), recorded_at=_stamp()
    )
    copy_in(conn, "quota", quotas)
    apply_plans(conn, [plan], now=_NOW)
    conn.execute(
        text("INSERT INTO plan_assignment (who, plan, starts_on, recorded_at) VALUES ('*', :plan, :first, :now)"),
        {"plan": plan.name, "first": _NOW.date().replace(month=1, day=1), "now": _NOW},
    )


def _count_on(conn: Connection, tables: Sequence[str]) -> None:
    """Let the tables' own numbers go on after those that were copied in."""
    for table in tables:
        conn.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"))


def _stamp() -> pl.Expr:
    return pl.lit(_NOW).cast(pl.Datetime("us", "UTC"))
