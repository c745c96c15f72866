"""Who is on which plan, when. Two plans at once are a Problem, and neither of them pays until one is ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import polars as pl

from problems import Problem
from spm.engine.people import person

ALWAYS = date(9999, 12, 31)
"""The last day of an assignment without end."""


def assigned(assignments: pl.DataFrame, people: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """The assignments that count, sorted by person and start, `ends_on` filled; and the others, as Problems.

    An assignment is left out where it overlaps another one of the same person.
    """
    ordered = assignments.with_columns(pl.col("ends_on").fill_null(ALWAYS)).unique()
    ordered = ordered.sort("participant_id", "starts_on", "ends_on", "plan")
    reach = pl.col("ends_on").cum_max().over("participant_id").shift(1).over("participant_id")
    following = pl.col("starts_on").cum_min(reverse=True).over("participant_id").shift(-1).over("participant_id")
    clash = (pl.col("starts_on") <= reach) | (pl.col("ends_on") >= following)
    marked = ordered.with_columns(clash=clash.fill_null(value=False))
    return marked.filter(~pl.col("clash")).drop("clash"), list(_overlaps(marked.filter("clash"), people))


def _overlaps(clashing: pl.DataFrame, people: pl.DataFrame) -> Iterable[Problem]:
    for (participant_id,), rows in clashing.group_by(["participant_id"], maintain_order=True):
        told = "; ".join(_told(row) for row in rows.iter_rows(named=True))
        message = f"is on more than one plan at a time ({told}); none of these pays."
        yield Problem(person(people, participant_id), "plan", message, "End one assignment before the other starts.")


def _told(row: dict[str, object]) -> str:
    end = "" if row["ends_on"] == ALWAYS else f" to {row['ends_on']}"
    return f"{row['plan']} from {row['starts_on']}{end}"


def unknown_plans(assignments: pl.DataFrame, known: Iterable[str], people: pl.DataFrame) -> list[Problem]:
    """A Problem for each assignment to a plan that was not given to the calculation."""
    lost = assignments.filter(~pl.col("plan").is_in(list(known))).select("participant_id", "plan").unique()
    return [
        Problem(person(people, participant_id), "plan", f"is on the plan {plan!r}, which does not exist.", "Apply it.")
        for participant_id, plan in lost.sort("participant_id", "plan").iter_rows()
    ]
