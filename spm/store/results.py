"""Keep what was calculated: only what differs is replaced, so that a stamp says when a figure last changed.

A statement's hash covers its lines; where statement and hash are as before, its lines are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, text

from spm.frames import ESTIMATES, LINES, PERIODS, STATEMENTS, Results, Schema
from spm.store.bulk import copy_in, copy_out, run
from spm.store.chosen import among
from spm.store.closed import closed_periods
from spm.store.deal_results import note_stale

_KEY = ["participant_id", "period"]


@dataclass(frozen=True, slots=True)
class Saved:
    """What was replaced: statements that are new, different or no more, and lines written for them."""

    statements_changed: int = 0
    lines_written: int = 0


def save_results(
    conn: Connection, results: Results, participants: Sequence[int], periods: pl.DataFrame, *, now: datetime
) -> Saved:
    """Make these results the present ones of `participants` in `periods` (frames.PERIODS).

    Statements of theirs in those periods that the results lack are taken away, and all their estimates are replaced.
    Other people and other periods are left as they are, and so are closed ones. `now` stamps what is different.
    """
    _save_periods(conn, periods)
    mine = pl.col("participant_id").is_in(list(participants))
    unclosed = periods.join(closed_periods(conn), on="period", how="anti")
    statements = results.statements.filter(mine).join(unclosed, on="period", how="semi")
    held = _held(conn, "statement", STATEMENTS, participants).join(unclosed, on="period", how="semi")
    changed = statements.join(held, on=list(STATEMENTS), how="anti", nulls_equal=True)
    removed = held.join(statements, on=_KEY, how="anti")
    touched = _take_away(conn, pl.concat([changed.select(_KEY), removed.select(_KEY)]))
    copy_in(conn, "statement", changed.select(*STATEMENTS).with_columns(_stamp(now)))
    lines = results.lines.filter(mine).join(changed, on=_KEY, how="semi")
    copy_in(conn, "earning_line", lines.select(*LINES))
    touched |= {*lines["deal_id"].drop_nulls()}
    touched |= _save_estimates(conn, results.estimates.filter(mine), participants, now)
    note_stale(conn, touched, participants, now=now)
    return Saved(changed.height + removed.height, lines.height)


def _stamp(now: datetime) -> pl.Expr:
    return pl.lit(now).cast(pl.Datetime("us", "UTC")).alias("calculated_at")


def _held(conn: Connection, table: str, schema: Schema, participants: Sequence[int] | None) -> pl.DataFrame:
    columns = sql.SQL(", ").join(map(sql.Identifier, schema))
    query = sql.SQL("SELECT {} FROM {} WHERE {}").format(
        columns, sql.Identifier(table), among("participant_id", participants)
    )
    return copy_out(conn, query, schema)


def _take_away(conn: Connection, keys: pl.DataFrame) -> set[int]:
    """Delete these statements with their lines; returns the deals the lines were of."""
    values = {"people": keys["participant_id"].to_list(), "periods": keys["period"].to_list()}
    run(conn, _DELETE.format(sql.Identifier("statement"), sql.SQL("NULL")), values)
    rows = run(conn, _DELETE.format(sql.Identifier("earning_line"), sql.Identifier("deal_id")), values)
    return {deal for (deal,) in rows if deal is not None}


_DELETE = sql.SQL("""
    DELETE FROM {} USING unnest(%(people)s::bigint[], %(periods)s::text[]) AS old (person, name)
    WHERE participant_id = old.person AND period = old.name RETURNING {}
""")


def _save_estimates(conn: Connection, estimates: pl.DataFrame, participants: Sequence[int], now: datetime) -> set[int]:
    """Replace what differs; returns the deals of it."""
    held = _held(conn, "estimate", ESTIMATES, participants)
    key = list(ESTIMATES)
    new = estimates.join(held, on=key, how="anti", nulls_equal=True)
    old = held.join(estimates, on=key, how="anti", nulls_equal=True)
    values = {"deals": old["deal_id"].to_list(), "people": old["participant_id"].to_list()}
    conn.execute(
        text("""
            DELETE FROM estimate USING unnest(CAST(:deals AS bigint[]), CAST(:people AS bigint[])) AS old (deal, person)
            WHERE estimate.deal_id = old.deal AND estimate.participant_id = old.person
        """),
        values,
    )
    copy_in(conn, "estimate", new.select(*ESTIMATES))
    touched = sorted({*new["participant_id"], *old["participant_id"]})
    conn.execute(text("UPDATE participant SET estimated_at = :now WHERE id = ANY(:ids)"), {"ids": touched, "now": now})
    return {*new["deal_id"], *old["deal_id"]}


def _save_periods(conn: Connection, periods: pl.DataFrame) -> None:
    rows = periods.select(*PERIODS).to_dicts()
    if not rows:
        return
    conn.execute(
        text("""
            INSERT INTO period AS known (period, kind, starts_on, ends_on)
            VALUES (:period, :kind, :starts_on, :ends_on)
            ON CONFLICT (period) DO UPDATE
            SET kind = excluded.kind, starts_on = excluded.starts_on, ends_on = excluded.ends_on
            WHERE (known.kind, known.starts_on, known.ends_on) <> (excluded.kind, excluded.starts_on, excluded.ends_on)
        """),
        rows,
    )


def load_statements(conn: Connection, participants: Sequence[int] | None = None) -> pl.DataFrame:
    """Present statements (frames.STATEMENTS and `calculated_at`) of these participants (None: all)."""
    schema: Schema = {**STATEMENTS, "calculated_at": pl.Datetime("us", "UTC")}
    return _held(conn, "statement", schema, participants).sort(_KEY)


def load_lines(conn: Connection, participants: Sequence[int] | None = None, period: str | None = None) -> pl.DataFrame:
    """Present lines (frames.LINES) of these participants (None: all), of one period or of all."""
    lines = _held(conn, "earning_line", LINES, participants)
    chosen = lines if period is None else lines.filter(pl.col("period") == period)
    return chosen.sort(*_KEY, "line_no")


def find_participant(conn: Connection, email: str) -> int | None:
    """The number of the person with that email, None where nobody has it."""
    found = conn.scalar(text("SELECT id FROM participant WHERE email = lower(:email)"), {"email": email.strip()})
    return None if found is None else int(found)


def participant_emails(conn: Connection) -> list[str]:
    """Every email, for hints."""
    return list(conn.scalars(text("SELECT email FROM participant ORDER BY email")))


def emails_of(conn: Connection, participants: Sequence[int]) -> dict[int, str]:
    """The emails of these participants."""
    rows = conn.execute(text("SELECT id, email FROM participant WHERE id = ANY(:ids)"), {"ids": list(participants)})
    return {row.id: row.email for row in rows}


def deal_names(conn: Connection, deal_ids: Sequence[int]) -> dict[int, str]:
    """Names of deals, for explanations; a deal without one goes by its id in the CRM."""
    rows = conn.execute(
        text("SELECT id, coalesce(name, crm_id) FROM deal WHERE id = ANY(:ids)"), {"ids": list(deal_ids)}
    )
    return {row[0]: row[1] for row in rows}
