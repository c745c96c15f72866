"""Associations between records: which type ids stand between which types, how they are read and made.

A pair is stored once, in the order of the type names; reading goes both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.hubspot import records
from sandbox.hubspot.account import Account
from sandbox.hubspot.call import Call, answer, batch, nothing, required
from sandbox.hubspot.errors import ApiError, invalid, invalid_body
from sandbox.hubspot.moments import iso
from sandbox.hubspot.types import ObjectType, find_type
from sandbox.wire import Response

LARGEST_READ, LARGEST_WRITE, _PAGE = 1_000, 2_000, 500
DEFAULTS: Mapping[tuple[str, str], tuple[tuple[int, str | None], ...]] = {
    ("deals", "contacts"): ((3, None),),
    ("contacts", "deals"): ((4, None),),
    ("deals", "companies"): ((5, "Primary"), (341, None)),
    ("companies", "deals"): ((6, "Primary"), (342, None)),
    ("contacts", "companies"): ((1, "Primary"), (279, None)),
    ("companies", "contacts"): ((2, "Primary"), (280, None)),
    ("deals", "deals"): ((451, None),),
    ("deals", "calls"): ((205, None),),
    ("calls", "deals"): ((206, None),),
    ("deals", "emails"): ((209, None),),
    ("emails", "deals"): ((210, None),),
    ("deals", "meetings"): ((211, None),),
    ("meetings", "deals"): ((212, None),),
    ("deals", "notes"): ((213, None),),
    ("notes", "deals"): ((214, None),),
    ("deals", "tasks"): ((215, None),),
    ("tasks", "deals"): ((216, None),),
}
"""The types HubSpot sets by default, with their labels."""


def pair(first: tuple[str, int], second: tuple[str, int]) -> tuple[str, int, str, int]:
    """Two records in the order they are stored in."""
    (a_type, a_id), (b_type, b_id) = sorted([first, second])
    return a_type, a_id, b_type, b_id


def link(account: Account, pairs: Iterable[tuple[str, int, str, int]]) -> None:
    """Associate records by default; pairs as `pair` makes them."""
    account.store.db.executemany("INSERT OR IGNORE INTO association VALUES (?, ?, ?, ?)", pairs)


def others(account: Account, kind: ObjectType, record_id: int, other: ObjectType) -> list[int]:
    """Ids of the associated records of a type, in order."""
    ways = []
    if kind.name <= other.name:
        ways.append("SELECT to_id FROM association WHERE from_type = ? AND from_id = ? AND to_type = ?")
    if kind.name >= other.name:
        ways.append("SELECT from_id FROM association WHERE to_type = ? AND to_id = ? AND from_type = ?")
    found = (account.store.db.execute(way, (kind.name, record_id, other.name)) for way in ways)
    return sorted({other_id for rows in found for (other_id,) in rows})


def _types(kind: ObjectType, other: ObjectType) -> list[dict[str, Any]]:
    known = DEFAULTS.get((kind.name, other.name), ())
    return [{"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": label} for type_id, label in known]


def embedded(account: Account, kind: ObjectType, record_id: int, names: Sequence[str]) -> dict[str, Any]:
    """The `associations` of a record that was asked for with them; nothing where there are none."""
    found: dict[str, Any] = {}
    for name in names:
        other = find_type(name)
        type_name = f"{kind.singular}_to_{other.singular}"
        results = [{"id": str(other_id), "type": type_name} for other_id in others(account, kind, record_id, other)]
        if results:
            found[other.name] = {"results": results}
    return {"associations": found} if found else {}


def attach(account: Account, kind: ObjectType, record_id: int, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Make the associations a record is created with. Raises ApiError."""
    by_type = {
        type_id: find_type(other)
        for (name, other), types in DEFAULTS.items()
        if name == kind.name
        for type_id, _ in types
    }
    for each in wanted:
        type_ids = [int(spec.get("associationTypeId", 0)) for spec in each.get("types", [])]
        other = next((by_type[type_id] for type_id in type_ids if type_id in by_type), None)
        if other is None:
            raise invalid(f"association type {type_ids} does not exist from {kind.label}")
        _link_found(account, kind, str(record_id), other, str((each.get("to") or {}).get("id")))


def _link_found(account: Account, kind: ObjectType, from_id: str, other: ObjectType, to_id: str) -> None:
    first, second = records.find(account, kind, from_id, None), records.find(account, other, to_id, None)
    if "users" in (kind.name, other.name):
        raise invalid("USER cannot be associated with other objects")
    link(account, [pair((kind.name, first.id), (other.name, second.id))])


def _both(call: Call) -> tuple[ObjectType, ObjectType]:
    return call.kind, find_type(call.parts["other"])


def list_others(account: Account, call: Call) -> Response:
    """The records associated with one, a page at a time."""
    kind, other = _both(call)
    row = records.find(account, kind, call.parts["id"], None)
    limit, after = call.limit(_PAGE, _PAGE), int(call.after() or -1)
    found = [each for each in others(account, kind, row.id, other) if each > after]
    body: dict[str, Any] = {"results": [_shown(kind, other, each) for each in found[:limit]]}
    if len(found) > limit:
        body["paging"] = call.next_page(found[limit - 1])
    return answer(body, rows=len(body["results"]))


def _shown(kind: ObjectType, other: ObjectType, other_id: int) -> dict[str, Any]:
    return {"toObjectId": str(other_id), "associationTypes": _types(kind, other)}


def batch_read(account: Account, call: Call) -> Response:
    """The records associated with each of many; those without any make a 207."""
    kind, other = _both(call)
    results, errors = [], []
    for each in call.inputs(LARGEST_READ):
        required(each, "id")
        found = others(account, kind, records.read_id(each["id"]), other)
        after = int(each.get("after") or -1)
        page = [one for one in found if one > after]
        if not found:
            errors.append(_none_found(kind, other, str(each["id"])))
            continue
        result: dict[str, Any] = {
            "from": {"id": str(each["id"])},
            "to": [_shown(kind, other, one) for one in page[:_PAGE]],
        }
        if len(page) > _PAGE:
            result["paging"] = {"next": {"after": str(page[_PAGE - 1])}}
        results.append(result)
    return batch(results, iso(account.now()), errors)


def _none_found(kind: ObjectType, other: ObjectType, record_id: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {other.singular} is associated with {kind.singular} {record_id}.",
        "context": {"fromObjectId": [record_id], "fromObjectType": [kind.singular], "toObjectType": [other.singular]},
        "errors": [],
        "links": {},
    }


def put_default(account: Account, call: Call) -> Response:
    """Associate two records by default."""
    return _associate(account, call, [{"from": {"id": call.parts["id"]}, "to": {"id": call.parts["other_id"]}}])


def batch_default(account: Account, call: Call) -> Response:
    """Associate many pairs by default."""
    return _associate(account, call, call.inputs(LARGEST_WRITE))


def _associate(account: Account, call: Call, inputs: Sequence[Mapping[str, Any]]) -> Response:
    kind, other = _both(call)
    results: list[dict[str, Any]] = []
    for from_id, to_id in map(_ends, inputs):
        _link_found(account, kind, from_id, other, to_id)
        for start, start_id, end, end_id in ((kind, from_id, other, to_id), (other, to_id, kind, from_id)):
            results += [
                {"from": {"id": start_id}, "to": {"id": end_id}, "associationSpec": _spec(each)}
                for each in _types(start, end)
            ]
    return batch(results, iso(account.now()))


def _spec(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {"associationCategory": shown["category"], "associationTypeId": shown["typeId"]}


def _ends(each: Mapping[str, Any]) -> tuple[str, str]:
    required(each, "from", "to")
    return str(each["from"].get("id")), str(each["to"].get("id"))


def put_labelled(account: Account, call: Call) -> Response:
    """Associate two records with types named in the body."""
    kind, other = _both(call)
    _link_found(account, kind, call.parts["id"], other, call.parts["other_id"])
    return answer(_labels(kind, call.parts["id"], other, call.parts["other_id"]), 201)


def batch_create(account: Account, call: Call) -> Response:
    """Associate many pairs with types."""
    kind, other = _both(call)
    results = []
    for each in call.inputs(LARGEST_WRITE):
        from_id, to_id = _ends(each)
        if not each.get("types"):
            raise invalid_body("Some required fields were not set: [types]")
        _link_found(account, kind, from_id, other, to_id)
        results.append(_labels(kind, from_id, other, to_id))
    return batch(results, iso(account.now()), status=201)


def _labels(kind: ObjectType, from_id: str, other: ObjectType, to_id: str) -> dict[str, Any]:
    return {
        "fromObjectTypeId": kind.type_id,
        "fromObjectId": from_id,
        "toObjectTypeId": other.type_id,
        "toObjectId": to_id,
        "labels": [],
    }


def delete(account: Account, call: Call) -> Response:
    """Take every association between two records away."""
    kind, other = _both(call)
    _unlink(account, kind, call.parts["id"], other, call.parts["other_id"])
    return nothing()


def batch_archive(account: Account, call: Call) -> Response:
    """Take associations away; `to` is a list."""
    kind, other = _both(call)
    for each in call.inputs(LARGEST_WRITE):
        required(each, "from", "to")
        if not isinstance(each["to"], list):
            raise ApiError(400, "Invalid input JSON: to must be a list", "VALIDATION_ERROR")
        for end in each["to"]:
            _unlink(account, kind, str(each["from"].get("id")), other, str(end.get("id")))
    return nothing()


def _unlink(account: Account, kind: ObjectType, from_id: str, other: ObjectType, to_id: str) -> None:
    ends = pair((kind.name, records.read_id(from_id)), (other.name, records.read_id(to_id)))
    statement = "DELETE FROM association WHERE from_type = ? AND from_id = ? AND to_type = ? AND to_id = ?"
    account.store.db.execute(statement, ends)
