"""Write values by id, a hundred records a call, and tell what became of each.

One bad record must not cost the others: HubSpot refuses a whole batch for it, so a refused batch is halved until the
record is found. A write whose answer was lost is settled by reading: what HubSpot holds is confirmed, what it does
not hold is sent again.
"""

from __future__ import annotations

from collections import Counter
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


Texts = Mapping[str, Mapping[str, str]]
"""What to write, as HubSpot takes it: record id, property, text."""


def pushed(
    client: HubSpotClient, object_name: str, writes: Sequence[Write], *, kinds: Mapping[str, CrmField]
) -> Iterator[Outcome]:
    """Write, and yield one outcome for each write. Raises TryLater or FixSettings where the call as such is refused."""
    texts: dict[str, dict[str, str]] = {}
    asked: Counter[str] = Counter()
    for write in writes:
        written = {name: as_written(value, kinds.get(name)) for name, value in write.values.items()}
        texts.setdefault(write.record_id, {}).update(written)
        asked[write.record_id] += 1
    writer = Writer(client, object_name, kinds)
    for part in _parts(texts, BATCH):
        for outcome in writer.send(part):
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


@dataclass(frozen=True, slots=True)
class Writer:
    """Sends batches of one object. `kinds` are its fields, for comparing what HubSpot holds with what was sent."""

    client: HubSpotClient
    object_name: str
    kinds: Mapping[str, CrmField]

    def send(self, texts: Texts, *, sends: int = _SENDS) -> Iterator[Outcome]:
        """Send one batch and settle every record of it, with at most so many sends of each."""
        try:
            reply = self.client.send(self._call(texts))
        except AskAgain as error:
            yield from self._settle(texts, sends=sends, lost=str(error))
            return
        except Refused as error:
            yield from self._halve(texts, error, sends=sends)
            return
        outcomes = _outcomes(texts, reply)
        yield from outcomes.values()
        silent = {record_id: texts[record_id] for record_id in texts if record_id not in outcomes}
        if silent:
            yield from self._settle(silent, sends=sends, lost="the answer says nothing of this record")

    def _call(self, texts: Texts) -> Call:
        inputs = [
            {"id": record_id, "objectWriteTraceId": record_id, "properties": properties}
            for record_id, properties in texts.items()
        ]
        path = self.client.paths.objects(self.object_name, "batch/update")
        scope = scopes.writing(self.object_name)
        body = {"inputs": inputs}
        return Call("batch_update", "POST", path, body=body, scope=scope, repeat=NOTHING_LOST, lists="id")

    def _halve(self, texts: Texts, error: Refused, *, sends: int) -> Iterator[Outcome]:
        """A whole batch was refused: find the records to blame, the others are still written."""
        if error.code in SAME_FOR_EVERY_RECORD:
            said = f"HubSpot says {error.code} of {error.field or 'a property'}"
            raise FixSettings(str(error), hint=f"{said}: run attain provision, or correct the mapping.") from error
        if error.status not in _BY_RECORD or (error.status == 404 and error.code != NOT_FOUND):
            raise error
        if len(texts) == 1:
            yield Outcome(next(iter(texts)), "rejected", error.code, str(error))
            return
        for part in _suspects(texts, error) or _parts(texts, -(-len(texts) // 2)):
            yield from self.send(part, sends=sends)

    def _settle(self, texts: Texts, *, sends: int, lost: str) -> Iterator[Outcome]:
        """The answer was lost: read the records and decide."""
        names = list(dict.fromkeys(name for properties in texts.values() for name in properties))
        try:
            batches = list(fetched(self.client, self.object_name, list(texts), properties=names))
        except ConnectorError as error:
            yield from (Outcome(record_id, "unknown", "ANSWER_LOST", f"{lost}; {error}") for record_id in texts)
            return
        held = {row["id"]: row.get("properties") or {} for batch in batches for row in batch.rows}
        again = dict(texts)
        for record_id, properties in texts.items():
            if record_id not in held:
                yield Outcome(record_id, "rejected", NOT_FOUND, "HubSpot no longer has this record")
                del again[record_id]
            elif self._is_written(held[record_id], properties):
                yield Outcome(record_id, "confirmed")
                del again[record_id]
        if again and sends > 1:
            yield from self.send(again, sends=sends - 1)
            return
        yield from (Outcome(record_id, "retry", "NOT_WRITTEN", lost) for record_id in again)

    def _is_written(self, held: Mapping[str, object], properties: Mapping[str, str]) -> bool:
        return all(_same(held.get(name), text, self.kinds.get(name)) for name, text in properties.items())


def _parts(texts: Texts, size: int) -> list[Texts]:
    ids = list(texts)
    return [{i: texts[i] for i in ids[start : start + size]} for start in range(0, len(ids), size)]


def _suspects(texts: Texts, error: Refused) -> list[Texts]:
    """The records the error names, each alone, after the others; nothing where it names none or all of them."""
    named = [record_id for record_id in _concerned(error.context) if record_id in texts]
    if not named or len(set(named)) == len(texts):
        return []
    innocent = {record_id: texts[record_id] for record_id in texts if record_id not in named}
    return [innocent, *({record_id: texts[record_id]} for record_id in dict.fromkeys(named))]


def _outcomes(texts: Texts, reply: Reply) -> dict[str, Outcome]:
    """What a 200 or 207 says of each record, by trace id and by id."""
    outcomes: dict[str, Outcome] = {}
    for row in reply.results:
        record_id = str(row.get("objectWriteTraceId") or row["id"])
        if record_id in texts:
            outcomes[record_id] = Outcome(record_id, "confirmed")
    for entry in reply.data.get("errors") or ():
        error = error_body(entry)
        for record_id in _concerned(error.context):
            if record_id in texts:
                outcomes[record_id] = _refused(record_id, error)
    return outcomes


def _concerned(context: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return (*context.get("objectWriteTraceId", ()), *context.get("ids", ()), *context.get("id", ()))


def _refused(record_id: str, error: ErrorBody) -> Outcome:
    state: OutcomeState = "retry" if error.category in _PASSING else "rejected"
    return Outcome(record_id, state, error.code or "ERROR", error.message)


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
