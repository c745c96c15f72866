"""Expressions and the fields they name: known, of the right type, of the records that the component counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from problems import did_you_mean
from spm.plans.building import measure_of
from spm.plans.document import ComponentSection, PlanFile
from spm.plans.expressions import Refused, Schema, fields_of, parse, type_of
from spm.plans.faults.finding import Finding, Path
from spm.plans.faults.settings import PLAN_RATE
from spm.plans.fields import fields_for
from spm.plans.model import Source, Unit

_TO = re.compile(r"owner|(?P<kind>field|team):(?P<name>\S.*)|[^\s@]+@[^\s@]+")
_RECORD = {Source.DEALS: "deal", Source.LINE_ITEMS: "line item", Source.ACTIVITIES: "activity"} | {
    Source.ENTRIES: "entry",
    Source.PAYMENTS: "payment",
    Source.EARNINGS: "earning",
}


@dataclass(frozen=True, slots=True)
class _Known:
    """The fields of a record; `strict` where those of the mapping are known, too."""

    schema: Schema
    strict: bool
    record: str

    def missing(self, field: str) -> str:
        return f"there is no {self.record} field {field!r}."


def expression_findings(component: ComponentSection, path: Path, own_fields: Schema | None) -> Iterator[Finding]:
    """Faults in every expression and field name of the component."""
    known = _Known(fields_for(component.source, own_fields), own_fields is not None, _RECORD[component.source])
    measure = measure_of(component)
    wanted = "amount" if measure.unit is Unit.MONEY else "number"
    yield from _expression(measure.value, (*path, "value"), known, wanted)
    if measure.weight is not None:
        yield from _expression(measure.weight, (*path, "weight"), known, "number")
    if measure.condition is not None:
        yield from _expression(measure.condition, (*path, "condition"), known, "condition")
    yield from _date(measure.date, (*path, "date"), known)
    yield from _credit(component, path, known)
    deal = _Known(fields_for(Source.DEALS, own_fields), own_fields is not None, "deal")
    yield from _happenings(component, path, deal)


def policy_findings(plan: PlanFile, own_fields: Schema | None) -> Iterator[Finding]:
    """The exchange policy is a word of ours or a date field of the deal."""
    if plan.exchange.policy not in {"counting_date", PLAN_RATE}:
        known = _Known(fields_for(Source.DEALS, own_fields), own_fields is not None, "deal")
        yield from _date(plan.exchange.policy, ("exchange", "policy"), known, ("counting_date", PLAN_RATE))


def _date(name: str, path: Path, known: _Known, words: tuple[str, ...] = ()) -> Iterator[Finding]:
    days = [field for field, kind in known.schema.items() if kind == pl.Date]
    there = name in known.schema
    if (there and name not in days) or (not there and known.strict):
        message = f"{name} is no date field." if there else known.missing(name)
        choices = [*words, *days]
        hint = f"{'Choices' if words else 'Date fields'} are: {', '.join(choices)}."
        yield Finding(path, message, did_you_mean(name, choices, hint))


def _credit(component: ComponentSection, path: Path, known: _Known) -> Iterator[Finding]:
    for number, rule in enumerate(component.credit):
        where: Path = (*path, "credit", number)
        if rule.condition is not None:
            yield from _expression(rule.condition, (*where, "condition"), known, "condition")
        found = _TO.fullmatch(rule.to)
        if not found:
            hint = 'Write "owner", an email, "field:NAME" or "team:NAME".'
            yield Finding((*where, "to"), f"it is not clear who {rule.to!r} is.", hint)
        elif found["kind"] == "field":
            yield from _text_field(found["name"], (*where, "to"), known)


def _text_field(name: str, path: Path, known: _Known) -> Iterator[Finding]:
    texts = [field for field, kind in known.schema.items() if kind == pl.String]
    if name in known.schema and name not in texts:
        yield Finding(path, f"{name} holds no text, so it names nobody.", "Name a field with an email or owner id.")
    elif name not in known.schema and known.strict:
        yield Finding(path, known.missing(name), did_you_mean(name, texts, "Add it to the mapping."))


def _happenings(component: ComponentSection, path: Path, deal: _Known) -> Iterator[Finding]:
    """A release is a kind of payment, any word, or a date field; a clawback `refund` or a date field."""
    hold, clawback = component.hold, component.clawback
    if hold and hold.release in deal.schema and deal.schema[hold.release] != pl.Date:
        yield from _date(hold.release, (*path, "hold", "release"), deal, ("payment", "invoice"))
    if clawback and clawback.on != "refund":
        yield from _date(clawback.on, (*path, "clawback", "on"), deal, ("refund",))


def _expression(text: str, path: Path, known: _Known, wanted: str) -> Iterator[Finding]:
    try:
        expression = parse(text)
        fields = fields_of(expression)
        unknown = [field for field in fields if field not in known.schema]
        if not unknown:
            yield from _result(type_of(expression, known.schema), path, wanted)
    except Refused as refused:
        yield Finding(path, str(refused), refused.hint)
        return
    if wanted == "amount" and not fields:
        hint = 'Write the field that counts, as in value = "amount"; to count deals, write unit = "number".'
        yield Finding(path, f"this names no field of the {known.record}.", hint)
    for field in unknown if known.strict else ():
        otherwise = "Add it to the mapping, or use one of: " + ", ".join(known.schema) + "."
        yield Finding(path, known.missing(field), did_you_mean(field, known.schema, otherwise))


def _result(kind: pl.DataType, path: Path, wanted: str) -> Iterator[Finding]:
    if wanted != "condition" and not (kind.is_integer() or kind.is_decimal()):
        yield Finding(path, "this gives no number.", "Write an expression that gives an amount.")
    if wanted == "condition" and kind != pl.Boolean:
        yield Finding(path, "this is no condition.", "Write one that is true or false, as in deal_type = 'Renewal'.")
