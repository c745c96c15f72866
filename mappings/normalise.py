"""CRM records made SPM records: text as the CRM wrote it, read, put through the expressions, made what the model holds.

A value that cannot be read is told, one problem each; the field is left empty, or the record kept out where the
field is required. It never becomes zero, and never lets another field step in: `coalesce(ARR__c, Amount)` is empty
where ARR__c cannot be read, for nobody knows what it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from connectors.base import ID, MODIFIED, FieldKind, ObjectSchema
from mappings.complaints import Complaints
from mappings.evaluation import Failures, one_by_one
from mappings.kinds import Columns
from mappings.plan import BAD, FIT, MADE, RAW, UNFIT, UNKNOWN, Plan, Step, plan_of
from mappings.sections import ObjectMapping
from mappings.target import Target
from problems import Problem

_AS_WRITTEN = pl.QueryOptFlags.none()
"""There is nothing to optimise in a page's steps, and looking for it takes as long as doing them."""
_UNEXPECTED = "Report this: it is no mistake in the data."


@dataclass(frozen=True, slots=True)
class Normalised:
    """One page as SPM records: columns ID, MODIFIED (text, as the page has it), the target's fields, typed, and then
    the mapping's own by name."""

    frame: pl.DataFrame
    problems: tuple[Problem, ...]


def normalise(
    section: ObjectMapping,
    target: Target,
    records: pl.DataFrame,
    schema: ObjectSchema,
    *,
    place: str,
    time_zone: str,
) -> Normalised:
    """Make SPM records of a page of CRM records.

    `records` are text columns: ID, MODIFIED and the fields the section reads; `schema` says what each of them holds.
    `place` is what problems call the object (`acme Opportunity`); `time_zone` is the account's (IANA), in which a
    moment becomes a day. Money is in the currency named beside it.
    """
    problems: list[Problem] = []
    records = _each_once(records, place, problems)
    wanted = target.with_own(section.own_fields())
    plan = plan_of(section, wanted, _columns(section, records, schema), time_zone)
    problems += plan.problems
    done, failures = _run(plan, records)
    complaints = Complaints(place, done[ID], problems)
    for step in plan.steps:
        if step.mapping is not None:
            _complain(complaints, plan, step, done, failures.get(MADE + step.wanted.name, {}))
    required = [pl.col(FIT + step.wanted.name).is_not_null() for step in plan.steps if step.wanted.required]
    if target.one_of:
        required.append(pl.any_horizontal(pl.col(FIT + name).is_not_null() for name in target.one_of))
        complaints.none_of(target.one_of, ~done.select(required[-1]).to_series())
    frame = done.filter(required) if required else done
    fields = [pl.col(FIT + field.name).alias(field.name) for field in wanted]
    return Normalised(frame.select(ID, MODIFIED, *fields), tuple(problems))


def _each_once(records: pl.DataFrame, place: str, problems: list[Problem]) -> pl.DataFrame:
    """The records by id, the last where one stands twice; those without an id are told and dropped."""
    if MODIFIED not in records.columns:
        records = records.with_columns(pl.lit(None, dtype=pl.String).alias(MODIFIED))
    lost = records[ID].null_count()
    if lost:
        problems.append(Problem(place, ID, f"{lost} record(s) came without an id, and are left out.", _UNEXPECTED))
        records = records.filter(pl.col(ID).is_not_null())
    if records[ID].n_unique() == records.height:
        return records
    for record in records[ID].filter(records[ID].is_duplicated()).unique(maintain_order=True):
        message = "the record stands twice in one page; the last one is taken."
        problems.append(Problem(f"{place} {record}", ID, message, _UNEXPECTED, "warning"))
    return records.unique(ID, keep="last", maintain_order=True)


def _columns(section: ObjectMapping, records: pl.DataFrame, schema: ObjectSchema) -> Columns:
    """The fields the section reads and the page has, with their kinds; columns every page has are text."""
    names = dict.fromkeys(name for field in section.fields for name in field.value.fields)
    present = set(records.columns)
    described = schema.fields
    return tuple(
        (name, described[name].kind if name in described else FieldKind.TEXT) for name in names if name in present
    )


def _run(plan: Plan, records: pl.DataFrame) -> tuple[pl.DataFrame, Mapping[str, Failures]]:
    """All steps in one pass, for values in their usual forms; pages with others are read again for all forms."""
    done, failures = _steps(plan, records, plan.reads)
    if any(done[BAD + name].any() for name, kind in plan.kinds.items() if kind is not FieldKind.TEXT):
        return _steps(plan, records, plan.reads_all)
    return done, failures


def _steps(plan: Plan, records: pl.DataFrame, reads: Sequence[pl.Expr]) -> tuple[pl.DataFrame, Mapping[str, Failures]]:
    """Every step; where an expression fails, one expression after the other."""
    keep = [ID] if MODIFIED in plan.kinds else [ID, MODIFIED]
    read = records.lazy().select(*keep, *reads)
    makes = [expression.alias(name) for name, expression in plan.makes.items()]
    try:
        done = read.with_columns(*makes, *plan.marks).with_columns(plan.fits)
        return done.collect(optimizations=_AS_WRITTEN), {}
    except pl.exceptions.PolarsError:
        made, failures = one_by_one(read.collect(), plan.makes)
        return made.with_columns(plan.marks).with_columns(plan.fits), failures


def _complain(
    complaints: Complaints,
    plan: Plan,
    step: Step,
    done: pl.DataFrame,
    failures: Failures,
) -> None:
    """Tell what kept values of one field from being had; most pages have nothing to tell."""
    assert step.mapping is not None
    wanted, name = step.wanted, step.wanted.name
    told: list[pl.Series] = []
    for field in step.doubtful:
        if done[BAD + field].any():
            complaints.unreadable(wanted, plan.kinds[field], done[RAW + field].alias(field), done[BAD + field])
            told.append(done[BAD + field])
    if failures:
        complaints.uncalculated(wanted, step.mapping.value, failures)
        told.append(pl.Series("failed", [row in failures for row in range(done.height)]))
    if UNFIT + name in done.columns and done[UNFIT + name].any():
        unfit = _without(done[UNFIT + name], told)
        complaints.unfit(wanted, done[MADE + name], unfit)
        told.append(unfit)
    if wanted.choices and done[UNKNOWN + name].any():
        unknown = _without(done[UNKNOWN + name], told)
        complaints.unknown(wanted, done[MADE + name], unknown)
        told.append(unknown)
    if wanted.required and done[FIT + name].null_count():
        complaints.missing(wanted, step.mapping.value.fields, _without(done[FIT + name].is_null(), told))


def _without(mask: pl.Series, told: list[pl.Series]) -> pl.Series:
    for other in told:
        mask &= ~other
    return mask
