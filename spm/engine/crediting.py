"""Who is credited for a record, with which share of it.

| role | who |
|---|---|
| `revenue` | the revenue splits where the deal has any, otherwise its owner with all of it |
| `owner` | the owner with all of it, whatever the splits say |
| any other | the splits of that role; a deal without any is credited to nobody |

Line items and payments are credited like their deal; activities, entries and earnings to whose they are. A component
with credit rules is credited by these alone. Shares are taken as the CRM says them, also where they do not add up to 1
(that is a Problem of the deal, not ours to correct). Where a split says an amount, that counts and not its share.
"""

from __future__ import annotations

import polars as pl

from problems import Problem
from spm.engine import credit_rules, roll_up, split_rounding
from spm.engine.exact import EXACT, LARGEST_SHARE, converted, money
from spm.engine.inputs import Inputs
from spm.engine.measuring import DEAL_AMOUNT
from spm.frames import MONEY
from spm.plans.fields import ON_A_DEAL
from spm.plans.model import OWNER, REVENUE, Component, Plan

PART = "part"
"""The credit in the record's currency, where it is not value x share."""


def credited(
    counted: pl.DataFrame, inputs: Inputs, plan: Plan, component: Component
) -> tuple[pl.DataFrame, list[Problem]]:
    """One row for each measured record and person credited: the record plus `participant_id`, `split_id` (0 for no
    split), `share`, `role`, `from_participant_id` and, where some credit is not value x share, PART.

    People who are no participants are left out; people on no plan are not.
    """
    if component.credit:
        rows, problems = credit_rules.by_rules(counted, inputs, plan, component)
    else:
        rows, problems = by_role(counted, inputs, plan, component), []
    if plan.splits is not None:
        rows = split_rounding.rounded_parts(rows, inputs, plan, plan.splits)
    everywhere, odd = roll_up.rolled_up(rows, inputs, component)
    return everywhere, [*problems, *odd]


def by_amount(inputs: Inputs, component: Component) -> bool:
    """Whether this component may credit parts by amount."""
    splittable = component.measure.source in ON_A_DEAL and component.role != OWNER and not component.credit
    return splittable and inputs.splits["amount"].null_count() < inputs.splits.height


def by_role(counted: pl.DataFrame, inputs: Inputs, plan: Plan, component: Component) -> pl.DataFrame:
    """Credit by the component's role. With split rounding people who are no participants stay in, and so does
    `owner`: it takes all the parts of a deal to tell what is left over."""
    keep = plan.splits is not None
    if component.role == OWNER or component.measure.source not in ON_A_DEAL:
        return _to_owners(counted, keep=keep)
    of_role = inputs.splits.filter(pl.col("role") == component.role)
    shared = _to_splits(counted, of_role, keep=keep)
    if component.role != REVENUE:
        return shared
    owned = _to_owners(counted.join(of_role, on="deal_id", how="anti"), keep=keep)
    if PART in shared.columns:
        owned = owned.drop(DEAL_AMOUNT).with_columns(pl.lit(None, dtype=MONEY).alias(PART))
    return pl.concat([owned, shared.select(owned.columns)])


def _to_owners(counted: pl.DataFrame, *, keep: bool) -> pl.DataFrame:
    rows = counted.drop_nulls("owner")
    return rows.select(
        pl.all() if keep else pl.exclude("owner"),
        participant_id="owner",
        split_id=pl.lit(0, dtype=pl.Int64),
        share=money(1),
        role=pl.lit(OWNER),
        from_participant_id=pl.lit(None, dtype=pl.Int64),
    )


def _to_splits(counted: pl.DataFrame, splits: pl.DataFrame, *, keep: bool) -> pl.DataFrame:
    people = splits if keep else splits.drop_nulls("participant_id")
    names = ("deal_id", "participant_id", "split_id", "share", "role")
    own = pl.lit(None, dtype=pl.Int64)
    rows = counted if keep else counted.drop("owner")
    if DEAL_AMOUNT not in counted.columns:
        return rows.join(people.select(names), on="deal_id").with_columns(from_participant_id=own)
    told = people.select(*names, pl.col("amount").alias("told"))
    return _by_amount(rows.join(told, on="deal_id").with_columns(from_participant_id=own)).drop("told", DEAL_AMOUNT)


def _by_amount(rows: pl.DataFrame) -> pl.DataFrame:
    """PART and `share` of splits by amount: the amount itself where the deal's amount is what counts, else the same
    part of what does. Null where it is no sensible part of the deal."""
    told, whole, value = pl.col("told"), pl.col(DEAL_AMOUNT), pl.col("value")
    size = (told.cast(pl.Float64) / whole.cast(pl.Float64)).abs()
    divisor = pl.when((whole != 0) & (size <= LARGEST_SHARE)).then(whole)
    part = told.cast(EXACT) / divisor.cast(EXACT)
    credit = pl.when(value == divisor).then(told).otherwise(converted(value, part))
    return rows.with_columns(
        pl.when(told.is_not_null()).then(credit).alias(PART),
        share=pl.when(told.is_not_null()).then(part.cast(MONEY)).otherwise("share"),
    )
