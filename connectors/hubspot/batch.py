"""Records by id, a hundred a call.

An id that HubSpot does not have comes as an error of a 207, or (dated paths) is just not there. What is neither in
the results nor in the errors is asked for once more before it counts as gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.base import TryLater
from connectors.hubspot import scopes
from connectors.hubspot.client import Call, HubSpotClient, Reply
from connectors.hubspot.errors import error_body
from connectors.hubspot.records import Row

BATCH = 100
NOT_FOUND = "OBJECT_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Fetched:
    """The records of one batch of ids, and the ids that are gone."""

    rows: Sequence[Row]
    gone: tuple[str, ...]


def fetched(
    client: HubSpotClient, object_name: str, ids: Sequence[str], *, properties: Sequence[str]
) -> Iterator[Fetched]:
    """Read the ids in batches; what is no HubSpot id is gone without being asked for."""
    unique = list(dict.fromkeys(ids))
    known = [record_id for record_id in unique if record_id.isascii() and record_id.isdigit()]
    strange = tuple(record_id for record_id in unique if not (record_id.isascii() and record_id.isdigit()))
    if strange:
        yield Fetched((), strange)
    for start in range(0, len(known), BATCH):
        yield read_batch(client, object_name, known[start : start + BATCH], properties=properties)


def read_batch(client: HubSpotClient, object_name: str, ids: Sequence[str], *, properties: Sequence[str]) -> Fetched:
    """Read at most BATCH ids. Raises TryLater where HubSpot could not read some of them now."""
    rows, gone = _read(client, object_name, ids, properties=properties)
    silent = _silent(ids, rows, gone)
    if silent:
        again, gone_now = _read(client, object_name, silent, properties=properties)
        rows, gone = [*rows, *again], [*gone, *gone_now, *_silent(silent, again, gone_now)]
    return Fetched(rows, tuple(dict.fromkeys(gone)))


def _silent(ids: Sequence[str], rows: Sequence[Row], gone: Sequence[str]) -> list[str]:
    answered = {row["id"] for row in rows}.union(gone)
    return [record_id for record_id in ids if record_id not in answered]


def _read(
    client: HubSpotClient, object_name: str, ids: Sequence[str], *, properties: Sequence[str]
) -> tuple[list[Row], list[str]]:
    body = {
        "inputs": [{"id": record_id} for record_id in ids],
        "properties": list(properties),
        "propertiesWithHistory": [],
    }
    path = client.paths.objects(object_name, "batch/read")
    reply = client.send(Call("batch_read", "POST", path, body=body, scope=scopes.reading(object_name), lists="id"))
    return list(reply.results), _gone(reply)


def _gone(reply: Reply) -> list[str]:
    gone: list[str] = []
    for entry in reply.data.get("errors") or ():
        error = error_body(entry)
        if error.category != NOT_FOUND:
            raise TryLater(f"HubSpot could not read some records: {error.category} {error.message}")
        gone.extend(error.context.get("ids", ()))
    return gone
