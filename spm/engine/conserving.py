"""The conservation check: how much of each won deal a component credits, and why it is not all of it.

Looked at are components that share out whole deals or their line items: by owner, by revenue splits or by rules. A deal
that does not meet the condition is none of theirs, and has no row. A credit that rolls up to several people counts
once. It says something only where everybody on the plan is calculated together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import polars as pl

from spm.engine import crediting, restating, shortfalls, sources
from spm.engine.credits import what_counts, within
from spm.engine.earning import Earned
from spm.engine.exact import money
from spm.engine.findings import TOLERANCE
from spm.engine.inputs import Inputs
from spm.engine.lines import Worked
from spm.engine.measuring import measured
from spm.frames import CONSERVATION, MONEY, empty
from spm.plans.model import OWNER, REVENUE, Component, Plan, Pool, RollUpTo, Source


def of_plans(inputs: Inputs, worked: Sequence[Worked]) -> pl.DataFrame:
    """frames.CONSERVATION, by deal, plan and component."""
    parts = [
        _of_component(inputs, each.version.plan, part)
        for each in worked
        for part in each.components
        if _shares_out(part.component)
    ]
    return pl.concat([empty(CONSERVATION), *parts]).sort("deal_id", maintain_order=True)


def _shares_out(component: Component) -> bool:
    whole = bool(component.credit) or component.role in {OWNER, REVENUE}
    return whole and component.measure.source in {Source.DEALS, Source.LINE_ITEMS}


def _of_component(inputs: Inputs, plan: Plan, part: Earned) -> pl.DataFrame:
    key = ("conserved", plan.name, what_counts(part.component))
    if key not in inputs.known:
        inputs.known[key] = _conserved(inputs, plan, part)
    found = cast("pl.DataFrame", inputs.known[key])
    named = found.with_columns(plan=pl.lit(plan.name), component=pl.lit(part.component.name))
    return named.select(*CONSERVATION)


def _conserved(inputs: Inputs, plan: Plan, part: Earned) -> pl.DataFrame:
    """`deal_id`, `credited_share` and `why` of each deal that counts."""
    component = part.component
    counted = _counted(inputs, plan, component)
    found = _shares(counted, part)
    odd = found.filter((pl.col("credited_share") - money(1)).abs() > TOLERANCE)
    if odd.is_empty():
        return found.with_columns(why=pl.lit(None, dtype=pl.String))
    why = shortfalls.told(inputs, plan, component, counted.join(odd, on="deal_id", how="semi"))
    return found.join(why, on="deal_id", how="left")


def _shares(counted: pl.DataFrame, part: Earned) -> pl.DataFrame:
    """`deal_id` and `credited_share`, of a deal with several line items the average of theirs."""
    sums = _sums(part)
    if part.component.measure.source is Source.DEALS:
        if sums.height == counted.height:  # every deal is credited to somebody
            return sums.rename({"share": "credited_share"})
        whole = counted.select("deal_id", records=pl.lit(1))
    else:
        whole = counted.group_by("deal_id").agg(records=pl.len())
    share = (pl.col("share").fill_null(money(0)) / pl.col("records").cast(MONEY)).cast(MONEY)
    return whole.join(sums, on="deal_id", how="left").select("deal_id", credited_share=share)


def _counted(inputs: Inputs, plan: Plan, component: Component) -> pl.DataFrame:
    """The records of won deals that the component counts, whoever they are credited to."""
    records = sources.of_won(inputs, component)
    rows = measured(records, plan, component, by_amount=crediting.by_amount(inputs, component)).rows
    end = inputs.days.last_day(inputs.today, plan.statement) or inputs.today
    return restating.still_counting(within(rows, component), inputs, component, end)


def _sums(part: Earned) -> pl.DataFrame:
    """`deal_id` and the `share` of it that is credited: each credit once, however many people it rolled up to."""
    component, shares = part.component, part.credits.select("deal_id", "item", "split_id", "share")
    if _several(component):
        whose = pl.coalesce("from_participant_id", "participant_id").alias("whose")
        item = [] if component.measure.source is Source.DEALS else ["item"]
        shares = part.credits.select(*shares.columns, whose).unique(["deal_id", "split_id", "whose", *item])
    elif _plain(component):
        # An owner has one credit of a deal and all of it: nothing to add up.
        owned = pl.col("split_id") == 0
        split = shares.filter(~owned).group_by("deal_id").agg(pl.col("share").sum())
        return pl.concat([shares.filter(owned).select("deal_id", "share"), split])
    return shares.group_by("deal_id").agg(pl.col("share").sum())


def _several(component: Component) -> bool:
    """Whether one credit may reach several people: not where it goes to the one manager alone."""
    if component.roll_up is None:
        return isinstance(component.rate, Pool)
    return component.roll_up.own or component.roll_up.to is RollUpTo.TEAM or component.roll_up.levels != 1


def _plain(component: Component) -> bool:
    return component.measure.source is Source.DEALS and not component.credit and component.roll_up is None
