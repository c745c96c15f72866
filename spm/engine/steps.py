"""Steps: reaching one pays an amount, or a share of the target, once in the span; falling below it takes that back."""

from __future__ import annotations

from decimal import Decimal
from itertools import accumulate

import polars as pl

from spm import wording
from spm.engine.curves import multiplied
from spm.engine.exact import EXACT, money
from spm.engine.points import last_reached
from spm.engine.totals import paying, quota, running, telescoped, told
from spm.plans.model import Pays, Rounding, Steps, StepsPay


def earn(booked: pl.DataFrame, rate: Steps, rounding: Rounding) -> pl.DataFrame:
    """One line for each credit that changes what is reached, `tier` being the last step reached."""
    rows = running(booked, rate.basis)
    tiered = rows.with_columns(tier=last_reached(rate.steps, pl.col("reached"), quota(rate.basis)))
    valued = tiered.with_columns(value=_value(rate))
    worth = pl.col("value") * multiplied(rate.pays).cast(EXACT)
    changed = telescoped(valued, worth, rounding).filter(pl.col("amount") != 0)
    reason = told(rate.basis, _worth(rate))
    return changed.select("row", "participant_id", "period", "credited", "tier", "amount", reason=reason)


def _value(rate: Steps) -> pl.Expr:
    """What the steps reached pay together."""
    paid = [step.pays for step in rate.steps]
    values = list(accumulate(paid)) if rate.which is StepsPay.EACH else paid
    chosen = money(0)
    for number, value in enumerate(values, 1):
        chosen = pl.when(pl.col("tier") >= number).then(money(Decimal(value))).otherwise(chosen)
    return chosen.cast(EXACT)


def _worth(rate: Steps) -> pl.Expr:
    value = pl.col("value")
    worth = wording.amounts(value) if rate.pays is Pays.AMOUNT else paying(value, multiplied(rate.pays), "the target")
    reached = pl.when(pl.col("tier") == 0).then(pl.lit("no step")).otherwise(pl.format("step {}", "tier"))
    return pl.format("{}, {}", reached, worth)
