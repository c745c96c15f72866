"""The frames the calculation takes and returns: names, types, units. Facts in, lines out, nothing else.

Amounts are exact decimals with ten places in the currency named beside them; shares, rates and attainment are
fractions (1 is 100 %). People are named by `participant_id`, deals by `deal_id`: our own numbers, so that
ordering by them is the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from problems import Problem

MONEY = pl.Decimal(38, 10)
"""Amounts, shares and rates: 28 digits before the point, 10 after it."""

Schema = dict[str, pl.DataType | type[pl.DataType]]

DEALS: Schema = {
    "deal_id": pl.Int64,
    "connection": pl.String,  # name of the connection it came from
    "crm_id": pl.String,
    "name": pl.String,
    "account": pl.String,
    "owner_participant_id": pl.Int64,  # null: the owner is no participant
    "amount": MONEY,  # in `currency`; null is unknown
    "currency": pl.String,
    "close_date": pl.Date,
    "stage": pl.String,
    "status": pl.String,  # open, won, lost
    "deal_type": pl.String,
    "probability": MONEY,
    "created_at": pl.Datetime("us", "UTC"),
}
"""One row a deal that is not deleted. Columns of the mapping's own fields follow, by their name and type."""

SPLITS: Schema = {
    "split_id": pl.Int64,
    "deal_id": pl.Int64,
    "participant_id": pl.Int64,  # null: no participant
    "share": MONEY,
    "role": pl.String,
    "amount": MONEY,  # in the deal's currency; where given, it counts and not the share
}
"""A deal with rows here (of the role a component credits) is credited by them; one without, to its owner."""

PARTICIPANTS: Schema = {
    "participant_id": pl.Int64,
    "email": pl.String,
    "name": pl.String,
    "team": pl.String,
    "currency": pl.String,
    "hire_date": pl.Date,
    "leave_date": pl.Date,
}

QUOTAS: Schema = {
    "participant_id": pl.Int64,
    "measure": pl.String,
    "starts_on": pl.Date,
    "ends_on": pl.Date,  # inclusive
    "amount": MONEY,
    "currency": pl.String,
    "team": pl.String,  # a team's quota has this and no participant
}

ASSIGNMENTS: Schema = {
    "participant_id": pl.Int64,
    "plan": pl.String,  # name of the plan
    "starts_on": pl.Date,
    "ends_on": pl.Date,  # inclusive; null is open
}

FX_RATES: Schema = {
    "base": pl.String,
    "currency": pl.String,
    "rate": MONEY,  # units of `currency` for one of `base`
    "starts_on": pl.Date,  # null is always
}

HIERARCHY: Schema = {
    "participant_id": pl.Int64,
    "manager_id": pl.Int64,  # null: none
    "team": pl.String,  # null: none
    "starts_on": pl.Date,  # null is always
    "ends_on": pl.Date,  # inclusive; null is open
}
"""Who reports to whom, in which team, when. A person has at most one row a day."""

ABSENCES: Schema = {
    "participant_id": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,  # inclusive
    "reason": pl.String,
}
"""Days of leave, which a plan's proration may take out."""

ITEMS: Schema = {
    "item_id": pl.Int64,
    "deal_id": pl.Int64,
    "item": pl.String,  # the CRM's id
    "product": pl.String,
    "family": pl.String,
    "quantity": MONEY,
    "price": MONEY,  # a piece, in the deal's currency
    "amount": MONEY,  # of the line, in the deal's currency
}
"""Line items. A measure over them sees these fields, the deal's other fields, and its amount as `deal_amount`."""

ACTIVITIES: Schema = {
    "activity_id": pl.Int64,
    "item": pl.String,  # the CRM's id
    "participant_id": pl.Int64,
    "deal_id": pl.Int64,  # null: none
    "type": pl.String,  # call, email, meeting, task
    "subject": pl.String,
    "happened_on": pl.Date,
    "status": pl.String,
    "done": pl.Boolean,
    "duration_minutes": MONEY,
}

ENTRIES: Schema = {
    "entry_id": pl.Int64,
    "item": pl.String,  # the id people gave it
    "participant_id": pl.Int64,
    "measure": pl.String,
    "on": pl.Date,
    "value": MONEY,
    "currency": pl.String,  # null for pieces, points and shares
    "note": pl.String,
}
"""Results entered by hand: an MBO of 80 % is 0.8 of the measure that a component names."""

PAYMENTS: Schema = {
    "payment_id": pl.Int64,
    "deal_id": pl.Int64,
    "item": pl.String,  # the number of the invoice or payment
    "kind": pl.String,  # payment, invoice, refund, or a word of one's own such as go_live
    "on": pl.Date,
    "amount": MONEY,  # in `currency`; null is all of the deal
    "currency": pl.String,  # null is the deal's
}
"""What happened to a deal after it was booked. A refund is a positive amount of the kind `refund`."""

ADJUSTMENTS: Schema = {
    "adjustment_id": pl.Int64,
    "participant_id": pl.Int64,
    "period": pl.String,  # of the statement it goes to
    "amount": MONEY,
    "currency": pl.String,
    "component": pl.String,  # null: none in particular
    "deal_id": pl.Int64,  # null: none in particular
    "reason": pl.String,
    "author": pl.String,
}
"""What somebody decided to pay or take back by hand."""

PERIODS: Schema = {
    "period": pl.String,  # 2026-03, 2026-Q1, 2026: fiscal, as people name it
    "kind": pl.String,  # month, quarter, half, year
    "starts_on": pl.Date,
    "ends_on": pl.Date,  # inclusive
}

LINES: Schema = {
    "participant_id": pl.Int64,
    "period": pl.String,  # the statement's period
    "line_no": pl.Int32,  # 1.. within participant and period, in a fixed order
    "plan": pl.String,
    "plan_version": pl.String,  # content hash
    "component": pl.String,
    "cause": pl.String,  # one of CAUSES
    "deal_id": pl.Int64,
    "role": pl.String,  # owner or the split's role
    "share": MONEY,  # of the deal
    "deal_amount": MONEY,  # in `deal_currency`, the measure's value before share and conversion
    "deal_currency": pl.String,
    "fx_rate": MONEY,  # plan currency for one of deal currency
    "credited": MONEY,  # in `currency`; the part of the credit that lies in this tier
    "tier": pl.Int32,  # 1.. ; 0 for a flat rate
    "tier_from": MONEY,  # bound in plan currency; null is unbounded
    "tier_to": MONEY,
    "rate": MONEY,
    "amount": MONEY,  # what is earned, rounded: the one place that rounds
    "currency": pl.String,  # of the plan
    "from_participant_id": pl.Int64,  # whose credit this was, where it rolled up; null: one's own
    "item": pl.String,  # line item, activity, entry, payment (null: the deal itself); the closed period of a true-up
    "reason": pl.String,  # in words, where amount is not credited x rate
}
"""The trace: one row for each credit and tier slice, and one for each thing that changes what they earn; a statement's
payout is the sum of `amount`. Lines without a credit leave its columns null."""

CAUSES = (
    "credit",  # credited x rate
    "retroactive",  # a tier reached later changes an earlier credit's rate
    "gate",  # kept back, or given back, by a gate
    "multiplier",
    "cap",  # cut
    "cap_held",  # above a cap, kept for review
    "floor",
    "budget",  # a SPIF's budget is used up
    "hold",  # earned, to be paid later
    "release",  # paid now, earned before
    "clawback",
    "draw",
    "recovery",  # of a draw
    "adjustment",
    "true_up",  # what was learned after a period was closed
)
"""Why a line is there, in the order they stand within a component."""

NOT_EARNED = ("hold", "release", "draw", "recovery")
"""Causes that move pay in time and earn nothing."""

STATEMENTS: Schema = {
    "participant_id": pl.Int64,
    "period": pl.String,
    "plan": pl.String,
    "plan_version": pl.String,
    "quota": MONEY,  # of the plan's first component over its accumulation span; null is none
    "credited": MONEY,  # the same component, accumulated to the end of this period
    "attainment": MONEY,  # credited / quota; null without a quota
    "payout": MONEY,  # sum of the lines of this period, all components
    "currency": pl.String,
    "hash": pl.String,  # over the lines
    "earned": MONEY,  # the lines without what only moves pay in time (NOT_EARNED)
    "held": MONEY,  # earned and not yet paid, at the end of this period
    "draw_balance": MONEY,  # drawn and not yet recovered, at the end of this period
    "pay_currency": pl.String,
    "pay_rate": MONEY,  # pay currency for one of `currency`; null: there is no rate
    "pay_amount": MONEY,  # payout in the pay currency, rounded by the plan's rule; null: there is no rate
}

ESTIMATES: Schema = {
    "deal_id": pl.Int64,
    "participant_id": pl.Int64,
    "credited": MONEY,  # what would be credited, in `currency`
    "amount": MONEY,  # what the deal would add to the payout if won today
    "currency": pl.String,
}


CONSERVATION: Schema = {
    "deal_id": pl.Int64,
    "plan": pl.String,
    "component": pl.String,
    "credited_share": MONEY,  # 1: all of the deal
    "why": pl.String,  # why it is not 1; null where it is
}
"""How much of each won deal a component credits to anybody."""


def empty(schema: Schema) -> pl.DataFrame:
    """A frame of that schema without rows."""
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the calculation knows of the world. Frames as above; deals may carry further columns.

    `deals` and `splits` hold whole accumulation spans (fiscal years) for the participants at hand, open deals too.
    """

    deals: pl.DataFrame
    splits: pl.DataFrame
    participants: pl.DataFrame
    quotas: pl.DataFrame
    assignments: pl.DataFrame
    fx_rates: pl.DataFrame
    periods: pl.DataFrame
    hierarchy: pl.DataFrame = field(default_factory=lambda: empty(HIERARCHY))
    absences: pl.DataFrame = field(default_factory=lambda: empty(ABSENCES))
    items: pl.DataFrame = field(default_factory=lambda: empty(ITEMS))
    activities: pl.DataFrame = field(default_factory=lambda: empty(ACTIVITIES))
    entries: pl.DataFrame = field(default_factory=lambda: empty(ENTRIES))
    payments: pl.DataFrame = field(default_factory=lambda: empty(PAYMENTS))
    adjustments: pl.DataFrame = field(default_factory=lambda: empty(ADJUSTMENTS))


@dataclass(frozen=True, slots=True)
class Results:
    """What the calculation returns. `problems` name every deal, quota or rate that kept a figure from being made."""

    lines: pl.DataFrame
    statements: pl.DataFrame
    estimates: pl.DataFrame
    problems: tuple[Problem, ...]
    conservation: pl.DataFrame = field(default_factory=lambda: empty(CONSERVATION))
