"""The currency a statement is paid in: the plan's, each person's, or another; at the rate of the period's last day."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from problems import Problem
from spm.engine.exact import converted, rounded
from spm.engine.exchange import crosses
from spm.engine.inputs import Inputs
from spm.engine.people import person
from spm.frames import MONEY
from spm.plans import PlanVersion
from spm.plans.model import Plan

_EACH_PERSONS = "participant"


def paid(
    statements: pl.DataFrame, inputs: Inputs, versions: Sequence[PlanVersion]
) -> tuple[pl.DataFrame, list[Problem]]:
    """The statements (with `payout`, `currency`, `plan_version`, `period`) plus `pay_currency`, `pay_rate` and
    `pay_amount`; null rate and amount, and a Problem, where there is no rate on the last day of the period."""
    parts = [_of_plan(statements.filter(pl.col("plan_version") == each.hash), inputs, each.plan) for each in versions]
    if not parts:
        return statements, []
    made = pl.concat(parts)
    return made, [_without_rate(row, inputs) for row in made.filter(pl.col("pay_rate").is_null()).iter_rows(named=True)]


def _of_plan(statements: pl.DataFrame, inputs: Inputs, plan: Plan) -> pl.DataFrame:
    ends = inputs.days.periods.select("period", on="ends_on")
    named = _in_pay_currency(statements.join(ends, on="period", how="left"), inputs, plan)
    rates = [
        crosses(named.filter(pl.col("pay_currency") == into).select("currency", "on"), inputs.rates, into).with_columns(
            pay_currency=pl.lit(into)
        )
        for into in sorted(named["pay_currency"].unique())
    ]
    if not rates:
        nothing = pl.lit(None, dtype=MONEY)
        return named.drop("on").with_columns(pay_rate=nothing, pay_amount=nothing)
    found = named.join(pl.concat(rates), on=["currency", "on", "pay_currency"], how="left")
    amount = rounded(converted(pl.col("payout"), pl.col("cross")), plan.rounding)
    return found.with_columns(pay_rate=pl.col("cross").cast(MONEY), pay_amount=amount).drop("cross", "on")


def _in_pay_currency(statements: pl.DataFrame, inputs: Inputs, plan: Plan) -> pl.DataFrame:
    if plan.pay_currency != _EACH_PERSONS:
        return statements.with_columns(pay_currency=pl.lit(plan.pay_currency or plan.currency))
    own = inputs.people.select("participant_id", pay_currency="currency")
    joined = statements.join(own, on="participant_id", how="left")
    return joined.with_columns(pl.col("pay_currency").fill_null(plan.currency))


def _without_rate(row: dict[str, object], inputs: Inputs) -> Problem:
    message = (
        f"no rate from {row['currency']} to {row['pay_currency']} on the last day of {row['period']}; it is not paid."
    )
    hint = f"Add a rate for {row['pay_currency']} that holds on that day."
    return Problem(person(inputs.people, row["participant_id"]), "currency", message, hint)
