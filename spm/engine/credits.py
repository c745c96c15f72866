"""Credits: what each person on a plan is credited for by one component, on which day, in the plan's currency.

credit = value x share x rate of the deal's day, kept to ten places and never rounded to cents. Credits stand in the
order (person, day, deal, item, larger share, email of the person it rolled up from, role); that order decides which of
them reach a tier first. Deals of one day stand in the order of their connection and their id in the CRM, which is the
same in every database that holds them.

A won deal counts on its own day by the plan its person is on that day. One that is dated after the statement period
that contains today waits for its day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import cast

import polars as pl

from problems import Problem
from spm.engine import crediting, lacking, ordering, pricing, restating, sources
from spm.engine.inputs import DEAL_PLACE, Inputs
from spm.engine.measuring import RATED_ON, measured
from spm.engine.sources import RECORD
from spm.plans.fields import ON_A_DEAL
from spm.plans.model import PERIOD_SPANS, Component, Divided, FlatRate, Plan, Pool, Source, Span

_NOTHING = FlatRate(Decimal(0))
_POOL = Pool(Divided.EQUALLY)
_COLUMNS = (
    "row",
    "participant_id",
    "on",
    "deal_id",
    "item",
    "from_participant_id",
    "split_id",
    "role",
    "share",
    "value",
    "currency",
    "fx_rate",
    "credited",
    "period",
    "span",
)


@dataclass(frozen=True, slots=True)
class Credits:
    """Credits in order.

    Columns: `row` (their number, from 0), `participant_id`, `on`, `deal_id` (null: of no deal), `item` (null: of the
    deal itself), `from_participant_id` (null: one's own), `split_id`, `role`, `share`, `value` and `currency` (of the
    record), `fx_rate`, `credited` (in the plan's currency, or in pieces), `period` and `span` (numbers of the
    statement's and the accumulation's period).
    """

    rows: pl.DataFrame
    problems: Sequence[Problem] = ()


def won_credits(inputs: Inputs, plan: Plan, component: Component, basis: pl.DataFrame | None = None) -> Credits:
    """What the component's records credit to the people on the plan, up to the end of the current statement period.

    `basis`: what others earned (sources.EARNINGS), for a component whose source is earnings. Components that count the
    same for the same people share one frame.
    """
    key = ("credits", plan.name, what_counts(component))
    if key in inputs.known:
        return cast("Credits", inputs.known[key])
    made = _won_credits(inputs, plan, component, basis)
    if not any(problem.where == lacking.About(inputs, plan, component).where for problem in made.problems):
        inputs.known[key] = made
    return made


def what_counts(component: Component) -> Component:
    """The component without its name and what comes after its credits: two that are alike have the same credits."""
    return replace(
        component,
        name="",
        rate=_POOL if isinstance(component.rate, Pool) else _NOTHING,
        budget=None,
        target=None,
        gates=(),
        multipliers=(),
        caps=(),
        floors=(),
        hold=None,
    )


def _won_credits(inputs: Inputs, plan: Plan, component: Component, basis: pl.DataFrame | None) -> Credits:
    records = sources.of_won(inputs, component, basis)
    counted = measured(records, plan, component, by_amount=crediting.by_amount(inputs, component))
    everybody, odd = crediting.credited(within(counted.rows, component), inputs, plan, component)
    rows = on_plan(plan, everybody, inputs)
    dated = rows.drop_nulls("on")
    reached = _placed(dated, plan, component, inputs)
    end = inputs.days.last_day(inputs.today, plan.statement) or inputs.today
    now = restating.still_counting(reached.filter(pl.col("on") <= end), inputs, component, end)
    priced = pricing.priced(now, plan, component, inputs)
    about = lacking.About(inputs, plan, component)
    problems = [
        *counted.problems,
        *odd,
        *lacking.owner(counted.rows, about),
        *lacking.day(rows, about),
        *lacking.calendar(dated, about),
        *lacking.patience(reached.filter(pl.col("on") > end), about, end),
        *lacking.value(priced, about),
        *lacking.rate(priced, about),
    ]
    return Credits(_in_order(priced.drop_nulls("credited"), component, inputs), problems)


def open_credits(inputs: Inputs, plan: Plan, component: Component) -> Credits:
    """What the open deals would credit if they were won today, with null as `credited` where it cannot be said.

    Without columns for a component whose records are not of deals that may be won: activities, entries, payments,
    earnings.
    """
    if component.measure.source not in {Source.DEALS, Source.LINE_ITEMS}:
        return Credits(pl.DataFrame())
    records = sources.on_deals(inputs, _won_today(inputs), component.measure.source)
    counted = measured(records, plan, component, by_amount=crediting.by_amount(inputs, component)).rows
    today = _today(inputs.today)
    rated = [pl.col(RATED_ON).fill_null(today)] if RATED_ON in counted.columns else []
    rows = within(counted.with_columns(today.alias("on"), *rated), component)
    everybody, _ = crediting.credited(rows, inputs, plan, component)
    placed = _placed(on_plan(plan, everybody, inputs), plan, component, inputs)
    priced = pricing.priced(placed, plan, component, inputs)
    about = lacking.About(inputs, plan, component, won=False)
    return Credits(_in_order(priced, component, inputs), list(lacking.rate(priced, about)))


def _won_today(inputs: Inputs) -> pl.DataFrame:
    won_today = (pl.lit("won").alias("status"), _today(inputs.today).alias("close_date"))
    return inputs.deals.filter(pl.col("status") == "open").with_columns(won_today)


def _today(today: date) -> pl.Expr:
    return pl.lit(today, dtype=pl.Date)


def within(rows: pl.DataFrame, component: Component) -> pl.DataFrame:
    """The records inside the component's own days, and those without a day."""
    if component.starts_on is not None:
        rows = rows.filter((pl.col("on") >= component.starts_on) | pl.col("on").is_null())
    if component.ends_on is not None:
        rows = rows.filter((pl.col("on") <= component.ends_on) | pl.col("on").is_null())
    return rows


def _in_order(rows: pl.DataFrame, component: Component, inputs: Inputs) -> pl.DataFrame:
    """Never by our own numbers, which say when we first read a record: calculated anew in another database, the same
    deals have others."""
    source = component.measure.source
    place = DEAL_PLACE if source is Source.DEALS else RECORD
    ordered = ordering.in_order(rows, place, inputs.people)
    if component.accumulate is Span.DEAL:
        number = DEAL_PLACE if source in ON_A_DEAL else RECORD
        ordered = ordered.with_columns(span=pl.col(number).cast(pl.Int32))
    return ordered.with_row_index("row").select(_COLUMNS)


def on_plan(plan: Plan, rows: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """The rows whose person is on the plan on their day, and of people on the plan the rows without a day."""
    spells = inputs.assignments.filter(pl.col("plan") == plan.name).drop("plan")
    joined = rows.join(spells, on="participant_id")
    there = pl.col("on").is_between("starts_on", "ends_on")
    return joined.filter(there | pl.col("on").is_null()).drop("starts_on", "ends_on")


def _placed(rows: pl.DataFrame, plan: Plan, component: Component, inputs: Inputs) -> pl.DataFrame:
    """The rows that the calendar reaches, with the numbers of their statement and accumulation period."""
    accumulate = component.accumulate
    span = pl.col(accumulate.value) if accumulate in PERIOD_SPANS else pl.lit(0, dtype=pl.Int32)
    numbers = inputs.days.days.select("on", period=pl.col(plan.statement.value), span=span)
    return rows.join(numbers, on="on")
