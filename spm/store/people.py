"""Participants: one person, however many CRMs know them.

Identity is the email, in lower case. A CRM record (a link) that changes its email is followed:

- somebody with the new email is known: the link moves there;
- nobody is, and no other CRM record still says the old email: the person was renamed and stays who they are, with
  quotas, plans and statements;
- nobody is, but another CRM record still says the old email: the records now speak of two people, so the link
  gets a participant of its own. Paying the wrong person would be worse than paying late.

What a participant's row says (name, team, manager, currency, dates) is, column by column, the first answer among the
links in this order: records the CRM still has, active ones, the connection set up first, the older link.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime

from psycopg import sql
from sqlalchemy import Connection, text

from spm.store.bulk import run
from spm.store.hierarchy import note_moves
from spm.store.marks import mark_participants
from spm.store.merge import When
from spm.store.moves import moving, shared_plans
from spm.store.shapes import SHAPES
from spm.store.stored import Stored

_SHAPE = SHAPES["participant"]
_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, _SHAPE.columns))
_HELD = sql.SQL(", ").join(sql.Identifier("held", name) for name in _SHAPE.columns)

_TIDY = "UPDATE page_participant_link SET email = lower(trim(email))"
_SEEN = """
DELETE FROM page_participant_link AS page USING participant_link AS held
WHERE held.connection_id = %(connection)s AND held.crm_id = page.crm_id AND held.gone_at IS NULL
  AND ({held}) IS NOT DISTINCT FROM ({page})
RETURNING held.id
"""
_RENAME = """
UPDATE participant SET email = renamed.email
FROM (
    SELECT DISTINCT ON (page.email) held.participant_id, page.email
    FROM (
        SELECT DISTINCT ON (held.participant_id) held.*
        FROM participant_link AS held JOIN page_participant_link AS page USING (crm_id)
        WHERE held.connection_id = %(connection)s AND held.email <> page.email
        ORDER BY held.participant_id, held.id
    ) AS held
    JOIN page_participant_link AS page USING (crm_id)
    WHERE NOT EXISTS (SELECT FROM participant AS known WHERE known.email = page.email)
      AND NOT EXISTS (
        SELECT FROM participant_link AS other
        WHERE other.participant_id = held.participant_id AND other.id <> held.id AND other.gone_at IS NULL
          AND other.email = held.email
          AND NOT EXISTS (
            SELECT FROM page_participant_link AS too
            WHERE other.connection_id = %(connection)s AND too.crm_id = other.crm_id AND too.email = page.email
          )
      )
    ORDER BY page.email, held.participant_id
) AS renamed
WHERE participant.id = renamed.participant_id
"""
_CREATE = """
INSERT INTO participant (email) SELECT DISTINCT email FROM page_participant_link ORDER BY email
ON CONFLICT (email) DO NOTHING
"""
_STORE = """
WITH before AS MATERIALIZED (
    SELECT held.crm_id, held.participant_id, held.owner_id
    FROM participant_link AS held JOIN page_participant_link AS page USING (crm_id)
    WHERE held.connection_id = %(connection)s
), stored AS (
    INSERT INTO participant_link AS link (connection_id, crm_id, participant_id, {columns}, recorded_at, seen_at)
    SELECT %(connection)s, page.crm_id, participant.id, {page}, %(now)s, %(seen_at)s
    FROM page_participant_link AS page JOIN participant ON participant.email = page.email
    ON CONFLICT (connection_id, crm_id) DO UPDATE
    SET (participant_id, {columns}, recorded_at, seen_at, gone_at)
      = (excluded.participant_id, {excluded}, %(now)s, %(seen_at)s, NULL)
    RETURNING crm_id, participant_id, owner_id
)
SELECT before.crm_id IS NULL, before.participant_id, stored.participant_id, before.owner_id, stored.owner_id
FROM stored LEFT JOIN before USING (crm_id)
"""


def store_people(conn: Connection, connection_id: int, when: When) -> Stored:
    """Merge the page of participants that `load_page` put into its temporary table."""
    values = {"connection": connection_id, "now": when.now, "seen_at": when.seen_at or when.now}
    run(conn, sql.SQL(_TIDY), values)
    unchanged = _drop_unchanged(conn, connection_id, when)
    run(conn, sql.SQL(_RENAME), values)
    run(conn, sql.SQL(_CREATE), values)
    excluded = sql.SQL(", ").join(sql.Identifier("excluded", name) for name in _SHAPE.columns)
    store = sql.SQL(_STORE).format(columns=_COLUMNS, page=_of("page"), excluded=excluded)
    rows = run(conn, store, values)
    new = sum(1 for row in rows if row[0])
    touched = {row[column] for row in rows for column in (1, 2)} - {None}
    owners = {row[column] for row in rows for column in (3, 4)} - {None}
    refresh_people(conn, sorted(touched), now=when.now)
    _refresh_managers(conn, connection_id, sorted(owners), now=when.now)
    marked = mark_participants(conn, touched, None, "participant")
    return Stored(new, len(rows) - new, unchanged, (), marked)


def _of(row: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(row, name) for name in _SHAPE.columns)


def _drop_unchanged(conn: Connection, connection_id: int, when: When) -> int:
    """Take from the page what is known already; only its sighting is noted."""
    statement = sql.SQL(_SEEN).format(held=_HELD, page=_of("page"))
    known = [row[0] for row in run(conn, statement, {"connection": connection_id})]
    conn.execute(
        text("UPDATE participant_link SET seen_at = :seen_at WHERE id = ANY(:ids)"),
        {"ids": known, "seen_at": when.seen_at or when.now},
    )
    return len(known)


_FIRST_ANSWER = "(array_agg({column} ORDER BY {rank}) FILTER (WHERE {column} IS NOT NULL))[1]"
_RANK = "link.gone_at IS NOT NULL, link.active IS FALSE, link.connection_id, link.id"
_ANSWERED = ("name", "team", "currency", "hire_date", "leave_date")
_REFRESH = """
UPDATE participant SET ({names}, active, manager_id) = (
    SELECT {answers}, coalesce(bool_or(coalesce(link.active, true) AND link.gone_at IS NULL), false), {manager}
    FROM participant_link AS link
    LEFT JOIN participant_link AS boss
      ON boss.connection_id = link.connection_id AND boss.owner_id = link.manager_owner_id
     AND boss.participant_id <> link.participant_id
    WHERE link.participant_id = participant.id
)
WHERE id = ANY(%(ids)s)
"""


def refresh_people(conn: Connection, ids: Sequence[int], *, now: datetime) -> None:
    """Take over into these participants what their links now say; a new manager or team begins another spell."""
    answers = sql.SQL(", ").join(_answer(sql.Identifier("link", name)) for name in _ANSWERED)
    names = sql.SQL(", ").join(map(sql.Identifier, _ANSWERED))
    manager = _answer(sql.Identifier("boss", "participant_id"))
    run(conn, sql.SQL(_REFRESH).format(names=names, answers=answers, manager=manager), {"ids": list(ids)})
    with moving(conn, ids) if shared_plans(conn) else nullcontext():
        note_moves(conn, ids, now=now)


def _answer(column: sql.Identifier) -> sql.Composed:
    return sql.SQL(_FIRST_ANSWER).format(column=column, rank=sql.SQL(_RANK))


def _refresh_managers(conn: Connection, connection_id: int, owners: Sequence[str], *, now: datetime) -> None:
    """People who were read before their manager was known."""
    ids = conn.scalars(
        text("""
            SELECT DISTINCT participant_id FROM participant_link
            WHERE connection_id = :connection AND manager_owner_id = ANY(:owners)
        """),
        {"connection": connection_id, "owners": list(owners)},
    ).all()
    if ids:
        refresh_people(conn, ids, now=now)
