"""What each record counts for in a component: its condition, value and day, evaluated on the record's fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from problems import Problem, did_you_mean
from spm.engine.exact import EXACT, converted, too_large
from spm.engine.exchange import PLAN_RATE
from spm.engine.inputs import DEAL_PLACE
from spm.engine.sources import RECORD
from spm.frames import MONEY, Schema
from spm.plans.expressions import Refused, fields_of, parse, type_of
from spm.plans.fields import ON_A_DEAL
from spm.plans.model import Component, Measure, Plan, Restate, Source, Unit

MEASURED: Schema = {
    "deal_id": pl.Int64,
    "owner": pl.Int64,
    "on": pl.Date,
    "value": MONEY,
    "currency": pl.String,
    "item": pl.String,
}
"""A record that a component counts: for whom, on which day, how much (null: not known), in which currency (null: of a
number)."""

RATED_ON = "rated on"
"""The day of the exchange rate, where it is not the day the record counts on."""
ENDED_ON = "ended on"
"""The day of the event for which a deal never counted."""
DEAL_AMOUNT = "deal_amount"
"""The whole deal's amount, which parts by amount are parts of."""

COUNTING_DATE = "counting_date"
REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Measured:
    """The records that count, or the Problem that kept the component from being measured at all."""

    rows: pl.DataFrame
    problems: tuple[Problem, ...] = ()


def measured(records: pl.DataFrame, plan: Plan, component: Component, *, by_amount: bool = False) -> Measured:
    """The records (of sources) that meet the component's condition, as MEASURED.

    And what else is needed of them: RECORD (all but deals), DEAL_PLACE (what is on a deal), DEAL_AMOUNT (`by_amount`:
    there are splits by amount), RATED_ON, ENDED_ON, and for each credit rule whether it holds and whom a field names
    (`applies`, `named`).
    """
    try:
        columns, condition = _columns(component.measure, records, plan)
        more = [*_more(records, plan, component, by_amount=by_amount), *_rules(records, component)]
        # Selected with the columns: a filter by a constant alone fails on large frames.
        counted = records.select(*columns, *more, counts=condition).filter("counts").drop("counts")
        return Measured(counted.cast(MEASURED))  # type: ignore[arg-type]
    except Refused as refused:
        return _failed(plan, component, str(refused), refused.hint)
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().splitlines()[0]
        message = f"cannot be calculated on these {_plural(component.measure.source)}: {reason}."
        return _failed(plan, component, message, "Correct the expression.")


def applies(number: int) -> str:
    """The column that says whether the credit rule of that number holds for a record."""
    return f"rule {number}"


def named(number: int) -> str:
    """The column with what the field says that the rule of that number credits."""
    return f"rule {number} names"


def _columns(measure: Measure, records: pl.DataFrame, plan: Plan) -> tuple[list[pl.Expr], pl.Expr]:
    condition = _holds(measure.condition, records, measure.source)
    value = _expression(measure.value, records, measure.source)
    known: pl.Expr = pl.when(~too_large(value.cast(MONEY))).then(value)
    if measure.weight is not None:
        weight = _expression(measure.weight, records, measure.source)
        known = converted(known.cast(MONEY), weight.cast(EXACT))
    item = pl.col("item") if measure.source is not Source.DEALS else pl.lit(None, dtype=pl.String)
    told = {
        "owner": pl.col("owner_participant_id"),
        "on": _day(measure.date, records, measure.source),
        "value": known,
        "currency": _currency(measure, plan),
        "item": item,
    }
    return [pl.col("deal_id"), *(expression.alias(name) for name, expression in told.items())], condition


def _currency(measure: Measure, plan: Plan) -> pl.Expr:
    """Numbers have none; an entry that says none is in that of the plan."""
    if measure.unit is Unit.NUMBER:
        return pl.lit(None, dtype=pl.String)
    if measure.source is Source.ENTRIES:
        return pl.col("currency").fill_null(plan.currency)
    return pl.col("currency")


def _more(records: pl.DataFrame, plan: Plan, component: Component, *, by_amount: bool) -> Iterator[pl.Expr]:
    source, policy, clawback = component.measure.source, plan.exchange.policy, component.clawback
    if source is not Source.DEALS:
        yield pl.col(RECORD)
    if source not in ON_A_DEAL:
        return
    yield pl.col(DEAL_PLACE)
    if by_amount:
        yield pl.col("amount" if source is Source.DEALS else DEAL_AMOUNT).alias(DEAL_AMOUNT)
    if policy not in {COUNTING_DATE, PLAN_RATE} and component.measure.unit is Unit.MONEY:
        there = records.schema.get(policy) == pl.Date
        yield (pl.col(policy) if there else pl.lit(None, dtype=pl.Date)).alias(RATED_ON)
    if clawback is not None and clawback.where is Restate.RESTATE and clawback.on != REFUND:
        yield _day(clawback.on, records, source).alias(ENDED_ON)


def _rules(records: pl.DataFrame, component: Component) -> Iterator[pl.Expr]:
    for number, rule in enumerate(component.credit):
        yield _holds(rule.condition, records, component.measure.source).alias(applies(number))
        kind, _, name = rule.to.partition(":")
        if kind == "field":
            _known([name], dict(records.schema), component.measure.source)
            if records.schema[name] != pl.String:
                raise Refused(f"{name} holds no text, so it names nobody.", "Name a field with an email or owner id.")
            yield pl.col(name).alias(named(number))


def _day(name: str, records: pl.DataFrame, source: Source) -> pl.Expr:
    if records.schema.get(name) == pl.Date:
        return pl.col(name)
    days = [field for field, kind in records.schema.items() if kind == pl.Date]
    hint = did_you_mean(name, days, f"Date fields are: {', '.join(days)}.")
    raise Refused(f"{name!r} is no date field of these {_plural(source)}.", hint)


def _holds(condition: str | None, records: pl.DataFrame, source: Source) -> pl.Expr:
    held = _expression(condition, records, source) if condition else pl.lit(value=True)
    return held.fill_null(value=False)


def _expression(text: str, records: pl.DataFrame, source: Source) -> pl.Expr:
    return _checked(text, tuple(records.schema.items()), source)


@lru_cache(maxsize=256)
def _checked(text: str, fields: tuple[tuple[str, pl.DataType], ...], source: Source) -> pl.Expr:
    """The expression, once every field is there and no part of it is a float. Raises Refused."""
    expression, schema = parse(text), dict(fields)
    _known(fields_of(expression), schema, source)
    type_of(expression, schema)
    return expression


def _known(names: tuple[str, ...] | list[str], schema: dict[str, pl.DataType], source: Source) -> None:
    for field in names:
        if field not in schema:
            hint = did_you_mean(field, schema, "Add it to the mapping of the deals.")
            raise Refused(f"there is no {RECORDS[source]} field {field!r}.", hint)


RECORDS = {
    Source.DEALS: "deal",
    Source.LINE_ITEMS: "line item",
    Source.ACTIVITIES: "activity",
    Source.ENTRIES: "entry",
    Source.PAYMENTS: "payment",
    Source.EARNINGS: "earning",
}
"""What a record of each source is called."""


def _plural(source: Source) -> str:
    name = RECORDS[source]
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def _failed(plan: Plan, component: Component, message: str, hint: str) -> Measured:
    where = f"plan {plan.name}, component {component.name}"
    more: Schema = {RECORD: pl.UInt32, DEAL_PLACE: pl.UInt32, DEAL_AMOUNT: MONEY, RATED_ON: pl.Date, ENDED_ON: pl.Date}
    rules = range(len(component.credit))
    asked: Schema = {column: kind for number in rules for column, kind in _asked(number)}
    return Measured(pl.DataFrame(schema={**MEASURED, **more, **asked}), (Problem(where, "", message, hint),))


def _asked(number: int) -> tuple[tuple[str, type[pl.DataType]], ...]:
    return (applies(number), pl.Boolean), (named(number), pl.String)
