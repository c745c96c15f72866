"""Split rounding: the parts of a split deal in whole cents, with the cents left over going to one of them.

Rounded are the parts of one record in one role, in the record's currency, before they are converted, and only where the
shares add up to the whole: elsewhere there is no residual to speak of. The parts then add up to the value exactly.
`first` and `last` are in the order in which the CRM (or the file) lists the splits, or the plan its rules; among parts
of one size the email decides.
"""

from __future__ import annotations

import polars as pl

from spm.engine.exact import EXACT, money, rounded
from spm.engine.inputs import Inputs
from spm.engine.sources import RECORD
from spm.frames import MONEY
from spm.plans.model import Plan, Rounding, SplitResidual, SplitRounding

PART = "part"
_WHOLE = 10**9  # shares that add up to 1 within one part of this
_ORDER: dict[SplitResidual, tuple[list[str], list[bool]]] = {
    SplitResidual.LARGEST: (["share", "email", "split_id"], [True, False, False]),
    SplitResidual.SMALLEST: (["share", "email", "split_id"], [False, False, False]),
    SplitResidual.FIRST: (["split_id"], [False]),
    SplitResidual.LAST: (["split_id"], [True]),
    SplitResidual.OWNER: (["owns", "share", "email", "split_id"], [True, True, False, False]),
}
"""By what the parts of a deal are sorted (and whether downwards) so that the one who gets the residual comes first.
Without an owner among them the owner's residual goes to the largest."""


def rounded_parts(rows: pl.DataFrame, inputs: Inputs, plan: Plan, splits: SplitRounding) -> pl.DataFrame:
    """The rows of credit with their rounded PART where the parts of a record make the whole, without `owner` and
    without people who are no participants."""
    key = [RECORD if RECORD in rows.columns else "deal_id", "role"]
    named = rows.join(inputs.people.select("participant_id", "email"), on="participant_id", how="left")
    owns = (pl.col("participant_id") == pl.col("owner")).fill_null(value=False)
    held = pl.col(PART) if PART in rows.columns else pl.lit(None, dtype=MONEY)
    exact = pl.coalesce(held.cast(EXACT), pl.col("value").cast(EXACT) * pl.col("share").cast(EXACT))
    cents = rounded(exact, Rounding(splits.places, plan.rounding.rule)).cast(MONEY)
    prepared = named.with_columns(pl.col("email").fill_null(""), held.alias(PART), owns=owns, cents=cents)
    by, downwards = _ORDER[splits.residual]
    ordered = prepared.sort(*key, *by, descending=[False, False, *downwards])
    whole = (pl.col("share").sum() - 1).abs().over(key) <= money(1) / _WHOLE
    split = (pl.len().over(key) > 1) & whole & (pl.col("cents").null_count().over(key) == 0)
    residual = pl.col("value") - pl.col("cents").sum().over(key)
    first = pl.struct(key).is_first_distinct()
    cut = pl.col("cents") + pl.when(first).then(residual).otherwise(money(0))
    made = ordered.with_columns(pl.when(split).then(cut).otherwise(PART).alias(PART))
    return made.drop("owner", "email", "owns", "cents").drop_nulls("participant_id")
