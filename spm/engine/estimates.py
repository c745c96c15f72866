"""What open deals would pay: the sum over the components of the plan that the person is on today."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from spm.engine.earning import Earned
from spm.frames import ESTIMATES, empty
from spm.plans import PlanVersion

_KEY = ["deal_id", "participant_id"]


def of_plan(version: PlanVersion, components: Sequence[Earned]) -> pl.DataFrame:
    """The estimates of one plan. `credited` is that of the first component that credits the deal.

    A deal for which one component cannot be calculated (no quota, no rate, no amount) has no estimate at all.
    """
    numbers = enumerate(components)
    parts = [earned.opened.with_columns(number=pl.lit(number)) for number, earned in numbers]
    ordered = pl.concat(parts).sort(*_KEY, "number")
    summed = ordered.group_by(_KEY).agg(
        pl.col("credited").first(), pl.col("amount").sum(), known=pl.col("amount").is_not_null().all()
    )
    return summed.filter("known").with_columns(currency=pl.lit(version.plan.currency)).select(*ESTIMATES)


def together(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """All estimates as frames.ESTIMATES."""
    return pl.concat([empty(ESTIMATES), *parts]).sort(_KEY)
