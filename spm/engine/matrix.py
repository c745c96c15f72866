"""Matrices: what a span pays by two results, this component's and another one's, as both stand at the end of a period.

A result lies in the last row (column) whose bound it has reached; below the first of either nothing is paid. Each
statement period pays what the span is worth at its end less what it was worth at the end of the period before, on
one line without a deal.
"""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from spm import wording
from spm.engine.exact import EXACT, money, rounded
from spm.engine.points import last_reached
from spm.engine.totals import SPAN, less
from spm.frames import MONEY
from spm.plans.model import Matrix, Pays, Point, Rounding, TierBasis


def earn(standing: pl.DataFrame, rate: Matrix, rounding: Rounding) -> pl.DataFrame:
    """One line for each period that changes what the span is worth.

    `standing`: `participant_id`, `period`, `span` in order, the own result as `total` / `of` and the other's as
    `other_total` / `other_of`, `credited` (in the span, to the end of the period) and `target` where it pays of one.
    """
    known = standing.drop_nulls([name for name in ("of", "other_of", "target") if name in standing.columns])
    placed = known.with_columns(
        row=_reached(rate.rows, "total", "of"), column=_reached(rate.columns, "other_total", "other_of")
    )
    valued = placed.join(_values(rate), on=["row", "column"], how="left", maintain_order="left")
    valued = valued.with_columns(pl.col("value").fill_null(0)).with_columns(multiplied=_multiplied(rate.pays))
    worth = pl.col("value").cast(EXACT) * pl.col("multiplied").cast(EXACT)
    due = valued.with_columns(due=rounded(worth, rounding).cast(MONEY))
    before = pl.col("due").shift(1).over(SPAN).fill_null(money(0))
    paid = due.with_columns(before=before).filter(pl.col("due") != pl.col("before"))
    return paid.select("participant_id", "period", amount=pl.col("due") - pl.col("before"), reason=_told(rate))


def _reached(bounds: tuple[Decimal, ...], total: str, of: str) -> pl.Expr:
    return last_reached([Point(bound, bound) for bound in bounds], pl.col(total), pl.col(of))


def _values(rate: Matrix) -> pl.DataFrame:
    rows = [(row, column, value) for row, values in enumerate(rate.values, 1) for column, value in enumerate(values, 1)]
    return pl.DataFrame(rows, schema={"row": pl.Int32, "column": pl.Int32, "value": MONEY}, orient="row")


def _multiplied(pays: Pays) -> pl.Expr:
    if pays is Pays.AMOUNT:
        return money(1)
    return pl.col("target" if pays is Pays.TARGET else "credited")


def _told(rate: Matrix) -> pl.Expr:
    own = _result(rate.basis, "total", "of")
    other = _result(rate.other_basis, "other_total", "other_of")
    what = {Pays.TARGET: "of the target ", Pays.RATE: "of all "}.get(rate.pays)
    value = wording.amounts(pl.col("value"))
    if what:
        value = pl.format(
            "{} {}{}", wording.percents(pl.col("value")), pl.lit(what), wording.amounts(pl.col("multiplied"))
        )
    return pl.format("{}, {} {}: {}{}", own, pl.lit(rate.other), other, value, less())


def _result(basis: TierBasis, total: str, of: str) -> pl.Expr:
    if basis is TierBasis.COUNT:
        return pl.format("{} counted", pl.col(total).cast(pl.Int64))
    if basis is TierBasis.AMOUNT:
        return wording.amounts(pl.col(total))
    return wording.percents((pl.col(total).cast(EXACT) / pl.col(of).cast(EXACT)).round(4))
