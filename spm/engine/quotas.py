"""A person's quota for a span of the calendar.

All quota rows of the measure that touch the span add up. A row inside the span counts whole; one that reaches
across its border counts by its days inside: amount x days inside / days of the row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import polars as pl

from problems import Problem
from spm.engine.days import Days
from spm.engine.exact import EXACT, converted, too_large
from spm.engine.exchange import crosses
from spm.engine.people import person
from spm.frames import MONEY
from spm.plans.model import Component, Plan, Span

if TYPE_CHECKING:  # Inputs are prepared by what is read here
    from spm.engine.inputs import Inputs


def readable(quotas: pl.DataFrame, people: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """The quota rows that can be counted; the others as Problems."""
    odd = too_large(pl.col("amount")) | (pl.col("amount") < 0) | (pl.col("ends_on") < pl.col("starts_on"))
    marked = quotas.with_columns(odd=odd.fill_null(value=True))
    problems = [
        Problem(
            person(people, row["participant_id"]),
            f"quota {row['measure']}",
            f"{row['amount']} from {row['starts_on']} to {row['ends_on']} is no usable quota; it is left out.",
            "Correct its amount and days.",
        )
        for row in marked.filter("odd").sort("participant_id", "measure", "starts_on").iter_rows(named=True)
    ]
    return marked.filter(~pl.col("odd")).drop("odd"), problems


def in_currency(
    quotas: pl.DataFrame, rates: pl.DataFrame, into: str, people: pl.DataFrame
) -> tuple[pl.DataFrame, list[Problem]]:
    """The quotas in the currency `into`, at the rate of their first day; one without a rate is a Problem and dropped.

    A quota without a currency is taken to be in that of the plan.
    """
    filled = quotas.with_columns(pl.col("currency").fill_null(into), on=pl.col("starts_on"))
    found = filled.join(crosses(filled, rates, into), on=["currency", "on"], how="left")
    amount = converted(pl.col("amount"), pl.col("cross"))
    problems = list(_without_rate(found.filter(pl.col("cross").is_null()), into, people))
    return found.drop_nulls("cross").with_columns(amount=amount).drop("cross", "on"), problems


def _without_rate(quotas: pl.DataFrame, into: str, people: pl.DataFrame) -> Iterable[Problem]:
    for row in quotas.sort("participant_id", "measure", "starts_on").iter_rows(named=True):
        message = f"a quota in {row['currency']} has no rate to {into} on {row['starts_on']}; it is left out."
        hint = f"Add a rate for {row['currency']} that holds on that day."
        yield Problem(person(people, row["participant_id"]), f"quota {row['measure']}", message, hint)


def spread(quotas: pl.DataFrame, days: Days, kind: Span) -> pl.DataFrame:
    """The quota of each person, measure and span of that kind: `participant_id`, `measure`, `span`, `quota`."""
    spans = days.of_kind(kind).select(pl.col("number").alias("span"), first="starts_on", last="ends_on")
    touching = quotas.join_where(spans, pl.col("starts_on") <= pl.col("last"), pl.col("ends_on") >= pl.col("first"))
    inside = _days(pl.max_horizontal("starts_on", "first"), pl.min_horizontal("ends_on", "last"))
    whole = _days(pl.col("starts_on"), pl.col("ends_on"))
    part = pl.col("amount").cast(EXACT) * inside / whole
    shares = touching.select("participant_id", "measure", "span", part.cast(MONEY).alias("quota"))
    return shares.group_by("participant_id", "measure", "span").agg(pl.col("quota").sum())


def _days(first: pl.Expr, last: pl.Expr) -> pl.Expr:
    return (last - first).dt.total_days().cast(pl.Decimal(38, 0)) + 1


def for_component(inputs: Inputs, plan: Plan, component: Component) -> tuple[pl.DataFrame, list[Problem]]:
    """`participant_id`, `span` and `quota` of the component's measure over the spans it accumulates in."""
    return over(inputs, plan, component, component.accumulate)


def over(inputs: Inputs, plan: Plan, component: Component, kind: Span) -> tuple[pl.DataFrame, list[Problem]]:
    """The same over spans of another kind."""
    targets, problems = in_currency(inputs.quotas, inputs.rates, plan.currency, inputs.people)
    of_measure = spread(targets.filter(pl.col("measure") == component.measure.name), inputs.days, kind)
    return of_measure.select("participant_id", "span", "quota"), problems
