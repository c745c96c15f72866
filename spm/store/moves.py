"""Mark whom it touches that people change managers, teams or plans.

Each who moves is marked from the first day that is different. Where a plan in force lets pay hang on other people's
deals, so are those they had in common with others before: the calculation follows only what people have in common now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, text

from spm.store.assigned import load_assignments
from spm.store.hierarchy import load_hierarchy, team_members
from spm.store.marks import mark_each

_Row = tuple[Any, ...]


def shared_plans(conn: Connection) -> set[str]:
    """Names of the plans in force on which pay hangs on other people's deals."""
    return set(conn.scalars(text("SELECT name FROM plan WHERE shared")))


@contextmanager
def moving(conn: Connection, people: Sequence[int] | None) -> Iterator[None]:
    """Around what may change the hierarchy of these people (None: all): afterwards marks whom it touches."""
    hierarchy, assignments = load_hierarchy(conn, people), load_assignments(conn, people)
    yield
    rows = _different(hierarchy, load_hierarchy(conn, people))
    shared = shared_plans(conn)
    firsts = _Firsts()
    for person, manager, team, since, _ in rows:
        firsts.add([person], since)
        if shared:
            firsts.add(_around(conn, manager, team), since)
    _reassigned(conn, firsts, _different(assignments, load_assignments(conn, people)), shared)
    mark_each(conn, firsts.days, "hierarchy")


def mark_reassigned(conn: Connection, before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Mark whom the differences between two states of everybody's assignments (frames.ASSIGNMENTS) touch."""
    firsts = _Firsts()
    _reassigned(conn, firsts, _different(before, after), shared_plans(conn))
    mark_each(conn, firsts.days, "assignment")


class _Firsts:
    """The first day of each person; None is from the beginning."""

    def __init__(self) -> None:
        self.days: dict[int, date | None] = {}

    def add(self, people: Iterable[int], since: date | None) -> None:
        for person in people:
            before = self.days.get(person, since)
            self.days[person] = None if before is None or since is None else min(before, since)


def _different(before: pl.DataFrame, after: pl.DataFrame) -> list[_Row]:
    return sorted({*before.iter_rows()} ^ {*after.iter_rows()}, key=repr)


def _around(conn: Connection, manager: int | None, team: str | None) -> set[int]:
    """That manager, and everybody who ever was in that team."""
    return {*([] if manager is None else [manager]), *([] if team is None else team_members(conn, [team]))}


def _reassigned(conn: Connection, firsts: _Firsts, rows: Sequence[_Row], shared: Collection[str]) -> None:
    """Add these differences of assignments, and whoever is on one of their plans where it is shared."""
    for person, _, since, _ in rows:
        firsts.add([person], since)
    touched = {plan for _, plan, *_ in rows} & set(shared)
    if not touched:
        return
    for person, plan, *_ in load_assignments(conn, None).iter_rows():
        for since in [since for _, other, since, _ in rows if other == plan and plan in touched]:
            firsts.add([person], since)
