"""The conservation check: how much of each won deal a component credits, and why it is not all of it.

Looked at are components that share out whole deals or their line items: by owner, by revenue splits or by rules. A deal
that does not meet the condition is none of theirs, and has no row. A credit that rolls up to several people counts
once. It says something only where everybody on the plan is calculated together.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from spm.engine import crediting, restating, shortfalls, sources
from spm.engine.credits import within
from spm.engine.earning import Earned
from spm.engine.exact import money
from spm.engine.findings import TOLERANCE
from spm.engine.inputs import Inputs
from spm.engine.lines import Worked
from spm.engine.measuring import measured
from spm.frames import CONSERVATION, MONEY, empty
from spm.plans.model import OWNER, REVENUE, Component, Plan, Pool, Source

_CREDIT = ("deal_id", "item", "whose", "split_id", "role")


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
    component = part.component
    counted = _counted(inputs, plan, component)
    whole = counted.select("deal_id", records=pl.lit(1))
    if component.measure.source is not Source.DEALS:
        whole = counted.group_by("deal_id").agg(records=pl.len())
    sums = _once(part).group_by("deal_id").agg(pl.col("share").sum())
    share = (pl.col("share").fill_null(money(0)) / pl.col("records").cast(MONEY)).cast(MONEY)
    found = whole.join(sums, on="deal_id", how="left").select("deal_id", credited_share=share)
    odd = found.filter((pl.col("credited_share") - money(1)).abs() > TOLERANCE)
    why = shortfalls.told(inputs, plan, component, counted.join(odd, on="deal_id", how="semi"))
    named = {"plan": pl.lit(plan.name), "component": pl.lit(component.name)}
    return found.join(why, on="deal_id", how="left").select(
        "deal_id", **named, credited_share="credited_share", why="why"
    )


def _counted(inputs: Inputs, plan: Plan, component: Component) -> pl.DataFrame:
    """The records of won deals that the component counts, whoever they are credited to."""
    records = sources.of_won(inputs, component)
    rows = measured(records, plan, component, by_amount=crediting.by_amount(inputs, component)).rows
    end = inputs.days.last_day(inputs.today, plan.statement) or inputs.today
    return restating.still_counting(within(rows, component), inputs, component, end)


def _once(part: Earned) -> pl.DataFrame:
    """Each credit once, however many people it rolled up to."""
    rolled = part.component.roll_up is not None or isinstance(part.component.rate, Pool)
    if not rolled:
        return part.credits
    whose = pl.coalesce("from_participant_id", "participant_id").alias("whose")
    return part.credits.with_columns(whose).unique(_CREDIT)
