"""Creating, changing and deleting records: what is checked, what is stamped, what goes along.

Every function refuses a single record by raising RowError and leaves it as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.clock import Clock
from sandbox.salesforce.catalogue import Catalogue
from sandbox.salesforce.errors import RowError
from sandbox.salesforce.ids import normal_id
from sandbox.salesforce.rules import ONLY_ONE_OF, PERMISSIONS, derived
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.store import Row, Store
from sandbox.salesforce.values import moment_text, stored

Values = Mapping[str, Any]
_CASCADES = {"Opportunity": (("OpportunitySplit", "OpportunityId"), ("Task", "WhatId"), ("Event", "WhatId"))}


class Writes:
    """Changes to records, by the signed-in user or, with `as_person`, by somebody in the CRM's own pages: a person
    is not held to field permissions and may set what only the platform sets, since tests need to."""

    def __init__(self, store: Store, catalogue: Catalogue, clock: Clock, user_id: str) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._user_id = user_id

    def _now(self) -> str:
        return moment_text(self._clock.now().replace(microsecond=0))

    def create(self, one: SObject, values: Values, *, by: str | None = None, as_person: bool = False) -> str:
        """Make a record; returns its id."""
        if not one.createable:
            raise RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {one.label}")
        changes = self._changes(one, values, new=True, as_person=as_person)
        self._check_required(one, changes)
        defaults = self._defaults(one)
        row = {**defaults, **changes}
        stamp, by = self._now(), by or self._user_id
        with self._store.writing():
            self._check_references(one, row, {})
            more = derived(self._store, one.name, {}, row, stamp)
            self._check_unique(one, row, None)
            record_id = self._store.new_id(one.name)
            stamps: Row = {"CreatedDate": stamp, "CreatedById": by, **_modified(stamp, by)}
            self._store.insert(one.name, {**defaults, **stamps, **more, **changes, "Id": record_id})
        self._after(one)
        return record_id

    def update(
        self, one: SObject, record_id: object, values: Values, *, by: str | None = None, as_person: bool = False
    ) -> str:
        """Change a record; returns its id with 18 characters."""
        if not one.updateable:
            raise RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be updated: {one.label}")
        found = self.existing(one, record_id)
        changes = self._changes(one, values, new=False, as_person=as_person)
        stamp = self._now()
        with self._store.writing():
            self._check_references(one, changes, found)
            more = derived(self._store, one.name, found, changes, stamp)
            self._check_unique(one, {**found, **changes}, str(found["Id"]))
            row = {**_modified(stamp, by or self._user_id), **more, **changes}
            self._store.update(one.name, str(found["Id"]), row)
            self._carry_on(one, found, row, stamp)
        self._after(one)
        return str(found["Id"])

    def existing(self, one: SObject, record_id: object) -> Row:
        """The record of that id. Raises RowError where there is none, or not any more."""
        known = normal_id(record_id)
        if known is None or not known.startswith(one.key_prefix or ""):
            message = f"{one.label} ID: id value of incorrect type: {record_id}"
            raise RowError("MALFORMED_ID", message, ("Id",))
        found = self._store.get(one.name, known)
        if found is None:
            raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if found.get("IsDeleted"):
            raise RowError("ENTITY_IS_DELETED", "entity is deleted")
        return found

    def delete(self, one: SObject, record_id: object, *, by: str | None = None, hard: bool = False) -> str:
        """Put a record into the recycle bin with what hangs on it; `hard` (and what vanishes) removes it for good."""
        if not one.deletable:
            raise RowError("INVALID_TYPE_FOR_OPERATION", f"entity type {one.name} does not support delete")
        found = self._to_delete(one, record_id, hard=hard)
        stamps = _modified(self._now(), by or self._user_id)
        with self._store.writing():
            self._cascade(one, str(found["Id"]), stamps, hard=hard)
            self._remove(one, found, stamps, hard=hard or one.vanishes or not one.has_bin)
        self._after(one)
        return str(found["Id"])

    def _to_delete(self, one: SObject, record_id: object, *, hard: bool) -> Row:
        """What is in the recycle bin already can still be removed for good."""
        binned = self._store.get(one.name, normal_id(record_id) or "") if hard else None
        return binned or self.existing(one, record_id)

    def _remove(self, one: SObject, found: Row, stamps: Row, *, hard: bool) -> None:
        record_id = str(found["Id"])
        if not found.get("IsDeleted"):
            self._store.note_deletion(one.name, record_id, str(stamps["SystemModstamp"]))
        if hard:
            self._store.remove(one.name, record_id)
        else:
            self._store.update(one.name, record_id, {"IsDeleted": 1, **stamps})

    def _cascade(self, one: SObject, record_id: str, stamps: Row, *, hard: bool) -> None:
        for child_name, key in _CASCADES.get(one.name, ()):
            child = self._catalogue.get(child_name)
            for row in self._store.find(child_name, key, record_id):
                if hard or not row["IsDeleted"]:
                    self._remove(child, row, stamps, hard=hard)

    def undelete(self, one: SObject, record_id: object, *, by: str | None = None) -> str:
        """Take a record out of the recycle bin, with what went there along with it."""
        found = self._store.get(one.name, normal_id(record_id) or "")
        if found is None or not found.get("IsDeleted"):
            raise RowError("UNDELETE_FAILED", "entity is not in the recycle bin")
        stamp = self._now()
        with self._store.writing():
            self._restore(one.name, str(found["Id"]), stamp, by)
            for child_name, key in _CASCADES.get(one.name, ()):
                for row in self._store.find(child_name, key, found["Id"]):
                    if row["IsDeleted"] and row["SystemModstamp"] == found["SystemModstamp"]:
                        self._restore(child_name, str(row["Id"]), stamp, by)
        return str(found["Id"])

    def _restore(self, object_name: str, record_id: str, stamp: str, by: str | None) -> None:
        self._store.update(object_name, record_id, {"IsDeleted": 0, **_modified(stamp, by or self._user_id)})
        self._store.forget_deletion(object_name, record_id)

    def _changes(self, one: SObject, values: Values, *, new: bool, as_person: bool) -> Row:
        """The values as the database holds them, by the field's own name."""
        known = {field.name.lower(): field for field in one.fields} if as_person else self._catalogue.fields(one)
        changes: Row = {}
        refused: list[str] = []
        for name, value in values.items():
            if name == "attributes":
                continue
            field = known.get(name.lower())
            if field is None:
                raise RowError("INVALID_FIELD", f"No such column '{name}' on sobject of type {one.name}")
            if not as_person and not self._catalogue.may_write(one, field, new=new):
                refused.append(field.name)
            else:
                changes[field.name] = stored(field, value)
        if refused:
            raise _read_only(refused)
        return changes

    def _check_required(self, one: SObject, changes: Row) -> None:
        missing = [field.name for field in one.fields if field.required and changes.get(field.name) is None]
        if missing:
            message = f"Required fields are missing: [{', '.join(missing)}]"
            raise RowError("REQUIRED_FIELD_MISSING", message, tuple(missing))

    def _defaults(self, one: SObject) -> Row:
        defaults: Row = {field.name: stored(field, field.default) for field in one.fields if field.default is not None}
        if any(field.name == "OwnerId" for field in one.fields):
            defaults["OwnerId"] = self._user_id
        return defaults

    def _check_references(self, one: SObject, changes: Row, before: Row) -> None:
        for field in one.fields:
            value = changes.get(field.name)
            if field.type == "reference" and value is not None and value != before.get(field.name):
                self._check_reference(one, field, str(value))

    def _check_reference(self, one: SObject, field: Field, value: str) -> None:
        target = self._catalogue.by_prefix(value)
        if target is None or target.name not in field.reference_to:
            message = f"{field.label}: id value of incorrect type: {value}"
            raise RowError("MALFORMED_ID", message, (field.name,))
        found = self._store.get(target.name, value)
        if found is None or found.get("IsDeleted"):
            raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if field.name == "OwnerId" and found.get("IsActive") == 0:
            message = f"operation performed with inactive user [{value}] as owner of {one.name.lower()}"
            raise RowError("INACTIVE_OWNER_OR_USER", message, ("OwnerId",))

    def _check_unique(self, one: SObject, row: Row, own_id: str | None) -> None:
        for field in one.fields:
            if field.unique and row.get(field.name) is not None:
                others = self._store.find(one.name, field.name, row[field.name])
                _refuse_twin(others, own_id, field.name, one.name)
        together = ONLY_ONE_OF.get(one.name)
        if together:
            first, second = together
            others = self._store.find(one.name, first, row[first])
            _refuse_twin([other for other in others if other[second] == row[second]], own_id, None, one.name)

    def _carry_on(self, one: SObject, before: Row, row: Row, stamp: str) -> None:
        """Splits follow the amount of their opportunity."""
        if one.name != "Opportunity" or row.get("Amount", before["Amount"]) == before["Amount"]:
            return
        for split in self._store.find("OpportunitySplit", "OpportunityId", before["Id"]):
            more = derived(self._store, "OpportunitySplit", split, {}, stamp)
            self._store.update("OpportunitySplit", str(split["Id"]), {**more, "SystemModstamp": stamp})

    def _after(self, one: SObject) -> None:
        if one.name in PERMISSIONS:
            self._catalogue.refresh()


def _modified(stamp: str, by: str) -> Row:
    return {"LastModifiedDate": stamp, "LastModifiedById": by, "SystemModstamp": stamp}


def _read_only(names: list[str]) -> RowError:
    message = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field and "
        "verify that it is read/write for your profile or permission set."
    )
    return RowError("INVALID_FIELD_FOR_INSERT_UPDATE", message, tuple(names))


def _refuse_twin(others: list[Row], own_id: str | None, field_name: str | None, object_name: str) -> None:
    twin = next((str(other["Id"]) for other in others if other["Id"] != own_id), None)
    if twin is None:
        return
    if object_name == "PermissionSet":
        message = "This Name already exists or has been previously used. Please choose a different name."
        raise RowError("DUPLICATE_DEVELOPER_NAME", message, ("Name",))
    if field_name is None:
        message = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
        raise RowError("DUPLICATE_VALUE", message)
    message = f"duplicate value found: {field_name} duplicates value on record with id: {twin}"
    raise RowError("DUPLICATE_VALUE", message, (field_name,))
