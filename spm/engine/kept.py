"""How much of what the deals of a span earned is left of it by gates, multipliers and caps.

Those change what a whole period earns, so their lines name no deal. What is taken back of a deal, or held, is taken of
what they left: amount x (what deals earned + what was changed) / what deals earned, in the span of the line so far.
"""

from __future__ import annotations

import polars as pl

from spm.engine.cumulative import calendar, kind_of
from spm.engine.days import longer
from spm.engine.earning import Earned
from spm.engine.exact import money, portion
from spm.engine.inputs import Inputs
from spm.plans.model import Plan

CHANGED = ["multiplier", "gate", "cap", "cap_held"]
_AFTER = ["clawback", "hold", "release"]
_POOL = ["participant_id", "span"]


def spans(inputs: Inputs, plan: Plan, part: Earned) -> pl.DataFrame:
    """The `span` of each statement `period`: of the component's kind, or the period itself where that is longer."""
    return calendar(inputs, plan, longer(kind_of(None, plan, part.component), plan.statement))


def of_periods(part: Earned) -> pl.DataFrame:
    """The lines that change what whole periods earn."""
    return part.lines.filter(pl.col("row").is_null() & pl.col("cause").is_in(CHANGED))


def left(inputs: Inputs, plan: Plan, part: Earned, rows: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """`rows` (lines of deals with `row`, `participant_id`, `period`, `amount`) for each period `at` of `events` of
    their `row`, with what is left of `amount` by then."""
    if of_periods(part).is_empty():
        return rows.join(events.unique(), on="row").select(*rows.columns, "at")
    each = rows.join(events.unique(), on="row").join(spans(inputs, plan, part), on="period")
    by = pl.max_horizontal("at", "period")
    pools = _pools(inputs, plan, part)
    found = (
        each.with_columns(by=by)
        .sort("by")
        .join_asof(pools.sort("until"), left_on="by", right_on="until", by=_POOL, check_sortedness=False)
    )
    some = (pl.col("earned") > 0) & (pl.col("stays") != pl.col("earned"))
    stays = pl.max_horizontal("stays", money(0))
    whole = pl.when(pl.col("earned") > 0).then("earned").otherwise(money(1))
    amount = pl.when(some).then(portion(pl.col("amount"), stays, whole, plan.rounding)).otherwise("amount")
    return found.with_columns(amount=amount).select(*rows.columns, "at").sort("line", "at")


def followed(inputs: Inputs, plan: Plan, part: Earned, rows: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """The events (of a `row`, `at` a period) once more for each later period in which the span of such lines comes to
    something else: a gate that is met later does not give back what was taken back before."""
    if of_periods(part).is_empty():
        return events
    pools = _pools(inputs, plan, part).select(*_POOL, at="until")
    later = rows.join(spans(inputs, plan, part), on="period").join(pools, on=_POOL).select("row", "at")
    moments = pl.concat([events.select("row", "at"), later]).unique().sort("at")
    known = moments.join_asof(events.sort("at"), on="at", by="row", check_sortedness=False)
    return known.drop_nulls("part").select(events.columns)


def _pools(inputs: Inputs, plan: Plan, part: Earned) -> pl.DataFrame:
    """What deals `earned` in each span and what of it `stays`, by the end of each period `until`."""
    rows = part.lines.filter(~pl.col("cause").is_in(_AFTER)).join(spans(inputs, plan, part), on="period")
    of_deals = pl.col("amount").filter(pl.col("row").is_not_null()).sum()
    changed = pl.col("amount").filter(pl.col("row").is_null() & pl.col("cause").is_in(CHANGED)).sum()
    sums = rows.group_by(*_POOL, until="period").agg(earned=of_deals, changed=changed).sort(*_POOL, "until")
    running = sums.with_columns(pl.col("earned", "changed").cum_sum().over(_POOL))
    return running.select(*_POOL, "until", "earned", stays=pl.col("earned") + pl.col("changed"))
