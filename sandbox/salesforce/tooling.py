"""Custom fields through the Tooling API: made at once, and seen by nobody until a permission set shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.ids import make_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.requests import Call
from sandbox.salesforce.schema import Field, SObject, choice, day, flag, moment, number, percent, text
from sandbox.salesforce.store import Row, Store
from sandbox.salesforce.values import moment_text
from sandbox.wire import Response

_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")
_LONGEST_NAME = 40
_MOST_DIGITS = 18

Metadata = Mapping[str, Any]


def _digits(data: Metadata) -> tuple[int, int]:
    precision, scale = data.get("precision"), data.get("scale")
    for name, value in (("precision", precision), ("scale", scale)):
        if value is None:
            raise _bad(f"Must specify '{name}' for a CustomField of type {data['type']}")
    if not 0 <= int(str(scale)) <= int(str(precision)) <= _MOST_DIGITS:
        raise _bad(f"precision must be between 1 and {_MOST_DIGITS}, and at least the scale")
    return int(str(precision)), int(str(scale))


def _length(data: Metadata) -> int:
    if data.get("length") is None:
        raise _bad(f"Must specify 'length' for a CustomField of type {data['type']}")
    return int(data["length"])


def _choices(data: Metadata) -> list[str]:
    definition = (data.get("valueSet") or {}).get("valueSetDefinition") or {}
    return [str(value.get("fullName", value.get("label"))) for value in definition.get("value", [])]


_KINDS: dict[str, Callable[[str, Metadata, dict[str, Any]], Field]] = {
    "Number": lambda name, data, more: number(name, *_digits(data), **more),
    "Percent": lambda name, data, more: percent(name, *_digits(data), **more),
    "Currency": lambda name, data, more: number(name, *_digits(data), kind="currency", **more),
    "Text": lambda name, data, more: text(name, _length(data), **more),
    "TextArea": lambda name, _data, more: text(name, 255, kind="textarea", **more),
    "LongTextArea": lambda name, data, more: text(name, _length(data), kind="textarea", filterable=False, **more),
    "Html": lambda name, data, more: text(name, _length(data), kind="textarea", filterable=False, **more),
    "Email": lambda name, _data, more: text(name, 80, kind="email", **more),
    "Phone": lambda name, _data, more: text(name, 40, kind="phone", **more),
    "Url": lambda name, _data, more: text(name, 255, kind="url", **more),
    "Checkbox": lambda name, _data, more: flag(name, **more),
    "Date": lambda name, _data, more: day(name, **more),
    "DateTime": lambda name, _data, more: moment(name, **more),
    "Picklist": lambda name, data, more: choice(name, _choices(data), **more),
}


def create_field(org: Org, call: Call) -> Response:
    """POST /tooling/sobjects/CustomField. Raises ApiError as Salesforce does, for a name that is taken above all."""
    body = call.json_object()
    object_name, _, name = str(body.get("FullName", "")).partition(".")
    one = org.catalogue.find(object_name)
    if one is None:
        raise ApiError(400, "INVALID_TYPE", f"Cannot find the entity {object_name}", ["TableEnumOrId"])
    _check_name(one, name)
    field = _field(name, body.get("Metadata"))
    with org.store.writing():
        org.store.add_field(one.name, field)
        record_id = _register(org, one, field)
    org.catalogue.refresh()
    answer = {"id": record_id, "success": True, "errors": [], "warnings": [], "infos": []}
    return Response(201, msgspec.json.encode(answer), rows=1)


def _check_name(one: SObject, name: str) -> None:
    if not _NAME.fullmatch(name):
        message = (
            f"The Field Name '{name}' can only contain alphanumeric characters and underscores, must begin with a "
            "letter, must not end with an underscore nor contain two in a row, and custom ones end with __c."
        )
        raise ApiError(400, "INVALID_FULL_NAME", message, ["DeveloperName"])
    if len(name.removesuffix("__c")) > _LONGEST_NAME:
        message = f"Field Name: data value too large: {name} (max length={_LONGEST_NAME})"
        raise ApiError(400, "STRING_TOO_LONG", message, ["DeveloperName"])
    if name.lower() in {field.name.lower() for field in one.fields}:
        message = f"There is already a field named {name.removesuffix('__c')} on {one.name}."
        raise ApiError(400, "DUPLICATE_DEVELOPER_NAME", message, ["DeveloperName"])


def _field(name: str, data: Any) -> Field:
    if not isinstance(data, dict) or not data.get("label"):
        raise _bad("Must specify 'label' for a CustomField")
    make = _KINDS.get(str(data.get("type")))
    if make is None:
        raise _bad(f"'{data.get('type')}' is not a valid value for the enum 'FieldType'")
    more = {
        "label": str(data["label"]),
        "external_id": data.get("externalId") is True,
        "unique": data.get("unique") is True,
        "nillable": data.get("required") is not True,
        "visible_to_all": data.get("required") is True,
    }
    return make(name, data, more)


def _bad(message: str) -> ApiError:
    return ApiError(400, "FIELD_INTEGRITY_EXCEPTION", message)


def _register(org: Org, one: SObject, field: Field) -> str:
    record_id = org.store.new_id("CustomField")
    stamp = moment_text(org.clock.now().replace(microsecond=0))
    row: Row = {
        "Id": record_id,
        "CreatedDate": stamp,
        "LastModifiedDate": stamp,
        "SystemModstamp": stamp,
        "DeveloperName": field.name.removesuffix("__c"),
        "TableEnumOrId": one.name,
        "EntityDefinitionId": one.name,
        "FullName": f"{one.name}.{field.name}",
        "ManageableState": "unmanaged",
    }
    org.store.insert("CustomField", row)
    org.store.insert("FieldDefinition", _definition(one, field, stamp))
    return record_id


def register_all(store: Store, stamp: str) -> None:
    """Write down the objects and fields the org starts with, for those who ask the Tooling API about them."""
    for one in list(store.objects.values()):
        store.insert("EntityDefinition", _entity(one, stamp))
        for field in one.fields:
            store.insert("FieldDefinition", _definition(one, field, stamp))
    row: Row = {
        "Id": make_id("00N", 1),
        "CreatedDate": stamp,
        "LastModifiedDate": stamp,
        "SystemModstamp": stamp,
        "DeveloperName": "ARR",
        "TableEnumOrId": "Opportunity",
        "EntityDefinitionId": "Opportunity",
        "FullName": "Opportunity.ARR__c",
        "ManageableState": "unmanaged",
    }
    store.insert("CustomField", row)
    store.continue_ids("CustomField", 1)


def _entity(one: SObject, stamp: str) -> Row:
    return {
        "Id": one.name,
        "SystemModstamp": stamp,
        "DurableId": one.name,
        "QualifiedApiName": one.name,
        "DeveloperName": one.name,
        "Label": one.label,
        "PluralLabel": one.label_plural,
        "KeyPrefix": one.key_prefix,
        "IsCustomizable": 1,
    }


def _definition(one: SObject, field: Field, stamp: str) -> Row:
    return {
        "Id": f"{one.name}.{field.name}",
        "SystemModstamp": stamp,
        "DurableId": f"{one.name}.{field.name}",
        "EntityDefinitionId": one.name,
        "QualifiedApiName": field.name,
        "DeveloperName": field.name.removesuffix("__c"),
        "Label": field.label,
        "DataType": _data_type(field),
        "Length": field.length,
        "Precision": field.precision,
        "Scale": field.scale,
    }


def _data_type(field: Field) -> str:
    """As the setup pages show it: Number(18, 2), Text(255), Lookup(User)."""
    if field.is_number:
        kind = {"double": "Number"}.get(field.type, field.type.capitalize())
        return f"{kind}({field.precision - field.scale}, {field.scale})"
    if field.type == "reference":
        return f"Lookup({','.join(field.reference_to)})"
    return {"datetime": "Date/Time", "boolean": "Checkbox", "string": f"Text({field.length})"}.get(
        field.type, field.type.capitalize()
    )
