"""Who reports to whom and who is in which team, as stretches of days: what roll-ups and rules by team look up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from problems import Problem
from spm.engine.people import person

ALWAYS = (date(1, 1, 1), date(9999, 12, 31))
"""First and last day of a stretch that has none."""

_SINCE = pl.max_horizontal("since", "since_next")
_UNTIL = pl.min_horizontal("until", "until_next")
_PAIR = {"participant_id": pl.Int64, "to": pl.Int64, "since": pl.Date, "until": pl.Date}


def dated(hierarchy: pl.DataFrame, people: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """The hierarchy (frames.HIERARCHY) with every day filled in, sorted; rows that put one person into two places on a
    day are left out, and a Problem."""
    since, until = (pl.lit(day, dtype=pl.Date) for day in ALWAYS)
    filled = hierarchy.with_columns(pl.col("starts_on").fill_null(since), pl.col("ends_on").fill_null(until))
    ordered = filled.unique().sort("participant_id", "starts_on", "ends_on", "manager_id", "team")
    reach = pl.col("ends_on").cum_max().over("participant_id").shift(1).over("participant_id")
    following = pl.col("starts_on").cum_min(reverse=True).over("participant_id").shift(-1).over("participant_id")
    clash = (pl.col("starts_on") <= reach) | (pl.col("ends_on") >= following)
    marked = ordered.with_columns(clash=clash.fill_null(value=False))
    return marked.filter(~pl.col("clash")).drop("clash"), list(_twice(marked.filter("clash"), people))


def _twice(clashing: pl.DataFrame, people: pl.DataFrame) -> Iterator[Problem]:
    for participant_id in clashing["participant_id"].unique().sort():
        message = "has two managers or teams on one day; nothing rolls up from there until one of them is ended."
        yield Problem(person(people, participant_id), "manager", message, "End one entry before the other starts.")


def above(hierarchy: pl.DataFrame, levels: int | None, people: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """The managers above each person, `levels` up (None: all the way), by stretches of days.

    `participant_id`, `to` (the manager), `since`, `until`. A chain that comes back to somebody in it stops there, and
    is a Problem.
    """
    edges = hierarchy.drop_nulls("manager_id").select(
        "participant_id", to="manager_id", since="starts_on", until="ends_on"
    )
    chains = edges.with_columns(path=pl.concat_list("participant_id"))
    found, rings = [pl.DataFrame(schema=_PAIR)], [chains.clear()]
    while not chains.is_empty() and (levels is None or len(found) <= levels):
        again = pl.col("path").list.contains(pl.col("to"))
        rings.append(chains.filter(again))
        chains = chains.filter(~again)
        found.append(chains.select(*_PAIR))
        chains = _longer(chains, edges)
    return pl.concat(found), list(_rings(pl.concat(rings), people))


def _longer(chains: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    onward = chains.join(edges, left_on="to", right_on="participant_id", suffix="_next")
    return onward.filter(_SINCE <= _UNTIL).select(
        "participant_id",
        to="to_next",
        since=_SINCE,
        until=_UNTIL,
        path=pl.concat_list("path", "to"),
    )


def _rings(chains: pl.DataFrame, people: pl.DataFrame) -> Iterator[Problem]:
    for row in chains.unique(["to"]).sort("to").iter_rows(named=True):
        message = "reports to a chain of managers that leads back to the same person; credit rolls up no further there."
        yield Problem(person(people, row["to"]), "manager", message, "Correct who reports to whom.")


def mates(hierarchy: pl.DataFrame) -> pl.DataFrame:
    """The members of each person's team, the person among them, by stretches of days: as `above`."""
    members = members_of(hierarchy)
    pairs = members.join(members.rename({"participant_id": "to"}), on="team", suffix="_next")
    return pairs.filter(_SINCE <= _UNTIL).select("participant_id", "to", since=_SINCE, until=_UNTIL)


def members_of(hierarchy: pl.DataFrame) -> pl.DataFrame:
    """Who is in which team by stretches of days: `participant_id`, `team`, `since`, `until`."""
    return hierarchy.drop_nulls("team").select("participant_id", "team", since="starts_on", until="ends_on")
