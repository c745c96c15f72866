"""Rules as a set: which cannot hold together, and what of them a table lacks or has too many of."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

from psycopg import sql
from sqlalchemy import Connection, text

from problems import Problem
from spm.store.bulk import driver, run
from spm.store.history import at_moment

_Rule = TypeVar("_Rule")
NO_MORE: Mapping[str, str] = MappingProxyType({})
Placed = list[tuple[str, _Rule]]
"""Rules with the place each stands at."""


class Spanning(Protocol):
    """A rule that holds for a span of days for somebody or something; a day it does not name is without end."""

    @property
    def of(self) -> Hashable: ...
    @property
    def starts_on(self) -> date | None: ...
    @property
    def ends_on(self) -> date | None: ...


_Spanning = TypeVar("_Spanning", bound=Spanning)


def overlaps(rules: Placed[_Spanning], what: str) -> list[Problem]:
    """A Problem for each of the rules that begins before an earlier one `of` the same has ended."""
    problems = []
    latest: dict[Hashable, tuple[date, str]] = {}
    for where, rule in sorted(rules, key=lambda placed: (placed[1].starts_on or date.min, placed[0])):
        reach, earlier = latest.get(rule.of, (None, ""))
        if reach is not None and (rule.starts_on or date.min) <= reach:
            message = f"overlaps {earlier}: two {what} cannot hold on one day."
            problems.append(Problem(where, "starts_on", message, "End one before the other starts."))
        last = rule.ends_on or date.max
        if reach is None or last > reach:
            latest[rule.of] = (last, where)
    return problems


def twice(keyed: Sequence[tuple[str, Hashable]], column: str, message: str, hint: str) -> list[Problem]:
    """A Problem for each place whose key stands at an earlier one, which `message` names as {earlier}."""
    first: dict[Hashable, str] = {}
    problems = []
    for where, key in keyed:
        earlier = first.setdefault(key, where)
        if earlier != where:
            problems.append(Problem(where, column, message.format(earlier=earlier), hint))
    return problems


@dataclass(frozen=True, slots=True)
class Change(Generic[_Rule]):
    """What makes a table's rows those of a set of rules: `gone` by the number of the row, and `new`, in order."""

    gone: Mapping[int, _Rule]
    new: Sequence[_Rule]

    @property
    def rules(self) -> list[_Rule]:
        """All that are taken out or put in."""
        return [*self.gone.values(), *self.new]


def compare(
    conn: Connection, table: str, kind: type[_Rule], rules: Placed[_Rule], only: Mapping[str, str] = NO_MORE
) -> Change[_Rule]:
    """What these rules, whose fields are columns of the table, change in it; `only`: in its rows with these texts."""
    held: dict[int, _Rule] = {row[0]: kind(*row[1:]) for row in _rows(conn, table, _names(kind), only)}
    wanted = dict.fromkeys(rule for _, rule in rules)
    there = {*held.values()}
    gone = {number: rule for number, rule in held.items() if rule not in wanted}
    return Change(gone, [rule for rule in wanted if rule not in there])


def store(
    conn: Connection, table: str, change: Change[Any], *, now: datetime, only: Mapping[str, str] = NO_MORE
) -> None:
    """Bring the change into its table; `now` is when it became known."""
    at_moment(conn, now)
    conn.execute(text(f"DELETE FROM {table} WHERE id = ANY(:ids)"), {"ids": list(change.gone)})  # noqa: S608 - our own names
    if change.new:
        names = [*_names(type(change.new[0])), *only, "recorded_at"]
        _add(conn, table, names, [(*astuple(rule), *only.values(), now) for rule in change.new])


def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


def _rows(conn: Connection, table: str, names: Sequence[str], only: Mapping[str, str]) -> list[tuple[Any, ...]]:
    chosen = sql.SQL(" AND ").join(
        [sql.SQL("true"), *(sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in only.items())]
    )
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    query = sql.SQL("SELECT id, {} FROM {} WHERE {} ORDER BY id").format(columns, sql.Identifier(table), chosen)
    return run(conn, query, {})


def _add(conn: Connection, table: str, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    with driver(conn).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
