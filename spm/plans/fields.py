"""The fields that a plan's expressions may use, by what a component counts, and what counts where nothing is said."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from spm.frames import ACTIVITIES, DEALS, ENTRIES, ITEMS, MONEY, PAYMENTS
from spm.plans.expressions import Schema
from spm.plans.model import Source, Unit

Kind = pl.DataType | type[pl.DataType]

_OUR_NUMBERS = {"deal_id", "owner_participant_id", "item_id", "activity_id", "entry_id", "payment_id", "participant_id"}
"""No plan should hang on them."""


def _theirs(schema: Schema) -> Schema:
    return {name: kind for name, kind in schema.items() if name not in _OUR_NUMBERS}


PLAN_FIELDS: Schema = _theirs(DEALS)
"""The deal fields that every plan may use; a mapping's own fields come on top."""

EARNING_FIELDS: Schema = {
    "amount": MONEY,
    "credited": MONEY,
    "component": pl.String,
    "plan": pl.String,
    "period": pl.String,
    "on": pl.Date,
}
"""What is known of somebody else's earning: of a line of theirs."""

_OWN: Mapping[Source, Schema] = {
    Source.LINE_ITEMS: _theirs(ITEMS),
    Source.ACTIVITIES: _theirs(ACTIVITIES),
    Source.ENTRIES: _theirs(ENTRIES),
    Source.PAYMENTS: _theirs(PAYMENTS),
    Source.EARNINGS: EARNING_FIELDS,
}

ON_A_DEAL = (Source.DEALS, Source.LINE_ITEMS, Source.PAYMENTS)
"""Sources whose records are a deal or belong to one; the deal's fields can be read with them."""


def fields_for(source: Source, own_fields: Schema | None) -> Schema:
    """The fields of a record of that source. With line items and payments they are the deal's too, whose amount is
    `deal_amount`; `own_fields` are the mapping's own deal fields."""
    deals = {**PLAN_FIELDS, **(own_fields or {})}
    if source is Source.DEALS:
        return deals
    own = _OWN[source]
    return {"deal_amount": MONEY, **deals, **own} if source in ON_A_DEAL else own


def default_unit(source: Source, *, per_unit: bool) -> Unit:
    """What is counted where `unit` is not written: pieces for activities, entries and rates a piece, else money."""
    pieces = per_unit or source in {Source.ACTIVITIES, Source.ENTRIES}
    return Unit.NUMBER if pieces else Unit.MONEY


def default_value(source: Source, unit: Unit) -> str:
    """The value where none is written."""
    if source is Source.ENTRIES:
        return "value"
    if unit is Unit.NUMBER and source is not Source.EARNINGS:
        return "quantity" if source is Source.LINE_ITEMS else "1"
    return "amount"


def default_date(source: Source) -> str:
    """The day a record counts on where `date` is not written."""
    if source in {Source.DEALS, Source.LINE_ITEMS}:
        return "close_date"
    return "happened_on" if source is Source.ACTIVITIES else "on"
