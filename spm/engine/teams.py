"""What teams have come to, and who shares it: the standing that pools are divided by.

The credits of a pool are those of everybody in the team of their day, and each member on the plan holds all of them
with `from_participant_id` naming whose they were. A team's total takes them once, from the first member who holds them.
"""

from __future__ import annotations

import polars as pl

from problems import Problem
from spm.engine.exact import money
from spm.engine.inputs import Inputs
from spm.engine.quotas import for_component
from spm.frames import MONEY
from spm.plans.model import Component, Plan

_POT = ["team", "span", "period"]


def for_pool(
    inputs: Inputs, plan: Plan, component: Component, credits_: pl.DataFrame
) -> tuple[pl.DataFrame, list[Problem]]:
    """What pools.earn() takes."""
    once = _once(credits_, _membership(inputs))
    sums = once.group_by(_POT).agg(pl.col("credited").sum()).sort(_POT)
    totals = sums.select(*_POT, total=pl.col("credited").cum_sum().over("team", "span"))
    members = totals.join(_members(inputs, plan), on=["team", "period"])
    members = members.join(inputs.people.select("participant_id", "email"), on="participant_id", how="left")
    owned = members.join(_own(once), on=[*_POT, "participant_id"], how="left").sort(*_POT, "participant_id")
    earlier = _own_total(members, once)
    standing = owned.join(earlier, on=[*_POT, "participant_id"], how="left").with_columns(
        pl.col("own", "own_total").fill_null(money(0))
    )
    if getattr(component.rate, "at_least", None) is None:
        return standing.with_columns(quota=pl.lit(None, dtype=MONEY)), []
    quotas, problems = for_component(inputs, plan, component)
    return standing.join(quotas, on=["participant_id", "span"], how="left"), problems


def _membership(inputs: Inputs) -> pl.DataFrame:
    return inputs.hierarchy.drop_nulls("team").select("participant_id", "team", since="starts_on", until="ends_on")


def _there(day: str) -> pl.Expr:
    begun = pl.col("since").is_null() | (pl.col("since") <= pl.col(day))
    return begun & (pl.col("until").is_null() | (pl.col("until") >= pl.col(day)))


def _once(credits_: pl.DataFrame, membership: pl.DataFrame) -> pl.DataFrame:
    """Each credit of a team once: `team`, `whose`, `credited`, `period`, `span`."""
    whose = pl.coalesce("from_participant_id", "participant_id")
    rows = credits_.select("participant_id", "on", "credited", "period", "span", whose=whose)
    placed = rows.join(membership.rename({"participant_id": "whose"}), on="whose").filter(_there("on"))
    first = pl.col("participant_id").min().over("team", "whose", "on")
    return placed.filter(pl.col("participant_id") == first).select(*_POT, "whose", "credited")


def _own(once: pl.DataFrame) -> pl.DataFrame:
    """What each person brought in each period."""
    return once.group_by(*_POT, participant_id="whose").agg(own=pl.col("credited").sum())


def _own_total(members: pl.DataFrame, once: pl.DataFrame) -> pl.DataFrame:
    """What each member brought in the span up to the end of each period."""
    brought = _own(once).rename({"period": "earlier", "own": "own_total"})
    both = members.select(*_POT, "participant_id").join(brought, on=["team", "span", "participant_id"])
    so_far = both.filter(pl.col("earlier") <= pl.col("period"))
    return so_far.group_by(*_POT, "participant_id").agg(pl.col("own_total").sum())


def _members(inputs: Inputs, plan: Plan) -> pl.DataFrame:
    """Who is in which team and on the plan on the last day of each statement period."""
    days = inputs.days.of_kind(plan.statement).select("ends_on", period="number")
    spells = inputs.assignments.filter(pl.col("plan") == plan.name)
    spells = spells.select("participant_id", first="starts_on", last="ends_on")
    on_plan = spells.join(days, how="cross").filter(pl.col("ends_on").is_between("first", "last"))
    in_team = on_plan.join(_membership(inputs), on="participant_id").filter(_there("ends_on"))
    return in_team.select("participant_id", "team", "period").unique()
