"""Writing values to records, 200 a collection and five collections a call, with an outcome for each record.

An update by id may be repeated without harm, but where the answer was lost the records are read first: what already
holds the values is confirmed, the rest is sent once more. Sources: REST API Developer Guide, "sObject Collections"
(200 records, answers in the order of the request) and "Composite" (five collections a call).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import structlog

from connectors.answers import UnreadableAnswer
from connectors.base import ConnectorError, Outcome, OutcomeState, Value, Write
from connectors.retry import NOTHING_LOST, AskAgain
from connectors.salesforce.client import Call, Client
from connectors.salesforce.errors import PASSING, ErrorBody, Refused, first_error, refusal
from connectors.salesforce.held import Held
from connectors.salesforce.query import unreadable_field
from connectors.salesforce.schema import Schemas

log = structlog.get_logger(__name__)

IN_A_COLLECTION = 200
COLLECTIONS_IN_A_CALL = 5
ANOTHER_TRY = frozenset(
    {
        "UNABLE_TO_LOCK_ROW",
        "QUERY_TIMEOUT",
        "SERVER_UNAVAILABLE",
        "REQUEST_RUNNING_TOO_LONG",
        "REQUEST_LIMIT_EXCEEDED",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "PROCESSING_HALTED",
        "UNKNOWN_EXCEPTION",
        *PASSING,
    }
)
"""Codes of a record's error that may be gone at the next try; every other one would come again."""
FOR_A_PERSON = frozenset({"INVALID_FIELD", "INVALID_TYPE", "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"})
"""Codes that concern the connection and not the record or collection they are told of: raised once, and the records
may be tried again when a person has seen to it."""

Chunk = Sequence[Write]


class _Lost(Exception):
    """The answer to a write did not come, or could not be read."""


def push(client: Client, schemas: Schemas, object_name: str, writes: Sequence[Write]) -> Iterator[Outcome]:
    """Outcomes as `Connector.push` promises them: several writes to one record are joined, the later value counting."""
    copies = Counter(write.record_id for write in writes)
    sender = _Sender(client, Held(client, schemas, object_name), object_name)
    for outcome in sender.send(_joined(writes)):
        for _ in range(copies[outcome.record_id]):
            yield outcome


def _joined(writes: Sequence[Write]) -> list[Write]:
    """One write a record, in the order of the ids: neighbours then lock the same parents one after the other."""
    values: dict[str, dict[str, Value]] = {}
    for write in writes:
        values.setdefault(write.record_id, {}).update(write.values)
    return [Write(record_id, values[record_id]) for record_id in sorted(values)]


def _parts(writes: Sequence[Write], size: int) -> Iterator[Sequence[Write]]:
    for start in range(0, len(writes), size):
        yield writes[start : start + size]


class _Sender:
    def __init__(self, client: Client, held: Held, object_name: str) -> None:
        self._client = client
        self._held = held
        self._object = object_name

    def send(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        done = {write.record_id: outcome for write in writes if (outcome := _without_sending(write)) is not None}
        yield from done.values()
        sendable = [write for write in writes if write.record_id not in done]
        for group in _parts(sendable, IN_A_COLLECTION * COLLECTIONS_IN_A_CALL):
            yield from self._group(group)

    def _group(self, group: Sequence[Write]) -> Iterator[Outcome]:
        try:
            answers = self._ask(group)
        except _Lost as error:
            yield from self._settle(group, error)
            return
        yield from self._outcomes(answers)

    def _outcomes(self, answers: list[tuple[Chunk, Any]]) -> Iterator[Outcome]:
        """The outcomes of all collections before what concerns the whole connection is raised."""
        refused: ConnectorError | None = None
        for chunk, answer in answers:
            try:
                yield from self._of_chunk(chunk, answer)
            except ConnectorError as error:
                refused = refused or error
        if refused is not None:
            raise refused

    def _of_chunk(self, chunk: Chunk, answer: Any) -> Iterator[Outcome]:
        if isinstance(answer, Refused):
            yield from self._refused(chunk, answer)
            return
        for write, result in zip(chunk, answer, strict=True):
            yield _outcome(write, result)
        for_a_person = [error for error in map(_error_of, answer) if error.code in FOR_A_PERSON]
        if for_a_person:
            refused = refusal(for_a_person[0], self._client.name, status=400)
            raise unreadable_field(refused, self._client.name, self._object)

    def _refused(self, chunk: Chunk, refused: Refused) -> Iterator[Outcome]:
        """A collection refused as a whole: one bad record spoils its neighbours, so halves are tried."""
        if refused.code in ANOTHER_TRY:
            yield from (Outcome(write.record_id, "retry", refused.code, str(refused)) for write in chunk)
        elif refused.code in FOR_A_PERSON or refused.status != 400:
            raise unreadable_field(refused, self._client.name, self._object) from refused
        elif len(chunk) == 1:
            yield Outcome(chunk[0].record_id, "rejected", refused.code, str(refused))
        else:
            half = len(chunk) // 2
            yield from self._group(chunk[:half])
            yield from self._group(chunk[half:])

    def _ask(self, group: Sequence[Write]) -> list[tuple[Chunk, Any]]:
        """Each collection with its array of results, or with the Refused that met the whole of it."""
        chunks = list(_parts(group, IN_A_COLLECTION))
        try:
            if len(chunks) == 1:
                return [(chunks[0], self._collection(chunks[0]))]
            return list(zip(chunks, self._together(chunks), strict=True))
        except AskAgain as error:
            raise _Lost(str(error)) from error

    def _together(self, chunks: Sequence[Chunk]) -> list[Any]:
        try:
            return self._composite(chunks)
        except Refused as error:
            if error.status not in (400, 404) or error.code in FOR_A_PERSON:
                raise
            # one of them spoils the call, or composite calls are not to be had: each by itself says which
            return [self._collection(chunk) for chunk in chunks]

    def _collection(self, chunk: Chunk) -> Any:
        call = Call("PATCH", "composite/sobjects", "collections", body=self._body(chunk), repeat=NOTHING_LOST)
        try:
            return self._client.ask(call, lambda body: _results(body, len(chunk)))
        except Refused as error:
            return error

    def _composite(self, chunks: Sequence[Chunk]) -> list[Any]:
        requests = [
            {
                "method": "PATCH",
                "url": self._client.data_path("composite/sobjects"),
                "referenceId": f"part{number}",
                "body": self._body(chunk),
            }
            for number, chunk in enumerate(chunks)
        ]
        body = {"allOrNone": False, "compositeRequest": requests}
        call = Call("POST", "composite", "composite", body=body, repeat=NOTHING_LOST)
        answers: list[Any] = self._client.ask(call, lambda body: self._read_composite(body, chunks))
        return answers

    def _read_composite(self, body: Any, chunks: Sequence[Chunk]) -> list[Any]:
        try:
            parts = {part["referenceId"]: part for part in body["compositeResponse"]}
            return [self._part(parts[f"part{number}"], len(chunk)) for number, chunk in enumerate(chunks)]
        except (KeyError, TypeError) as error:
            raise UnreadableAnswer("a composite answer without its parts") from error

    def _part(self, part: Any, size: int) -> Any:
        if part["httpStatusCode"] < 300:
            return _results(part["body"], size)
        error = first_error(part["body"]) or ErrorBody("UNKNOWN_EXCEPTION", "no reason given")
        return refusal(error, self._client.name, status=part["httpStatusCode"])

    def _body(self, chunk: Chunk) -> dict[str, Any]:
        kind = {"type": self._object}
        records = [{"attributes": kind, "id": write.record_id, **write.values} for write in chunk]
        return {"allOrNone": False, "records": records}

    def _settle(self, group: Sequence[Write], lost: _Lost) -> Iterator[Outcome]:
        """The answer was lost: read what the records hold, and send again only what they do not."""
        log.info("salesforce.write_unsure", connection=self._client.name, object=self._object, records=len(group))
        settled: set[str] = set()
        yield from self._read_back(group, lost, settled)
        rest = [write for write in group if write.record_id not in settled]
        for chunk in _parts(rest, IN_A_COLLECTION * COLLECTIONS_IN_A_CALL):
            try:
                answers = self._ask(chunk)
            except _Lost as error:
                yield from self._read_back(chunk, error, settled)
                yield from (_unknown(write, error) for write in chunk if write.record_id not in settled)
            else:
                yield from self._outcomes(answers)

    def _read_back(self, group: Sequence[Write], lost: _Lost, settled: set[str]) -> Iterator[Outcome]:
        for outcome in self._held.outcomes(group, str(lost)):
            settled.add(outcome.record_id)
            yield outcome


def _without_sending(write: Write) -> Outcome | None:
    """The outcome of a write that needs no call: nothing in it, or a number that JSON has no form for."""
    if not write.values:
        return Outcome(write.record_id, "confirmed")
    wrong = [name for name, value in write.values.items() if isinstance(value, Decimal) and not value.is_finite()]
    return Outcome(write.record_id, "rejected", "NOT_A_NUMBER", f"{', '.join(wrong)} is no number") if wrong else None


def _results(body: Any, size: int) -> list[dict[str, Any]]:
    if (
        not isinstance(body, list)
        or len(body) != size
        or any(not isinstance(e, dict) or "success" not in e for e in body)
    ):
        raise UnreadableAnswer(f"no list of {size} results")
    return body


def _outcome(write: Write, result: dict[str, Any]) -> Outcome:
    if result["success"] is True:
        return Outcome(write.record_id, "confirmed")
    error = _error_of(result)
    named = ", ".join(result["errors"][0].get("fields") or ()) if result.get("errors") else ""
    state: OutcomeState = "retry" if error.code in ANOTHER_TRY | FOR_A_PERSON else "rejected"
    return Outcome(write.record_id, state, error.code, f"{error.message} ({named})" if named else error.message)


def _error_of(result: dict[str, Any]) -> ErrorBody:
    if result["success"] is True:
        return ErrorBody("", "")
    return first_error(result.get("errors")) or ErrorBody("UNKNOWN_EXCEPTION", "no reason given")


def _unknown(write: Write, lost: _Lost) -> Outcome:
    return Outcome(write.record_id, "unknown", "ANSWER_LOST", f"{lost}; read the record before writing again")
