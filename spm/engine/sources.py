"""The records that a component counts, with the fields its expressions read: deals, what belongs to deals, or neither.

| source | fields | credited |
|---|---|---|
| `line_items` | of the item, then of its deal, whose amount is `deal_amount` | like the deal |
| `payments` | of the payment, then of its deal; an empty amount is all of the deal | like the deal |
| `activities` | of the activity | to whose it is |
| `entries` | of the entry, for entries of the component's measure | to whom it was entered |
| `earnings` | of somebody's earned line: amount, credited, component, plan, period, on | to who earned it |

Every record but a deal carries RECORD, its place among the others: by deal, then by its id in the CRM, never by our own
numbers, so that the order is the same in every database. A deal has DEAL_PLACE, and so has what belongs to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import polars as pl

from spm.engine.inputs import DEAL_PLACE, Inputs
from spm.plans.fields import EARNING_FIELDS
from spm.plans.model import Component, Source

RECORD = "record place"
"""The place of a record; a name that no field of a mapping can have."""

EARNINGS = {
    **EARNING_FIELDS,
    "deal_id": pl.Int64,
    "owner_participant_id": pl.Int64,
    "currency": pl.String,
    "item": pl.String,
    RECORD: pl.UInt32,
}
"""What somebody earned, as a record that overrides count."""


def of_won(inputs: Inputs, component: Component, basis: pl.DataFrame | None = None) -> pl.DataFrame:
    """The records that count: won deals or what belongs to them, or what belongs to no deal.

    `basis`: what others earned (EARNINGS). Besides their fields records have `deal_id`, `owner_participant_id`,
    `currency`, `item` and RECORD; deals have neither `item` nor RECORD.
    """
    source = component.measure.source
    if source is Source.ACTIVITIES:
        return _once(inputs, source, lambda: _activities(inputs.activities))
    if source is Source.ENTRIES:
        return _entries(inputs.entries.filter(pl.col("measure") == component.measure.name))
    if source is Source.EARNINGS:
        earned = pl.DataFrame(schema=EARNINGS) if basis is None else basis
        named = component.earnings_of
        return earned if named is None else earned.filter(pl.col("component") == named)
    won = _once(inputs, Source.DEALS, lambda: inputs.deals.filter(pl.col("status") == "won"))
    return won if source is Source.DEALS else _once(inputs, source, lambda: on_deals(inputs, won, source))


def on_deals(inputs: Inputs, deals: pl.DataFrame, source: Source) -> pl.DataFrame:
    """These deals, or what belongs to them: their line items, their payments."""
    if source is Source.LINE_ITEMS:
        return _placed(_joined(inputs.items, deals), "item_id")
    if source is Source.PAYMENTS:
        return _placed(_payments(inputs.payments, deals), "payment_id")
    return deals


def _once(inputs: Inputs, key: object, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """What several components look at is made once in a calculation."""
    if ("records", key) not in inputs.known:
        inputs.known["records", key] = make()
    return cast("pl.DataFrame", inputs.known["records", key])


def _joined(own: pl.DataFrame, deals: pl.DataFrame) -> pl.DataFrame:
    """The records with the fields of their deal; where both have one of a name, it is the record's."""
    hidden = {name for name in own.columns if name not in {"deal_id", "amount"}} | {"deal_amount"}
    return own.join(deals.drop(hidden, strict=False).rename({"amount": "deal_amount"}), on="deal_id")


def _payments(payments: pl.DataFrame, deals: pl.DataFrame) -> pl.DataFrame:
    """A payment without an amount is all of the deal, in the deal's currency."""
    paid = payments.rename({"currency": "paid in"})
    joined = _joined(paid, deals)
    whole = pl.col("amount").is_null()
    currency = pl.when(whole).then("currency").otherwise(pl.coalesce("paid in", "currency"))
    return joined.with_columns(currency=currency, amount=pl.coalesce("amount", "deal_amount")).drop("paid in")


def _placed(records: pl.DataFrame, number: str) -> pl.DataFrame:
    return _ranked(records, DEAL_PLACE, pl.col("item").str.len_chars(), "item", number).drop(number)


def _activities(activities: pl.DataFrame) -> pl.DataFrame:
    """Activities by their id in the CRM; in two CRMs they may have one id, so their other fields follow."""
    owned = activities.with_columns(owner_participant_id="participant_id", currency=pl.lit(None, dtype=pl.String))
    told = ("happened_on", "type", "subject", "status", "activity_id")
    return _ranked(owned, pl.col("item").str.len_chars(), "item", *told).drop("participant_id", "activity_id")


def _entries(entries: pl.DataFrame) -> pl.DataFrame:
    owned = entries.with_columns(owner_participant_id="participant_id", deal_id=pl.lit(None, dtype=pl.Int64))
    length = pl.col("item").str.len_chars()
    return _ranked(owned, length, "item", "on", "value", "entry_id").drop("participant_id", "entry_id")


def _ranked(records: pl.DataFrame, *order: str | pl.Expr) -> pl.DataFrame:
    return records.sort(*order).with_row_index(RECORD)
