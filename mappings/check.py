"""A mapping held against what the CRM has: every field that is not there, cannot be written or cannot work, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from connectors.base import CrmField, FieldKind, FixSettings, ObjectSchema
from mappings.expressions import ExpressionError, parse
from mappings.kinds import check_kinds
from mappings.sections import CrmMapping, FieldMapping, ObjectMapping, WriteField, WriteMapping, crm_fields
from problems import Problem, Severity, nearest

Describe = Callable[[str, Sequence[str]], ObjectSchema]
"""A connector's `describe`: an object's fields, and those of the parent paths that exist. Raises FixSettings."""


def check_mapping(mapping: CrmMapping, describe: Describe) -> list[Problem]:
    """Everything in `mapping` that the CRM cannot give or take, with the place in the file.

    Each CRM object is described once. What an object or field marked `optional` lacks is a warning.
    """
    described = _Described(mapping, describe)
    problems: list[Problem] = []
    for section in mapping.objects:
        schema = described.object(section.object_name)
        if isinstance(schema, FixSettings):
            severity: Severity = "warning" if section.optional else "error"
            problems.append(Problem(section.where, section.object_name, str(schema), schema.hint, severity))
        else:
            problems += readable(section, schema)[1]
    for write in mapping.writes.values():
        schema = described.object(write.object_name)
        if isinstance(schema, FixSettings):
            problems.append(Problem(write.where, write.object_name, str(schema), schema.hint))
        else:
            problems += _writable(write, schema)
    return problems


class _Described:
    """Asks for each object once, with the parent paths of all sections that read it."""

    def __init__(self, mapping: CrmMapping, describe: Describe) -> None:
        self._describe = describe
        self._paths: dict[str, dict[str, None]] = {}
        self._known: dict[str, ObjectSchema | FixSettings] = {}
        for section in mapping.objects:
            paths = self._paths.setdefault(section.object_name, {})
            paths.update(dict.fromkeys(parent_paths(section)))

    def object(self, name: str) -> ObjectSchema | FixSettings:
        if name not in self._known:
            try:
                self._known[name] = self._describe(name, tuple(self._paths.get(name, ())))
            except FixSettings as error:
                self._known[name] = error
        return self._known[name]


def parent_paths(section: ObjectMapping) -> tuple[str, ...]:
    """The parent paths a section reads (`Owner.Email`), as `describe` takes them."""
    return tuple(name for name in crm_fields(section) if "." in name)


def readable(section: ObjectMapping, schema: ObjectSchema) -> tuple[ObjectMapping, list[Problem]]:
    """The section as far as the CRM has what it reads, and what it has not.

    A field that cannot be had keeps its place and is left empty, so that the records keep their shape; the pull asks
    for `crm_fields` of what is returned. Where the field is `optional`, that is a warning. Where it is not, it is an
    error: do not calculate pay on it.
    """
    fields: list[FieldMapping] = []
    problems: list[Problem] = []
    for field in section.fields:
        told = list(_unreadable(field, schema))
        fields.append(replace(field, value=parse("null")) if told else field)
        problems += told
    return replace(section, fields=tuple(fields)), problems


def _unreadable(field: FieldMapping, schema: ObjectSchema) -> Iterator[Problem]:
    names = [name for name in field.value.fields if not name.startswith("$")]
    missing = [name for name in names if name not in schema.fields]
    for name in missing:
        message = f"{schema.name} has no field {name}, or the user who signs in may not see it."
        severity: Severity = "warning" if field.optional else "error"
        yield Problem(field.where, field.name, message, _hint(name, schema), severity)
    if missing:
        return
    kinds = {name: schema.fields[name].kind for name in names}
    columns = tuple((name, kinds.get(name, FieldKind.TEXT)) for name in field.value.fields)
    try:
        check_kinds(field.value, columns, "UTC", field.kind)
    except ExpressionError as error:
        yield Problem(field.where, field.name, error.message, error.hint)


def _hint(name: str, schema: ObjectSchema) -> str:
    match = nearest(name, schema.fields)
    if match:
        return f"Did you mean {match!r}? If not, let the user see it, or change the mapping."
    return "Let the user who signs in see the field, or change the mapping."


def _writable(write: WriteMapping, schema: ObjectSchema) -> Iterator[Problem]:
    for field in write.fields:
        held = schema.fields.get(field.name)
        for message, hint in [_missing(schema, field)] if held is None else _unwritable(field, held):
            yield Problem(field.where, field.name, message, hint)


def _missing(schema: ObjectSchema, field: WriteField) -> tuple[str, str]:
    return (
        f"{schema.name} has no field {field.name}, or the user who signs in may not see it.",
        "Run attain provision: it creates the field and grants sight of it.",
    )


def _unwritable(field: WriteField, held: CrmField) -> Iterator[tuple[str, str]]:
    if not held.writable:
        yield f"{field.name} cannot be written by the user who signs in.", "Run attain provision: it grants the right."
    if held.kind is not field.kind:
        hint = f'Write type = "{held.kind}", or give the field another name and run attain provision.'
        yield f"{field.name} is a {held.kind} in the CRM and a {field.kind} here.", hint
    elif field.kind is FieldKind.NUMBER:
        yield from _too_few_digits(field, held)
    elif field.kind is FieldKind.TEXT and held.length is not None and held.length < field.length:
        hint = f"Write length = {held.length}, or make the field longer in the CRM."
        yield f"{field.name} holds {held.length} characters in the CRM and {field.length} here.", hint


def _too_few_digits(field: WriteField, held: CrmField) -> Iterator[tuple[str, str]]:
    if held.scale is not None and held.scale < field.scale:
        hint = f"Write scale = {held.scale}, or give the field more places in the CRM."
        yield f"{field.name} keeps {held.scale} places in the CRM and {field.scale} here.", hint
    if held.precision is not None and held.precision - (held.scale or 0) < field.precision - field.scale:
        whole = held.precision - (held.scale or 0)
        hint = f"Write precision = {whole + field.scale}, or make the field larger in the CRM."
        yield (
            f"{field.name} holds {whole} digits before the point in the CRM, {field.precision - field.scale} here.",
            hint,
        )
