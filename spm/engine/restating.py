"""Clawbacks that restate: a deal to which the event happens within the window has never counted."""

from __future__ import annotations

from datetime import date

import polars as pl

from spm.engine.inputs import Inputs
from spm.engine.measuring import ENDED_ON, REFUND
from spm.plans.model import Component, Restate


def still_counting(rows: pl.DataFrame, inputs: Inputs, component: Component, end: date) -> pl.DataFrame:
    """The rows of credit without those of deals that an event up to `end`, within the window, took back."""
    clawback = component.clawback
    if clawback is None or clawback.where is not Restate.RESTATE or "deal_id" not in rows.columns:
        return rows
    if clawback.on == REFUND:
        refunds = (
            inputs.payments.filter(pl.col("kind") == REFUND).group_by("deal_id").agg(pl.col("on").min().alias(ENDED_ON))
        )
        rows = rows.drop(ENDED_ON, strict=False).join(refunds, on="deal_id", how="left")
    if ENDED_ON not in rows.columns:
        return rows
    happened = pl.col(ENDED_ON) <= end
    if clawback.within_days is not None:
        happened &= (pl.col(ENDED_ON) - pl.col("on")).dt.total_days() <= clawback.within_days
    return rows.filter(~happened.fill_null(value=False)).drop(ENDED_ON)
