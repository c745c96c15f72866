"""A mapping file as values: which CRM object feeds which records, and which results go to which CRM fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from connectors.base import FieldKind, FieldSpec
from mappings.expressions import Expression
from mappings.target import TargetField

Mode = Literal["overwrite", "if_empty", "with_others", "keep"]
"""overwrite: the CRM's field is ours. if_empty: only where it holds nothing. with_others: only when another field of
the record is written. keep: never cleared, an empty result leaves what is there."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One SPM field and the expression that makes it. `own`: the mapping adds it. `optional`: where the CRM does not
    have what it reads, it is left empty. `where` is its place in the file."""

    name: str
    value: Expression
    kind: str
    own: bool = False
    optional: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class ObjectMapping:
    """One CRM object and what it feeds. `optional`: an account without the object (or without sight of it) is fine."""

    name: str
    feeds: str
    object_name: str
    fields: tuple[FieldMapping, ...]
    optional: bool = False
    where: str = ""

    def own_fields(self) -> tuple[TargetField, ...]:
        """The fields this mapping adds to what it feeds, by name."""
        added = (TargetField(field.name, field.kind) for field in self.fields if field.own)
        return tuple(sorted(added, key=lambda field: field.name))


@dataclass(frozen=True, slots=True)
class WriteField:
    """One CRM field and the expression over results that makes its value. `pay`: it shows pay, and is only written
    where the settings allow pay on shared records."""

    name: str
    value: Expression
    kind: FieldKind
    label: str
    mode: Mode = "overwrite"
    pay: bool = False
    precision: int = 18
    scale: int = 2
    length: int = 255
    description: str = ""
    where: str = ""

    def spec(self, object_name: str) -> FieldSpec:
        """The field as `provision` creates it."""
        return FieldSpec(
            object_name, self.name, self.label, self.kind, self.precision, self.scale, self.length, self.description
        )


@dataclass(frozen=True, slots=True)
class WriteMapping:
    """Results (`deal` or `participant`) and the CRM object that gets them."""

    results: str
    object_name: str
    fields: tuple[WriteField, ...]
    where: str = ""

    def without_pay(self) -> WriteMapping:
        """The same without the fields that show pay."""
        fields = tuple(field for field in self.fields if not field.pay)
        return WriteMapping(self.results, self.object_name, fields, self.where)


@dataclass(frozen=True, slots=True)
class CrmMapping:
    """A whole mapping file: `objects` in the order of the file, `writes` by the results they write."""

    connector: str
    objects: tuple[ObjectMapping, ...]
    writes: Mapping[str, WriteMapping]
    name: str = ""

    def feeding(self, target: str) -> tuple[ObjectMapping, ...]:
        """The object sections that feed `target`."""
        return tuple(section for section in self.objects if section.feeds == target)


def crm_fields(section: ObjectMapping) -> tuple[str, ...]:
    """The CRM fields and parent paths a section reads, in the order of the file, each once. Columns every page has
    (`$id`, `$parent`, `$modified`) are not among them."""
    names = (name for field in section.fields for name in field.value.fields)
    return tuple(dict.fromkeys(name for name in names if not name.startswith("$")))


def write_targets(mapping: CrmMapping, object_name: str) -> tuple[str, ...]:
    """The fields that we write on that CRM object; the pull reads them too, to see what the CRM holds."""
    return tuple(
        field.name for write in mapping.writes.values() if write.object_name == object_name for field in write.fields
    )


def field_specs(mapping: CrmMapping, *, pay: bool) -> tuple[FieldSpec, ...]:
    """The custom fields the CRM needs; those that show pay only where `pay` is set."""
    writes = (write if pay else write.without_pay() for write in mapping.writes.values())
    return tuple(field.spec(write.object_name) for write in writes for field in write.fields)
