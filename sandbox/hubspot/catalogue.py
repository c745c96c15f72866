"""The properties of every object type: HubSpot's own and those made through the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.hubspot.errors import ApiError, invalid
from sandbox.hubspot.moments import iso
from sandbox.hubspot.types import TYPES, ObjectType, Standard

PROPERTY_TYPES = ("bool", "date", "datetime", "enumeration", "number", "phone_number", "string")
FIELD_TYPES = (
    "booleancheckbox", "calculation_equation", "checkbox", "date", "file", "html", "number", "phonenumber", "radio",
    "select", "text", "textarea",
)  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]{0,249}")
_UPDATABLE = (
    "label",
    "description",
    "groupName",
    "type",
    "fieldType",
    "options",
    "displayOrder",
    "hidden",
    "formField",
)


@dataclass(frozen=True, slots=True)
class Property:
    """A property as it is now. `custom`: made by people, so it can be changed and archived."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    custom: bool
    read_only: bool = False
    unique: bool = False
    owner: bool = False
    several: bool = False
    options: tuple[dict[str, Any], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    created: int = 0
    modified: int = 0
    archived: int | None = None

    def as_json(self) -> dict[str, Any]:
        """A Property of the properties API."""
        shown: dict[str, Any] = {
            "updatedAt": iso(self.modified),
            "createdAt": iso(self.created),
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": "",
            "groupName": self.group,
            "options": [dict(option) for option in self.options],
            "displayOrder": -1,
            "calculated": self.read_only and not self.custom,
            "externalOptions": self.owner,
            "archived": self.archived is not None,
            "hasUniqueValue": self.unique,
            "hidden": False,
            "hubspotDefined": not self.custom,
            "formField": False,
            "dataSensitivity": "non_sensitive",
            "modificationMetadata": self._modification(),
            **self.extra,
        }
        if self.owner:
            shown["referencedObjectType"] = "OWNER"
        if self.archived is not None:
            shown["archivedAt"] = iso(self.archived)
        return shown

    def _modification(self) -> dict[str, bool]:
        return {
            "archivable": self.custom,
            "readOnlyDefinition": not self.custom,
            "readOnlyOptions": not self.custom,
            "readOnlyValue": self.read_only,
        }


def option(value: str, label: str, order: int) -> dict[str, Any]:
    """A choice of an enumeration."""
    return {"label": label, "value": value, "displayOrder": order, "hidden": False}


class Catalogue:
    """Properties and property groups of each object type. `choices` names options that live elsewhere (stages)."""

    def __init__(self, created: int, choices: Mapping[str, Callable[[], list[dict[str, Any]]]]) -> None:
        self._choices = choices
        self._groups = {kind.name: {_group(kind): f"{kind.label.title()} information"} for kind in TYPES}
        self._properties = {
            kind.name: {each.name: _property(kind, each, created) for each in kind.properties} for kind in TYPES
        }

    def find(self, kind: ObjectType, name: str) -> Property | None:
        """A property that is not archived, with its options."""
        found = self._properties[kind.name].get(name)
        if found is None or found.archived is not None:
            return None
        choices = self._choices.get(name) if not found.custom else None
        return replace(found, options=tuple(choices())) if choices else found

    def knows(self, kind: ObjectType, name: str) -> bool:
        """Whether a property of that name is there and not archived."""
        found = self._properties[kind.name].get(name)
        return found is not None and found.archived is None

    def all(self, kind: ObjectType, *, archived: bool = False) -> list[Property]:
        """Every property of a type, or every archived one."""
        if archived:
            return [each for each in self._properties[kind.name].values() if each.archived is not None]
        found = (self.find(kind, name) for name in self._properties[kind.name])
        return [each for each in found if each]

    def get(self, kind: ObjectType, name: str, *, archived: bool = False) -> Property:
        """One property. Raises ApiError 404."""
        found = self._properties[kind.name].get(name) if archived else self.find(kind, name)
        if found is None or (archived and found.archived is None):
            raise ApiError(
                404, f"Property {name} does not exist.", "OBJECT_NOT_FOUND", subCategory="PROPERTY_NOT_FOUND"
            )
        return found

    def create(self, kind: ObjectType, body: Mapping[str, Any], now: int) -> Property:
        """Make a property. Raises ApiError: 400 for a bad definition, 409 where the name is taken."""
        self._check(kind, body)
        name = body["name"]
        if self.find(kind, name):
            raise ApiError(
                409,
                f"A property named '{name}' already exists.",
                "OBJECT_ALREADY_EXISTS",
                subCategory="Properties.PROPERTY_NAME_EXISTS",
            )
        made = _changed(Property(name, "", "", "", "", custom=True, created=now), body, now)
        self._properties[kind.name][name] = made
        return made

    def _check(self, kind: ObjectType, body: Mapping[str, Any]) -> None:
        missing = [key for key in ("name", "label", "groupName", "type", "fieldType") if not body.get(key)]
        if missing:
            raise invalid(f"Some required fields were not set: [{', '.join(missing)}]")
        if not _NAME.fullmatch(body["name"]):
            raise invalid(f"Property name {body['name']} must be lowercase letters, numbers and underscores")
        self._check_parts(kind, body)

    def _check_parts(self, kind: ObjectType, body: Mapping[str, Any]) -> None:
        if body.get("type", "string") not in PROPERTY_TYPES:
            raise invalid(f"Cannot deserialize value of type PropertyType from {body['type']}")
        if body.get("fieldType", "text") not in FIELD_TYPES:
            raise invalid(f"fieldType {body['fieldType']} is not valid")
        if "groupName" in body and body["groupName"] not in self._groups[kind.name]:
            raise invalid(f"Property group {body['groupName']} does not exist")
        if body.get("type") == "enumeration" and not body.get("options") and not body.get("externalOptions"):
            raise invalid("Enumeration properties must have options")

    def update(self, kind: ObjectType, name: str, body: Mapping[str, Any], now: int) -> Property:
        """Change a property people made. Raises ApiError."""
        found = self.get(kind, name)
        if not found.custom:
            raise invalid(f"Property {name} is defined by HubSpot and cannot be changed")
        unknown = sorted(set(body) - set(_UPDATABLE) - {"calculationFormula"})
        if unknown:
            raise invalid(f"Some fields cannot be updated: [{', '.join(unknown)}]")
        self._check_parts(kind, body)
        self._properties[kind.name][name] = _changed(found, body, now)
        return self._properties[kind.name][name]

    def archive(self, kind: ObjectType, name: str, now: int) -> None:
        """Archive a property people made; without effect where there is none. Raises ApiError."""
        found = self.find(kind, name)
        if found is None:
            return
        if not found.custom:
            raise invalid(f"Property {name} is defined by HubSpot and cannot be archived")
        self._properties[kind.name][name] = replace(found, archived=now)

    def groups(self, kind: ObjectType) -> dict[str, str]:
        """Label of each property group, by name; may be changed in place."""
        return self._groups[kind.name]


def _group(kind: ObjectType) -> str:
    return f"{kind.singular.replace('_', '')}information" if kind.name != "users" else "user_information"


def _property(kind: ObjectType, standard: Standard, created: int) -> Property:
    type_name, field_type = standard.kind
    return Property(
        name=standard.name,
        label=standard.label,
        type=type_name,
        field_type="checkbox" if standard.several else field_type,
        group=_group(kind),
        custom=standard.custom,
        read_only=standard.read_only,
        unique=standard.unique,
        owner=standard.owner,
        several=standard.several,
        options=tuple(option(value, value.title(), order) for order, value in enumerate(standard.options)),
        created=created,
        modified=created,
    )


def _changed(found: Property, body: Mapping[str, Any], now: int) -> Property:
    field_type = body.get("fieldType", found.field_type)
    extra = {key: body[key] for key in ("description", "displayOrder", "hidden", "formField") if key in body}
    return replace(
        found,
        label=body.get("label", found.label),
        type=body.get("type", found.type),
        field_type=field_type,
        group=body.get("groupName", found.group),
        several=field_type == "checkbox",
        unique=body.get("hasUniqueValue", found.unique),
        owner=body.get("referencedObjectType", "OWNER" if found.owner else "") == "OWNER",
        read_only=field_type == "calculation_equation",
        options=tuple(body.get("options", found.options)),
        extra={**found.extra, **extra},
        modified=now,
    )
