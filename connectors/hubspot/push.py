"""Write values by id, a hundred records a call, and tell what became of each.

One bad record must not cost the others: HubSpot refuses a whole batch for it, so a refused batch is halved until the
record is found. A write whose answer was lost is settled by reading: what HubSpot holds is confirmed, what it does
not hold is sent again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from connectors.base import ConnectorError, CrmField, FieldKind, FixSettings, Outcome, OutcomeState, Value, Write
from connectors.hubspot import scopes
from connectors.hubspot.batch import BATCH, NOT_FOUND, fetched
from connectors.hubspot.client import Call, HubSpotClient, Reply
from connectors.hubspot.errors import SAME_FOR_EVERY_RECORD, ErrorBody, Refused, error_body
from connectors.hubspot.records import as_text
from connectors.retry import NOTHING_LOST, AskAgain

_SENDS = 3
_BY_RECORD = frozenset({400, 404, 409})
_PASSING = frozenset({"RATE_LIMITS", "RATE_LIMIT", "INTERNAL_ERROR", "SERVER_ERROR", "SERVICE_UNAVAILABLE", "LOCKED"})
"""Categories of errors inside a batch that say nothing against the record. Not documented; an unknown one rejects."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The texts to write, by record id: each record once, whatever was asked for it."""

    object_name: str
    values: Mapping[str, Mapping[str, str]]

    def part(self, ids: Sequence[str]) -> Inputs:
        """The same for some of the records."""
        return Inputs(self.object_name, {record_id: self.values[record_id] for record_id in ids})


def pushed(
    client: HubSpotClient, object_name: str, writes: Sequence[Write], kinds: Mapping[str, CrmField]
) -> Iterator[Outcome]:
    """Write, and yield one outcome for each write. Raises TryLater or FixSettings where the call as such is refused."""
    values: dict[str, dict[str, str]] = {}
    asked: dict[str, int] = {}
    for write in writes:
        texts = {name: as_written(value, kinds.get(name)) for name, value in write.values.items()}
        values.setdefault(write.record_id, {}).update(texts)
        asked[write.record_id] = asked.get(write.record_id, 0) + 1
    inputs = Inputs(object_name, values)
    ids = list(values)
    for start in range(0, len(ids), BATCH):
        for outcome in _sent(client, inputs.part(ids[start : start + BATCH]), kinds, sends=_SENDS):
            yield from [outcome] * asked[outcome.record_id]


def as_written(value: Value, field: CrmField | None) -> str:
    """The text HubSpot takes for a value: one decimal point and no exponent, empty to clear, moments in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    kind = field.kind if field else FieldKind.TEXT
    if kind in (FieldKind.DATE, FieldKind.DATETIME) and value:
        return _moment_text(value, kind)
    return value


def _moment_text(value: str, kind: FieldKind) -> str:
    """A `date` is a day, which HubSpot keeps as midnight UTC; a `datetime` has milliseconds and Z."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value  # HubSpot says what is wrong with it
    if kind is FieldKind.DATE:
        return moment.date().isoformat()
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sent(client: HubSpotClient, inputs: Inputs, kinds: Mapping[str, CrmField], *, sends: int) -> Iterator[Outcome]:
    """Send one batch and settle every record of it."""
    try:
        reply = client.send(_call(client, inputs))
    except AskAgain as error:
        yield from _settled(client, inputs, kinds, sends=sends, lost=str(error))
        return
    except Refused as error:
        yield from _halved(client, inputs, kinds, error, sends=sends)
        return
    outcomes = _outcomes(inputs, reply)
    yield from outcomes.values()
    silent = [record_id for record_id in inputs.values if record_id not in outcomes]
    if silent:
        lost = "the answer says nothing of this record"
        yield from _settled(client, inputs.part(silent), kinds, sends=sends, lost=lost)


def _call(client: HubSpotClient, inputs: Inputs) -> Call:
    rows = [
        {"id": record_id, "objectWriteTraceId": record_id, "properties": texts}
        for record_id, texts in inputs.values.items()
    ]
    path = client.paths.objects(inputs.object_name, "batch/update")
    scope = scopes.writing(inputs.object_name)
    return Call("batch_update", "POST", path, body={"inputs": rows}, scope=scope, repeat=NOTHING_LOST, lists="id")


def _outcomes(inputs: Inputs, reply: Reply) -> dict[str, Outcome]:
    """What a 200 or 207 says of each record, by trace id and by id."""
    outcomes: dict[str, Outcome] = {}
    for row in reply.results:
        record_id = str(row.get("objectWriteTraceId") or row["id"])
        if record_id in inputs.values:
            outcomes[record_id] = Outcome(record_id, "confirmed")
    for entry in reply.data.get("errors") or ():
        error = error_body(entry)
        for record_id in _concerned(error.context):
            if record_id in inputs.values:
                outcomes[record_id] = _refused(record_id, error)
    return outcomes


def _concerned(context: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return (*context.get("objectWriteTraceId", ()), *context.get("ids", ()), *context.get("id", ()))


def _refused(record_id: str, error: ErrorBody) -> Outcome:
    state: OutcomeState = "retry" if error.category in _PASSING else "rejected"
    return Outcome(record_id, state, error.code or "ERROR", error.message)


def _halved(
    client: HubSpotClient, inputs: Inputs, kinds: Mapping[str, CrmField], error: Refused, *, sends: int
) -> Iterator[Outcome]:
    """A whole batch was refused: find the records to blame, the others are still written."""
    if error.code in SAME_FOR_EVERY_RECORD:
        hint = (
            f"HubSpot says {error.code} of {error.field or 'a property'}: run attain provision, or correct the mapping."
        )
        raise FixSettings(str(error), hint=hint) from error
    if error.status not in _BY_RECORD or (error.status == 404 and error.code != NOT_FOUND):
        raise error
    ids = list(inputs.values)
    if len(ids) == 1:
        yield Outcome(ids[0], "rejected", error.code, str(error))
        return
    blamed = [record_id for record_id in _concerned(error.context) if record_id in inputs.values]
    if blamed and len(blamed) < len(ids):
        parts = [[record_id for record_id in ids if record_id not in blamed], *([record_id] for record_id in blamed)]
    else:
        parts = [ids[: len(ids) // 2], ids[len(ids) // 2 :]]
    for part in parts:
        yield from _sent(client, inputs.part(part), kinds, sends=sends)


def _settled(
    client: HubSpotClient, inputs: Inputs, kinds: Mapping[str, CrmField], *, sends: int, lost: str
) -> Iterator[Outcome]:
    """The answer was lost: read the records and decide."""
    ids = list(inputs.values)
    names = list(dict.fromkeys(name for texts in inputs.values.values() for name in texts))
    try:
        batches = list(fetched(client, inputs.object_name, ids, names))
    except ConnectorError as error:
        yield from (Outcome(record_id, "unknown", "ANSWER_LOST", f"{lost}; {error}") for record_id in ids)
        return
    held = {row["id"]: row.get("properties") or {} for batch in batches for row in batch.rows}
    again: list[str] = []
    for record_id, texts in inputs.values.items():
        if record_id not in held:
            yield Outcome(record_id, "rejected", NOT_FOUND, "HubSpot no longer has this record")
        elif all(_same(held[record_id].get(name), text, kinds.get(name)) for name, text in texts.items()):
            yield Outcome(record_id, "confirmed")
        else:
            again.append(record_id)
    if not again:
        return
    if sends > 1:
        yield from _sent(client, inputs.part(again), kinds, sends=sends - 1)
        return
    yield from (Outcome(record_id, "retry", "NOT_WRITTEN", lost) for record_id in again)


def _same(held: object, wanted: str, field: CrmField | None) -> bool:
    """Whether HubSpot holds what was sent, in whatever form it writes it."""
    text = as_text(held) or ""
    if text == wanted or not text or not wanted:
        return text == wanted
    kind = field.kind if field else FieldKind.TEXT
    try:
        if kind is FieldKind.NUMBER:
            return Decimal(text) == Decimal(wanted)
        if kind in (FieldKind.DATE, FieldKind.DATETIME):
            return _moment_text(text, kind) == _moment_text(wanted, kind)
    except InvalidOperation:
        return False
    return False
