"""Pools: what a team earns together, divided among its members.

A pool is a rate of the team's credits in the span, or an amount that is there while the team has reached its share of
the quota. What a statement period adds to it is divided among the members: who is in the team and on the plan on the
last day of the period. Parts are cut to the plan's places and what is left over goes, unit by unit, to the largest
remainders (equal ones by email), so that the parts add up to what is divided.

By credit, parts follow what each member was credited: in the period for a rate, in the span up to then for an amount.
Where nobody was credited anything, the parts are equal. Where some members' credits are above zero and some below,
each has the rate of their own, and the rest is divided equally. An amount that is lost again is taken back from those
who got it.
"""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from spm import wording
from spm.engine.exact import EXACT, money, rounded
from spm.frames import MONEY
from spm.plans.model import Divided, Pool, Rounding

_TEAM = ["team", "span"]
_POT = ["team", "span", "period"]


def earn(standing: pl.DataFrame, rate: Pool, rounding: Rounding) -> pl.DataFrame:
    """One line for each member and period that adds to the pool.

    `standing`: a row for each team, span, period that has credits, and member: `participant_id`, `email`, `own` and
    `own_total` (credits of the member in the period, and in the span up to its end), `total` and `quota` of the team.
    """
    pots = _pots(standing, rate, rounding)
    divided = _divided(standing.join(pots, on=_POT), rate, rounding)
    lines = divided.select(*_POT, "participant_id", "amount", reason=_told(rate))
    if rate.amount is not None:
        lines = pl.concat([lines, _taken_back(lines, pots)])
    paid = lines.filter(pl.col("amount") != 0)
    return paid.sort(*_POT, "participant_id").select("participant_id", "period", "amount", "reason")


def _pots(standing: pl.DataFrame, rate: Pool, rounding: Rounding) -> pl.DataFrame:
    """What each period adds to each team's pool (`pot`), and the pool after it (`pool`)."""
    teams = standing.group_by(_POT).agg(pl.col("total").first(), pl.col("quota").max()).sort(_POT)
    pool = teams.with_columns(pool=_worth(rate, rounding).cast(MONEY))
    added = pl.col("pool") - pl.col("pool").shift(1).over(_TEAM).fill_null(money(0))
    return pool.with_columns(pot=added).filter(pl.col("pot") != 0).drop("total", "quota")


def _worth(rate: Pool, rounding: Rounding) -> pl.Expr:
    if rate.amount is None:
        return rounded(pl.col("total").cast(EXACT) * money(rate.rate or 0).cast(EXACT), rounding)
    there = rounded(money(rate.amount).cast(EXACT), rounding)
    if rate.at_least is None:
        return there
    bound = pl.col("quota").cast(EXACT) * money(rate.at_least).cast(EXACT)
    reached = (pl.col("total").cast(EXACT) >= bound).fill_null(value=False)
    return pl.when(reached & (pl.col("quota") > 0)).then(there).otherwise(money(0).cast(EXACT))


def _divided(rows: pl.DataFrame, rate: Pool, rounding: Rounding) -> pl.DataFrame:
    """The parts of each pot, without those of an amount that is lost again."""
    gained = rows.filter(pl.col("pot") > 0) if rate.amount is not None else rows
    raw = gained.with_columns(raw=_part(rate))
    base = raw.with_columns(base=pl.col("raw").cast(EXACT).truncate(rounding.places))
    left = base.with_columns(
        left=pl.col("pot") - pl.col("base").cast(MONEY).sum().over(_POT),
        rest=(pl.col("raw") - pl.col("base")).round(15),
    )
    # What is left over may be taken as well as given: then the smallest remainders give first.
    sign = pl.col("left").sign()
    ordered = left.with_columns(rest=-pl.col("rest") * sign).sort(*_POT, "rest", "email", "participant_id")
    unit = Decimal(1).scaleb(-rounding.places)
    units = (pl.col("left").abs() / money(unit)).cast(pl.Int64)
    extra = pl.when(pl.int_range(pl.len()).over(_POT) < units).then(sign * money(unit)).otherwise(money(0))
    return ordered.with_columns(amount=(pl.col("base") + extra).cast(MONEY))


def _part(rate: Pool) -> pl.Expr:
    """The exact part of each member."""
    pot = pl.col("pot").cast(EXACT)
    equal = pot / pl.len().over(_POT).cast(EXACT)
    if rate.divided is Divided.EQUALLY:
        return equal
    weight = pl.col("own") if rate.amount is None else pl.max_horizontal("own_total", money(0))
    whole = weight.sum().over(_POT)
    share = weight.cast(EXACT) / pl.when(whole != 0).then(whole).cast(EXACT)
    mixed = (weight > 0).any().over(_POT) & (weight < 0).any().over(_POT)
    own = weight.cast(EXACT) * money(rate.rate or 0).cast(EXACT)
    rest = (pot - own.sum().over(_POT)) / pl.len().over(_POT).cast(EXACT)
    return pl.when(mixed).then(own + rest).otherwise((pot * share).fill_null(equal))


def _taken_back(lines: pl.DataFrame, pots: pl.DataFrame) -> pl.DataFrame:
    later = pots.with_columns(lost_in=pl.col("period").shift(-1).over(_TEAM)).drop_nulls("lost_in")
    lost = lines.join(later.select(*_POT, "lost_in"), on=_POT)
    reason = pl.format("team {}: no longer reached, taken back", "team")
    return lost.with_columns(period="lost_in", amount=-pl.col("amount"), reason=reason).select(lines.columns)


def _told(rate: Pool) -> pl.Expr:
    members = pl.len().over(_POT)
    own = pl.col("own" if rate.amount is None else "own_total")
    shared = pl.format("divided equally among {}", members)
    if rate.divided is Divided.BY_CREDIT:
        shared = pl.format("divided among {} by credit, {} here", members, wording.amounts(own))
    total, pot = wording.amounts(pl.col("total")), wording.amounts(pl.col("pot"))
    if rate.rate is None:
        return pl.format("team {}: {} in total, a pool of {}, {}", "team", total, pot, shared)
    percent = pl.lit(wording.percent(rate.rate))
    before = pl.col("pool") - pl.col("pot")
    less = pl.format(", less {} before", wording.amounts(before))
    ending = pl.when(before != 0).then(less).otherwise(pl.lit(""))
    whole = wording.amounts(pl.col("pool"))
    return pl.format("team {}: {} at {} = {}{}, {}", "team", total, percent, whole, ending, shared)
