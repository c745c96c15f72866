"""The objects API, one record or one page at a time: list, get, create, update, archive, merge, search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.hubspot import associations, records, search
from sandbox.hubspot.account import Account
from sandbox.hubspot.call import Call, answer, nothing, required
from sandbox.hubspot.errors import invalid, invalid_body
from sandbox.hubspot.records import API, Asked
from sandbox.hubspot.store import Row
from sandbox.hubspot.types import ObjectType
from sandbox.wire import Response

_DEFAULT_PAGE, _LARGEST_PAGE, _LARGEST_PAGE_WITH_HISTORY = 10, 100, 50


def list_records(account: Account, call: Call) -> Response:
    """A page in the order of ids; `after` is the last id of the page before."""
    kind, asked = call.kind, call.asked()
    limit = call.limit(_DEFAULT_PAGE, _LARGEST_PAGE_WITH_HISTORY if asked.history else _LARGEST_PAGE)
    after = int(call.after() or -1)
    rows = account.store.page(kind.name, after, limit + 1, archived=call.flag("archived"))
    page = rows[:limit]
    body: dict[str, Any] = {"results": _shown_with_associations(account, call, kind, page, asked)}
    if len(rows) > limit:
        body["paging"] = call.next_page(page[-1].id)
    return answer(body, rows=len(page))


def get_record(account: Account, call: Call) -> Response:
    """One record by id or unique property."""
    kind = call.kind
    row = records.find(
        account, kind, call.parts["id"], call.request.param("idProperty"), archived=call.flag("archived")
    )
    return answer(_shown_with_associations(account, call, kind, [row], call.asked())[0], rows=1)


def _shown_with_associations(
    account: Account, call: Call, kind: ObjectType, rows: Iterable[Row], asked: Asked
) -> list[dict[str, Any]]:
    others = call.names("associations")
    found = []
    for row in rows:
        record = records.shown(account, kind, row, asked)
        if others:
            record |= associations.embedded(account, kind, row.id, others)
        found.append(record)
    return found


def create_record(account: Account, call: Call) -> Response:
    """Make a record; shown with what was written."""
    kind, body = call.kind, call.body()
    row = records.create(account, kind, properties_of(body), API)
    associations.attach(account, kind, row.id, body.get("associations") or [])
    return answer(records.everything(account, kind, row), 201, rows=1)


def update_record(account: Account, call: Call) -> Response:
    """Change a record by id or unique property."""
    kind, body = call.kind, call.body()
    row = records.find(account, kind, call.parts["id"], call.request.param("idProperty"))
    values = properties_of(body)
    accepted = records.checked(account, kind, values, row)
    written = records.update(account, kind, row, accepted, API)
    return answer(records.shown(account, kind, written, Asked((*values, *kind.defaults))), rows=1)


def properties_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `properties` of a body. Raises ApiError."""
    required(body, "properties")
    values = body["properties"]
    if not isinstance(values, dict):
        raise invalid_body("properties must be an object")
    return values


def archive_record(account: Account, call: Call) -> Response:
    """Archive a record; one that is not there is no error."""
    kind = call.kind
    row = account.store.get(kind.name, records.read_id(call.parts["id"]))
    if row and row.archived is None:
        records.archive(account, kind, row)
    return nothing()


def merge_records(account: Account, call: Call) -> Response:
    """Merge `objectIdToMerge` into `primaryObjectId`."""
    kind, body = call.kind, call.body()
    required(body, "primaryObjectId", "objectIdToMerge")
    if str(body["primaryObjectId"]) == str(body["objectIdToMerge"]):
        raise invalid(f"{kind.label} cannot be merged into itself")
    winner = records.find(account, kind, body["primaryObjectId"], None)
    loser = records.find(account, kind, body["objectIdToMerge"], None)
    merged = records.merge(account, kind, winner, loser, API)
    return answer(records.everything(account, kind, merged), rows=1)


def search_records(account: Account, call: Call) -> Response:
    """A page of a search."""
    kind, body = call.kind, call.body()
    length = len(call.request.body.decode(errors="replace"))
    if length > search.LONGEST_BODY:
        raise search.too_long(length)
    query = search.read_query(account, kind, body)
    total = account.store.count(query.condition, query.parameters)
    rows = account.store.select(query.condition, query.parameters, query.order, (query.offset, query.limit))
    asked = Asked(query.properties)
    found: dict[str, Any] = {"total": total, "results": [records.shown(account, kind, row, asked) for row in rows]}
    if query.offset + len(rows) < total and rows:
        found["paging"] = {"next": {"after": str(query.offset + len(rows))}}
    return answer(found, rows=len(rows))
