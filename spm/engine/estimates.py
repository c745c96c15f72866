"""What open deals would pay: each is won today by a stand-in for the person, to whom everything else happens alike.

A stand-in has the person's quotas, targets, assignments and credits, and the one open deal as the last credit of its
span; what the whole plan pays the stand-in more than the person is the estimate. So tiers crossed, earlier credits
lifted, caps, floors, gates and multipliers are all in it. When something is paid (holds, draws) does not matter here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from problems import Problem
from spm.engine import targets, whole_plan
from spm.engine.credits import Credits, open_credits
from spm.engine.earning import Earned, earned_by, rated, with_quota
from spm.engine.inputs import Inputs
from spm.engine.lines import Worked
from spm.engine.modifiers import modified
from spm.frames import ESTIMATES, MONEY, NOT_EARNED, empty
from spm.plans.model import Component, FlatRate, Plan, Pool, Source

_PAIR = ["deal_id", "participant_id"]
_IDS = "stand_in"


def of_plans(inputs: Inputs, worked: Sequence[Worked]) -> tuple[pl.DataFrame, list[Problem]]:
    """Estimates as frames.ESTIMATES, and the open deals that cannot be estimated, as Problems.

    A deal for which one component cannot be calculated (no quota, no rate, no amount) has no estimate at all.
    """
    if not (inputs.deals["status"] == "open").any():
        return empty(ESTIMATES), []
    found = [_of_plan(inputs, each) for each in worked]
    frames = [frame for frame, _ in found]
    return pl.concat([empty(ESTIMATES), *frames]).sort(_PAIR), [each for _, problems in found for each in problems]


def _of_plan(inputs: Inputs, worked: Worked) -> tuple[pl.DataFrame, list[Problem]]:
    plan = worked.version.plan
    opened = [_opened(inputs, plan, each.component) for each in worked.components]
    problems = [problem for each in opened for problem in each.problems]
    pairs = _pairs(opened)
    if pairs.is_empty():
        return empty(ESTIMATES), problems
    known = pairs.join(_unknown(inputs, plan, worked.components, opened), on=_PAIR, how="anti")
    simple = all(_simple(each.component) for each in worked.components) and not (plan.caps or plan.floors)
    added = _flat(worked, opened) if simple else _by_stand_ins(inputs, worked, opened, known)
    amounts = known.join(added, on=_PAIR, how="left").with_columns(pl.col("amount").fill_null(0).cast(MONEY))
    return amounts.with_columns(currency=pl.lit(plan.currency)).select(*ESTIMATES), problems


def _opened(inputs: Inputs, plan: Plan, component: Component) -> Credits:
    if component.measure.source is Source.EARNINGS:
        return Credits(pl.DataFrame())
    return open_credits(inputs, plan, component)


def _pairs(opened: Sequence[Credits]) -> pl.DataFrame:
    """Each open deal and person, with what the first component that credits it would credit."""
    parts = [
        each.rows.select(*_PAIR, "credited", number=pl.lit(number))
        for number, each in enumerate(opened)
        if each.rows.width
    ]
    if not parts:
        return pl.DataFrame(schema={**dict.fromkeys(_PAIR, pl.Int64), "credited": MONEY})
    summed = pl.concat(parts).group_by(*_PAIR, "number").agg(pl.col("credited").sum())
    return summed.sort(*_PAIR, "number").unique(_PAIR, keep="first").drop("number").sort(_PAIR)


def _unknown(inputs: Inputs, plan: Plan, parts: Sequence[Earned], opened: Sequence[Credits]) -> pl.DataFrame:
    """The pairs for which some component cannot say what it would pay."""
    lost = [pl.DataFrame(schema=dict.fromkeys(_PAIR, pl.Int64))]
    for part, each in zip(parts, opened, strict=True):
        if not each.rows.width:
            continue
        rows, _ = with_quota(each.rows, inputs, plan, part.component)
        missing = pl.col("credited").is_null()
        if part.component.needs_quota:
            missing |= pl.col("quota").is_null()
        if targets.needed(part.component):
            missing |= pl.col("target").is_null()
        lost.append(rows.filter(missing).select(_PAIR))
    return pl.concat(lost).unique()


def _simple(component: Component) -> bool:
    changed = component.gates or component.multipliers or component.caps or component.floors
    return isinstance(component.rate, FlatRate) and not changed


def _flat(worked: Worked, opened: Sequence[Credits]) -> pl.DataFrame:
    """Where every credit earns on its own, what it earns is what it adds."""
    plan = worked.version.plan
    parts = [pl.DataFrame(schema={**dict.fromkeys(_PAIR, pl.Int64), "amount": MONEY})]
    for earned_, each in zip(worked.components, opened, strict=True):
        if each.rows.width:
            rows = each.rows.filter(pl.col("credited") != 0)
            amounts = rated(rows, plan, earned_.component).select("row", "amount")
            parts.append(amounts.join(rows.select("row", *_PAIR), on="row").select(*_PAIR, "amount"))
    return pl.concat(parts).group_by(_PAIR).agg(pl.col("amount").sum())


def _by_stand_ins(inputs: Inputs, worked: Worked, opened: Sequence[Credits], pairs: pl.DataFrame) -> pl.DataFrame:
    """What each stand-in is paid more than the person it stands for."""
    stand_ins = pairs.select(_PAIR).with_row_index(_IDS).with_columns(pl.col(_IDS).cast(pl.Int64) + 1)
    doubles = _doubles(inputs, stand_ins)
    plan = _without_budgets(worked.version.plan)
    credited = [_credits_of(part, each, stand_ins) for part, each in zip(worked.components, opened, strict=True)]
    own = [part.rated_anew(plan, component) for part, component in zip(worked.components, plan.components, strict=True)]
    made = earned_by(doubles, plan, plan.components, credited)
    parts = [_pool_kept(each, before, stand_ins) for each, before in zip(made, own, strict=True)]
    with_deal = _paid(doubles, plan, modified(doubles, plan, parts))
    without = _paid(inputs, plan, modified(inputs, plan, own))
    joined = stand_ins.join(with_deal.rename({"participant_id": _IDS}), on=_IDS, how="left").join(
        without, on="participant_id", how="left", suffix="_without"
    )
    more = pl.col("amount").fill_null(0) - pl.col("amount_without").fill_null(0)
    return joined.select(*_PAIR, amount=more)


def _without_budgets(plan: Plan) -> Plan:
    return replace(plan, components=tuple(replace(part, budget=None) for part in plan.components))


def _doubles(inputs: Inputs, stand_ins: pl.DataFrame) -> Inputs:
    """The inputs with the stand-ins in the place of the people."""
    return replace(
        inputs,
        known={},
        people=_doubled(inputs.people, stand_ins),
        assignments=_doubled(inputs.assignments, stand_ins),
        quotas=_doubled(inputs.quotas, stand_ins),
        hierarchy=_doubled(inputs.hierarchy, stand_ins),
        absences=_doubled(inputs.absences, stand_ins),
    )


def _doubled(frame: pl.DataFrame, stand_ins: pl.DataFrame) -> pl.DataFrame:
    columns = frame.columns
    joined = frame.join(stand_ins.select("participant_id", _IDS), on="participant_id")
    own = joined.drop("participant_id").rename({_IDS: "participant_id"}).select(columns)
    teams = frame.filter(pl.col("participant_id").is_null())
    return pl.concat([own, teams])


def _credits_of(part: Earned, opened: Credits, stand_ins: pl.DataFrame) -> Credits:
    """The person's credits and the one open deal, which comes last; of what the deal is no credit the first alone."""
    held = part.credits.join(stand_ins.select("participant_id", _IDS), on="participant_id")
    new = held.clear()
    if opened.rows.width and not isinstance(part.component.rate, Pool):
        new = opened.rows.drop_nulls("credited").join(stand_ins, on=_PAIR)
    both = pl.concat(
        [held.with_columns(last=pl.lit(value=False)), new.select(held.columns).with_columns(last=pl.lit(value=True))]
    )
    ordered = both.sort(_IDS, "last", "row").drop("participant_id", "last", "row").rename({_IDS: "participant_id"})
    return Credits(ordered.with_row_index("row").select(part.credits.columns))


def _pool_kept(made: Earned, before: Earned, stand_ins: pl.DataFrame) -> Earned:
    """A pool pays a stand-in what it pays the person: what a deal adds to a team's pool is not estimated."""
    if not isinstance(made.component.rate, Pool):
        return made
    lines = before.lines.join(stand_ins.select("participant_id", _IDS), on="participant_id")
    own = lines.drop("participant_id").rename({_IDS: "participant_id"})
    return replace(made, lines=own.select(before.lines.columns))


def _paid(inputs: Inputs, plan: Plan, parts: Sequence[Earned]) -> pl.DataFrame:
    """The sum of what each person earns by the whole plan."""
    extra, _ = whole_plan.lines(inputs, replace(plan, draw=None), parts)
    every = [*(part.lines for part in parts), *(each.lines for each in extra)]
    earned_ = pl.concat([lines.select("participant_id", "cause", "amount") for lines in every])
    return (
        earned_.filter(~pl.col("cause").is_in(list(NOT_EARNED))).group_by("participant_id").agg(pl.col("amount").sum())
    )
