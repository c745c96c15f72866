"""Which periods are closed, and the lock that calculating and closing share."""

from __future__ import annotations

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, text

from spm.frames import PERIODS, Schema
from spm.store.bulk import copy_out

CLOSED: Schema = {**PERIODS, "closed_at": pl.Datetime("us", "UTC")}
"""Closed periods, with their days as they were then."""
_LOCK = 0x636C6F7365  # "close"


def while_open(conn: Connection) -> None:
    """No period is closed or reopened until the transaction ends: for whoever stores results."""
    conn.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": _LOCK})


def while_closing(conn: Connection) -> None:
    """Nobody stores results until the transaction ends: for whoever closes or reopens."""
    conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def closed_periods(conn: Connection) -> pl.DataFrame:
    """The periods that are closed now (CLOSED), in the order of their days."""
    query = sql.SQL("SELECT {} FROM period_close WHERE state = 'closed' ORDER BY starts_on, ends_on").format(
        sql.SQL(", ").join(map(sql.Identifier, CLOSED))
    )
    return copy_out(conn, query, CLOSED)


def is_closed(conn: Connection, period: str) -> bool:
    """Whether that period is closed now."""
    query = "SELECT EXISTS (SELECT FROM period_close WHERE period = :period AND state = 'closed')"
    return bool(conn.scalar(text(query), {"period": period}))
