"""sObject Collections: up to 200 records a call, one outcome each, in the order they came.

Source: REST API Developer Guide, "Use sObject Collections"; outcomes follow recorded answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from sandbox.salesforce.errors import ApiError, RowError
from sandbox.salesforce.ids import normal_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.records import external_field, matches, read_many
from sandbox.salesforce.requests import Call, written
from sandbox.salesforce.schema import Field, SObject
from sandbox.wire import Response

MOST_RECORDS = 200
_MOST_RETRIEVED = 2_000
Outcome = dict[str, Any]
Work = Callable[[Any, int], Outcome]


class _RolledBack(Exception):
    """One record of an all-or-none call was refused."""


def _all_rows(org: Org, rows: Sequence[Any], work: Work, *, all_or_none: bool) -> Response:
    """Do the work for each row in one transaction. A refused row changes nothing; with `all_or_none`, no row does."""
    outcomes: list[Outcome] = []
    try:
        with org.store.writing():
            outcomes = [_outcome(work, row, index) for index, row in enumerate(rows)]
            if all_or_none and not all(outcome["success"] for outcome in outcomes):
                raise _RolledBack
    except _RolledBack:
        org.catalogue.refresh()
        outcomes = [_undone(outcome) if outcome["success"] else outcome for outcome in outcomes]
    return Response(200, msgspec.json.encode(outcomes), rows=len(outcomes))


def _outcome(work: Work, row: Any, index: int) -> Outcome:
    try:
        return work(row, index)
    except RowError as error:
        return {"success": False, "errors": [error.as_json()]}


def _undone(_outcome: Outcome) -> Outcome:
    message = "Record rolled back because not all records were valid and the request was using AllOrNone header"
    return {"success": False, "errors": [RowError("ALL_OR_NONE_OPERATION_ROLLED_BACK", message).as_json()]}


def _body(call: Call) -> tuple[list[dict[str, Any]], bool]:
    body = call.json_object()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ApiError(400, "JSON_PARSER_ERROR", "records must be a list of objects at [line:1, column:1]")
    _check_size(len(records))
    return records, body.get("allOrNone") is True


def _check_size(count: int) -> None:
    if count > MOST_RECORDS:
        message = f"record limit reached. cannot submit more than {MOST_RECORDS} records into this call"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", message)


def _type(org: Org, record: dict[str, Any]) -> SObject:
    name = (record.get("attributes") or {}).get("type") or ""
    one = org.catalogue.find(name)
    if one is None:
        raise RowError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return one


def _without_id(record: dict[str, Any]) -> tuple[object, dict[str, Any]]:
    values = {name: value for name, value in record.items() if name.lower() != "id"}
    return next((value for name, value in record.items() if name.lower() == "id"), None), values


def update(org: Org, call: Call) -> Response:
    """PATCH /composite/sobjects."""
    records, all_or_none = _body(call)
    seen: set[object] = set()

    def work(record: dict[str, Any], index: int) -> Outcome:
        one = _type(org, record)
        record_id, values = _without_id(record)
        if record_id is None:
            raise RowError("MISSING_ARGUMENT", "Id not specified in an update call")
        _once(normal_id(record_id) or record_id, seen)
        call.refuse_row(record_id, index)
        return written(org.writes.update(one, record_id, values))

    return _all_rows(org, records, work, all_or_none=all_or_none)


def _once(record_id: object, seen: set[object]) -> None:
    if record_id in seen:
        raise RowError("DUPLICATE_VALUE", f"duplicate id specified: {record_id}")
    seen.add(record_id)


def create(org: Org, call: Call) -> Response:
    """POST /composite/sobjects."""
    records, all_or_none = _body(call)

    def work(record: dict[str, Any], index: int) -> Outcome:
        call.refuse_row(None, index)
        return written(org.writes.create(_type(org, record), record))

    return _all_rows(org, records, work, all_or_none=all_or_none)


def upsert(org: Org, call: Call) -> Response:
    """PATCH /composite/sobjects/{object}/{field}."""
    one = org.object(call.part("object"))
    field = external_field(org.catalogue, one, call.part("field"))
    records, all_or_none = _body(call)
    seen: set[object] = set()

    def work(record: dict[str, Any], index: int) -> Outcome:
        if _type(org, record).name != one.name:
            raise RowError("INVALID_TYPE", f"records must be of type {one.name}")
        return _upsert_one(org, call, one, field, (record, index, seen))

    return _all_rows(org, records, work, all_or_none=all_or_none)


def _upsert_one(
    org: Org, call: Call, one: SObject, field: Field, row: tuple[dict[str, Any], int, set[object]]
) -> Outcome:
    record, index, seen = row
    key = next((value for name, value in record.items() if name.lower() == field.name.lower()), None)
    if key is None and field.name != "Id":
        raise RowError("MISSING_ARGUMENT", f"{field.name} not specified")
    if key is not None:
        _once(str(key).lower(), seen)
    found = matches(org, one, field, str(key)) if key is not None else []
    call.refuse_row(found[0]["Id"] if found else None, index)
    if len(found) > 1:
        message = f"{field.name}: more than one record found for external id field: {[row['Id'] for row in found]}"
        raise RowError("DUPLICATE_EXTERNAL_ID", message, (field.name,))
    values = _without_id(record)[1]
    if found:
        return {**written(org.writes.update(one, found[0]["Id"], values)), "created": False}
    if field.name == "Id" and key is not None:
        raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    return {**written(org.writes.create(one, values)), "created": True}


def delete(org: Org, call: Call) -> Response:
    """DELETE /composite/sobjects?ids=."""
    ids = _ids(call.request.param("ids"))
    _check_size(len(ids))
    seen: set[object] = set()

    def work(record_id: str, index: int) -> Outcome:
        _once(normal_id(record_id) or record_id, seen)
        call.refuse_row(record_id, index)
        one = org.catalogue.by_prefix(record_id)
        if one is None:
            raise RowError("MALFORMED_ID", f"malformed id {record_id}", ("Id",))
        return written(org.writes.delete(one, record_id))

    all_or_none = (call.request.param("allOrNone") or "").lower() == "true"
    return _all_rows(org, ids, work, all_or_none=all_or_none)


def _ids(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def retrieve(org: Org, call: Call) -> Response:
    """GET or POST /composite/sobjects/{object}: records by id in the order asked for, null for those not there."""
    one = org.object(call.part("object"))
    if call.request.method == "POST":
        body = call.json_object()
        ids, names = body.get("ids"), body.get("fields")
    else:
        ids, names = _ids(call.request.param("ids")), _ids(call.request.param("fields"))
    if not isinstance(ids, list) or not isinstance(names, list) or not names:
        raise ApiError(400, "MISSING_ARGUMENT", "ids and fields have to be specified")
    if len(ids) > _MOST_RETRIEVED:
        message = f"record limit reached. cannot submit more than {_MOST_RETRIEVED} records into this call"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", message)
    known = [_checked_id(one, record_id) for record_id in ids]
    found = read_many(org, one, known, names, call.version)
    records = ",".join(found.get(record_id, "null") for record_id in known)
    return Response(200, f"[{records}]".encode(), rows=len(found))


def _checked_id(one: SObject, record_id: object) -> str:
    known = normal_id(record_id)
    if known is None or not known.startswith(one.key_prefix or ""):
        raise ApiError(400, "MALFORMED_ID", f"{one.label} ID: id value of incorrect type: {record_id}", ["Id"])
    return known
