"""Why a deal that should be credited is not (or not yet): it lacks a day, an amount, a rate, or time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from problems import Problem
from spm.engine.days import Days
from spm.engine.people import named_deals
from spm.plans.model import Component, Plan


def _each(rows: pl.DataFrame, deals: pl.DataFrame, *kept: str) -> Iterator[dict[str, object]]:
    once = rows.select("deal_id", *kept).unique("deal_id")
    return named_deals(once, deals).iter_rows(named=True)


def day(rows: pl.DataFrame, deals: pl.DataFrame, component: Component) -> Iterator[Problem]:
    """Won deals without a date to count on."""
    field = component.measure.date
    for row in _each(rows.filter(pl.col("on").is_null()), deals):
        message = f"{row['deal']}: won, but {field} is empty; it is not credited."
        yield Problem(str(row["where"]), field, message, "Fill it in the CRM.", "warning")


def calendar(rows: pl.DataFrame, days: Days, plan: Plan) -> Iterator[Problem]:
    """Credits on days that no period holds; one Problem for the plan."""
    count = rows.join(days.days, on="on", how="anti")["deal_id"].n_unique()
    if count:
        message = f"{count} won deal(s) lie outside the periods at hand; they are not credited here."
        yield Problem(f"plan {plan.name}", "", message, "Add the years to the calendar.", "warning")


def patience(rows: pl.DataFrame, deals: pl.DataFrame, end: date) -> Iterator[Problem]:
    """Won deals whose day is after the current statement period."""
    for row in _each(rows, deals, "on"):
        message = f"{row['deal']}: won, but dated {row['on']}, after {end}; it is credited from that period on."
        yield Problem(str(row["where"]), "close_date", message, "Correct the date if it is wrong.", "warning")


def value(rows: pl.DataFrame, deals: pl.DataFrame, component: Component) -> Iterator[Problem]:
    """Won deals whose value is unknown, or too large to be true."""
    expression = component.measure.value
    for row in _each(rows.filter(pl.col("value").is_null()), deals):
        message = f"{row['deal']}: won, but {expression} is empty; it is not credited."
        yield Problem(str(row["where"]), "amount", message, "Fill it in the CRM.", "warning")
    unsound = rows.filter(
        pl.col("credited").is_null() & pl.col("value").is_not_null() & pl.col("fx_rate").is_not_null()
    )
    for row in _each(unsound, deals, "share"):
        message = (
            f"{row['deal']}: a share of the deal is missing, or the credit too large to be right; it is not credited."
        )
        yield Problem(str(row["where"]), "deal_split", message, "Correct the splits in the CRM.")


def rate(rows: pl.DataFrame, deals: pl.DataFrame, plan: Plan, *, won: bool = True) -> Iterator[Problem]:
    """Deals in a currency that has no rate to the plan's on their day, or in none at all."""
    lost = rows.filter(pl.col("fx_rate").is_null() & pl.col("value").is_not_null())
    stopped = "it is not credited" if won else "its commission is not estimated"
    for row in _each(lost, deals, "currency", "on"):
        currency = row["currency"]
        message = f"{row['deal']}: no rate from {currency} to {plan.currency} on {row['on']}; {stopped}."
        hint = f"Add a rate for {currency} that holds on that day."
        if currency is None:
            message = f"{row['deal']}: the amount has no currency; {stopped}."
            hint = "Map `currency` for deals, as in currency = \"'USD'\"."
        yield Problem(str(row["where"]), "currency", message, hint, "error" if won else "warning")
