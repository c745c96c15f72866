"""The frames the calculation takes and returns: names, types, units. Facts in, lines out, nothing else.

Amounts are exact decimals with ten places in the currency named beside them; shares, rates and attainment are
fractions (1 is 100 %). People are named by `participant_id`, deals by `deal_id`: our own numbers, so that
ordering by them is the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

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

PERIODS: Schema = {
    "period": pl.String,  # 2026-03, 2026-Q1, 2026: fiscal, as people name it
    "kind": pl.String,  # month, quarter, year
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
    "cause": pl.String,  # credit, retroactive
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
}
"""The trace: one row for each credit and tier slice; a statement's payout is the sum of `amount`."""

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
}

ESTIMATES: Schema = {
    "deal_id": pl.Int64,
    "participant_id": pl.Int64,
    "credited": MONEY,  # what would be credited, in `currency`
    "amount": MONEY,  # what the deal would add to the payout if won today
    "currency": pl.String,
}


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


@dataclass(frozen=True, slots=True)
class Results:
    """What the calculation returns. `problems` name every deal, quota or rate that kept a figure from being made."""

    lines: pl.DataFrame
    statements: pl.DataFrame
    estimates: pl.DataFrame
    problems: tuple[Problem, ...]
