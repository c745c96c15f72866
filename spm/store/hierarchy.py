"""Who reported to whom, in which team, on which day: what CRMs said over time, or the file that stands in its place.

A change in a CRM counts from the day (UTC) on which it became known, since CRMs keep no dates of it. What is learned of
a spell while the CRM says nothing else of the person (their manager is read on a later page), or on the very day the
spell was noted, was so from its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, text

from spm.frames import HIERARCHY
from spm.store.bulk import copy_out, run

_MOVED = """
    SELECT participant.id, spell.id,
           spell.id IS NOT NULL AND (
               said.at <= spell.recorded_at OR spell.starts_on >= %(today)s
               OR (spell.recorded_at AT TIME ZONE 'UTC')::date = %(today)s
           )
    FROM participant
    LEFT JOIN membership AS spell ON spell.participant_id = participant.id AND spell.ends_on IS NULL
    LEFT JOIN LATERAL (
        SELECT max(greatest(recorded_at, gone_at)) AS at FROM participant_link WHERE participant_id = participant.id
    ) AS said ON true
    WHERE participant.id = ANY(%(ids)s) AND (
        spell.id IS NULL OR (participant.manager_id, participant.team) IS DISTINCT FROM (spell.manager_id, spell.team)
    )
    ORDER BY participant.id
"""
_CORRECT = """
    UPDATE membership SET (manager_id, team) = (participant.manager_id, participant.team)
    FROM participant WHERE membership.id = ANY(:spells) AND participant.id = membership.participant_id
"""
_BEGIN = """
    INSERT INTO membership (participant_id, manager_id, team, starts_on, recorded_at)
    SELECT id, manager_id, team, CAST(:starts_on AS date), :now FROM participant WHERE id = ANY(:ids) ORDER BY id
"""
_TOLD = sql.SQL("""
    SELECT person.id AS participant_id, boss.id AS manager_id, said.team, said.starts_on, said.ends_on
    FROM hierarchy_entry AS said JOIN participant AS person USING (email)
    LEFT JOIN participant AS boss ON boss.email = said.manager
""")
SPELLS = sql.SQL("""
    SELECT * FROM ({told}) AS told
    UNION ALL
    SELECT participant_id, manager_id, team, starts_on, ends_on FROM membership
    WHERE NOT EXISTS (
        SELECT FROM hierarchy_entry AS said JOIN participant AS person USING (email)
        WHERE person.id = membership.participant_id
    )
""").format(told=_TOLD)
"""The columns of frames.HIERARCHY, for everybody."""


class _Moved(NamedTuple):
    """Somebody whose present spell is not what is now said; `learned`: it was so from the spell's beginning."""

    person: int
    spell: int | None
    learned: bool


def note_moves(conn: Connection, ids: Sequence[int], *, now: datetime) -> None:
    """Bring the spells of these participants to what their rows now say."""
    today = now.astimezone(UTC).date()
    moved = [_Moved(*row) for row in run(conn, sql.SQL(_MOVED), {"ids": list(ids), "today": today})]
    new = [one.person for one in moved if one.spell is None]
    learned = [one for one in moved if one.learned]
    changed = [one for one in moved if one.spell is not None and not one.learned]
    conn.execute(text(_CORRECT), {"spells": [one.spell for one in learned]})
    conn.execute(
        text("UPDATE membership SET ends_on = CAST(:today AS date) - 1 WHERE id = ANY(:spells)"),
        {"spells": [one.spell for one in changed], "today": today},
    )
    conn.execute(text(_BEGIN), {"ids": new, "starts_on": None, "now": now})
    conn.execute(text(_BEGIN), {"ids": [one.person for one in changed], "starts_on": today, "now": now})


def team_members(conn: Connection, teams: Sequence[str]) -> list[int]:
    """Everybody who ever was in one of these teams."""
    query = sql.SQL("SELECT DISTINCT participant_id FROM ({}) AS spell WHERE team = ANY(%(teams)s) ORDER BY 1")
    return [row[0] for row in run(conn, query.format(SPELLS), {"teams": list(teams)})]


def load_hierarchy(conn: Connection, participants: Sequence[int] | None) -> pl.DataFrame:
    """Who reports to whom, in which team, when (frames.HIERARCHY): the spells of these participants (None: all)."""
    where = sql.SQL("true") if participants is None else sql.SQL("participant_id = ANY({})")
    query = sql.SQL("SELECT * FROM ({}) AS spell WHERE {} ORDER BY participant_id, starts_on NULLS FIRST")
    chosen = where.format(sql.Literal(list(participants or [])))
    return copy_out(conn, query.format(SPELLS, chosen), HIERARCHY)
