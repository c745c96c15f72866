"""What fields an object has for the signed-in user, parent paths such as `Owner.Manager.Email` included.

Field-level security hides a field from the describe altogether; whoever maps it is told so, since Salesforce would
else give nulls or refuse the whole query. Names are compared without regard to case, as SOQL does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.answers import UnreadableAnswer
from connectors.base import CrmField, FieldKind, FixSettings, ObjectSchema
from connectors.salesforce.client import Call, Client
from connectors.salesforce.errors import Refused

KINDS: Mapping[str, FieldKind] = {
    "boolean": FieldKind.BOOLEAN,
    "date": FieldKind.DATE,
    "datetime": FieldKind.DATETIME,
    "int": FieldKind.NUMBER,
    "long": FieldKind.NUMBER,
    "double": FieldKind.NUMBER,
    "currency": FieldKind.NUMBER,
    "percent": FieldKind.NUMBER,
}
"""Field types of a describe; every other one is text."""
COMPOUND = frozenset({"address", "location", "complexvalue"})
"""Types whose values are objects; their parts are fields of their own."""

POLYMORPHIC_FIELDS: Mapping[str, FieldKind] = {
    "Id": FieldKind.TEXT,
    "Alias": FieldKind.TEXT,
    "Email": FieldKind.TEXT,
    "FirstName": FieldKind.TEXT,
    "IsActive": FieldKind.BOOLEAN,
    "LastName": FieldKind.TEXT,
    "Name": FieldKind.TEXT,
    "Phone": FieldKind.TEXT,
    "ProfileId": FieldKind.TEXT,
    "Title": FieldKind.TEXT,
    "Type": FieldKind.TEXT,
    "Username": FieldKind.TEXT,
    "UserRoleId": FieldKind.TEXT,
}
"""What may be selected through a relationship to several objects (`Who`, `What`, an activity's `Owner`): the fields of
the object Name (Object Reference, "Name")."""
POLYMORPHIC_PARENTS: Mapping[str, str] = {"Profile": "Profile", "UserRole": "UserRole"}

_KEPT_FOR = timedelta(minutes=10)
_ABSENT = frozenset({"INVALID_TYPE", "NOT_FOUND"})


class Described:
    """One object's describe, by names in lower case."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.name: str = body["name"]
        self.replicateable = bool(body.get("replicateable", True))
        self._fields = {str(entry["name"]).lower(): entry for entry in body["fields"]}
        self._parents = {str(e["relationshipName"]).lower(): e for e in body["fields"] if e.get("relationshipName")}

    def field(self, name: str) -> CrmField | None:
        """The field, None where the user cannot see one of that name or its values are objects."""
        entry = self._fields.get(name.lower())
        return as_field(entry) if entry is not None and entry["type"] not in COMPOUND else None

    def fields(self) -> dict[str, CrmField]:
        """Every field whose value is one value."""
        return {e["name"]: as_field(e) for e in self._fields.values() if e["type"] not in COMPOUND}

    def parent(self, relationship: str) -> Mapping[str, Any] | None:
        """The reference field behind a relationship's name."""
        return self._parents.get(relationship.lower())


class Schemas:
    """Describes of one org, each asked for once in ten minutes."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._held: dict[str, tuple[datetime, Described]] = {}

    def forget(self) -> None:
        """Ask anew from now on: fields were created."""
        self._held.clear()

    def described(self, object_name: str) -> Described:
        """The object's describe. Raises FixSettings where it is not there or not visible."""
        now = self._client.pacing.now()
        held = self._held.get(object_name.lower())
        if held is not None and now - held[0] < _KEPT_FOR:
            return held[1]
        found = self._ask(object_name)
        self._held[object_name.lower()] = (now, found)
        return found

    def _ask(self, object_name: str) -> Described:
        if not object_name.isidentifier():  # it becomes part of an address
            raise invisible(self._client.name, object_name)
        try:
            found: Described = self._client.ask(
                Call("GET", f"sobjects/{object_name}/describe", "describe"), _read_describe
            )
        except Refused as error:
            if error.code in _ABSENT:
                raise invisible(self._client.name, object_name) from error
            raise
        return found

    def schema(self, object_name: str, paths: Sequence[str] = ()) -> ObjectSchema:
        """The object's fields, and those of `paths` that exist, under the names they were asked for by."""
        described = self.described(object_name)
        fields = described.fields()
        found = {path: self.resolve(object_name, path) for path in paths}
        fields.update({path: hit for path, hit in found.items() if hit is not None})
        return ObjectSchema(described.name, fields)

    def resolve(self, object_name: str, path: str) -> CrmField | None:
        """The field a path leads to, its `name` the whole path in the CRM's own spelling; None where there is none."""
        here, _, rest = path.partition(".")
        described = self.described(object_name)
        if not rest:
            return described.field(here)
        parent = described.parent(here)
        if parent is None:
            return None
        found = self._beyond(parent, rest)
        return None if found is None else renamed(found, f"{parent['relationshipName']}.{found.name}")

    def _beyond(self, parent: Mapping[str, Any], rest: str) -> CrmField | None:
        targets = parent.get("referenceTo") or []
        try:
            if parent.get("polymorphicForeignKey") or len(targets) != 1:
                return self._of_any(rest)
            return self.resolve(str(targets[0]), rest)
        except Refused:
            raise
        except FixSettings:  # the parent object is not visible: so are its fields
            return None

    def _of_any(self, rest: str) -> CrmField | None:
        here, _, beyond = rest.partition(".")
        if beyond:
            target = _spelled(here, POLYMORPHIC_PARENTS)
            found = self.resolve(POLYMORPHIC_PARENTS[target], beyond) if target else None
            return renamed(found, f"{target}.{found.name}") if found else None
        name = _spelled(here, POLYMORPHIC_FIELDS)
        return CrmField(name, POLYMORPHIC_FIELDS[name]) if name else None


def invisible(connection: str, object_name: str) -> FixSettings:
    """The error for an object that is not there, or not for this user: Salesforce does not tell the two apart."""
    return FixSettings(
        f"{connection}: there is no object {object_name} that the integration user can see.",
        hint=f"Check the name in the mapping; give the integration user the Read permission on {object_name}"
        " (an object of a feature that is off in this org, such as DatedConversionRate, is not there at all).",
    )


def as_field(entry: Mapping[str, Any]) -> CrmField:
    """One entry of a describe's `fields`."""
    kind = KINDS.get(entry["type"], FieldKind.TEXT)
    whole = entry["type"] in ("int", "long")
    precision = entry.get("digits") if whole else entry.get("precision")
    is_number = kind is FieldKind.NUMBER
    return CrmField(
        name=entry["name"],
        kind=kind,
        label=entry.get("label") or "",
        nullable=bool(entry.get("nillable", True)),
        writable=bool(entry.get("updateable")),
        precision=(precision or None) if is_number else None,
        scale=int(entry.get("scale") or 0) if is_number else None,
        length=(entry.get("length") or None) if kind is FieldKind.TEXT else None,
        choices=tuple(str(c["value"]) for c in entry.get("picklistValues") or () if c.get("active", True)),
    )


def renamed(found: CrmField, name: str) -> CrmField:
    """The field under another name, as one reached through a parent: it cannot be written from here."""
    return CrmField(
        name=name,
        kind=found.kind,
        label=found.label,
        precision=found.precision,
        scale=found.scale,
        length=found.length,
        choices=found.choices,
    )


def _spelled(word: str, known: Mapping[str, object]) -> str | None:
    return next((name for name in known if name.lower() == word.lower()), None)


def _read_describe(body: Any) -> Described:
    try:
        return Described(body)
    except (KeyError, TypeError) as error:
        raise UnreadableAnswer(f"no describe: {error!r}") from error
