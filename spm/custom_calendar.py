"""A company's own calendar, row by row: what is wrong with it, all at once.

Within a kind, each period begins on the day after the one before ends; a shorter one lies inside one of each longer
kind that the calendar has. Years there must be; months, quarters and halves may be left out where no plan uses them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from problems import Problem, did_you_mean
from spm.calendar import KINDS, Custom
from spm.frames import PERIODS

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A period as somebody wrote it; `where` is its place, such as `periods.csv:3`."""

    where: str
    name: str
    kind: str
    starts_on: date
    ends_on: date


def calendar_of(rows: Sequence[PeriodRow]) -> tuple[Custom | None, list[Problem]]:
    """The calendar that these rows make, or every reason why they make none."""
    problems = [*_each(rows), *_twice(rows)]
    if problems:  # what follows would name the same faults again, and others that they cause
        return None, problems
    problems = [*(problem for kind in KINDS for problem in _of_kind(rows, kind)), *_nesting(rows)]
    if problems:
        return None, problems
    table = [(row.name, row.kind, row.starts_on, row.ends_on) for row in rows]
    return Custom(pl.DataFrame(table, schema=PERIODS, orient="row").sort("starts_on", "ends_on", "period")), []


def _each(rows: Sequence[PeriodRow]) -> Iterator[Problem]:
    for row in rows:
        if row.kind not in KINDS:
            hint = did_you_mean(row.kind, KINDS, f"Kinds are: {', '.join(KINDS)}.")
            yield Problem(row.where, "kind", f"{row.kind!r} is no kind of period.", hint)
        if row.ends_on < row.starts_on:
            message = f"{row.name} ends on {row.ends_on}, before it begins."
            yield Problem(row.where, "ends_on", message, "Correct one of the two days.")


def _twice(rows: Sequence[PeriodRow]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for row in rows:
        earlier = first.setdefault(row.name, row.where)
        if earlier != row.where:
            message = f"{row.name} is the name of the period in {earlier} already."
            yield Problem(row.where, "period", message, "Give every period a name of its own, whatever its kind.")


def _of_kind(rows: Sequence[PeriodRow], kind: str) -> Iterator[Problem]:
    of_kind = sorted((row for row in rows if row.kind == kind), key=lambda row: (row.starts_on, row.ends_on))
    if kind == "year" and not of_kind:
        where = rows[0].where.rpartition(":")[0] if rows else "periods"
        yield Problem(where, "kind", "there is no year.", "Add a row of the kind year around the others.")
    for before, row in pairwise(of_kind):
        expected = before.ends_on + _DAY
        if row.starts_on != expected:
            what = "overlaps" if row.starts_on < expected else "leaves a gap after"
            message = f"{row.name} begins on {row.starts_on} and {what} {before.name}, which ends on {before.ends_on}."
            yield Problem(row.where, "starts_on", message, f"Let it begin on {expected}.")


def _nesting(rows: Sequence[PeriodRow]) -> Iterator[Problem]:
    present = [kind for kind in KINDS if any(row.kind == kind for row in rows)]
    for shorter, longer in pairwise(present):
        around = [row for row in rows if row.kind == longer]
        for row in (row for row in rows if row.kind == shorter):
            if not any(one.starts_on <= row.starts_on and row.ends_on <= one.ends_on for one in around):
                message = f"{row.name} ({row.starts_on} to {row.ends_on}) does not lie inside one {longer}."
                yield Problem(
                    row.where, "ends_on", message, f"Let it end where the {longer} ends, or add the {longer}."
                )
        yield from _not_filled([row for row in rows if row.kind == shorter], around, shorter)


def _not_filled(inner: Sequence[PeriodRow], around: Sequence[PeriodRow], kind: str) -> Iterator[Problem]:
    """A longer period whose first or last days no shorter one holds: what happens on them could not be placed."""
    first, last = min(row.starts_on for row in inner), max(row.ends_on for row in inner)
    for row in around:
        if row.starts_on < first or row.ends_on > last:
            message = f"{row.name} ({row.starts_on} to {row.ends_on}) has days that lie in no {kind}."
            yield Problem(row.where, "period", message, f"Add the {kind}s of all its days.")
