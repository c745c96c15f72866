"""Connections, cursors, runs and problems: the book-keeping of synchronisation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from problems import Problem, Severity


def ensure_connection(conn: Connection, name: str, kind: str, account_id: str = "") -> int:
    """The number of the connection of that name; made where it is new. `account_id` is the CRM's, where it is known.

    Raises ValueError where the name belongs to another kind of CRM or to another account: its records would be taken
    for the other's.
    """
    conn.execute(
        text("INSERT INTO connection (name, kind) VALUES (:name, :kind) ON CONFLICT (name) DO NOTHING"),
        {"name": name, "kind": kind},
    )
    row = conn.execute(text("SELECT id, kind, account_id FROM connection WHERE name = :name"), {"name": name}).one()
    if row.kind != kind:
        raise ValueError(f"connection {name!r} is a {row.kind} account; give the {kind} account another name")
    if account_id and row.account_id and row.account_id != account_id:
        raise ValueError(
            f"connection {name!r} holds the records of account {row.account_id}, and account {account_id} answers; "
            "give the other account a name of its own"
        )
    if account_id and not row.account_id:
        conn.execute(
            text("UPDATE connection SET account_id = :account WHERE id = :id"), {"account": account_id, "id": row.id}
        )
    return int(row.id)


def read_cursor(conn: Connection, connection_id: int, object_name: str) -> dict[str, Any] | None:
    """Where the next read of the object starts; None: at the beginning."""
    found = conn.scalar(
        text("SELECT cursor FROM stream_cursor WHERE connection_id = :connection AND object_name = :object"),
        {"connection": connection_id, "object": object_name},
    )
    return None if found is None else dict(found)


def save_cursor(conn: Connection, connection_id: int, object_name: str, cursor: Mapping[str, Any] | None) -> None:
    """Keep the cursor with the page it belongs to; None forgets it, so that the next read is complete."""
    values = {"connection": connection_id, "object": object_name}
    if cursor is None:
        conn.execute(
            text("DELETE FROM stream_cursor WHERE connection_id = :connection AND object_name = :object"), values
        )
        return
    conn.execute(
        text("""
            INSERT INTO stream_cursor (connection_id, object_name, cursor)
            VALUES (:connection, :object, CAST(:cursor AS jsonb))
            ON CONFLICT (connection_id, object_name) DO UPDATE SET cursor = excluded.cursor
        """),
        {**values, "cursor": json.dumps(dict(cursor))},
    )


def start_run(conn: Connection, step: str, *, connection_id: int | None = None, now: datetime) -> int:
    """Note that a step (pull, calculate, write_back, ...) begins; returns the run's number."""
    return int(
        conn.execute(
            text("""
                INSERT INTO sync_run (connection_id, step, started_at, outcome, counts, calls, message)
                VALUES (:connection, :step, :now, 'running', '{}', '{}', '') RETURNING id
            """),
            {"connection": connection_id, "step": step, "now": now},
        ).scalar_one()
    )


def finish_run(
    conn: Connection,
    run_id: int,
    outcome: str,
    *,
    counts: Mapping[str, int],
    calls: Mapping[str, int],
    message: str = "",
    now: datetime,
) -> None:
    """Note how a run ended, what it did, and the HTTP calls it took."""
    conn.execute(
        text("""
            UPDATE sync_run SET finished_at = :now, outcome = :outcome, counts = CAST(:counts AS jsonb),
                                calls = CAST(:calls AS jsonb), message = :message
            WHERE id = :run
        """),
        {
            "run": run_id,
            "now": now,
            "outcome": outcome,
            "counts": json.dumps(dict(counts)),
            "calls": json.dumps(dict(calls)),
            "message": message,
        },
    )


def latest_runs(conn: Connection) -> list[dict[str, Any]]:
    """The newest run of each step and connection, for `attain status`."""
    rows = conn.execute(
        text("""
            SELECT DISTINCT ON (connection.name, run.step) connection.name AS connection, run.step, run.started_at,
                   run.finished_at, run.outcome, run.counts, run.calls, run.message
            FROM sync_run AS run LEFT JOIN connection ON connection.id = run.connection_id
            ORDER BY connection.name NULLS FIRST, run.step, run.started_at DESC, run.id DESC
        """)
    )
    return [dict(row) for row in rows.mappings()]


def replace_problems(conn: Connection, scope: str, problems: Iterable[Problem], *, now: datetime) -> None:
    """What the scope (a file, a connection's object, the calculation) now shows; what it showed before is mended."""
    conn.execute(text("DELETE FROM problem WHERE scope = :scope"), {"scope": scope})
    add_problems(conn, scope, problems, now=now)


def add_problems(conn: Connection, scope: str, problems: Iterable[Problem], *, now: datetime) -> None:
    """Further problems of the scope (the next page of the same read)."""
    rows = [{**problem.as_dict(), "scope": scope, "now": now} for problem in problems]
    if not rows:
        return
    conn.execute(
        text("""
            INSERT INTO problem (scope, place, field, message, hint, severity, found_at)
            VALUES (:scope, :where, :field, :message, :hint, :severity, :now)
        """),
        rows,
    )


def open_problems(conn: Connection, scope: str | None = None) -> list[Problem]:
    """Every problem not mended yet, or those of one scope, in the order they were found."""
    rows = conn.execute(
        text("""
            SELECT place, field, message, hint, severity FROM problem
            WHERE CAST(:scope AS text) IS NULL OR scope = :scope ORDER BY id
        """),
        {"scope": scope},
    )
    return [Problem(row[0], row[1], row[2], row[3], _severity(row[4])) for row in rows]


def _severity(word: str) -> Severity:
    return "warning" if word == "warning" else "error"
