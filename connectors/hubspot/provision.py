"""Create the properties Attain writes to, in a property group of its own. Safe to run again and again.

A property that is there with the right type is left as it is; one with another type, or one that cannot be written,
is a conflict for a person to decide. HubSpot shows properties to every user of the account: nothing to grant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from connectors.base import CrmField, FieldKind, FieldSpec, ProvisionStep
from connectors.hubspot import scopes
from connectors.hubspot.client import Call, HubSpotClient
from connectors.hubspot.errors import Refused
from connectors.hubspot.schema import Schemas

GROUP = "attain"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_EXISTS = 409
_LINE_LENGTH = 255
_TYPES: Mapping[FieldKind, tuple[str, str]] = {
    FieldKind.TEXT: ("string", "text"),
    FieldKind.NUMBER: ("number", "number"),
    FieldKind.BOOLEAN: ("bool", "booleancheckbox"),
    FieldKind.DATE: ("date", "date"),
    FieldKind.DATETIME: ("datetime", "date"),
}
_YES_OR_NO = [
    {"label": "Yes", "value": "true", "displayOrder": 0, "hidden": False},
    {"label": "No", "value": "false", "displayOrder": 1, "hidden": False},
]


def provisioned(
    client: HubSpotClient, schemas: Schemas, specs: Sequence[FieldSpec], *, dry_run: bool
) -> list[ProvisionStep]:
    """Create what is missing, or on a dry run say what would be. Raises FixSettings where the token may not."""
    by_object = groupby(sorted(specs, key=lambda spec: spec.object_name), key=lambda spec: spec.object_name)
    steps: list[ProvisionStep] = []
    for object_name, wanted in by_object:
        steps.extend(_for_object(client, schemas, object_name, list(wanted), dry_run=dry_run))
    return steps


def _for_object(
    client: HubSpotClient, schemas: Schemas, object_name: str, specs: Sequence[FieldSpec], *, dry_run: bool
) -> Iterator[ProvisionStep]:
    known = schemas.describe(object_name).fields
    judged = [(spec, _judge(spec, known)) for spec in specs]
    missing = [spec for spec, step in judged if step is None]
    yield from (step for _, step in judged if step is not None)
    if not missing:
        return
    yield _group(client, object_name, dry_run=dry_run)
    for spec in missing:
        yield ProvisionStep(_target(spec), "create", done=False) if dry_run else _create(client, schemas, spec)


def _target(spec: FieldSpec) -> str:
    return f"{spec.object_name}.{spec.name}"


def _judge(spec: FieldSpec, known: Mapping[str, CrmField]) -> ProvisionStep | None:
    """What is there already, or what is wrong; None where the property is to be created."""
    if not _NAME.fullmatch(spec.name):
        message = "HubSpot names are lower-case letters, digits and underscores: rename the field in the mapping"
        return ProvisionStep(_target(spec), "conflict", done=False, message=message)
    found = known.get(spec.name)
    if found is None:
        return None
    if found.kind is not spec.kind:
        message = f"is there as {found.kind.value}, needed as {spec.kind.value}: rename the field in the mapping"
        return ProvisionStep(_target(spec), "conflict", done=False, message=message)
    if not found.writable:
        message = "is there and cannot be written (calculated or read-only): rename the field in the mapping"
        return ProvisionStep(_target(spec), "conflict", done=False, message=message)
    return ProvisionStep(_target(spec), "exists", done=True)


def _group(client: HubSpotClient, object_name: str, *, dry_run: bool) -> ProvisionStep:
    target = f"{object_name} group {GROUP}"
    if _has_group(client, object_name):
        return ProvisionStep(target, "exists", done=True)
    if dry_run:
        return ProvisionStep(target, "create", done=False)
    body = {"name": GROUP, "label": "Attain", "displayOrder": -1}
    created = _made(client, "group_create", client.paths.properties(object_name, "groups"), body, object_name)
    return ProvisionStep(target, "create" if created else "exists", done=True)


def _has_group(client: HubSpotClient, object_name: str) -> bool:
    path = client.paths.properties(object_name, "groups")
    reply = client.send(Call("groups", "GET", path, scope=scopes.shaping(object_name), lists="name"))
    return any(group["name"] == GROUP for group in reply.results)


def _create(client: HubSpotClient, schemas: Schemas, spec: FieldSpec) -> ProvisionStep:
    path = client.paths.properties(spec.object_name)
    if _made(client, "property_create", path, _property(spec), spec.object_name):
        return ProvisionStep(_target(spec), "create", done=True)
    step = _judge(spec, schemas.describe(spec.object_name).fields)
    message = "HubSpot says it exists and does not show it: it may be archived; restore or rename it"
    return step or ProvisionStep(_target(spec), "conflict", done=False, message=message)


def _made(client: HubSpotClient, endpoint: str, path: str, body: Mapping[str, Any], object_name: str) -> bool:
    """Create; False where it was there already (another run was faster, or an answer was lost)."""
    try:
        client.send(Call(endpoint, "POST", path, body=body, scope=scopes.shaping(object_name)))
    except Refused as error:
        if error.status != _EXISTS:
            raise
        return False
    return True


def _property(spec: FieldSpec) -> dict[str, Any]:
    kind, field_type = _TYPES[spec.kind]
    if spec.kind is FieldKind.TEXT and spec.length > _LINE_LENGTH:
        field_type = "textarea"
    return {
        "name": spec.name,
        "label": spec.label,
        "description": spec.description,
        "groupName": GROUP,
        "type": kind,
        "fieldType": field_type,
        "formField": False,
        **({"options": _YES_OR_NO} if spec.kind is FieldKind.BOOLEAN else {}),
    }
