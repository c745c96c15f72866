"""CRM records made SPM records: text as the CRM wrote it, read, put through the expressions, made what the model holds.

A value that cannot be read is told, one problem each; the field is left empty, or the record kept out where the
field is required. It never becomes zero, and never lets another field step in: `coalesce(ARR__c, Amount)` is empty
where ARR__c cannot be read, for nobody knows what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from connectors.base import ID, MODIFIED, FieldKind, ObjectSchema
from mappings.coercion import TYPES, coerced
from mappings.complaints import Complaints
from mappings.evaluation import Evaluated, evaluate
from mappings.expressions import ExpressionError
from mappings.kinds import check_kinds
from mappings.reading import blank, none_of, typed
from mappings.sections import FieldMapping, ObjectMapping
from mappings.target import Target, TargetField
from problems import Problem


@dataclass(frozen=True, slots=True)
class Normalised:
    """One page as SPM records: columns ID, MODIFIED, the target's fields and then the mapping's own, by name."""

    frame: pl.DataFrame
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Raw:
    """A CRM field of the page: as sent, its kind, as read, and which values were there and could not be read."""

    text: pl.Series
    kind: FieldKind
    values: pl.Series
    bad: pl.Series


@dataclass(frozen=True, slots=True)
class _Made:
    """An SPM field of the page: its mapping, and what the expression gave; None where it cannot work at all."""

    mapping: FieldMapping
    result: Evaluated | None


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
    raw = _read(section, records, schema, time_zone)
    made = _made(section, {field.name: field.kind for field in wanted}, raw, records[ID], time_zone, problems)
    page = _Page(Complaints(place, records[ID], problems), raw, time_zone)
    columns = [page.column(field, made.get(field.name)) for field in wanted]
    left_out = none_of(records[ID])
    for field, column in zip(wanted, columns, strict=True):
        if field.required:
            left_out |= column.is_null()
    frame = pl.DataFrame([records[ID], _modified(records), *columns])
    return Normalised(frame.filter(~left_out), tuple(problems))


def _each_once(records: pl.DataFrame, place: str, problems: list[Problem]) -> pl.DataFrame:
    """The records by id, the last where one stands twice; those without an id are told and dropped."""
    ids = records[ID]
    if ids.null_count():
        message = f"{ids.null_count()} record(s) came without an id, and are left out."
        problems.append(Problem(place, ID, message, "Report this: it is no mistake in the data."))
        records = records.filter(ids.is_not_null())
    if records[ID].n_unique() == records.height:
        return records
    twice = records[ID].filter(records[ID].is_duplicated()).unique(maintain_order=True)
    for record in twice:
        message = "the record stands twice in one page; the last one is taken."
        problems.append(Problem(f"{place} {record}", ID, message, "Report this: it is no mistake in the data.", "warning"))
    return records.unique(ID, keep="last", maintain_order=True)


def _modified(records: pl.DataFrame) -> pl.Series:
    if MODIFIED in records.columns:
        return records[MODIFIED]
    return pl.Series(MODIFIED, [None] * records.height, dtype=pl.String)


def _read(
    section: ObjectMapping, records: pl.DataFrame, schema: ObjectSchema, time_zone: str
) -> dict[str, _Raw]:
    names = dict.fromkeys(name for field in section.fields for name in field.value.fields)
    found: dict[str, _Raw] = {}
    for name in names:
        if name in records.columns:
            described = schema.fields.get(name)
            kind = described.kind if described else FieldKind.TEXT
            values = typed(records[name], kind, time_zone)
            bad = records[name].is_not_null() & values.is_null() & ~blank(records[name])
            found[name] = _Raw(records[name], kind, values, bad)
    return found


def _made(
    section: ObjectMapping,
    kinds: Mapping[str, str],
    raw: Mapping[str, _Raw],
    ids: pl.Series,
    time_zone: str,
    problems: list[Problem],
) -> dict[str, _Made]:
    """What the expressions give, each on the whole page; those that cannot work are told once."""
    usable: dict[str, FieldMapping] = {}
    for field in section.fields:
        problem = _unusable(field, kinds[field.name], raw, time_zone)
        if problem is None:
            usable[field.name] = field
        elif not field.optional:
            problems.append(problem)
    frame = pl.DataFrame([ids.alias("$row"), *(crm.values for crm in raw.values())])
    results = evaluate(frame, {name: field.value for name, field in usable.items()})
    return {field.name: _Made(field, results.get(field.name)) for field in section.fields}


def _unusable(field: FieldMapping, kind: str, raw: Mapping[str, _Raw], time_zone: str) -> Problem | None:
    for name in field.value.fields:
        if name not in raw:
            message = f"{name} is not among what was read; the field is left empty."
            return Problem(field.where, field.name, message, "Run attain check: it tells what the CRM has.")
    columns = tuple((name, raw[name].kind) for name in field.value.fields)
    try:
        check_kinds(field.value, columns, time_zone, kind)
    except ExpressionError as error:
        return Problem(field.where, field.name, error.message, error.hint)
    return None


@dataclass(frozen=True, slots=True)
class _Page:
    """Fills the columns of one page and tells what stood in the way."""

    complaints: Complaints
    raw: Mapping[str, _Raw]
    time_zone: str

    def column(self, wanted: TargetField, made: _Made | None) -> pl.Series:
        """The values of one SPM field, null where there is none or it cannot be had."""
        ids = self.complaints.ids
        if made is None or made.result is None:
            return pl.Series(wanted.name, [None] * len(ids), dtype=TYPES[wanted.kind])
        told = self._tell_unreadable(wanted, made.mapping)
        failed = _rows(made.result.failures, ids) & ~told
        self.complaints.uncalculated(wanted, made.mapping.value, _only(made.result.failures, failed))
        told |= failed
        values = self._fitting(wanted, made.result.values, told)
        if wanted.required:
            fields = made.mapping.value.fields
            self.complaints.missing(wanted, fields, values.is_null() & ~told & ~self._unfit(made.result.values, values))
        return values.rename(wanted.name)

    def _tell_unreadable(self, wanted: TargetField, mapping: FieldMapping) -> pl.Series:
        """The records where anything the expression reads is there and cannot be read."""
        told = none_of(self.complaints.ids)
        for name in mapping.value.fields:
            crm = self.raw[name]
            self.complaints.unreadable(wanted, crm.kind, crm.text, crm.bad & ~told)
            told |= crm.bad
        return told

    def _fitting(self, wanted: TargetField, given: pl.Series, told: pl.Series) -> pl.Series:
        values = coerced(given, wanted.kind, self.time_zone)
        self.complaints.unfit(wanted, given, self._unfit(given, values) & ~told)
        if wanted.choices:
            unknown = ~values.is_in(wanted.choices).fill_null(value=True)
            self.complaints.unknown(wanted, values, unknown & ~told)
            values = values.set(unknown, None)
        return values.set(told, None)

    def _unfit(self, given: pl.Series, values: pl.Series) -> pl.Series:
        return given.is_not_null() & values.is_null() & ~blank(given)


def _rows(failures: Mapping[int, str], ids: pl.Series) -> pl.Series:
    return pl.Series("failed", [row in failures for row in range(len(ids))]) if failures else none_of(ids)


def _only(failures: Mapping[int, str], mask: pl.Series) -> dict[int, str]:
    return {row: reason for row, reason in failures.items() if mask[row]}
