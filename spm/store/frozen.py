"""Digests of closed statements: what proves that nothing of them has moved.

The digest of a statement is the SHA-256 over all columns of frames.STATEMENTS but its hash, in their order, and the
hash of its lines made anew (spm.engine.digests); values are joined by the unit separator (U+001F), decimals with ten
places, nothing for null. The hash of a period is the SHA-256 over a row `number of the person, space, digest, line
feed` for each of its statements, by number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, text

from problems import Problem
from spm.engine import hashes
from spm.engine.digests import NO_LINES
from spm.frames import LINES, STATEMENTS, Schema
from spm.store.audit import latest
from spm.store.bulk import copy_out

_KEY = ["participant_id", "period"]
_UNIT = "\x1f"
_COLUMNS = [name for name in STATEMENTS if name != "hash"]


def statements_of(conn: Connection, period: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The statements (frames.STATEMENTS) and lines (frames.LINES) of everybody in one period, as they are stored."""
    return _rows(conn, "statement", STATEMENTS, period), _rows(conn, "earning_line", LINES, period)


def _rows(conn: Connection, table: str, schema: Schema, period: str) -> pl.DataFrame:
    order = [*_KEY, "line_no"] if "line_no" in schema else _KEY
    query = sql.SQL("SELECT {} FROM {} WHERE period = {} ORDER BY {}").format(
        sql.SQL(", ").join(map(sql.Identifier, schema)),
        sql.Identifier(table),
        sql.Literal(period),
        sql.SQL(", ").join(map(sql.Identifier, order)),
    )
    return copy_out(conn, query, schema)


def digests(statements: pl.DataFrame, lines: pl.DataFrame) -> dict[int, str]:
    """The digest of each statement of one period, by person."""
    made = hashes(lines.sort(*_KEY, "line_no")).rename({"hash": "made"})
    columns = [pl.col(name).cast(pl.String).fill_null("") for name in _COLUMNS]
    whole = pl.concat_str(*columns, pl.col("made").fill_null(NO_LINES), separator=_UNIT)
    rows = (
        statements.join(made, on=_KEY, how="left").sort("participant_id").select("participant_id", whole.alias("text"))
    )
    return {number: hashlib.sha256(said.encode()).hexdigest() for number, said in rows.iter_rows()}


def hash_over(found: Mapping[int, str]) -> str:
    """The hash of a period, over the digests of its statements."""
    text = "".join(f"{number} {found[number]}\n" for number in sorted(found))
    return hashlib.sha256(text.encode()).hexdigest()


def moved(conn: Connection, close_id: int, period: str, closed_hash: str) -> list[Problem]:
    """What of a closed period is no longer as it was frozen; nothing where all of it stands."""
    statements, lines = statements_of(conn, period)
    now = digests(statements, lines)
    rows = conn.execute(
        text("SELECT participant_id, digest FROM frozen_statement WHERE close_id = :close"), {"close": close_id}
    )
    then = {row.participant_id: row.digest for row in rows}
    emails = {
        row.id: row.email
        for row in conn.execute(
            text("SELECT id, email FROM participant WHERE id = ANY(:ids)"), {"ids": sorted({*now, *then})}
        )
    }
    lost = lines.join(statements, on=_KEY, how="anti")["participant_id"].unique().to_list()
    return [
        *(
            _of_person(period, emails[number], now.get(number), then.get(number))
            for number in sorted({*now, *then})
            if now.get(number) != then.get(number)
        ),
        *(
            _fault(period, f"there are lines of {emails.get(number, number)} without a statement.")
            for number in sorted(lost)
        ),
        *_of_hash(conn, period, closed_hash, hash_over(then)),
    ]


def _of_person(period: str, email: str, now: str | None, then: str | None) -> Problem:
    if then is None:
        return _fault(period, f"the statement of {email} was not there when the period was closed.")
    if now is None:
        return _fault(period, f"the statement of {email} is gone.")
    return _fault(period, f"the statement of {email} or one of its lines is not what was closed.")


def _of_hash(conn: Connection, period: str, kept: str, made: str) -> list[Problem]:
    """The three places that hold the hash must say the same."""
    entry = latest(conn, "period.close", period)
    problems = []
    if kept != made:
        problems.append(_fault(period, "the digests that were kept do not give the hash of the closing."))
    if entry is None or entry["detail"].get("hash") != kept:
        problems.append(_fault(period, "the audit log holds another hash of the closing."))
    return problems


def _fault(period: str, message: str) -> Problem:
    hint = "Somebody changed the database past Attain: compare it with a backup, and run `attain audit verify`."
    return Problem(f"period {period}", "", message, hint)
