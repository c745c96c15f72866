"""Holds: what is earned when a deal is booked and paid when something else happens.

Each credit's earnings of a statement period have a hold line there, of the share that is held, and a release line in
each period in which more of it is free: held x what was paid / the deal's amount, less what was released before, never
before the period in which it was earned. What is taken back comes first out of what was paid, as far as refunds go,
else out of paid and unpaid alike; for what is then no longer owed a hold line above zero cancels what was held, so that
only what was paid is taken back in money. What gates, multipliers and caps change of a whole period is held and
released in step with the deals of its span. Entries and activities that belong to no deal, and floors of a period, are
paid at once.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from problems import Problem
from spm import wording
from spm.engine import clawbacks, happened, kept
from spm.engine.earning import Earned
from spm.engine.exact import earning, money, portion
from spm.engine.inputs import Inputs
from spm.engine.narrow import narrow
from spm.frames import MONEY
from spm.plans.model import Hold, Plan

_LOT = ["row", "stays", "period"]
_POOL = ["participant_id", "span"]


def settled(inputs: Inputs, plan: Plan, part: Earned) -> Earned:
    """The component with its hold and release lines."""
    hold = part.component.hold
    if hold is None:
        return part
    lots = _lots(plan, part, hold)
    states, problems = _states(inputs, plan, part, lots)
    released = _released(states, plan, refunds=_by_refund(part))
    more = _of_periods(inputs, plan, part, (lots, released))
    cancelled = pl.format("no longer owed, nor held: {}", pl.coalesce("back", "words"))
    made = [
        _hold_lines(lots, hold),
        _after(released, "released", "release", pl.coalesce("words", "back")),
        _after(released, "cancelled", "hold", cancelled),
        *more,
    ]
    return replace(part.with_lines(*made), problems=(*part.problems, *problems))


def _by_refund(part: Earned) -> bool:
    clawback = part.component.clawback
    return clawback is not None and clawback.on == happened.REFUND


def _lots(plan: Plan, part: Earned, hold: Hold) -> pl.DataFrame:
    """What each credit of a deal earned in each period (`amount`) and what of it is `held`; a floor of a deal, which is
    not taken back (`stays`), apart."""
    deals = part.credits.select("row", "deal_id").drop_nulls("deal_id")
    stays = pl.col("cause") == "floor"
    rows = part.lines.filter(pl.col("cause") != "clawback").join(deals, on="row").with_columns(stays=stays)
    sums = rows.group_by(_LOT).agg(pl.col("amount").sum(), pl.col("participant_id", "deal_id").first())
    held = earning(pl.col("amount"), money(hold.share), plan.rounding)
    return sums.with_columns(held=held).filter(pl.col("held") != 0).sort(_LOT).with_row_index("lot")


def _hold_lines(lots: pl.DataFrame, hold: Hold) -> pl.DataFrame:
    share = "" if hold.share == 1 else f"{wording.percent(hold.share)} of it is "
    reason = pl.lit(f"{share}held until {hold.release.replace('_', ' ')}")
    place = pl.col("stays").cast(pl.Int32)
    held = lots.select("row", "participant_id", "period", tier=place, amount=-pl.col("held"))
    return narrow(held.with_columns(cause=pl.lit("hold"), reason=reason))


def _states(inputs: Inputs, plan: Plan, part: Earned, lots: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """The lots at the end of each period `at` in which something happens to them: `part` of `whole` that is free, with
    `words`, and what is `taken` back so far, with `back`."""
    free, problems = _free(inputs, plan, part)
    paid = lots.join(free, on="deal_id").with_columns(order="at", at=pl.max_horizontal("at", "period"))
    paid = paid.sort("lot", "order").unique(["lot", "at"], keep="last", maintain_order=True).drop("order")
    if not clawbacks.adds_lines(part.component):
        return paid.with_columns(taken=money(0), back=pl.lit(None, dtype=pl.String)), problems
    taken, _ = clawbacks.taken(inputs, plan, replace(part, lines=part.lines.filter(pl.col("cause") != "clawback")))
    sums = taken.group_by("row", "period", "at").agg(taken=pl.col("gross").sum(), back=pl.col("words").first())
    events = lots.filter(~pl.col("stays")).join(sums, on=["row", "period"])
    both = pl.concat([paid, events], how="diagonal").sort("lot", "at")
    merged = both.group_by("lot", "at", maintain_order=True).agg(
        pl.col(*_LOT, "amount", "participant_id", "deal_id", "held").first(),
        pl.col("part", "whole", "words", "taken", "back").drop_nulls().last(),
    )
    running = merged.with_columns(pl.col("part", "whole", "taken").forward_fill().over("lot"))
    filled = running.with_columns(pl.col("part", "taken").fill_null(money(0)), pl.col("whole").fill_null(money(1)))
    return filled, problems


def _free(inputs: Inputs, plan: Plan, part: Earned) -> tuple[pl.DataFrame, list[Problem]]:
    """Which `part` of `whole` of each deal's held earnings is free by the end of each period `at`, with `words`."""
    hold = part.component.hold
    assert hold is not None
    if happened.is_field(inputs, hold.release):
        words = pl.format("{} {}", pl.lit(hold.release.replace("_", " ")), pl.col("day").cast(pl.String))
        days = happened.days(inputs, hold.release).with_columns(paid=money(1), whole=money(1), nth=1, words=words)
        found, problems = days, list[Problem]()
    else:
        found, problems = happened.payments(inputs, hold.release, whole=not hold.pro_rata)
    events = happened.placed(found, inputs, plan, hold.after_days).sort("deal_id", "nth")
    last = events.unique(["deal_id", "at"], keep="last", maintain_order=True)
    return last.select("deal_id", "at", "whole", "words", part="paid"), problems


def _released(states: pl.DataFrame, plan: Plan, *, refunds: bool) -> pl.DataFrame:
    """The states with what is no longer held from the period `at` on: `released`, or `cancelled` by a clawback."""
    free = portion(pl.col("held"), pl.col("part"), pl.col("whole"), plan.rounding)
    sign = pl.col("held").sign()
    left = (pl.col("amount") - pl.col("taken")) * sign
    held = pl.col("held") * sign
    if refunds:  # out of what was paid first
        freed = pl.max_horizontal(free * sign, held - pl.max_horizontal(left, money(0)))
    else:
        unpaid = (pl.col("held") - free) * sign
        still = portion(unpaid, left, pl.col("amount").abs(), plan.rounding)
        freed = held - pl.when(pl.col("taken") == 0).then(unpaid).otherwise(still)
    known = states.with_columns(free=free, freed=(freed * sign).cast(MONEY)).sort("lot", "at")
    added = known.with_columns(amount=_added("freed"), free=_added("free"), event=_added("taken") != 0)
    most = pl.max_horizontal("amount", money(0))
    paid = pl.col("free").clip(pl.min_horizontal("amount", money(0)), most)
    paid = pl.when("event").then(paid).otherwise("amount")
    return added.with_columns(released=paid).with_columns(cancelled=pl.col("amount") - pl.col("released"))


def _added(name: str) -> pl.Expr:
    """What each state adds to a running figure of a lot."""
    same = pl.col("lot") == pl.col("lot").shift(1)  # states are in order; a window would take ten times as long
    return (pl.col(name) - pl.when(same).then(pl.col(name).shift(1)).otherwise(money(0))).cast(MONEY)


def _after(released: pl.DataFrame, column: str, cause: str, words: pl.Expr) -> pl.DataFrame:
    """The lines of what is released, or no longer held. Lots of one credit may meet in one period."""
    changed = released.filter(pl.col(column) != 0).sort("row", "at", "stays", "period")
    place = pl.int_range(3, pl.len() + 3, dtype=pl.Int32).over("row", "at")
    lines = changed.select("row", "participant_id", amount=column, period="at", tier=place, reason=words)
    return narrow(lines.with_columns(cause=pl.lit(cause)))


def _of_periods(
    inputs: Inputs, plan: Plan, part: Earned, deals: tuple[pl.DataFrame, pl.DataFrame]
) -> list[pl.DataFrame]:
    """Hold and release lines of what was changed of whole periods, in step with the lots of the span."""
    hold, changed = part.component.hold, kept.of_periods(part)
    if hold is None or changed.is_empty():
        return []
    lots, released = deals
    spans = kept.spans(inputs, plan, part)
    sums = changed.group_by("participant_id", "period").agg(pl.col("amount").sum()).join(spans, on="period")
    held = earning(pl.col("amount"), money(hold.share), plan.rounding)
    owed = sums.with_columns(held=held).filter(pl.col("held") != 0)
    steps = _in_step(owed, _pools(lots, released, spans), plan)
    reason = "held with the deals of its span: what gates, multipliers and caps change"
    kept_back = owed.select(
        "participant_id", "period", amount=-pl.col("held"), cause=pl.lit("hold"), reason=pl.lit(reason)
    )
    freed = steps.select(
        "participant_id", "amount", period="at", tier="place", cause=pl.lit("release"), reason=pl.lit(_STEP)
    )
    return [narrow(kept_back), narrow(freed)]


_STEP = "released with the deals of its span: what gates, multipliers and caps change"


def _pools(lots: pl.DataFrame, released: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """What is `lot` and `freed` in each span by the end of each period `at`."""
    into = lots.join(spans, on="period").select(*_POOL, at="period", lot="held", freed=money(0))
    out = released.join(spans, on="period").select(*_POOL, "at", lot=money(0), freed="amount")
    sums = pl.concat([into, out]).group_by(*_POOL, "at").agg(pl.col("lot", "freed").sum()).sort(*_POOL, "at")
    return sums.with_columns(pl.col("lot", "freed").cum_sum().over(_POOL))


def _in_step(owed: pl.DataFrame, pools: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """What is released of each amount owed: in its own period what is free already, and then what becomes free."""
    own = (
        owed.with_columns(at="period").sort("at").join_asof(pools.sort("at"), on="at", by=_POOL, check_sortedness=False)
    )
    later = owed.join(pools, on=_POOL).filter(pl.col("at") > pl.col("period")).select(own.columns)
    each = pl.concat([own, later]).sort("participant_id", "period", "at")
    some = (pl.col("lot") > 0).fill_null(value=False)
    part = pl.col("freed").clip(money(0), pl.col("lot"))
    whole = pl.when(some).then("lot").otherwise(money(1))
    free = pl.when(some).then(portion(pl.col("held"), part, whole, plan.rounding)).otherwise("held")
    key = ["participant_id", "period"]
    known = each.with_columns(free=free.cast(MONEY))
    changed = known.with_columns(amount=pl.col("free") - pl.col("free").shift(1).over(key).fill_null(0))
    changed = changed.filter(pl.col("amount") != 0)
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("participant_id", "at")
    return changed.sort("participant_id", "at", "period").with_columns(place=place)
