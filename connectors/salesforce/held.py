"""What records hold after a write whose answer was lost: whether they already have the values that were sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.base import ID, ConnectorError, CrmField, FieldKind, Outcome, Value, Write
from connectors.salesforce.client import Client
from connectors.salesforce.fetch import fetch, named_by
from connectors.salesforce.schema import Schemas


class Held:
    """Reads records of one object back and compares."""

    def __init__(self, client: Client, schemas: Schemas, object_name: str) -> None:
        self._client = client
        self._schemas = schemas
        self._object = object_name

    def outcomes(self, writes: Sequence[Write], reason: str) -> Iterator[Outcome]:
        """`confirmed` for records that hold the values, `rejected` for those that are gone, none for the others.

        Where the records cannot be read either, all are `unknown` and the error is raised after them.
        """
        try:
            held, gone = self._read(writes)
        except ConnectorError:
            yield from (Outcome(write.record_id, "unknown", "ANSWER_LOST", reason) for write in writes)
            raise
        for write in writes:
            if write.record_id in gone:
                yield Outcome(write.record_id, "rejected", "ENTITY_IS_DELETED", "the record is gone")
            elif self._holds(write, held[write.record_id]):
                yield Outcome(write.record_id, "confirmed")

    def _read(self, writes: Sequence[Write]) -> tuple[dict[str, dict[str, Any]], set[str]]:
        fields = list(dict.fromkeys(name for write in writes for name in write.values))
        held: dict[str, dict[str, Any]] = {}
        gone: set[str] = set()
        for page in fetch(self._client, self._schemas, self._object, [write.record_id for write in writes], fields):
            held.update({name: row for row in page.records.iter_rows(named=True) for name in named_by(row[ID])})
            gone.update(page.gone)
        return held, gone

    def _holds(self, write: Write, row: dict[str, Any]) -> bool:
        fields = {name: self._schemas.resolve(self._object, name) for name in write.values}
        return all(holds(row[name], value, fields[name]) for name, value in write.values.items())


def holds(held: str | None, sent: Value, field: CrmField | None) -> bool:
    """Whether the text read back is the value sent, as Salesforce keeps it: numbers in the field's scale, text without
    blanks around it, an empty text as none."""
    if held is None or sent is None:
        return held is None and (sent is None or sent == "")
    if isinstance(sent, bool):
        return held == str(sent).lower()
    if isinstance(sent, Decimal):
        return _same_number(held, sent, field)
    if field is not None and field.kind is FieldKind.DATETIME:
        return _same_moment(held, sent)
    return held.strip() == sent.strip()


def _same_number(held: str, sent: Decimal, field: CrmField | None) -> bool:
    try:
        number = Decimal(held)
    except InvalidOperation:
        return False
    if field is None or field.scale is None:
        return number == sent
    step = Decimal(1).scaleb(-field.scale)
    return number.quantize(step, ROUND_HALF_UP) == sent.quantize(step, ROUND_HALF_UP)


def _same_moment(held: str, sent: str) -> bool:
    try:
        return abs((datetime.fromisoformat(held) - datetime.fromisoformat(sent)).total_seconds()) < 1
    except (ValueError, TypeError):
        return held == sent
