"""The properties API: properties and their groups, one by one and in batches."""

from __future__ import annotations

from typing import Any

from sandbox.hubspot.account import Account
from sandbox.hubspot.call import Call, answer, batch, nothing, required
from sandbox.hubspot.errors import ApiError
from sandbox.hubspot.moments import iso
from sandbox.wire import Response

_LARGEST = 100


def list_all(account: Account, call: Call) -> Response:
    """Every property of a type."""
    found = account.catalogue.all(call.kind, archived=call.flag("archived"))
    return answer({"results": [prop.as_json() for prop in found]}, rows=len(found))


def get(account: Account, call: Call) -> Response:
    """One property."""
    return answer(account.catalogue.get(call.kind, call.parts["name"], archived=call.flag("archived")).as_json())


def create(account: Account, call: Call) -> Response:
    """Make a property."""
    return answer(account.catalogue.create(call.kind, call.body(), account.now()).as_json(), 201)


def update(account: Account, call: Call) -> Response:
    """Change a property."""
    return answer(account.catalogue.update(call.kind, call.parts["name"], call.body(), account.now()).as_json())


def archive(account: Account, call: Call) -> Response:
    """Archive a property."""
    account.catalogue.archive(call.kind, call.parts["name"], account.now())
    return nothing()


def batch_create(account: Account, call: Call) -> Response:
    """Make properties; those that cannot be are errors of a 207."""
    results, errors = [], []
    for each in call.inputs(_LARGEST):
        try:
            results.append(account.catalogue.create(call.kind, each, account.now()).as_json())
        except ApiError as error:
            errors.append(error.as_entry({"name": [str(each.get("name"))]}))
    return batch(results, iso(account.now()), errors, status=201 if call.version == "v3" else 200)


def batch_read(account: Account, call: Call) -> Response:
    """Properties by name; those that are not there are errors of a 207."""
    body, results, errors = call.body(), [], []
    archived = body.get("archived") is True
    for each in call.inputs(_LARGEST):
        required(each, "name")
        try:
            results.append(account.catalogue.get(call.kind, str(each["name"]), archived=archived).as_json())
        except ApiError as error:
            errors.append(error.as_entry({"name": [str(each["name"])]}))
    return batch(results, iso(account.now()), errors)


def batch_archive(account: Account, call: Call) -> Response:
    """Archive properties."""
    for each in call.inputs(_LARGEST):
        account.catalogue.archive(call.kind, str(each.get("name")), account.now())
    return nothing()


def list_groups(account: Account, call: Call) -> Response:
    """Every property group of a type."""
    groups = account.catalogue.groups(call.kind)
    return answer({"results": [_group(name, label) for name, label in groups.items()]}, rows=len(groups))


def get_group(account: Account, call: Call) -> Response:
    """One group."""
    return answer(_group(call.parts["name"], _label(account, call)))


def create_group(account: Account, call: Call) -> Response:
    """Make a group."""
    body, groups = call.body(), account.catalogue.groups(call.kind)
    required(body, "name", "label")
    if body["name"] in groups:
        raise ApiError(409, f"A property group named '{body['name']}' already exists.", "OBJECT_ALREADY_EXISTS")
    groups[body["name"]] = body["label"]
    return answer(_group(body["name"], body["label"]), 201)


def update_group(account: Account, call: Call) -> Response:
    """Give a group another label."""
    label = call.body().get("label") or _label(account, call)
    account.catalogue.groups(call.kind)[call.parts["name"]] = label
    return answer(_group(call.parts["name"], label))


def archive_group(account: Account, call: Call) -> Response:
    """Take a group away."""
    account.catalogue.groups(call.kind).pop(call.parts["name"], None)
    return nothing()


def _label(account: Account, call: Call) -> str:
    label = account.catalogue.groups(call.kind).get(call.parts["name"])
    if label is None:
        raise ApiError(404, f"Property group {call.parts['name']} does not exist.", "OBJECT_NOT_FOUND")
    return label


def _group(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "displayOrder": -1, "archived": False}
