"""Why a record that should be credited is not (or not yet): it lacks a day, an amount, a rate, a person, or time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from problems import Problem
from spm.engine.exchange import PLAN_RATE
from spm.engine.inputs import Inputs
from spm.engine.measuring import RATED_ON, RECORDS
from spm.engine.people import named_deals
from spm.plans.fields import ON_A_DEAL
from spm.plans.model import Component, Plan, Source

_OF_WON = (Source.DEALS, Source.LINE_ITEMS)


@dataclass(frozen=True, slots=True)
class About:
    """The component whose credits lack something. `won`: whether its deals are won, or only thought to be."""

    inputs: Inputs
    plan: Plan
    component: Component
    won: bool = True

    @property
    def source(self) -> Source:
        """What the component counts."""
        return self.component.measure.source

    @property
    def where(self) -> str:
        """The component, where no record can be named."""
        return f"plan {self.plan.name}, component {self.component.name}"

    @property
    def closed(self) -> str:
        """What is said of a record before what it lacks."""
        return "won, but " if self.source in _OF_WON else ""

    def each(self, rows: pl.DataFrame, *kept: str) -> Iterator[dict[str, object]]:
        """Each record once, with `where` and `deal`: how it is named."""
        if rows.is_empty():
            return iter(())
        once = rows.select("deal_id", "item", *kept).unique(["deal_id", "item"])
        return self._named(once).iter_rows(named=True)

    def _named(self, once: pl.DataFrame) -> pl.DataFrame:
        word = RECORDS[self.source]
        if self.source is Source.EARNINGS:
            return once.with_columns(where=pl.lit(self.where), deal=pl.lit("an earning"))
        if self.source not in ON_A_DEAL:
            record = pl.format(f"{word} {{}}", pl.col("item").fill_null("(no id)"))
            return once.with_columns(where=record, deal=record).sort("where")
        found = named_deals(once, self.inputs.deals)
        if self.source is Source.DEALS:
            return found
        named = pl.format(f"{{}}, {word} {{}}", "deal", pl.col("item").fill_null("(no id)"))
        return found.with_columns(deal=named).sort("deal_id", "item")


def owner(counted: pl.DataFrame, about: About) -> Iterator[Problem]:
    """Activities and entries of nobody known; one Problem for the component. (Owners of deals: findings.)"""
    if about.source not in {Source.ACTIVITIES, Source.ENTRIES} or about.component.credit:
        return
    lost = counted.filter(pl.col("owner").is_null())
    if lost.height:
        word, first = RECORDS[about.source], lost["item"].sort().to_list()[0]
        message = f"{lost.height} record(s), such as {word} {first}, are of nobody known; not credited."
        yield Problem(
            about.where, "owner_id", message, "Give the person an email in the CRM, and sync users.", "warning"
        )


def day(rows: pl.DataFrame, about: About) -> Iterator[Problem]:
    """Records without a date to count on."""
    field = about.component.measure.date
    for row in about.each(rows.filter(pl.col("on").is_null())):
        message = f"{row['deal']}: {about.closed}{field} is empty; it is not credited."
        yield Problem(str(row["where"]), field, message, _fill(about), "warning")


def _fill(about: About) -> str:
    own = about.source in {Source.ENTRIES, Source.PAYMENTS}
    return f"Fill it in with the {RECORDS[about.source]}." if own else "Fill it in the CRM."


def calendar(rows: pl.DataFrame, about: About) -> Iterator[Problem]:
    """Credits on days that no period holds; one Problem for the plan."""
    lost = rows.join(about.inputs.days.days, on="on", how="anti")
    if lost.is_empty():
        return
    on_deal = about.source in ON_A_DEAL
    count = lost.select("deal_id" if on_deal else "item").n_unique()
    what = "won deal(s)" if on_deal else f"{RECORDS[about.source]} record(s)"
    message = f"{count} {what} lie outside the periods at hand; they are not credited here."
    yield Problem(f"plan {about.plan.name}", "", message, "Add the years to the calendar.", "warning")


def patience(rows: pl.DataFrame, about: About, end: date) -> Iterator[Problem]:
    """Won deals whose day is after the current statement period. (Meetings and payments to come are nothing odd.)"""
    if about.source not in _OF_WON:
        return
    for row in about.each(rows, "on"):
        message = f"{row['deal']}: won, but dated {row['on']}, after {end}; it is credited from that period on."
        field = about.component.measure.date
        yield Problem(str(row["where"]), field, message, "Correct the date if it is wrong.", "warning")


def value(rows: pl.DataFrame, about: About) -> Iterator[Problem]:
    """Records whose value is unknown, or too large to be true."""
    expression = about.component.measure.value
    for row in about.each(rows.filter(pl.col("value").is_null())):
        message = f"{row['deal']}: {about.closed}{expression} is empty; it is not credited."
        yield Problem(str(row["where"]), "amount", message, _fill(about), "warning")
    unsound = rows.filter(
        pl.col("credited").is_null() & pl.col("value").is_not_null() & pl.col("fx_rate").is_not_null()
    )
    for row in about.each(unsound):
        message = (
            f"{row['deal']}: a share of the deal is missing, or the credit too large to be right; it is not credited."
        )
        yield Problem(str(row["where"]), "deal_split", message, "Correct the splits in the CRM.")


def rate(rows: pl.DataFrame, about: About) -> Iterator[Problem]:
    """Records in a currency that has no rate to the plan's by the plan's policy, or in none at all."""
    lost = rows.filter(pl.col("fx_rate").is_null() & pl.col("value").is_not_null())
    rated_on = RATED_ON if RATED_ON in rows.columns else "on"
    for row in about.each(lost.with_columns(pl.col(rated_on).alias("rate day")), "currency", "rate day"):
        why, hint = _without_rate(row, about.plan)
        stopped = "it is not credited" if about.won else "its commission is not estimated"
        message = f"{row['deal']}: {why}; {stopped}."
        yield Problem(str(row["where"]), "currency", message, hint, "error" if about.won else "warning")


def _without_rate(row: dict[str, object], plan: Plan) -> tuple[str, str]:
    currency, day_, policy = row["currency"], row["rate day"], plan.exchange.policy
    if currency is None:
        return "the amount has no currency", "Map `currency` for deals, as in currency = \"'USD'\"."
    if policy == PLAN_RATE:
        return (
            f"the plan has no rate from {currency} to {plan.currency}",
            f"Add {currency} to exchange.rates of the plan.",
        )
    if day_ is None:
        return f"{policy} is empty, on which the rate of {currency} is taken", "Fill it in the CRM."
    taken = "" if policy == "counting_date" else f" ({policy})"
    message = f"no rate from {currency} to {plan.currency} on {day_}{taken}"
    return message, f"Add a rate for {currency} that holds on that day."
