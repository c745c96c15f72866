"""What is wrong with a plan although every key is in order: tiers, rates, expressions. All findings at once.

A finding names the path of keys it is about, so that the reader can say file and line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from problems import did_you_mean
from spm.plans.building import measure_of
from spm.plans.document import ComponentSection, PlanFile
from spm.plans.expressions import Refused, Schema, fields_of, parse, type_of
from spm.plans.fields import PLAN_FIELDS, fields_for
from spm.plans.model import TierBasis, Unit
from spm.plans.rate_keys import InGap, TierSection
from spm.plans.tiering import Bounds, bounds, rate_of

__all__ = ["PLAN_FIELDS", "Finding", "findings"]

Path = tuple[str | int, ...]

_ATTAINMENT_LIMIT = Decimal(10)
_KINDS = ("rate", "per_unit", "tiers", "curve", "steps", "matrix", "pool")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, at a path of keys."""

    path: Path
    message: str
    hint: str


def findings(plan: PlanFile, own_fields: Mapping[str, pl.DataType | type[pl.DataType]] | None) -> Iterator[Finding]:
    """Everything wrong with the plan. `own_fields`: the mapping's own deal fields, or None where they are not known."""
    yield from _same_names(plan)
    for number, component in enumerate(plan.components):
        path: Path = ("components", number)
        yield from _rate_kind(component, path)
        yield from _rates(component, path)
        yield from _tiers(component.tiers, (*path, "tiers"), filled=component.in_gap not in {None, InGap.REFUSE})
        yield from _attainments(component, path)
        yield from _fields(component, path, own_fields)


def _same_names(plan: PlanFile) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, component in enumerate(plan.components):
        if component.name in seen:
            message = f"there are two components named {component.name!r}."
            yield Finding(("components", number, "name"), message, "Give each its own name.")
        seen.add(component.name)


def _rate_kind(component: ComponentSection, path: Path) -> Iterator[Finding]:
    given = [kind for kind in _KINDS if getattr(component, kind) not in (None, ())]
    if len(given) != 1:
        message = f"a component has one kind of rate, not {' and '.join(given) if given else 'none'}."
        yield Finding(path, message, f"Keep one of: {', '.join(_KINDS)}.")
    for key in ("tier_mode", "tier_by"):
        if bool(component.tiers) != (getattr(component, key) is not None):
            choices = "marginal, whole_amount or base_plus_top" if key == "tier_mode" else "attainment, amount or count"
            hint = f"Write {key} = {choices}." if component.tiers else f"Remove {key}."
            yield Finding((*path, key), f"{key} and tiers go together.", hint)
    if component.at_bound and component.tier_mode not in {"whole_amount", "base_plus_top"}:
        message = "at_bound means something only with tier_mode = whole_amount or base_plus_top."
        yield Finding((*path, "at_bound"), message, "Remove it.")


def _rates(component: ComponentSection, path: Path) -> Iterator[Finding]:
    if measure_of(component).unit is Unit.NUMBER:
        return
    rates: list[tuple[Path, Decimal | None]] = [((*path, "rate"), component.rate)]
    tiers = enumerate(component.tiers)
    rates += [((*path, "tiers", number, "rate"), rate_of(tier, component.base_rate)) for number, tier in tiers]
    for where, rate in rates:
        if rate is not None and rate > 1:
            hint = f'Write {rate / 100} or "{rate} %" for {rate} %.'
            yield Finding(where, f"a rate of {rate} pays more than the deal; it looks like a percentage.", hint)


def _attainments(component: ComponentSection, path: Path) -> Iterator[Finding]:
    if component.tier_by is not TierBasis.ATTAINMENT:
        return
    for number, tier in enumerate(component.tiers):
        for key, bound in (("from", tier.start), ("to", tier.end)):
            if bound is not None and bound >= _ATTAINMENT_LIMIT:
                message = (
                    f"an attainment of {bound} is {bound * 100:f} % of quota; it looks like a percentage or an amount."
                )
                hint = 'Write 1 or "100 %" for 100 % of quota; for amounts write tier_by = "amount".'
                yield Finding((*path, "tiers", number, key), message, hint)


def _tiers(tiers: tuple[TierSection, ...], path: Path, *, filled: bool) -> Iterator[Finding]:
    if not tiers:
        return
    known = bounds(tiers)
    if known[0][0] != 0 and not filled:
        message = f"nothing is said for what lies below {known[0][0]}."
        yield Finding((*path, 0, "from"), message, "Let the first tier start at 0, with rate = 0 if it pays nothing.")
    if known[-1][1] is not None and not filled:
        message = f"nothing is said for what lies above {known[-1][1]}."
        yield Finding(
            (*path, len(tiers) - 1, "to"), message, "Leave out `to` of the last tier, or add a tier above it."
        )
    for number, (start, end) in enumerate(known):
        if start is not None and end is not None and end <= start:
            message = f"the tier from {start} to {end} holds nothing."
            yield Finding((*path, number), message, "Put the tiers in order, each `to` above its `from`.")
    yield from _neighbours(known, path, filled=filled)


def _neighbours(known: list[Bounds], path: Path, *, filled: bool) -> Iterator[Finding]:
    for number in range(1, len(known)):
        end, start = known[number - 1][1], known[number][0]
        if end is None or start is None:
            message = "it is not said where the tier before ends and this one starts."
            yield Finding((*path, number), message, "Write `from` here.")
        elif start < end or (start > end and not filled):
            kind = "gap" if start > end else "overlap"
            message = f"a tier ends at {end} and the next starts at {start}: a{'n' * (kind != 'gap')} {kind}."
            yield Finding((*path, number, "from"), message, f"Write from = {end}, or change `to` of the tier before.")


def _fields(component: ComponentSection, path: Path, own_fields: Schema | None) -> Iterator[Finding]:
    schema = fields_for(component.source, own_fields)
    strict = own_fields is not None
    measure = measure_of(component)
    wanted = "amount" if measure.unit is Unit.MONEY else "number"
    yield from _expression(measure.value, (*path, "value"), schema, wanted, strict=strict)
    if measure.weight is not None:
        yield from _expression(measure.weight, (*path, "weight"), schema, "number", strict=strict)
    if measure.condition is not None:
        yield from _expression(measure.condition, (*path, "condition"), schema, "condition", strict=strict)
    yield from _date(measure.date, (*path, "date"), schema, strict=strict)


def _date(name: str, path: Path, schema: Schema, *, strict: bool) -> Iterator[Finding]:
    days = [field for field, kind in schema.items() if kind == pl.Date]
    known = name in schema
    if (known and name not in days) or (not known and strict):
        message = f"{name} is no date field." if known else f"there is no deal field {name!r}."
        yield Finding(path, message, did_you_mean(name, days, f"Date fields are: {', '.join(days)}."))


def _expression(text: str, path: Path, schema: Schema, wanted: str, *, strict: bool) -> Iterator[Finding]:
    try:
        expression = parse(text)
        fields = fields_of(expression)
        unknown = [field for field in fields if field not in schema]
        if not unknown:
            yield from _result(type_of(expression, schema), path, wanted)
    except Refused as refused:
        yield Finding(path, str(refused), refused.hint)
        return
    if wanted == "amount" and not fields:
        yield Finding(path, "this names no field of the deal.", 'Write the field that counts, as in value = "amount".')
    for field in unknown if strict else ():
        hint = did_you_mean(field, schema, "Add it to the mapping, or use one of: " + ", ".join(schema) + ".")
        yield Finding(path, f"there is no deal field {field!r}.", hint)


def _result(kind: pl.DataType, path: Path, wanted: str) -> Iterator[Finding]:
    if wanted != "condition" and not (kind.is_integer() or kind.is_decimal()):
        yield Finding(path, "this gives no number.", "Write an expression that gives an amount.")
    if wanted == "condition" and kind != pl.Boolean:
        yield Finding(path, "this is no condition.", "Write one that is true or false, as in deal_type = 'Renewal'.")
