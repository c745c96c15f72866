"""Who is on which plan: `*`, `team:NAME` and emails brought down to people.

The more particular word counts: what is said of a person hides, for its days, what is said of their team, and that
hides what is said of everybody. So a plan for all needs no exception list. Who changes teams is on the plan of each
for the days spent in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, text

from spm.frames import ASSIGNMENTS
from spm.store.hierarchy import load_hierarchy

EVERYBODY = "*"
TEAM = "team:"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Spell:
    """Days on a plan, both ends inclusive; `ends_on` None is open."""

    plan: str
    starts_on: date
    ends_on: date | None


def load_assignments(conn: Connection, participants: Sequence[int] | None) -> pl.DataFrame:
    """Who is on which plan and when (frames.ASSIGNMENTS), for these participants (None: all)."""
    people = conn.execute(
        text("SELECT id, email FROM participant WHERE CAST(:ids AS bigint[]) IS NULL OR id = ANY(:ids) ORDER BY id"),
        {"ids": None if participants is None else list(participants)},
    ).all()
    said: dict[str, list[Spell]] = {}
    for row in conn.execute(text("SELECT who, plan, starts_on, ends_on FROM plan_assignment ORDER BY starts_on, id")):
        said.setdefault(row.who, []).append(Spell(row.plan, row.starts_on, row.ends_on))
    teams = _teams(load_hierarchy(conn, participants))
    rows = [
        (number, spell.plan, spell.starts_on, spell.ends_on)
        for number, email in people
        for spell in particular_first(
            said.get(email, []), _of_teams(said, teams.get(number, [])), said.get(EVERYBODY, [])
        )
    ]
    return pl.DataFrame(rows, schema=ASSIGNMENTS, orient="row")


class _InTeam(NamedTuple):
    """Days in a team, both inclusive."""

    team: str
    first: date
    last: date


def _teams(hierarchy: pl.DataFrame) -> dict[int, list[_InTeam]]:
    """The days of each person in each team; a change of manager alone makes no new ones."""
    found: dict[int, list[_InTeam]] = {}
    columns = hierarchy.select("participant_id", "team", "starts_on", "ends_on")
    for number, team, starts_on, ends_on in columns.iter_rows():
        one = _InTeam(team, starts_on or date.min, ends_on or date.max)
        before = found.setdefault(number, [])
        if before and before[-1].team == team and before[-1].last + _DAY == one.first:
            before[-1] = before[-1]._replace(last=one.last)
        elif team is not None:
            before.append(one)
    return found


def _of_teams(said: Mapping[str, Sequence[Spell]], teams: Sequence[_InTeam]) -> list[Spell]:
    """What is said of the teams of one person, on the days in each."""
    return [
        replace(spell, starts_on=max(spell.starts_on, one.first), ends_on=None if last == date.max else last)
        for one in teams
        for spell in said.get(f"{TEAM}{one.team}", [])
        if max(spell.starts_on, one.first) <= (last := min(spell.ends_on or date.max, one.last))
    ]


def particular_first(*levels: Sequence[Spell]) -> list[Spell]:
    """The spells that count, given level by level from the most particular: each later one without the days of those
    before it. Spells of one level are left as they are, also where they overlap: that is the calculation's to report.
    """
    kept: list[Spell] = []
    for level in levels:
        kept += [piece for spell in level for piece in _without(spell, tuple(kept))]
    return sorted(kept, key=lambda spell: (spell.starts_on, spell.plan))


def _without(spell: Spell, hidden_by: Iterable[Spell]) -> list[Spell]:
    pieces = [spell]
    for other in hidden_by:
        pieces = [left for piece in pieces for left in _cut(piece, other)]
    return pieces


def _cut(spell: Spell, other: Spell) -> list[Spell]:
    last, other_last = spell.ends_on or date.max, other.ends_on or date.max
    if other.starts_on > last or other_last < spell.starts_on:
        return [spell]
    pieces = []
    if spell.starts_on < other.starts_on:
        pieces.append(replace(spell, ends_on=other.starts_on - _DAY))
    if other_last < last:
        pieces.append(replace(spell, starts_on=other_last + _DAY))
    return pieces
