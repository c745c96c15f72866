"""Single records: retrieve, create, update, delete, upsert; and what changed or went in a span of time."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from sandbox.salesforce.catalogue import Catalogue
from sandbox.salesforce.errors import ApiError, RowError
from sandbox.salesforce.ids import normal_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.requests import Call, written
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.soql.scope import World
from sandbox.salesforce.soql.syntax import Literal, Membership, Path, Place, Query
from sandbox.salesforce.soql.translate import translate
from sandbox.salesforce.store import Row
from sandbox.salesforce.values import moment_from, moment_text
from sandbox.wire import Response

_REPLICATION_DAYS = 30
_NOWHERE = Place("", 0)


def read_many(org: Org, one: SObject, ids: list[str], names: list[str], version: str) -> dict[str, str]:
    """Records as JSON text by id, those that are there and not in the recycle bin. Raises ApiError INVALID_FIELD."""
    for name in names:
        if org.catalogue.field(one, name) is None:
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {one.name}")
    chosen = dict.fromkeys(["Id", *names]) if "id" not in {name.lower() for name in names} else dict.fromkeys(names)
    where = Membership(Path(("Id",), _NOWHERE), tuple(Literal(record_id, _NOWHERE) for record_id in ids), negated=False)
    query = Query(tuple(Path((name,), _NOWHERE) for name in chosen), Path((one.name,), _NOWHERE), where=where)
    rows = translate(query, World(org.catalogue, org.clock.today(), version)).rows
    with org.store.reading() as reader:
        return dict(reader.execute(rows.text, rows.values).fetchall())


def retrieve(org: Org, call: Call) -> Response:
    """GET /sobjects/{object}/{id}."""
    one = org.object(call.part("object"))
    record_id = normal_id(call.part("id"))
    if record_id is None:
        message = f"Provided external ID field does not exist or is not accessible: {call.part('id')}"
        raise ApiError(404, "NOT_FOUND", message)
    try:
        org.writes.existing(one, record_id)
    except RowError as error:
        raise _as_single(error) from error
    asked = call.request.param("fields")
    names = asked.split(",") if asked else [field.name for field in org.catalogue.fields(one).values()]
    found = read_many(org, one, [record_id], names, call.version)
    if record_id not in found:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    return Response(200, found[record_id].encode(), rows=1)


def create(org: Org, call: Call) -> Response:
    """POST /sobjects/{object}."""
    one = org.object(call.part("object"))
    try:
        call.refuse_row(None, 0)
        record_id = org.writes.create(one, call.json_object())
    except RowError as error:
        raise _as_single(error) from error
    location = {"Location": f"/services/data/{call.version}/sobjects/{one.name}/{record_id}"}
    return Response(201, msgspec.json.encode(written(record_id)), location, rows=1)


def update(org: Org, call: Call) -> Response:
    """PATCH /sobjects/{object}/{id}."""
    one = org.object(call.part("object"))
    values = call.json_object()
    if any(name.lower() == "id" for name in values):
        message = "The Id field should not be specified in the sobject data."
        raise ApiError(400, "INVALID_FIELD", message, ["Id"])
    try:
        call.refuse_row(call.part("id"), 0)
        org.writes.update(one, call.part("id"), values)
    except RowError as error:
        raise _as_single(error) from error
    return Response(204, rows=1)


def delete(org: Org, call: Call) -> Response:
    """DELETE /sobjects/{object}/{id}."""
    try:
        call.refuse_row(call.part("id"), 0)
        org.writes.delete(org.object(call.part("object")), call.part("id"))
    except RowError as error:
        raise _as_single(error) from error
    return Response(204, rows=1)


def _as_single(error: RowError) -> ApiError:
    if error.code == "INVALID_CROSS_REFERENCE_KEY" and not error.fields:
        return ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    return error.as_api_error()


def external_field(catalogue: Catalogue, one: SObject, name: str) -> Field:
    """The field records can be found by from outside. Raises ApiError NOT_FOUND."""
    field = catalogue.field(one, name)
    if field is None or not (field.external_id or field.type in ("id", "email")):
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise ApiError(404, "NOT_FOUND", message)
    return field


def matches(org: Org, one: SObject, field: Field, value: str) -> list[Row]:
    """Records with that value in an external id field, the recycle bin left out."""
    wanted = normal_id(value) if field.type == "id" else value
    return [row for row in org.store.find(one.name, field.name, wanted) if not row.get("IsDeleted")]


def upsert(org: Org, call: Call) -> Response:
    """PATCH /sobjects/{object}/{field}/{value}: 201 created, 200 changed, 300 where several match."""
    one = org.object(call.part("object"))
    field = external_field(org.catalogue, one, call.part("field"))
    found = matches(org, one, field, call.part("value"))
    if len(found) > 1:
        base = f"/services/data/{call.version}/sobjects/{one.name}/"
        return Response(300, msgspec.json.encode([f"{base}{row['Id']}" for row in found]))
    try:
        call.refuse_row(str(found[0]["Id"]) if found else None, 0)
        if found:
            record_id = org.writes.update(one, found[0]["Id"], call.json_object())
        else:
            record_id = org.writes.create(one, {**call.json_object(), field.name: call.part("value")})
    except RowError as error:
        raise _as_single(error) from error
    body = {**written(record_id), "created": not found}
    return Response(200 if found else 201, msgspec.json.encode(body), rows=1)


def by_external_id(org: Org, call: Call) -> Response:
    """GET /sobjects/{object}/{field}/{value}."""
    one = org.object(call.part("object"))
    found = matches(org, one, external_field(org.catalogue, one, call.part("field")), call.part("value"))
    if len(found) != 1:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    return retrieve(org, Call(call.request, call.version, {**call.parts, "id": str(found[0]["Id"])}))


def updated(org: Org, call: Call) -> Response:
    """GET /sobjects/{object}/updated: ids of records made or changed from start to before end."""
    one = org.object(call.part("object"))
    start, end = _span(org, call)
    live = "AND IsDeleted = 0" if one.has_bin else ""
    sql = f'SELECT Id FROM "{one.name}" WHERE SystemModstamp >= ? AND SystemModstamp < ? {live}'  # noqa: S608
    ids = [row[0] for row in org.store.ask(sql, (moment_text(start), moment_text(end)))]
    return Response(200, msgspec.json.encode({"ids": ids, "latestDateCovered": _covered(org, end)}), rows=len(ids))


def deleted(org: Org, call: Call) -> Response:
    """GET /sobjects/{object}/deleted: ids of records deleted from start to before end, purged ones too."""
    one = org.object(call.part("object"))
    start, end = _span(org, call)
    sql = 'SELECT id, at FROM "_deleted" WHERE object = ? AND at >= ? AND at < ? ORDER BY at, id'
    rows = org.store.ask(sql, (one.name, moment_text(start), moment_text(end)))
    body = {
        "deletedRecords": [{"id": record_id, "deletedDate": at} for record_id, at in rows],
        "earliestDateAvailable": moment_text(org.clock.now() - timedelta(days=_REPLICATION_DAYS)),
        "latestDateCovered": _covered(org, end),
    }
    return Response(200, msgspec.json.encode(body), rows=len(rows))


def _span(org: Org, call: Call) -> tuple[datetime, datetime]:
    try:
        start, end = (moment_from((call.request.param(name) or "").replace(" ", "+")) for name in ("start", "end"))
    except ValueError as error:
        raise ApiError(400, "INVALID_REPLICATION_DATE", "start and end must be dates with times") from error
    if start >= end:
        raise ApiError(400, "INVALID_REPLICATION_DATE", "endDate before startDate")
    if start < org.clock.now() - timedelta(days=_REPLICATION_DAYS):
        raise ApiError(400, "INVALID_REPLICATION_DATE", "startDate before org replication enabled date")
    return start, end


def _covered(org: Org, end: datetime) -> str:
    return moment_text(min(end, org.clock.now()).replace(second=0, microsecond=0))
