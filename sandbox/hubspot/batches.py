"""The objects API in batches of a hundred: read, update, upsert, create, archive.

A batch of writes stands or falls as a whole, unless every input has an `objectWriteTraceId` of its own: then each
input that fails is one of the errors of a 207. Ids that are not there never fail the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sandbox.hubspot import associations, records
from sandbox.hubspot.account import Account
from sandbox.hubspot.call import Call, batch, nothing, required
from sandbox.hubspot.errors import ApiError, invalid, missing_object
from sandbox.hubspot.moments import iso
from sandbox.hubspot.objects import properties_of
from sandbox.hubspot.records import API, Asked
from sandbox.hubspot.store import Row
from sandbox.hubspot.types import ObjectType
from sandbox.wire import Response

LARGEST = 100
Input = Mapping[str, Any]


def read(account: Account, call: Call) -> Response:
    """Records by id; those that are not there make a 207."""
    kind, body = call.kind, call.body()
    inputs = call.inputs(LARGEST)
    asked = Asked(tuple(body.get("properties") or ()), tuple(body.get("propertiesWithHistory") or ()))
    archived = call.flag("archived")
    found: dict[int, Row] = {}
    missing: list[str] = []
    for each in inputs:
        required(each, "id")
        row = records.lookup(account, kind, each["id"], body.get("idProperty"))
        if row is None or (row.archived is not None) != archived:
            missing.append(str(each["id"]))
        else:
            found[row.id] = row
    errors = [missing_object(kind.label, missing).as_entry({"ids": missing})] if missing else []
    return batch([records.shown(account, kind, row, asked) for row in found.values()], iso(account.now()), errors)


def archive(account: Account, call: Call) -> Response:
    """Archive records; those that are not there are no error."""
    kind = call.kind
    for each in call.inputs(LARGEST):
        row = account.store.get(kind.name, records.read_id(each.get("id")))
        if row and row.archived is None:
            records.archive(account, kind, row)
    return nothing()


def update(account: Account, call: Call) -> Response:
    """Change records by id or unique property."""
    kind, inputs = call.kind, call.inputs(LARGEST)
    _refuse_duplicates(inputs)
    writes = _Writes(account, call, inputs)
    for index, each in enumerate(inputs):
        writes.plan(index, each, partial(_planned_update, account, kind, each))
    return writes.answer(lambda row, each: _shown(account, kind, row, each))


def _planned_update(account: Account, kind: ObjectType, each: Input) -> Callable[[], Row]:
    required(each, "id")
    row = records.lookup(account, kind, each["id"], each.get("idProperty"))
    if row is None or row.archived is not None:
        raise missing_object(kind.label, [str(each["id"])])
    accepted = records.checked(account, kind, properties_of(each), row)
    return lambda: records.update(account, kind, row, accepted, API)


def create(account: Account, call: Call) -> Response:
    """Make records."""
    kind, inputs = call.kind, call.inputs(LARGEST)
    writes = _Writes(account, call, inputs)
    for index, each in enumerate(inputs):
        writes.plan(index, each, partial(_planned_create, account, kind, each))
    return writes.answer(lambda row, _each: records.everything(account, kind, row), status=201)


def _planned_create(account: Account, kind: ObjectType, each: Input) -> Callable[[], Row]:
    values = properties_of(each)
    records.checked(account, kind, values)

    def make() -> Row:
        row = records.create(account, kind, values, API)
        associations.attach(account, kind, row.id, each.get("associations") or [])
        return row

    return make


def upsert(account: Account, call: Call) -> Response:
    """Change records by a unique property, or make them; `new` says which. Without idProperty `id` is the record."""
    kind, inputs = call.kind, call.inputs(LARGEST)
    _refuse_duplicates(inputs)
    made: set[int] = set()
    writes = _Writes(account, call, inputs)
    for index, each in enumerate(inputs):
        writes.plan(index, each, partial(_planned_upsert, account, kind, each, made))
    return writes.answer(lambda row, each: {**_shown(account, kind, row, each), "new": row.id in made})


def _planned_upsert(account: Account, kind: ObjectType, each: Input, made: set[int]) -> Callable[[], Row]:
    required(each, "id")
    id_property = each.get("idProperty")
    row = records.lookup(account, kind, each["id"], id_property)
    if row is not None and row.archived is None:
        return _planned_update(account, kind, each)
    if not id_property:
        raise missing_object(kind.label, [str(each["id"])])
    values = {id_property: each["id"], **properties_of(each)}
    records.checked(account, kind, values)

    def make() -> Row:
        row = records.create(account, kind, values, API)
        made.add(row.id)
        return row

    return make


def _shown(account: Account, kind: ObjectType, row: Row, each: Input) -> dict[str, Any]:
    shown = records.shown(account, kind, row, Asked((*properties_of(each), *kind.always)))
    if "objectWriteTraceId" in each:
        shown["objectWriteTraceId"] = str(each["objectWriteTraceId"])
    return shown


def _refuse_duplicates(inputs: Sequence[Input]) -> None:
    ids = [str(each.get("id")) for each in inputs]
    double = sorted({each for each in ids if ids.count(each) > 1})
    if double:
        raise invalid(f"Duplicate IDs found in batch input: [{', '.join(double)}]. IDs must be unique")


class _Writes:
    """The inputs of a batch on their way: planned one by one, carried out together or, with trace ids, apart."""

    def __init__(self, account: Account, call: Call, inputs: Sequence[Input]) -> None:
        traces = [each.get("objectWriteTraceId") for each in inputs]
        self._apart = None not in traces and len(set(map(str, traces))) == len(traces)
        self._account = account
        self._rejection = call.rejection
        self._errors: list[dict[str, Any]] = []
        self._planned: list[tuple[Input, Callable[[], Row]]] = []

    def plan(self, index: int, each: Input, make: Callable[[], Callable[[], Row]]) -> None:
        """Check one input. Raises ApiError where its error is that of the whole batch."""
        record_id = str(each["id"]) if "id" in each else None
        try:
            if self._rejection and self._rejection.hits(record_id, index):
                message = self._rejection.message or "The record is locked by a rule of this account"
                self._fail(each, ApiError(400, message, self._rejection.code or "VALIDATION_ERROR"))
                return
            self._planned.append((each, make()))
        except ApiError as error:
            if not self._apart and error.category != "OBJECT_NOT_FOUND":
                raise
            self._fail(each, error)

    def _fail(self, each: Input, error: ApiError) -> None:
        context: dict[str, list[str]] = {"ids": [str(each["id"])]} if "id" in each else {}
        if "objectWriteTraceId" in each:
            context["objectWriteTraceId"] = [str(each["objectWriteTraceId"])]
        self._errors.append(error.as_entry(context))

    def answer(self, show: Callable[[Row, Input], dict[str, Any]], *, status: int = 200) -> Response:
        """Carry out what was planned and say what became of each input."""
        results = [show(carry_out(), each) for each, carry_out in self._planned]
        return batch(results, iso(self._account.now()), self._errors, status=status)
