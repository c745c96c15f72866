"""Adjustments: what somebody decided by hand, as lines of the statement they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from problems import Problem
from spm.engine.inputs import Inputs
from spm.engine.lines import Extra, Worked
from spm.engine.narrow import narrow
from spm.engine.people import person
from spm.frames import MONEY
from spm.plans import PlanVersion

NAME = "Adjustments"
_STATEMENT = ["participant_id", "period"]


def lines(
    inputs: Inputs, grids: Sequence[pl.DataFrame], versions: Sequence[PlanVersion]
) -> tuple[list[Worked], list[Problem]]:
    """The adjustments of each plan's statements, and those that no statement can take, as Problems.

    A statement of two plans shows an adjustment with the later one.
    """
    if inputs.adjustments.is_empty() or not grids:
        return [], []
    latest = pl.concat(grids).sort(*_STATEMENT, "since", "plan").unique(_STATEMENT, keep="last")
    kept = latest.select(*_STATEMENT, "number", "plan_version", plan_currency="currency")
    joined = inputs.adjustments.join(kept, on=_STATEMENT, how="left").sort("adjustment_id")
    fits = pl.col("currency").fill_null(pl.col("plan_currency")) == pl.col("plan_currency")
    marked = joined.with_columns(fits=fits.fill_null(value=False))
    taken = marked.filter("fits")
    made = [Worked(each, (), (_of_plan(taken, each),)) for each in versions]
    return made, list(_refused(marked.filter(~pl.col("fits")), inputs))


def _of_plan(taken: pl.DataFrame, version: PlanVersion) -> Extra:
    rows = taken.filter(pl.col("plan_version") == version.hash).with_row_index("row")
    reason = pl.format("{} ({})", "reason", pl.col("author").fill_null("unknown"))
    cause = pl.lit("adjustment")
    named = pl.format("{}: {}", "component", reason)
    told = pl.when(pl.col("component").is_null()).then(reason).otherwise(named)
    made = rows.select("row", "participant_id", "amount", period="number", cause=cause, reason=told)
    nothing = {name: pl.lit(None, dtype=MONEY) for name in ("share", "fx_rate", "value")}
    words = {name: pl.lit(None, dtype=pl.String) for name in ("role", "item", "currency")}
    about = rows.select("deal_id", from_participant_id=pl.lit(None, dtype=pl.Int64), **nothing, **words)
    return Extra(NAME, narrow(made), about)


def _refused(lost: pl.DataFrame, inputs: Inputs) -> Iterator[Problem]:
    for row in lost.iter_rows(named=True):
        where = person(inputs.people, row["participant_id"])
        if row["plan_version"] is None:
            message = f"an adjustment of {row['amount']:.2f} for {row['period']} has no statement; it is not paid."
            hint = "Put the person on a plan in that period, or take the adjustment back."
        else:
            message = (
                f"an adjustment for {row['period']} is in {row['currency']}, its statement in {row['plan_currency']}."
            )
            hint = f"Enter it in {row['plan_currency']}."
        yield Problem(where, "adjustment", message, hint)
