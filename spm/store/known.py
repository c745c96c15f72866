"""The database as it was known at a moment: temporary views that hide the tables from the rest of the transaction.

PostgreSQL looks for a table among the temporary ones first, so whatever reads facts, closed periods or frozen
statements reads what was known then, by the same code. Nothing is copied but deals. The views end with the transaction,
which is rolled back in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from psycopg import sql
from sqlalchemy import Connection, Engine, text

from spm.store.bulk import driver, run
from spm.tables import Base
from spm.tables.history import TRACKED

_Made = Callable[[str, str, sql.Literal], sql.Composed]


@contextmanager
def as_known(engine: Engine, at: datetime) -> Iterator[Connection]:
    """A transaction that sees what was known at `at` (aware). It cannot change anything: it is rolled back."""
    with engine.connect() as conn, _unprepared(conn), conn.begin() as transaction:
        schema = str(conn.scalar(text("SELECT current_schema()")))
        moment = sql.Literal(at)
        for name in TRACKED:
            _view(conn, name, _tracked(schema, name, moment))
            _view(conn, f"{name}_history", _history(schema, f"{name}_history", moment))
        for name, query in _OTHERS.items():
            _view(conn, name, query(schema, name, moment))
        run(conn, sql.SQL("CREATE TEMPORARY TABLE deal ON COMMIT DROP AS {}").format(_deals(schema, moment)), {})
        run(conn, sql.SQL("CREATE INDEX ON deal (connection_id, owner_id); CREATE INDEX ON deal (id)"), {})
        run(conn, sql.SQL("ANALYZE deal"), {})
        try:
            yield conn
        finally:
            transaction.rollback()


@contextmanager
def _unprepared(conn: Connection) -> Iterator[None]:
    """Statements are read anew meanwhile: one that was prepared before would go on reading the tables behind the views,
    since PostgreSQL does not notice that a name now means something else."""
    below = driver(conn)
    threshold, below.prepare_threshold = below.prepare_threshold, None
    try:
        yield
    finally:
        below.prepare_threshold = threshold


def _view(conn: Connection, name: str, query: sql.Composed) -> None:
    run(conn, sql.SQL("CREATE TEMPORARY VIEW {} AS {}").format(sql.Identifier(name), query), {})


def _names(table: str) -> list[str]:
    return [column.name for column in Base.metadata.tables[table].columns]


def _columns(name: str, moment: sql.Literal, *ended: str) -> sql.Composed:
    """The table's columns; a moment in one of those named `ended` that had not come yet is none."""
    parts: list[sql.Composable] = []
    for column in _names(name):
        one = sql.Identifier("held", column)
        if column in ended:
            parts.append(
                sql.SQL("CASE WHEN {one} <= {moment} THEN {one} END AS {name}").format(
                    one=one, moment=moment, name=sql.Identifier(column)
                )
            )
        else:
            parts.append(one)
    return sql.SQL(", ").join(parts)


def _tracked(schema: str, name: str, moment: sql.Literal) -> sql.Composed:
    """Rows that are there and were then, and what others said then."""
    key = sql.SQL(" AND ").join(
        sql.SQL("kept.{0} = held.{0}").format(sql.Identifier(part)) for part in TRACKED[name].key
    )
    return sql.SQL("""
        SELECT {columns} FROM {table} AS held
        WHERE greatest(recorded_at, (SELECT max(known_to) FROM {history} AS kept WHERE {key})) <= {moment}
        UNION ALL
        SELECT {columns} FROM {history} AS held WHERE known_from <= {moment} AND known_to > {moment}
    """).format(
        columns=_columns(name, moment, "gone_at"),
        table=sql.Identifier(schema, name),
        history=sql.Identifier(schema, f"{name}_history"),
        key=key,
        moment=moment,
    )


def _history(schema: str, name: str, moment: sql.Literal) -> sql.Composed:
    return sql.SQL("SELECT * FROM {} WHERE known_to <= {}").format(sql.Identifier(schema, name), moment)


def _recorded(*ended: str) -> _Made:
    """Rows known by then, of tables whose rows say themselves when they ended."""

    def made(schema: str, name: str, moment: sql.Literal) -> sql.Composed:
        return sql.SQL("SELECT {} FROM {} AS held WHERE recorded_at <= {}").format(
            _columns(name, moment, *ended), sql.Identifier(schema, name), moment
        )

    return made


def _closes(schema: str, name: str, moment: sql.Literal) -> sql.Composed:
    state = sql.SQL("CASE WHEN held.reopened_at <= {} THEN 'reopened' ELSE 'closed' END").format(moment)
    columns = sql.SQL(", ").join(
        sql.SQL("{} AS state").format(state) if column == "state" else sql.Identifier("held", column)
        for column in _names(name)
    )
    return sql.SQL("SELECT {} FROM {} AS held WHERE closed_at <= {}").format(
        columns, sql.Identifier(schema, name), moment
    )


def _frozen(part: str) -> _Made:
    """Statements or lines of the periods closed then: as they are, or as they were kept when one was reopened."""
    whole = {"statement": "frozen.archive -> 'statement'", "earning_line": "line"}[part]
    lines = {"statement": "", "earning_line": ", jsonb_array_elements(frozen.archive -> 'lines') AS line"}[part]

    def made(schema: str, name: str, moment: sql.Literal) -> sql.Composed:
        return sql.SQL("""
            SELECT held.* FROM {table} AS held JOIN {close} AS closing ON closing.period = held.period
            WHERE closing.closed_at <= {moment} AND closing.state = 'closed'
            UNION ALL
            SELECT (jsonb_populate_record(NULL::{table}, {whole})).*
            FROM {frozen} AS frozen JOIN {close} AS closing ON closing.id = frozen.close_id{lines}
            WHERE closing.closed_at <= {moment} AND closing.reopened_at > {moment}
        """).format(
            table=sql.Identifier(schema, name),
            close=sql.Identifier(schema, "period_close"),
            frozen=sql.Identifier(schema, "frozen_statement"),
            moment=moment,
            whole=sql.SQL(whole),
            lines=sql.SQL(lines),
        )

    return made


_OTHERS: dict[str, _Made] = {
    "deal_version": _recorded(),
    "deal_split": lambda schema, name, moment: sql.SQL("{} AND coalesce(superseded_at > {}, true)").format(
        _recorded("superseded_at")(schema, name, moment), moment
    ),
    "adjustment": _recorded("withdrawn_at"),
    "period_close": _closes,
    "statement": _frozen("statement"),
    "earning_line": _frozen("earning_line"),
}


def _deals(schema: str, moment: sql.Literal) -> sql.Composed:
    """The newest version of each deal that was known then."""
    own = {
        "id": "version.deal_id",
        "connection_id": "deal.connection_id",
        "crm_id": "deal.crm_id",
        "gone_at": "CASE WHEN version.gone THEN version.recorded_at END",
    }
    columns = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(sql.SQL(own.get(column, f"version.{column}")), sql.Identifier(column))
        for column in _names("deal")
    )
    return sql.SQL("""
        SELECT DISTINCT ON (version.deal_id) {columns}
        FROM {versions} AS version JOIN {deals} AS deal ON deal.id = version.deal_id
        WHERE version.recorded_at <= {moment} ORDER BY version.deal_id, version.version DESC
    """).format(
        columns=columns,
        versions=sql.Identifier(schema, "deal_version"),
        deals=sql.Identifier(schema, "deal"),
        moment=moment,
    )
