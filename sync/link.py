"""One connection made ready: its connector, its mapping, and what each section of the mapping reads.

What the CRM shows decides what can be asked for: an optional field that is not there is left out with a warning,
a field the record cannot do without stops that object, and the others go on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.base import ID, Connector, FixSettings, ObjectSchema
from mappings import CrmMapping, ObjectMapping, crm_fields, readable
from problems import Problem
from sync.targets import ORDER


@dataclass(frozen=True, slots=True)
class Link:
    """A connection as the steps use it. `connection_id` is its row; `time_zone` an IANA name; `currency` the account's
    own, which an amount is in where the CRM names none (ISO 4217); `warnings` what signing in told."""

    name: str
    connection_id: int
    connector: Connector
    mapping: CrmMapping
    time_zone: str
    currency: str
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """Our own target fields, read back with the records: `columns` maps the page's column to the CRM field."""

    object_name: str
    id_column: str  # column of the page with the written record's id
    columns: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """One section of a mapping, ready to be pulled."""

    section: ObjectMapping
    schema: ObjectSchema
    fields: tuple[str, ...]
    held: Held | None = None
    children: tuple[Reading, ...] = ()

    @property
    def key(self) -> str:
        """The section's name in the mapping."""
        return self.section.name

    @property
    def entity(self) -> str:
        """What of the model it feeds."""
        return self.section.feeds

    @property
    def object_name(self) -> str:
        """The CRM object."""
        return self.section.object_name


def readings(link: Link) -> tuple[list[Reading], list[Problem]]:
    """What to pull from this connection, in order, and what stands in the way of the rest."""
    found: list[Reading] = []
    problems: list[Problem] = list(link.warnings)
    for section in sorted(link.mapping.objects, key=_order):
        try:
            reading, notes = _reading(link, section)
        except FixSettings as error:
            if not section.optional:
                problems.append(Problem(section.where, section.object_name, str(error), error.hint))
            continue
        problems += notes
        if reading is not None:
            found.append(reading)
    return _nested(found), problems


def _order(section: ObjectMapping) -> tuple[int, str]:
    return ORDER.index(section.feeds), section.name


def _reading(link: Link, section: ObjectMapping) -> tuple[Reading | None, list[Problem]]:
    targets = _targets(link.mapping, section)
    wanted = (*crm_fields(section), *targets.columns) if targets else crm_fields(section)
    schema = link.connector.describe(section.object_name, tuple(path for path in wanted if "." in path))
    usable, problems = readable(section, schema)
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    held = _there(targets, schema)
    asked = dict.fromkeys((*crm_fields(usable), *(held.columns if held else ())))
    return Reading(usable, schema, tuple(asked), held), problems


def _targets(mapping: CrmMapping, section: ObjectMapping) -> Held | None:
    """Our own fields that come with this section's records: on the record itself, or on the one it names as the
    record to write to (`record_id = "user.hs_object_id"` names the record behind the path `user`)."""
    write = mapping.writes.get(section.feeds)
    if write is None:
        return None
    if write.object_name == section.object_name:
        return Held(write.object_name, ID, {field.name: field.name for field in write.fields})
    named = next((field.value.fields for field in section.fields if field.name == "record_id"), ())
    if len(named) != 1 or "." not in named[0]:
        return None
    path = named[0].rpartition(".")[0]
    return Held(write.object_name, named[0], {f"{path}.{field.name}": field.name for field in write.fields})


def _there(targets: Held | None, schema: ObjectSchema) -> Held | None:
    if targets is None:
        return None
    return replace(targets, columns={path: name for path, name in targets.columns.items() if path in schema.fields})


def _nested(found: list[Reading]) -> list[Reading]:
    """Objects that are read with another one become its children."""
    parents = {reading.object_name for reading in found}
    children = [reading for reading in found if reading.schema.read_with in parents]
    return [
        replace(reading, children=tuple(c for c in children if c.schema.read_with == reading.object_name))
        for reading in found
        if reading not in children
    ]
