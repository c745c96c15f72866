"""What the integration user sees of the objects: standard fields, and custom ones that a permission set shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sandbox.clock import Clock
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.store import Store

_GRANTS = """
    SELECT f."Field", max(f."PermissionsRead"), max(f."PermissionsEdit")
    FROM "FieldPermissions" f JOIN "PermissionSetAssignment" a ON a."PermissionSetId" = f."ParentId"
    WHERE a."AssigneeId" = ? GROUP BY 1
"""


class Catalogue:
    """Objects and fields by name, without regard to case, as one user sees them."""

    def __init__(self, store: Store, clock: Clock, user_id: str, *, tooling: bool = False) -> None:
        self._store = store
        self._tooling = tooling
        self._clock = clock
        self._user_id = user_id
        self.changed_at: datetime = clock.now().replace(microsecond=0)
        self._visible: dict[str, Mapping[str, Field]] = {}
        self._editable: set[str] = set()
        self._names: dict[str, str] = {}
        self._read()

    def refresh(self) -> None:
        """Fields or permissions changed: look again."""
        self.changed_at = self._clock.now().replace(microsecond=0)
        self._read()

    def _read(self) -> None:
        grants = self._store.ask(_GRANTS, (self._user_id,))
        seen = {str(name) for name, read, _edit in grants if read}
        self._editable = {str(name) for name, _read, edit in grants if edit}
        self._visible = {name: _visible(one, seen) for name, one in self._store.objects.items()}
        self._names = {name.lower(): name for name, one in self._store.objects.items() if self._shows(one)}

    def _shows(self, one: SObject) -> bool:
        return one.in_tooling if self._tooling else one.in_data

    def find(self, name: str) -> SObject | None:
        """The object of that name, or None."""
        known = self._names.get(name.lower())
        return self._store.objects[known] if known else None

    def get(self, name: str) -> SObject:
        """The object of exactly that name."""
        return self._store.objects[name]

    def objects(self) -> list[SObject]:
        """Every object of this API."""
        return [self._store.objects[name] for name in self._names.values()]

    def fields(self, one: SObject) -> Mapping[str, Field]:
        """The fields the user sees, by name in lower case."""
        return self._visible[one.name]

    def field(self, one: SObject, name: str) -> Field | None:
        """The field of that name if the user sees it, or None."""
        return self._visible[one.name].get(name.lower())

    def may_write(self, one: SObject, field: Field, *, new: bool) -> bool:
        """Whether the user may set the field, on a new record or on one that exists."""
        if not field.visible_to_all and f"{one.name}.{field.name}" not in self._editable:
            return False
        return field.createable if new else field.updateable

    def by_prefix(self, record_id: str) -> SObject | None:
        """The object whose ids begin as this one does, or None."""
        return next((one for one in self.objects() if one.key_prefix == record_id[:3]), None)


def _visible(one: SObject, seen: set[str]) -> Mapping[str, Field]:
    return {
        field.name.lower(): field for field in one.fields if field.visible_to_all or f"{one.name}.{field.name}" in seen
    }
