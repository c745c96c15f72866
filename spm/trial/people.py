"""Who is named in the tables, numbered by name; who reports to whom; who is on which plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from problems import Problem, did_you_mean
from spm.frames import ASSIGNMENTS, HIERARCHY, PARTICIPANTS
from spm.trial.columns import LINE
from spm.trial.tables import Table

TEAM, EVERYBODY = "team:", "*"
Frames = Mapping[str, pl.DataFrame]
Span = tuple[date, date]

_NAMED = {
    "deals": ("owner",),
    "splits": ("email",),
    "quotas": ("email",),
    "people": ("email", "manager"),
    "hierarchy": ("email", "manager"),
    "assignments": ("who",),
    "activities": ("owner",),
    "entries": ("email",),
    "absences": ("email",),
    "adjustments": ("email",),
}


def named(frames: Frames, others: Iterable[str] = ()) -> dict[str, int]:
    """Everybody who is named anywhere, and `others`, with a number by the order of names."""
    columns = [frames[table][column] for table, names in _NAMED.items() for column in names]
    everybody = {name for column in columns for name in column.unique() if name and not _is_group(name)}
    return {name: number for number, name in enumerate(sorted(everybody.union(others)), 1)}


def _is_group(name: str) -> bool:
    return name == EVERYBODY or name.startswith(TEAM)


def numbered(column: str, numbers: Mapping[str, int]) -> pl.Expr:
    """The numbers of the people that a column names."""
    return pl.col(column).replace_strict(dict(numbers), default=None, return_dtype=pl.Int64)


def participants(frames: Frames, numbers: Mapping[str, int]) -> pl.DataFrame:
    """frames.PARTICIPANTS of everybody; somebody of whom no name is told is called as they are named."""
    told = frames["people"].unique("email", keep="first")
    team = hierarchy(frames, numbers).drop_nulls("team").sort("starts_on", nulls_last=False)
    latest = team.group_by("participant_id", maintain_order=True).agg(pl.col("team").last().alias("of_hierarchy"))
    everybody = pl.DataFrame({"email": list(numbers), "participant_id": list(numbers.values())}, _NUMBERED)
    joined = everybody.join(told, on="email", how="left").join(latest, on="participant_id", how="left")
    name, of_team = pl.coalesce("name", "email").alias("name"), pl.coalesce("team", "of_hierarchy").alias("team")
    return joined.with_columns(name, of_team).select(*PARTICIPANTS).sort("participant_id")


_NUMBERED = {"email": pl.String, "participant_id": pl.Int64}


def hierarchy(frames: Frames, numbers: Mapping[str, int]) -> pl.DataFrame:
    """frames.HIERARCHY: what the dated rows say; of whom there is none, what `people` says, always."""
    dated = frames["hierarchy"].join(
        frames["people"].select("email", of="team").unique("email"), on="email", how="left"
    )
    dated = dated.with_columns(pl.coalesce("team", "of").alias("team"))
    always = frames["people"].filter(pl.col("manager").is_not_null() | pl.col("team").is_not_null())
    always = always.join(dated, on="email", how="anti").unique("email", keep="first")
    columns = ["email", "manager", "team", "starts_on", "ends_on"]
    days = {"starts_on": pl.lit(None, pl.Date), "ends_on": pl.lit(None, pl.Date)}
    rows = pl.concat([dated.select(columns), always.with_columns(**days).select(columns)])
    ids = {"participant_id": numbered("email", numbers), "manager_id": numbered("manager", numbers)}
    return rows.with_columns(**ids).select(*HIERARCHY).sort("participant_id", "starts_on")


def twice(frames: Frames, tables: Mapping[str, Table]) -> list[Problem]:
    """People of whom `people` says two things."""
    people = frames["people"].filter(pl.col("email").is_duplicated() & pl.col("email").is_not_null())
    again = people.filter(~pl.col("email").is_first_distinct())
    return [
        Problem(tables["people"].where(row), "email", f"{email!r} stands here twice.", "Keep one of the rows.")
        for row, email in again.select(LINE, "email").iter_rows()
    ]


def assigned(
    frames: Frames, table: Table, people: pl.DataFrame, first_days: Mapping[str, date]
) -> tuple[pl.DataFrame, list[Problem]]:
    """frames.ASSIGNMENTS: by the rows, the more particular word first (a person, a team, everybody); without rows
    everybody is on the only plan. `first_days`: of each plan, the day that a row without one means."""
    rows = frames["assignments"]
    problems = _unknown_plans(rows, table, first_days)
    if rows.is_empty() and len(first_days) == 1:
        [(plan, first)] = first_days.items()
        everybody = [(number, plan, first, None) for number in people["participant_id"]]
        return pl.DataFrame(everybody, ASSIGNMENTS, orient="row"), problems
    told = [_told(row, first_days) for row in rows.iter_rows(named=True) if _plan(row, first_days) in first_days]
    found = [row for person in people.iter_rows(named=True) for row in _of_person(person, told)]
    return pl.DataFrame(found, ASSIGNMENTS, orient="row"), problems


def _plan(row: Mapping[str, Any], first_days: Mapping[str, date]) -> str | None:
    alone = next(iter(first_days)) if len(first_days) == 1 else None
    return row["plan"] or alone


def _unknown_plans(rows: pl.DataFrame, table: Table, plans: Mapping[str, date]) -> list[Problem]:
    known = f"The plans here are: {', '.join(plans)}."
    found = []
    for row in rows.iter_rows(named=True):
        where = table.where(row[LINE])
        if _plan(row, plans) is None:
            found.append(Problem(where, "plan", "is empty, and there are several plans.", known))
        elif row["plan"] and plans and row["plan"] not in plans:
            hint = did_you_mean(row["plan"], plans, known)
            found.append(Problem(where, "plan", f"there is no plan {row['plan']!r}.", hint))
    return found


def _told(row: Mapping[str, Any], first_days: Mapping[str, date]) -> dict[str, Any]:
    plan = _plan(row, first_days)
    return {**row, "plan": plan, "starts_on": row["starts_on"] or first_days[plan or ""]}


def _of_person(
    person: Mapping[str, Any], told: Sequence[Mapping[str, Any]]
) -> list[tuple[int, str, date, date | None]]:
    words = (person["email"], f"{TEAM}{person['team']}" if person["team"] else None, EVERYBODY)
    taken: list[Span] = []
    found = []
    for word in words:
        mine = [(row, (row["starts_on"], row["ends_on"] or date.max)) for row in told if word and row["who"] == word]
        left = [(row["plan"], span) for row, whole in mine for span in _without(whole, taken)]
        found += [
            (person["participant_id"], plan, first, last if last < date.max else None) for plan, (first, last) in left
        ]
        taken += [whole for _, whole in mine]
    return found


def _without(span: Span, taken: Iterable[Span]) -> list[Span]:
    """What is left of a span of days beside those taken."""
    left = [span]
    for first, last in taken:
        left = [piece for each in left for piece in _cut(each, first, last)]
    return left


def _cut(span: Span, first: date, last: date) -> list[Span]:
    if last < span[0] or first > span[1]:
        return [span]
    before = [(span[0], first - timedelta(days=1))] if span[0] < first else []
    return before + ([(last + timedelta(days=1), span[1])] if last < span[1] else [])
