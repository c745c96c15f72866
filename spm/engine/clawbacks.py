"""Clawbacks: what a deal paid is taken back, line by line at the original rate, when something happens to it.

A line is reversed in the period of the event, and one that falls later (a tier reached later) in its own. What several
refunds take adds up to no more than the line. Floors stay. Where gates, multipliers or caps of the span left only a
part of what its deals earned, that part is taken back. What is still on hold is cancelled by the hold
(spm.engine.holding). Deals that have never counted (`where = "restate"`) have no credits to begin with.
"""

from __future__ import annotations

import polars as pl

from problems import Problem
from spm.engine import happened, kept
from spm.engine.earning import Earned
from spm.engine.exact import money, portion
from spm.engine.inputs import Inputs
from spm.engine.narrow import narrow
from spm.engine.per_deal import deal_of
from spm.frames import MONEY, Schema, empty
from spm.plans.model import Clawback, ClawbackAmount, Component, Plan, Restate

_STAY = ["floor", "clawback", "hold", "release"]
_EVENTS: Schema = {"row": pl.UInt32, "at": pl.Int32, "part": MONEY, "whole": MONEY, "words": pl.String}


def adds_lines(component: Component) -> bool:
    """Whether the component takes back in the open period."""
    return component.clawback is not None and component.clawback.where is Restate.OPEN_PERIOD


def lines(inputs: Inputs, plan: Plan, part: Earned) -> tuple[pl.DataFrame, list[Problem]]:
    """The lines (NARROW) that take back, and why something could not be."""
    due, problems = taken(inputs, plan, part)
    before = pl.col("due").shift(1).over("line").fill_null(0)
    changed = due.with_columns(amount=before - pl.col("due")).filter(pl.col("amount") != 0)
    made = changed.select(
        "row", "participant_id", "amount", period="at", cause=pl.lit("clawback"), tier="place", reason="words"
    )
    return narrow(made), problems


def taken(inputs: Inputs, plan: Plan, part: Earned) -> tuple[pl.DataFrame, list[Problem]]:
    """What is taken back of each line by the end of each period `at` in which that changes, in order: `line` (its
    number), `place` (within its credit), `row`, `participant_id`, `period` (of the line), `at`, `due`,
    `gross` (the same part of all that the line earned, whatever gates and the like left of it), `words`."""
    events, problems = _events(inputs, plan, part)
    if events.is_empty():
        return empty(_TAKEN), problems
    lines_ = _lines(part, events).with_columns(original="amount")
    events = kept.followed(inputs, plan, part, lines_, events)
    each = kept.left(inputs, plan, part, lines_, events.select("row", "at"))
    at = pl.max_horizontal("at", "period")
    met = each.join(events, on=["row", "at"]).with_columns(event=pl.col("at"), at=at)
    last = met.sort("line", "event").unique(["line", "at"], keep="last", maintain_order=True)
    due, gross = (
        portion(pl.col(name), pl.col("part"), pl.col("whole"), plan.rounding) for name in ("amount", "original")
    )
    return last.with_columns(due=due, gross=gross).select(*_TAKEN), problems


_TAKEN: Schema = {
    "line": pl.UInt32,
    "place": pl.Int32,
    "row": pl.UInt32,
    "participant_id": pl.Int64,
    "period": pl.Int32,
    "at": pl.Int32,
    "due": MONEY,
    "gross": MONEY,
    "words": pl.String,
}


def _lines(part: Earned, events: pl.DataFrame) -> pl.DataFrame:
    """The lines of deals with events that earned more than nothing, numbered."""
    about = deal_of(part.credits, part.component).select("row", "deal")
    rows = part.lines.filter(pl.col("row").is_not_null() & ~pl.col("cause").is_in(_STAY)).join(about, on="row")
    deals = rows.join(events.select("row"), on="row", how="semi").select("participant_id", "deal").unique()
    paid = rows.join(deals, on=["participant_id", "deal"], how="semi")
    paid = paid.filter(pl.col("amount").sum().over("participant_id", "deal") > 0)
    ordered = paid.sort("row", "period", "cause", "tier").with_row_index("line")
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("row")
    return ordered.select("line", "row", "participant_id", "period", "amount", place=place)


def _events(inputs: Inputs, plan: Plan, part: Earned) -> tuple[pl.DataFrame, list[Problem]]:
    """What happened to each credit's deal within the window: which `part` of `whole` is to be taken back by the end of
    the period `at`."""
    clawback = part.component.clawback
    if clawback is None:
        return empty(_EVENTS), []
    credits_ = part.credits.select("row", "deal_id", "on").drop_nulls("deal_id")
    if clawback.on == happened.REFUND:
        refunds, problems = happened.payments(inputs, happened.REFUND)
        return _refunded(happened.placed(refunds, inputs, plan), credits_, clawback), problems
    problems = happened.missing(inputs, plan, part.component, clawback.on)
    if problems or not happened.is_field(inputs, clawback.on):
        return empty(_EVENTS), problems
    ended = happened.placed(happened.days(inputs, clawback.on), inputs, plan)
    return _ended(_within(credits_.join(ended, on="deal_id"), clawback), clawback), []


def _within(rows: pl.DataFrame, clawback: Clawback) -> pl.DataFrame:
    after = (pl.col("day") - pl.col("on")).dt.total_days().clip(0)
    rows = rows.with_columns(after=after)
    return rows if clawback.within_days is None else rows.filter(pl.col("after") <= clawback.within_days)


def _ended(rows: pl.DataFrame, clawback: Clawback) -> pl.DataFrame:
    """`churned on 2026-05-03, 40 days after 2026-03-24`."""
    window = clawback.within_days
    what = pl.lit(clawback.on.replace("_", " "))
    told = pl.format(
        "{} {}, {} days after {}", what, pl.col("day").cast(pl.String), "after", pl.col("on").cast(pl.String)
    )
    if clawback.amount is ClawbackAmount.WHOLE or not window:
        return rows.select("row", "at", part=money(1), whole=money(1), words=told)
    left = window - pl.col("after")
    words = pl.format("{}: {} of {} days are left", told, left, pl.lit(str(window)))
    return rows.select("row", "at", part=left.cast(MONEY), whole=money(window), words=words)


def _refunded(refunds: pl.DataFrame, credits_: pl.DataFrame, clawback: Clawback) -> pl.DataFrame:
    """Of several refunds in one period the last says what they come to."""
    rows = _within(credits_.join(refunds, on="deal_id"), clawback)
    last = rows.sort("row", "nth").unique(["row", "at"], keep="last", maintain_order=True)
    return last.select("row", "at", "whole", "words", part="paid")
