"""Curves: what a span pays in total is a function of what is accumulated in it.

F = value x target (`pays = target`), value x everything credited in the span (`rate`), or the value itself (`amount`),
where value is that of the curve at the total, its attainment, or the number of credits.
"""

from __future__ import annotations

import polars as pl

from spm import wording
from spm.engine.exact import EXACT, money
from spm.engine.points import times_value, value_at
from spm.engine.totals import paying, quota, running, telescoped, told
from spm.plans.model import Curve, Pays, Rounding


def earn(booked: pl.DataFrame, rate: Curve, rounding: Rounding) -> pl.DataFrame:
    """One line for each credit, also where the curve does not rise with it."""
    rows = running(booked, rate.basis)
    worth = times_value(multiplied(rate.pays), rate, pl.col("reached"), quota(rate.basis))
    paid = telescoped(rows, worth, rounding)
    valued = paid.with_columns(value=value_at(rate, pl.col("reached"), quota(rate.basis)))
    reason = told(rate.basis, _worth(rate.pays))
    return valued.select("row", "participant_id", "period", "credited", "amount", reason=reason)


def multiplied(pays: Pays) -> pl.Expr:
    """What the value is a share or a rate of: the `target`, the `total` of the span; 1 for an amount."""
    if pays is Pays.AMOUNT:
        return money(1)
    return pl.col("target" if pays is Pays.TARGET else "total")


def _worth(pays: Pays) -> pl.Expr:
    value = pl.col("value").cast(EXACT)
    if pays is Pays.AMOUNT:
        return wording.amounts(value)
    what = "the target" if pays is Pays.TARGET else "all"
    return paying(value, multiplied(pays), what)
