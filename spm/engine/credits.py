"""Credits: what each person on a plan is credited for by one component, on which day, in the plan's currency.

credit = value x share x rate of the deal's day, kept to ten places and never rounded to cents. Credits stand in the
order (person, day, deal, larger share); that order decides which of them reach a tier first. Deals of one day stand in
the order of their connection and their id in the CRM, which is the same in every database that holds them.

A won deal counts on its own day by the plan its person is on that day. One that is dated after the statement period
that contains today waits for its day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from problems import Problem
from spm.engine import crediting, lacking
from spm.engine.exact import EXACT, converted, money
from spm.engine.exchange import crosses
from spm.engine.inputs import Inputs
from spm.engine.measuring import measured
from spm.frames import MONEY
from spm.plans.model import PERIOD_SPANS, Component, Plan, Span

_DAYS = 4_000_000  # more than there are days in four-digit years; a key of person and day sorts twice as fast as two


@dataclass(frozen=True, slots=True)
class Credits:
    """Credits in order.

    Columns: `row` (their number, from 0), `participant_id`, `on`, `deal_id`, `item`, `from_participant_id`, `split_id`,
    `role`, `share`, `value` and `currency` (of the record), `fx_rate`, `credited` (in the plan's currency, or in
    pieces), `period` and `span` (numbers of the statement's and the accumulation's period).
    """

    rows: pl.DataFrame
    problems: Sequence[Problem] = ()


def won_credits(inputs: Inputs, plan: Plan, component: Component, basis: pl.DataFrame | None = None) -> Credits:
    """What the won deals credit to the people on the plan, up to the end of the current statement period.

    `basis`: what others earned, for a component whose source is earnings.
    """
    deals = inputs.deals.filter(pl.col("status") == "won")
    counted = measured(deals, plan, component)
    rows = _on_plan(plan, crediting.credited(counted.deals, inputs.splits, component.role), inputs)
    dated = rows.drop_nulls("on")
    reached = _placed(dated, plan, component, inputs)
    end = inputs.days.last_day(inputs.today, plan.statement) or inputs.today
    now = reached.filter(pl.col("on") <= end)
    priced = _priced(now, plan, inputs)
    problems = [
        *counted.problems,
        *lacking.day(rows, inputs.deals, component),
        *lacking.calendar(dated, inputs.days, plan),
        *lacking.patience(reached.filter(pl.col("on") > end), inputs.deals, end),
        *lacking.value(priced, inputs.deals, component),
        *lacking.rate(priced, inputs.deals, plan),
    ]
    return Credits(_in_order(priced.drop_nulls("credited"), component, inputs), problems)


def open_credits(inputs: Inputs, plan: Plan, component: Component) -> Credits:
    """What the open deals would credit if they were won today, with null as `credited` where it cannot be said."""
    won_today = (pl.lit("won").alias("status"), _today(inputs.today).alias("close_date"))
    deals = inputs.deals.filter(pl.col("status") == "open").with_columns(won_today)
    counted = measured(deals, plan, component).deals.with_columns(_today(inputs.today).alias("on"))
    rows = _on_plan(plan, crediting.credited(counted, inputs.splits, component.role), inputs)
    priced = _priced(_placed(rows, plan, component, inputs), plan, inputs)
    return Credits(_in_order(priced, component, inputs), list(lacking.rate(priced, inputs.deals, plan, won=False)))


def _today(today: date) -> pl.Expr:
    return pl.lit(today, dtype=pl.Date)


def _in_order(rows: pl.DataFrame, component: Component, inputs: Inputs) -> pl.DataFrame:
    """Never by our own numbers, which say when we first read a record: calculated anew in another database, the same
    deals have others."""
    key = pl.col("participant_id") * _DAYS + pl.col("on").to_physical()
    placed = rows.join(inputs.places, on="deal_id", how="left").with_columns(key=key)
    ordered = placed.sort("key", "place", "share", descending=[False, False, True])
    if component.accumulate is Span.DEAL:
        ordered = ordered.with_columns(span=pl.col("place").cast(pl.Int32))
    return ordered.drop("key", "place").with_row_index("row")


def _on_plan(plan: Plan, rows: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
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


def _priced(rows: pl.DataFrame, plan: Plan, inputs: Inputs) -> pl.DataFrame:
    """The rows with `fx_rate` and `credited`; both are null where a rate, `credited` where the value is missing."""
    foreign = rows.filter(pl.col("currency").ne_missing(plan.currency))
    if foreign.is_empty():
        return _at_home(rows)
    rates = crosses(foreign, inputs.rates, plan.currency)
    abroad = foreign.join(rates, on=["currency", "on"], how="left")
    factor = pl.col("share").cast(EXACT) * pl.col("cross")
    priced = abroad.with_columns(credited=converted(pl.col("value"), factor), fx_rate=pl.col("cross").cast(MONEY))
    return pl.concat([_at_home(rows.filter(pl.col("currency") == plan.currency)), priced.drop("cross")])


def _at_home(rows: pl.DataFrame) -> pl.DataFrame:
    """Credits of deals in the plan's own currency: value and share are bounded, so their product fits."""
    credit = pl.col("value").cast(EXACT) * pl.col("share").cast(EXACT)
    return rows.with_columns(credited=credit.cast(MONEY), fx_rate=money(1))
