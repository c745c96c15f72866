"""Creating the fields Attain writes, and letting the integration user see them; idempotent.

A field made through the API is visible to nobody until a permission set says so. Fields are made through the Tooling
API (CustomField), sight of them through FieldPermissions of the permission set `Attain_Integration`. Sources: Tooling
API guide, "CustomField"; Object Reference, "PermissionSet", "FieldPermissions", "PermissionSetAssignment".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from simple_salesforce.format import format_soql

from connectors.answers import UnreadableAnswer
from connectors.base import CrmField, FieldKind, FieldSpec, FixSettings, ProvisionStep
from connectors.salesforce.client import Call, Client
from connectors.salesforce.errors import Refused
from connectors.salesforce.query import ask_query
from connectors.salesforce.schema import Schemas
from connectors.salesforce.soql import select

PERMISSION_SET = "Attain_Integration"
_THERE_ALREADY = frozenset({"DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE"})
_LONGEST_LINE = 255  # characters of a Text field; a longer one is a LongTextArea, of at least 256


def provision(client: Client, schemas: Schemas, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[ProvisionStep]:
    """What was done or, on a dry run, would be; raises FixSettings where the user may not, or TryLater."""
    schemas.forget()
    steps = [_field(client, schemas, spec, dry_run=dry_run) for spec in specs]
    conflicts = {step.target for step in steps if step.action == "conflict"}
    wanted = [spec for spec in specs if target(spec) not in conflicts]
    steps += _Grants(client, dry_run=dry_run).steps(wanted) if wanted else []
    schemas.forget()
    return steps if dry_run else [_checked(schemas, step, specs) for step in steps]


def target(spec: FieldSpec) -> str:
    """The field as Salesforce names it: `Opportunity.Attain_Credited__c`."""
    return f"{spec.object_name}.{spec.name}"


def _field(client: Client, schemas: Schemas, spec: FieldSpec, *, dry_run: bool) -> ProvisionStep:
    there = schemas.resolve(spec.object_name, spec.name)
    if there is not None:
        return _existing(spec, there)
    if not spec.name.endswith("__c"):
        return ProvisionStep(target(spec), "conflict", done=False, message="only fields ending in __c can be created")
    if dry_run:
        return ProvisionStep(target(spec), "create", done=False, message=_described(spec))
    body = {"FullName": target(spec), "Metadata": metadata(spec)}
    made = _create(client, "tooling/sobjects/CustomField", "create_field", body)
    return ProvisionStep(target(spec), "create" if made else "exists", done=True, message=_described(spec))


def _existing(spec: FieldSpec, there: CrmField) -> ProvisionStep:
    wrong = conflict(spec, there)
    if wrong:
        return ProvisionStep(target(spec), "conflict", done=False, message=wrong)
    return ProvisionStep(target(spec), "exists", done=True)


def conflict(spec: FieldSpec, there: CrmField) -> str:
    """Why the field that is there cannot take the values, empty where it can."""
    if there.kind is not spec.kind:
        return f"is a {there.kind} field and not a {spec.kind} field: rename one of them in the mapping"
    if spec.kind is FieldKind.NUMBER:
        digits, scale = (there.precision or 18) - (there.scale or 0), there.scale or 0
        if scale < spec.scale or digits < spec.precision - spec.scale:
            return (
                f"holds {digits} digits and {scale} decimals, {spec.precision - spec.scale} and {spec.scale} are needed"
            )
    if spec.kind is FieldKind.TEXT and there.length is not None and there.length < spec.length:
        return f"holds {there.length} characters, {spec.length} are needed"
    return ""


def metadata(spec: FieldSpec) -> dict[str, Any]:
    """The Metadata of a CustomField."""
    told: dict[str, Any] = {"label": spec.label or spec.name.removesuffix("__c").replace("_", " "), "required": False}
    if spec.description:
        told["description"] = spec.description
    return told | _TYPES[spec.kind](spec)


def _text(spec: FieldSpec) -> dict[str, Any]:
    if spec.length > _LONGEST_LINE:
        return {"type": "LongTextArea", "length": max(spec.length, _LONGEST_LINE + 1), "visibleLines": 3}
    return {"type": "Text", "length": spec.length}


_TYPES: Mapping[FieldKind, Callable[[FieldSpec], dict[str, Any]]] = {
    FieldKind.TEXT: _text,
    FieldKind.NUMBER: lambda spec: {"type": "Number", "precision": spec.precision, "scale": spec.scale},
    FieldKind.BOOLEAN: lambda _: {"type": "Checkbox", "defaultValue": "false"},
    FieldKind.DATE: lambda _: {"type": "Date"},
    FieldKind.DATETIME: lambda _: {"type": "DateTime"},
}


def _described(spec: FieldSpec) -> str:
    told = metadata(spec)
    size = {
        "Number": f"({spec.precision},{spec.scale})",
        "Text": f"({spec.length})",
        "LongTextArea": f"({spec.length})",
    }
    kind = str(told["type"])
    return kind + size.get(kind, "")


def _create(client: Client, path: str, endpoint: str, body: dict[str, Any]) -> str | None:
    """The id of what was created, None where it was there already (or a lost answer had created it)."""
    try:
        created: str = client.ask(Call("POST", path, endpoint, body=body), _created_id)
    except Refused as error:
        if error.code in _THERE_ALREADY:
            return None
        raise
    return created


def _created_id(body: Any) -> str:
    if not isinstance(body, dict) or not body.get("id"):
        raise UnreadableAnswer("no id of what was created")
    return str(body["id"])


def _checked(schemas: Schemas, step: ProvisionStep, specs: Sequence[FieldSpec]) -> ProvisionStep:
    """A field that was there and hidden could not be judged before it was granted: judge it now."""
    spec = next((spec for spec in specs if target(spec) == step.target), None)
    there = schemas.resolve(spec.object_name, spec.name) if spec else None
    wrong = conflict(spec, there) if spec and there else ""
    return ProvisionStep(step.target, "conflict", done=False, message=wrong) if wrong else step


class _Grants:
    """The permission set, what it grants, and who has it."""

    def __init__(self, client: Client, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run

    def steps(self, specs: Sequence[FieldSpec]) -> Iterator[ProvisionStep]:
        label = {"Name": PERMISSION_SET, "Label": "Attain Integration"}
        where = format_soql("Name = {}", PERMISSION_SET)
        set_id, made = self._ensure("PermissionSet", where, label)
        yield self._step(f"permission set {PERMISSION_SET}", "create" if made else "exists", made)
        granted = self._granted(set_id) if set_id else {}
        for spec in specs:
            yield self._grant(spec, set_id, granted.get(target(spec)))
        yield self._assign(set_id)

    def _step(self, name: str, action: Any, changed: bool) -> ProvisionStep:
        return ProvisionStep(name, action, done=not (changed and self._dry_run))

    def _find(self, object_name: str, where: str, fields: Sequence[str] = ("Id",)) -> list[dict[str, Any]]:
        return ask_query(self._client, select(fields, object_name, where), deleted=False).records

    def _ensure(self, object_name: str, where: str, values: dict[str, Any]) -> tuple[str | None, bool]:
        """The record's id (None where a dry run would make it), and whether it was or would be made."""
        if found := self._find(object_name, where):
            return str(found[0]["Id"]), False
        if self._dry_run:
            return None, True
        created = _create(self._client, f"sobjects/{object_name}", "create", values)
        if created is None:
            return str(self._find(object_name, where)[0]["Id"]), False
        return created, True

    def _granted(self, set_id: str) -> dict[str, dict[str, Any]]:
        where = format_soql("ParentId = {}", set_id)
        rows = self._find("FieldPermissions", where, ("Id", "Field", "PermissionsRead", "PermissionsEdit"))
        return {str(row["Field"]): row for row in rows}

    def _grant(self, spec: FieldSpec, set_id: str | None, held: dict[str, Any] | None) -> ProvisionStep:
        name = f"{PERMISSION_SET}: read and edit {target(spec)}"
        if held and held["PermissionsRead"] and held["PermissionsEdit"]:
            return ProvisionStep(name, "exists", done=True)
        if not self._dry_run:
            rights = {"PermissionsRead": True, "PermissionsEdit": True}
            whole = {"ParentId": set_id, "SobjectType": spec.object_name, "Field": target(spec), **rights}
            if held:
                self._client.ask(Call("PATCH", f"sobjects/FieldPermissions/{held['Id']}", "update", body=rights))
            else:
                _create(self._client, "sobjects/FieldPermissions", "create", whole)
        return self._step(name, "grant", changed=True)

    def _assign(self, set_id: str | None) -> ProvisionStep:
        user_id = signed_in_user(self._client)
        name = f"{PERMISSION_SET}: assigned to the integration user {user_id}"
        if set_id is None:
            return self._step(name, "grant", changed=True)
        where = format_soql("AssigneeId = {} AND PermissionSetId = {}", user_id, set_id)
        values = {"AssigneeId": user_id, "PermissionSetId": set_id}
        _, made = self._ensure("PermissionSetAssignment", where, values)
        return self._step(name, "grant" if made else "exists", made)


def signed_in_user(client: Client) -> str:
    """The id of the user Attain is signed in as. Raises FixSettings, TryLater."""
    token = client.sign_in()
    if token.user_id:
        return token.user_id
    body = client.get("/services/oauth2/userinfo", "userinfo")
    user_id = body.get("user_id") if isinstance(body, dict) else None
    if not user_id:
        raise FixSettings(
            f"{client.name}: Salesforce does not tell who Attain is signed in as.",
            hint='Give the app the "openid" or "id" scope, or sign in with client credentials.',
        )
    return str(user_id)
