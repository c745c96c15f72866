"""Records: how they are shown, and the one way in which they are changed.

Every change is checked as a whole first, moves the modification stamp to now, recalculates what HubSpot calculates,
and is noted in the property history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.hubspot.account import PORTAL_ID, Account
from sandbox.hubspot.catalogue import Property
from sandbox.hubspot.errors import ApiError, InvalidValue, invalid, invalid_values, not_found
from sandbox.hubspot.moments import iso
from sandbox.hubspot.pipelines import DEFAULT
from sandbox.hubspot.store import Change, Row
from sandbox.hubspot.types import ID_STEP, ObjectType
from sandbox.hubspot.values import BadValue, stored

_REQUIRED = dict.fromkeys(("calls", "emails", "meetings", "tasks", "notes"), ("hs_timestamp",))


@dataclass(frozen=True, slots=True)
class Source:
    """Who changes something: `kind` as the property history names it, and the id beside it."""

    kind: str
    source_id: str | None = None


API = Source("INTEGRATION", "7906213")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which properties an answer is to show; `plain` empty means the defaults of the type."""

    plain: tuple[str, ...] = ()
    history: tuple[str, ...] = ()


def value_of(kind: ObjectType, row: Row, name: str) -> str | None:
    """A property of a record as the API shows it."""
    if name == "hs_object_id":
        return str(row.id)
    if name == kind.modified:
        return iso(row.modified)
    if name == "hs_createdate":
        return iso(row.created)
    if name == "createdate":
        return row.properties.get(name) or iso(row.created)
    return row.properties.get(name)


def shown(account: Account, kind: ObjectType, row: Row, asked: Asked) -> dict[str, Any]:
    """A record in the shape of the objects API. Unknown names are left out, as HubSpot does; no value is null."""
    names = dict.fromkeys((*(asked.plain or kind.defaults), *kind.always))
    find = account.catalogue.knows
    record: dict[str, Any] = {
        "id": str(row.id),
        "properties": {name: value_of(kind, row, name) for name in names if find(kind, name)},
        "createdAt": iso(row.created),
        "updatedAt": iso(row.modified),
        "archived": row.archived is not None,
    }
    if row.archived is not None:
        record["archivedAt"] = iso(row.archived)
    if asked.history:
        record["propertiesWithHistory"] = {
            name: _history(account, kind, row, name) for name in asked.history if find(kind, name)
        }
    return record


def everything(account: Account, kind: ObjectType, row: Row) -> dict[str, Any]:
    """A record with every property that has a value."""
    names = tuple(prop.name for prop in account.catalogue.all(kind) if value_of(kind, row, prop.name) is not None)
    return shown(account, kind, row, Asked(names))


def _history(account: Account, kind: ObjectType, row: Row, name: str) -> list[dict[str, Any]]:
    changes = account.store.history(kind.name, row.id, name)
    value = value_of(kind, row, name)
    if not changes and value is not None:
        changes = [Change(name, row.created, value, "IMPORT", None)]
    return [_history_entry(change) for change in changes]


def _history_entry(change: Change) -> dict[str, Any]:
    entry = {"value": change.value, "timestamp": iso(change.at), "sourceType": change.source}
    if change.source_id:
        entry["sourceId"] = change.source_id
    return entry


def read_id(text: object) -> int:
    """A record id from a path or a body; what is no number is no record."""
    return int(str(text)) if str(text).isdecimal() and len(str(text)) < 19 else -1


def find(account: Account, kind: ObjectType, key: object, id_property: str | None, *, archived: bool = False) -> Row:
    """A record by its id or a unique property. Raises ApiError 404, 400 for a property that is not unique."""
    row = lookup(account, kind, key, id_property)
    if row is None or (row.archived is not None) != archived:
        raise not_found(key)
    return row


def lookup(account: Account, kind: ObjectType, key: object, id_property: str | None) -> Row | None:
    """The same, archived or not; None for no record."""
    if not id_property:
        return account.store.get(kind.name, read_id(key))
    prop = account.catalogue.find(kind, id_property)
    if prop is None or not prop.unique:
        raise invalid(
            f"Unable to perform update/upsert by non-unique {kind.type_id} property {id_property} "
            f"in portal ID {PORTAL_ID}"
        )
    return account.store.by_property(kind.name, id_property, str(key))


def checked(
    account: Account, kind: ObjectType, values: Mapping[str, Any], row: Row | None = None
) -> dict[str, str | None]:
    """The values as they will be stored. Raises ApiError with everything that is wrong with them."""
    accepted: dict[str, str | None] = {}
    wrong: list[InvalidValue] = []
    for name, value in values.items():
        try:
            accepted[name] = _accept(account, kind, name, value, row)
        except BadValue as error:
            wrong.append(error.complaint)
    if kind.name == "deals" and not wrong:
        wrong += _complete_stage(account, accepted, row)
    if wrong:
        raise invalid_values(wrong, PORTAL_ID)
    return accepted


def _accept(account: Account, kind: ObjectType, name: str, value: Any, row: Row | None) -> str | None:
    prop = account.catalogue.find(kind, name)
    if prop is None:
        raise BadValue(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    text = stored(prop, value, account.owner_exists)
    if text is not None and prop.unique:
        _check_unique(account, kind, prop, text, row)
    return text


def _check_unique(account: Account, kind: ObjectType, prop: Property, text: str, row: Row | None) -> None:
    holder = account.store.by_property(kind.name, prop.name, text)
    if holder and (row is None or holder.id != row.id):
        raise ApiError(409, f"{prop.label} {text} already exists. Existing ID: {holder.id}", "CONFLICT")


def _complete_stage(account: Account, accepted: dict[str, str | None], row: Row | None) -> list[InvalidValue]:
    """A stage brings its pipeline along; a pipeline without a stage of its own is refused."""
    if "dealstage" not in accepted and "pipeline" not in accepted and row is not None:
        return []
    before = row.properties if row else {}
    stage = accepted.get("dealstage", before.get("dealstage"))
    place = account.pipelines.find_stage(stage)
    if place is None:
        pipeline = account.pipelines.get(accepted.get("pipeline") or before.get("pipeline") or DEFAULT)
        accepted.update(pipeline=pipeline.id, dealstage=pipeline.stages[0].id)
        return []
    if accepted.get("pipeline", place[0].id) != place[0].id:
        message = f"{stage} was not one of the allowed options of pipeline {accepted['pipeline']}"
        return [InvalidValue("dealstage", "INVALID_OPTION", message)]
    accepted["pipeline"] = place[0].id
    return []


def splitters(account: Account, kind: ObjectType, record_id: int) -> list[str]:
    """The owners of a deal's splits, each once."""
    if kind.name != "deals":
        return []
    found = account.store.db.execute("SELECT owner_id FROM split WHERE deal_id = ? ORDER BY id", (record_id,))
    return list(dict.fromkeys(str(owner) for (owner,) in found))


def update(account: Account, kind: ObjectType, row: Row, accepted: Mapping[str, str | None], source: Source) -> Row:
    """Write checked values into a record."""
    before = dict(row.properties)
    for name, text in accepted.items():
        if text is None:
            row.properties.pop(name, None)
        else:
            row.properties[name] = text
    row.modified = account.now()
    return _keep(account, kind, row, before, source)


def touch(account: Account, kind: ObjectType, row: Row, source: Source) -> Row:
    """Recalculate a record and move its stamp."""
    return update(account, kind, row, {}, source)


def _keep(account: Account, kind: ObjectType, row: Row, before: Mapping[str, str], source: Source) -> Row:
    account.recalculate(kind, row.properties, splitters(account, kind, row.id))
    account.store.save(kind.name, row)
    account.store.note(kind.name, row.id, _changes(account, kind, row, before, source))
    return row


def _changes(
    account: Account, kind: ObjectType, row: Row, before: Mapping[str, str], source: Source
) -> Iterable[Change]:
    for name in dict.fromkeys((*before, *row.properties)):
        old, new = before.get(name, ""), row.properties.get(name, "")
        if old == new:
            continue
        if old and not account.store.history(kind.name, row.id, name):
            yield Change(name, row.created, old, "IMPORT", None)
        yield Change(name, row.modified, new, source.kind, source.source_id)


def create(account: Account, kind: ObjectType, values: Mapping[str, Any], source: Source) -> Row:
    """Make a record. Raises ApiError."""
    accepted = checked(account, kind, values)
    missing = [name for name in _REQUIRED.get(kind.name, ()) if not accepted.get(name)]
    if missing:
        message = f"Error creating {kind.label}. Some required properties were not set."
        detail = {
            "message": f"Error creating {kind.label}",
            "code": "REQUIRED_FIELD",
            "context": {"properties": missing},
        }
        raise invalid(message, errors=[detail])
    now = account.now()
    row = Row(next_id(account, kind), now, now, None, {name: text for name, text in accepted.items() if text})
    return _keep(account, kind, row, {}, source)


def next_id(account: Account, kind: ObjectType) -> int:
    """An id no record of this type ever had before it was removed."""
    last = account.store.last_id(kind.name)
    return kind.first_id if last is None else last + ID_STEP


def archive(account: Account, kind: ObjectType, row: Row) -> None:
    """Put a record into the recycle bin. Its modification stamp stays."""
    row.archived = account.now()
    account.store.save(kind.name, row)


def restore(account: Account, kind: ObjectType, row: Row, source: Source) -> Row:
    """Take a record out of the recycle bin, which a person does, so its stamp moves."""
    row.archived = None
    return touch(account, kind, row, source)


def merge(account: Account, kind: ObjectType, winner: Row, loser: Row, source: Source) -> Row:
    """The winner takes what it lacks and the loser's associations; the loser is gone, and never was archived."""
    before = dict(winner.properties)
    calculated = {prop.name for prop in account.catalogue.all(kind) if prop.read_only}
    for name, text in loser.properties.items():
        if name not in calculated:
            winner.properties.setdefault(name, text)
    merged: Sequence[str] = winner.properties.get("hs_merged_object_ids", "").split(";")
    taken = (*merged, *loser.properties.get("hs_merged_object_ids", "").split(";"), str(loser.id))
    winner.properties["hs_merged_object_ids"] = ";".join(dict.fromkeys(each for each in taken if each))
    winner.modified = account.now()
    _move_associations(account, kind, winner, loser)
    account.store.remove(kind.name, loser.id)
    return _keep(account, kind, winner, before, source)


def _move_associations(account: Account, kind: ObjectType, winner: Row, loser: Row) -> None:
    for statement in (
        "UPDATE OR IGNORE association SET from_id = ? WHERE from_type = ? AND from_id = ?",
        "UPDATE OR IGNORE association SET to_id = ? WHERE to_type = ? AND to_id = ?",
    ):
        account.store.db.execute(statement, (winner.id, kind.name, loser.id))
