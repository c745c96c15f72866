"""Narrow lines: what a rate or a modifier found, before the credit it names by its row is written out.

A line of a rate has the credit's `row`, its part of the credit and the tier. A modifier's line leaves `credited`,
`rate` and the bounds null and says its figures in `reason`; `row` is the credit it is about, null where it is about a
whole period; `tier` then only orders lines of one cause within a component, period and credit.
"""

from __future__ import annotations

import polars as pl

from spm.frames import CAUSES, MONEY, Schema

CAUSE = pl.Enum(CAUSES)

NARROW: Schema = {
    "row": pl.UInt32,  # of the component's credits; null: no credit in particular
    "participant_id": pl.Int64,
    "period": pl.Int32,  # number of the statement period
    "credited": MONEY,
    "cause": CAUSE,
    "tier": pl.Int32,
    "tier_from": MONEY,
    "tier_to": MONEY,
    "rate": MONEY,
    "amount": MONEY,
    "reason": pl.String,
}
_DEFAULTS = {"cause": "credit", "tier": 0}


def narrow(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines as NARROW: columns that a maker left out are null, `cause` is `credit` and `tier` 0."""
    missing = [
        pl.lit(_DEFAULTS.get(name), dtype=kind).alias(name)
        for name, kind in NARROW.items()
        if name not in lines.columns
    ]
    return lines.with_columns(missing).select(*NARROW).cast(NARROW)  # type: ignore[arg-type]
