"""Who is credited for a deal, with which share of it.

| role | who |
|---|---|
| `revenue` | the revenue splits where the deal has any, otherwise its owner with all of it |
| `owner` | the owner with all of it, whatever the splits say |
| any other | the splits of that role; a deal without any is credited to nobody |

Shares are taken as the CRM says them, also where they do not add up to 1 (that is a Problem of the deal, not ours
to correct).
"""

from __future__ import annotations

import polars as pl

from spm.engine.exact import money
from spm.plans.model import OWNER, REVENUE


def credited(measured: pl.DataFrame, splits: pl.DataFrame, role: str) -> pl.DataFrame:
    """One row for each deal and credited person: the measured deal plus `participant_id`, `split_id` (0 for an
    owner), `share` and `role`. People who are no participants are left out."""
    if role == OWNER:
        return _to_owners(measured)
    of_role = splits.filter(pl.col("role") == role)
    shared = _to_splits(measured, of_role)
    if role != REVENUE:
        return shared
    return pl.concat([_to_owners(measured.join(of_role, on="deal_id", how="anti")), shared])


def _to_owners(measured: pl.DataFrame) -> pl.DataFrame:
    return measured.drop_nulls("owner").select(
        pl.exclude("owner"),
        participant_id="owner",
        split_id=pl.lit(0, dtype=pl.Int64),
        share=money(1),
        role=pl.lit(OWNER),
        from_participant_id=pl.lit(None, dtype=pl.Int64),
    )


def _to_splits(measured: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    people = splits.drop_nulls("participant_id").select("deal_id", "participant_id", "split_id", "share", "role")
    own = pl.lit(None, dtype=pl.Int64)
    return measured.drop("owner").join(people, on="deal_id").with_columns(from_participant_id=own)
