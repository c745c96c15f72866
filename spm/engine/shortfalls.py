"""Why a component credits less than all of a deal, or more: in words, for the few deals where it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl

from spm.engine import crediting
from spm.engine.credits import on_plan
from spm.engine.exact import money
from spm.engine.findings import TOLERANCE, effective_shares
from spm.engine.inputs import Inputs
from spm.frames import MONEY
from spm.plans.model import OWNER, REVENUE, Component, FlatRate, Plan

_MOST = 3
"""So many reasons are told of one deal."""
_ROW = ["deal_id", "item", "participant_id", "split_id", "role"]
_WHY = {"deal_id": pl.Int64, "why": pl.String}


def told(inputs: Inputs, plan: Plan, component: Component, counted: pl.DataFrame) -> pl.DataFrame:
    """`deal_id` and `why` for each deal of these measured records, the first reasons of those that hold."""
    if counted.is_empty():
        return pl.DataFrame(schema=_WHY)
    end = inputs.days.last_day(inputs.today, plan.statement) or inputs.today
    alone = replace(component, roll_up=None, rate=FlatRate(Decimal(0)))
    everybody = crediting.credited(counted, inputs, plan, alone)[0]
    reasons = [
        *_of_records(counted, component, inputs, end),
        *_of_people(counted, everybody, inputs, component),
        _off_plan(everybody, plan, inputs),
        _uneven(everybody, counted, inputs, component),
        counted.select("deal_id", why=pl.lit("it cannot be converted or is beyond reason; its problem says more")),
    ]
    numbered = pl.concat([each.with_columns(number=pl.lit(number)) for number, each in enumerate(reasons)])
    ordered = numbered.unique().sort("deal_id", "number", "why")
    last = len(reasons) - 1
    known = (pl.col("number") < last) | (pl.col("number").min().over("deal_id") == last)
    return ordered.filter(known).group_by("deal_id").agg(pl.col("why").head(_MOST).str.join("; "))


def _of_records(counted: pl.DataFrame, component: Component, inputs: Inputs, end: date) -> Iterator[pl.DataFrame]:
    """What the records themselves lack."""
    measure = component.measure
    on = pl.col("on")
    yield counted.filter(on.is_null()).select("deal_id", why=pl.lit(f"{measure.date} is empty"))
    late = pl.format("it is dated {}, after {}", "on", pl.lit(str(end)))
    yield counted.filter(on > end).select("deal_id", why=late)
    outside = counted.filter(on <= end).join(inputs.days.days, on="on", how="anti")
    yield outside.select("deal_id", why=pl.format("no period at hand holds {}", "on"))
    yield counted.filter(pl.col("value").is_null()).select("deal_id", why=pl.lit(f"{measure.value} is empty"))


def _of_people(
    counted: pl.DataFrame, everybody: pl.DataFrame, inputs: Inputs, component: Component
) -> Iterator[pl.DataFrame]:
    """Nobody known to credit."""
    nobody = counted.join(everybody, on="deal_id", how="anti")
    if component.credit:
        yield nobody.select("deal_id", why=pl.lit("no rule credits anybody known"))
        return
    of_role = inputs.splits.filter(pl.col("role") == component.role)
    unknown = of_role.filter(pl.col("participant_id").is_null()).join(counted, on="deal_id", how="semi")
    yield unknown.select("deal_id", why=pl.lit("a split is of nobody known"))
    owned = nobody if component.role == OWNER else nobody.join(of_role, on="deal_id", how="anti")
    yield owned.select("deal_id", why=pl.lit("its owner is no participant"))


def _off_plan(everybody: pl.DataFrame, plan: Plan, inputs: Inputs) -> pl.DataFrame:
    there = on_plan(plan, everybody, inputs)
    lost = everybody.drop_nulls("on").join(there, on=_ROW, how="anti", nulls_equal=True)
    named = lost.join(inputs.people.select("participant_id", "email"), on="participant_id", how="left")
    who = pl.col("email").fill_null(pl.format("participant {}", "participant_id"))
    return named.select("deal_id", why=pl.format("{} is not on the plan on {}", who, "on"))


def _uneven(everybody: pl.DataFrame, counted: pl.DataFrame, inputs: Inputs, component: Component) -> pl.DataFrame:
    """What the splits or rules of a deal come to, where that is not the whole."""
    if component.credit:
        records = counted.group_by("deal_id").agg(records=pl.len().cast(MONEY))
        sums = everybody.group_by("deal_id").agg(pl.col("share").sum()).join(records, on="deal_id")
        totals, what = sums.select("deal_id", share=pl.col("share") / pl.col("records")), "the rules give"
    elif component.role == REVENUE:
        of_role = inputs.splits.filter(pl.col("role") == REVENUE).join(counted, on="deal_id", how="semi")
        shares = effective_shares(of_role, inputs.deals)
        totals, what = shares.group_by("deal_id").agg(pl.col("share").sum()), "the splits add up to"
    else:
        return pl.DataFrame(schema=_WHY)
    percent = (pl.col("share") * 100).cast(pl.Decimal(38, 2)).cast(pl.String)
    odd = totals.filter((pl.col("share") - money(1)).abs() > TOLERANCE)
    return odd.select("deal_id", why=pl.format(f"{what} {{}} %", percent))
