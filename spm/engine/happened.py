"""What happens to deals after they are booked, as clawbacks and holds ask for it: days in a field, payments, refunds.

Nothing dated after the statement period that holds today has happened yet.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from problems import Problem, did_you_mean
from spm import wording
from spm.engine.exact import converted, money
from spm.engine.exchange import crosses
from spm.engine.inputs import Inputs
from spm.engine.people import named_deals
from spm.frames import MONEY, PAYMENTS
from spm.plans.model import Component, Plan

REFUND = "refund"


def is_field(inputs: Inputs, name: str) -> bool:
    """Whether deals have a date field of that name."""
    return inputs.deals.schema.get(name) == pl.Date


def days(inputs: Inputs, name: str) -> pl.DataFrame:
    """`deal_id` and `day` of the deals in which the date field is filled."""
    return inputs.deals.select("deal_id", day=pl.col(name)).drop_nulls()


def missing(inputs: Inputs, plan: Plan, component: Component, name: str) -> list[Problem]:
    """A Problem where deals have no such date field."""
    if is_field(inputs, name) or inputs.deals.is_empty():
        return []
    fields = [field for field, kind in inputs.deals.schema.items() if kind == pl.Date]
    where = f"plan {plan.name}, component {component.name}"
    hint = did_you_mean(name, fields, "Add it to the mapping of the deals, as a date.")
    return [Problem(where, "clawback", f"there is no date field {name!r} of deals; nothing is taken back.", hint)]


def payments(inputs: Inputs, kind: str, *, whole: bool = False) -> tuple[pl.DataFrame, list[Problem]]:
    """What came of that kind, in the order of days.

    `deal_id`, `day`, `nth` (their order), `paid` (so far, in the deal's currency), `whole` (the deal's amount) and
    `words`. A payment without an amount is all of the deal (so is each, where `whole`); one that cannot be converted,
    or is of a deal without an amount, is a Problem and left out.
    """
    of_kind = inputs.payments.filter(pl.col("kind") == kind).select(*PAYMENTS)
    if of_kind.is_empty():
        return _ordered(_at_home(of_kind, inputs)), []
    valued = _converted(of_kind, inputs)
    if whole:
        valued = valued.with_columns(value=pl.col("all"))
    lost = valued.filter(pl.col("value").is_null())
    return _ordered(valued.drop_nulls("value")), list(_lost(lost, inputs, kind))


def _at_home(rows: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """The payments with `into` (the deal's currency), `all` (its amount; 1 where that is not above 0, since nothing is
    left to pay then) and `value`, where they are in the deal's currency."""
    about = inputs.deals.select("deal_id", into="currency", all="amount")
    joined = rows.join(about, on="deal_id")
    known = pl.when(pl.col("all") > 0).then("all").when(pl.col("all").is_not_null()).then(money(1))
    same = pl.col("currency").is_null() | (pl.col("currency") == pl.col("into"))
    joined = joined.with_columns(all=known, nothing=pl.col("all") <= 0)
    whole = pl.col("amount").is_null() | pl.col("nothing").fill_null(value=False)
    # Without an amount of the deal, a payment of all of it is still all of it.
    every = pl.when(pl.col("all").is_null() & pl.col("amount").is_null()).then(money(1)).otherwise("all")
    joined = joined.with_columns(all=every)
    value = pl.when(whole).then("all").when(same & pl.col("all").is_not_null()).then("amount")
    return joined.with_columns(value=value.cast(MONEY)).drop("nothing")


def _converted(rows: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    valued = _at_home(rows, inputs)
    away = (pl.col("currency") != pl.col("into")).fill_null(value=False) & pl.col("value").is_null()
    foreign = valued.filter(away & pl.col("all").is_not_null())
    if foreign.is_empty():
        return valued
    parts = [_into(foreign, inputs, into) for into in sorted(foreign["into"].unique())]
    return pl.concat([valued.join(foreign, on="payment_id", how="anti"), *parts])


def _into(foreign: pl.DataFrame, inputs: Inputs, into: str) -> pl.DataFrame:
    rows = foreign.filter(pl.col("into") == into)
    rates = crosses(rows, inputs.rates, into)
    found = rows.join(rates, on=["currency", "on"], how="left")
    return found.with_columns(value=converted(pl.col("amount"), pl.col("cross"))).select(foreign.columns)


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    ordered = rows.sort("deal_id", "on", "item", "payment_id")
    # What all deals before came to, taken off a sum over all: a window of each deal would take ten times as long.
    total = pl.col("value").cum_sum()
    first = (pl.col("deal_id") != pl.col("deal_id").shift(1)).fill_null(value=True)
    before = pl.when(first).then(total - pl.col("value")).forward_fill()
    paid = (total - before).clip(money(0), None).cast(MONEY)
    summed = ordered.with_columns(paid=pl.min_horizontal(paid, pl.col("all")))
    told = summed.select("kind", pl.col("on").cast(pl.String), pl.col("into").fill_null("")).with_columns(
        wording.each_amount(summed["paid"]).alias("paid"), wording.each_amount(summed["all"]).alias("all")
    )
    words = told.select(
        pl.format("{} on {}: {} of {} {}", "kind", "on", "paid", "all", "into").str.strip_chars_end(" ")
    )
    nth = pl.int_range(pl.len(), dtype=pl.Int32)
    return summed.select("deal_id", "paid", day="on", nth=nth, whole="all").with_columns(
        words.to_series().alias("words")
    )


def _lost(rows: pl.DataFrame, inputs: Inputs, kind: str) -> Iterator[Problem]:
    told = named_deals(rows.select("deal_id", "currency", "into", "on", "all"), inputs.deals)
    for row in told.iter_rows(named=True):
        if row["all"] is None:
            message = (
                f"{row['deal']}: a {kind} on {row['on']} is a part of an amount that is not known; it does not count."
            )
            yield Problem(row["where"], "amount", message, "Fill in the deal's amount in the CRM.")
            continue
        message = (
            f"{row['deal']}: no rate from {row['currency']} to {row['into']} on {row['on']}; a {kind} does not count."
        )
        yield Problem(row["where"], "currency", message, f"Add a rate for {row['currency']} that holds on that day.")


def placed(events: pl.DataFrame, inputs: Inputs, plan: Plan, after_days: int = 0) -> pl.DataFrame:
    """The events plus `at`: the number of the statement period that holds `day` and so many days more; without those
    that are after the period with today, or outside the calendar."""
    end = inputs.days.last_day(inputs.today, plan.statement) or inputs.today
    later = events.with_columns(on=pl.col("day") + pl.duration(days=after_days)).filter(pl.col("on") <= end)
    numbers = inputs.days.days.select("on", at=pl.col(plan.statement.value))
    return later.join(numbers, on="on").drop("on")
