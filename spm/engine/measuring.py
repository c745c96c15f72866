"""What each deal counts for in a component: its condition, its value and its day, evaluated on the deals' fields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from problems import Problem, did_you_mean
from spm.engine.exact import too_large
from spm.frames import MONEY
from spm.plans.expressions import Refused, fields_of, parse, type_of
from spm.plans.model import Component, Measure, Plan

MEASURED: dict[str, pl.DataType | type[pl.DataType]] = {
    "deal_id": pl.Int64,
    "owner": pl.Int64,
    "on": pl.Date,
    "value": MONEY,
    "currency": pl.String,
    "item": pl.String,
}
"""A record that a component counts: for whom, on which day, how much (null: not known), in which currency."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The deals that count, or the Problem that kept the component from being measured at all."""

    deals: pl.DataFrame
    problems: tuple[Problem, ...] = ()


def measured(deals: pl.DataFrame, plan: Plan, component: Component) -> Measured:
    """The deals (frames.DEALS and own fields) that meet the component's condition, as MEASURED."""
    try:
        columns, condition = _columns(component.measure, deals)
        # Selected with the columns: a filter by a constant alone fails on large frames.
        counted = deals.select(*columns, counts=condition).filter("counts").drop("counts")
        return Measured(counted.cast(MEASURED))  # type: ignore[arg-type]
    except Refused as refused:
        return _failed(plan, component, str(refused), refused.hint)
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().splitlines()[0]
        return _failed(plan, component, f"cannot be calculated on these deals: {reason}.", "Correct the expression.")


def _columns(measure: Measure, deals: pl.DataFrame) -> tuple[list[pl.Expr], pl.Expr]:
    fields = tuple(deals.schema.items())
    value = _checked(measure.value, fields)
    condition = _checked(measure.condition, fields) if measure.condition else pl.lit(value=True)
    if deals.schema.get(measure.date) != pl.Date:
        days = [name for name, kind in deals.schema.items() if kind == pl.Date]
        hint = did_you_mean(measure.date, days, f"Date fields are: {', '.join(days)}.")
        raise Refused(f"{measure.date!r} is no date field of these deals.", hint)
    kept = pl.when(~too_large(value.cast(MONEY))).then(value)
    named = [pl.col("owner_participant_id").alias("owner"), pl.col(measure.date).alias("on"), kept.alias("value")]
    item = pl.lit(None, dtype=pl.String).alias("item")
    return [pl.col("deal_id"), *named, pl.col("currency"), item], condition.fill_null(value=False)


@lru_cache(maxsize=256)
def _checked(text: str, fields: tuple[tuple[str, pl.DataType], ...]) -> pl.Expr:
    """The expression, once every field is there and no part of it is a float. Raises Refused."""
    expression, schema = parse(text), dict(fields)
    for field in fields_of(expression):
        if field not in schema:
            hint = did_you_mean(field, schema, "Add it to the mapping of the deals.")
            raise Refused(f"there is no deal field {field!r}.", hint)
    type_of(expression, schema)
    return expression


def _failed(plan: Plan, component: Component, message: str, hint: str) -> Measured:
    where = f"plan {plan.name}, component {component.name}"
    return Measured(pl.DataFrame(schema=MEASURED), (Problem(where, "", message, hint),))
