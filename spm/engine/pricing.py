"""What a credit comes to: value x share x exchange rate, or its part x exchange rate, in the plan's currency."""

from __future__ import annotations

import polars as pl

from spm.engine.crediting import PART
from spm.engine.exact import EXACT, converted, money
from spm.engine.exchange import PLAN_RATE, crosses, planned
from spm.engine.inputs import Inputs
from spm.engine.measuring import RATED_ON
from spm.frames import MONEY
from spm.plans.model import Component, Plan, Unit


def priced(rows: pl.DataFrame, plan: Plan, component: Component, inputs: Inputs) -> pl.DataFrame:
    """The rows with `fx_rate` and `credited`; both are null where a rate, `credited` where the value is missing.

    A number is never converted: its rate is 1.
    """
    if component.measure.unit is Unit.NUMBER:
        return _at_home(rows)
    foreign = rows.filter(pl.col("currency").ne_missing(plan.currency))
    if foreign.is_empty():
        return _at_home(rows)
    abroad = _with_rates(foreign, plan, inputs)
    factor = pl.col("share").cast(EXACT) * pl.col("cross")
    credit = converted(pl.col("value"), factor)
    if PART in rows.columns:
        credit = pl.when(pl.col(PART).is_null()).then(credit).otherwise(converted(pl.col(PART), pl.col("cross")))
    made = abroad.with_columns(credited=credit, fx_rate=pl.col("cross").cast(MONEY)).drop("cross")
    return pl.concat([_at_home(rows.filter(pl.col("currency") == plan.currency)), made])


def _at_home(rows: pl.DataFrame) -> pl.DataFrame:
    """Credits of deals in the plan's own currency: value and share are bounded, so their product fits."""
    credit = (pl.col("value").cast(EXACT) * pl.col("share").cast(EXACT)).cast(MONEY)
    if PART in rows.columns:
        credit = pl.coalesce(PART, credit)
    return rows.with_columns(credited=credit, fx_rate=money(1))


def _with_rates(foreign: pl.DataFrame, plan: Plan, inputs: Inputs) -> pl.DataFrame:
    """The rows with `cross`: what one unit of their currency is worth by the plan's policy; null: not known."""
    if plan.exchange.policy == PLAN_RATE:
        return foreign.join(planned(plan), on="currency", how="left")
    day = RATED_ON if RATED_ON in foreign.columns else "on"
    wanted = foreign.select("currency", on=day)
    rates = crosses(wanted, inputs.rates, plan.currency).rename({"on": day})
    return foreign.join(rates, on=["currency", day], how="left")
