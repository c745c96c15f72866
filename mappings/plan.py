"""How one section's pages are normalised: worked out once for the kinds of its fields, run on every page.

Four steps on columns of text: read the CRM fields, evaluate the expressions, make the values fit the SPM fields, and
mark what could not be had. The columns of each step have a prefix, so that no field's name can meet another's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from connectors.base import ID, FieldKind
from mappings.coercion import TYPES, can_fail, coerced
from mappings.expressions import ExpressionError
from mappings.kinds import Columns, check_kinds
from mappings.reading import filled, read, read_usual
from mappings.sections import FieldMapping, ObjectMapping
from mappings.target import TargetField
from problems import Problem

RAW = "raw:"
"""A CRM field as the CRM wrote it; one column for each that is no text."""
BAD = "bad:"
"""Whether a CRM field was there and could not be read; one column for each that is no text."""
MADE = "made:"
"""What the expression of an SPM field gave."""
FIT = "fit:"
"""The value of an SPM field."""
UNFIT = "unfit:"
"""Whether the expression gave something that the SPM field cannot hold; one column where that can be."""
UNKNOWN = "unknown:"
"""Whether the value is none of the field's choices; one column for each field that has some."""


@dataclass(frozen=True, slots=True)
class Step:
    """One SPM field. `mapping` is None where no expression fills it, or none that can work; `doubtful` are the CRM
    fields it reads that can be unreadable."""

    wanted: TargetField
    mapping: FieldMapping | None
    doubtful: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The steps of a section for given kinds of its CRM fields; `problems` are the expressions that cannot work.

    `reads` take the usual forms of values; where `marks` then say that something could not be read, `reads_all` does.
    """

    kinds: Mapping[str, FieldKind]
    steps: tuple[Step, ...]
    reads: tuple[pl.Expr, ...]
    reads_all: tuple[pl.Expr, ...]
    marks: tuple[pl.Expr, ...]
    makes: Mapping[str, pl.Expr]
    fits: tuple[pl.Expr, ...]
    problems: tuple[Problem, ...]


@lru_cache(maxsize=256)
def plan_of(section: ObjectMapping, wanted: tuple[TargetField, ...], columns: Columns, time_zone: str) -> Plan:
    """The plan for a section whose CRM fields are `columns`; what is not among them is left empty and told."""
    kinds = {name: kind for name, kind in columns if kind is not None}
    problems: list[Problem] = []
    steps: list[Step] = []
    makes: dict[str, pl.Expr] = {}
    fits: list[pl.Expr] = []
    mapped = {field.name: field for field in section.fields}
    for field in wanted:
        step, given = _step(field, mapped.get(field.name), kinds, time_zone, problems)
        steps.append(step)
        if step.mapping is not None:
            makes[MADE + field.name] = step.mapping.value.polars()
        fits += _fits(step, given, time_zone)
    return Plan(
        kinds,
        tuple(steps),
        tuple(_reads(kinds, time_zone, read_usual)),
        tuple(_reads(kinds, time_zone, read)),
        tuple(_marks(kinds)),
        makes,
        tuple(fits),
        tuple(problems),
    )


def _step(
    wanted: TargetField,
    mapping: FieldMapping | None,
    kinds: Mapping[str, FieldKind],
    time_zone: str,
    problems: list[Problem],
) -> tuple[Step, pl.DataType]:
    if mapping is None:
        return Step(wanted, None), pl.Null()
    try:
        given = _given(wanted, mapping, kinds, time_zone)
    except ExpressionError as error:
        if not mapping.optional:
            problems.append(Problem(mapping.where, wanted.name, error.message, error.hint))
        return Step(wanted, None), pl.Null()
    doubtful = tuple(name for name in mapping.value.fields if kinds[name] is not FieldKind.TEXT)
    return Step(wanted, mapping, doubtful), given


def _given(wanted: TargetField, mapping: FieldMapping, kinds: Mapping[str, FieldKind], time_zone: str) -> pl.DataType:
    for name in mapping.value.fields:
        if name not in kinds:
            raise ExpressionError(f"{name} is not among what was read.", "Run attain check: it tells what the CRM has.")
    columns = tuple((name, kinds[name]) for name in mapping.value.fields)
    return check_kinds(mapping.value, columns, time_zone, wanted.kind)


def _reads(
    kinds: Mapping[str, FieldKind], time_zone: str, how: Callable[[pl.Expr, FieldKind, str], pl.Expr]
) -> list[pl.Expr]:
    """The values, and beside those that can be unreadable what the CRM wrote."""
    values = [how(pl.col(name), kind, time_zone).alias(name) for name, kind in kinds.items() if name != ID]
    raws = [pl.col(name).alias(RAW + name) for name, kind in kinds.items() if kind is not FieldKind.TEXT]
    return [*values, *raws]


def _marks(kinds: Mapping[str, FieldKind]) -> list[pl.Expr]:
    return [
        (pl.col(name).is_null() & filled(pl.col(RAW + name))).alias(BAD + name)
        for name, kind in kinds.items()
        if kind is not FieldKind.TEXT
    ]


def _fits(step: Step, given: pl.DataType, time_zone: str) -> list[pl.Expr]:
    """The value, and the marks of what it could not be."""
    name, kind = step.wanted.name, step.wanted.kind
    if step.mapping is None:
        return [pl.lit(None, dtype=TYPES[kind]).alias(FIT + name)]
    made = pl.col(MADE + name)
    value = coerced(made, given, kind, time_zone)
    there = filled(made) if given == pl.String else made.is_not_null()
    marks = [(there & value.is_null()).alias(UNFIT + name)] if can_fail(given, kind) else []
    told = [pl.col(BAD + field) for field in step.doubtful]
    if step.wanted.choices:
        unknown = value.is_not_null() & ~value.is_in(step.wanted.choices)
        marks.append(unknown.alias(UNKNOWN + name))
        told.append(unknown)
    if told:
        value = pl.when(~pl.any_horizontal(told)).then(value)
    return [value.alias(FIT + name), *marks]
