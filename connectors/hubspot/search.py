"""What changed since a point in time, by search: a walk in the order of ids, which no two records share.

HubSpot shows 10,000 results of a search and counts pages by place, so that a record edited meanwhile shifts the
others past a page's edge; thousands of records may carry one time stamp. A walk that asks for "changed since x, id
above the last one seen, sorted by id" needs neither pages nor tie-breaks: each question is a first page. A record
that changes behind the walk has a stamp later than its start, where the next walk begins.

Each answer says how many records are left; the next may not have fewer than that. One that does (records vanished,
or were skipped) is not believed: the page before is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from connectors.base import StopRun
from connectors.hubspot.client import Call, HubSpotClient, Reply
from connectors.hubspot.records import Row, padded
from connectors.watermark import Keyset

PAGE = 200
LONGEST_BODY = 3_000
"""Characters of a search body that HubSpot accepts."""
_ATTEMPTS = 4
_OBJECT_ID = "hs_object_id"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands: the last id seen (padded), the one before its page, and how many records were left."""

    after: str = ""
    before: str = ""
    left: int | None = None

    def as_json(self) -> dict[str, Any]:
        """For the cursor."""
        return {"after": self.after, "before": self.before, "left": self.left}

    @classmethod
    def from_json(cls, text: Mapping[str, Any]) -> Place:
        """Read what `as_json` wrote."""
        return cls(text["after"], text["before"], text["left"])


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a walk: its rows, where the walk stands after it, whether it was the last, how many records the
    walk has from this page on, and when it was given by the CRM's clock."""

    rows: Sequence[Row]
    place: Place
    last: bool
    total: int
    date: datetime


@dataclass(frozen=True, slots=True)
class Walk:
    """A search to walk through."""

    object_name: str
    properties: tuple[str, ...]
    modified: str
    since: Keyset
    scope: str

    def body(self, after: str) -> dict[str, Any]:
        """The question for the page that comes after an id."""
        return {
            "filterGroups": _groups(self.since, self.modified, after.lstrip("0")),
            "sorts": [{"propertyName": _OBJECT_ID, "direction": "ASCENDING"}],
            "properties": list(self.properties),
            "limit": PAGE,
            "after": "0",
        }

    def fits(self) -> bool:
        """Whether HubSpot accepts a question this long."""
        return len(msgspec.json.encode(self.body("9" * 20))) <= LONGEST_BODY


def walked(client: HubSpotClient, walk: Walk, place: Place) -> Iterator[Found]:
    """Walk from `place` to the end. Raises StopRun where the answers never fit together."""
    doubts = 0
    while True:
        reply = _asked(client, walk, place)
        if place.left is not None and _total(reply) < place.left:
            doubts += 1
            if doubts == _ATTEMPTS:
                raise StopRun(
                    f"HubSpot search in {walk.object_name}: {_total(reply)} records are left where {place.left} were "
                    f"announced, {doubts} times in a row"
                )
            place = Place(place.before, place.before)
            continue
        found = _found(reply, place)
        yield found
        if found.last:
            return
        if place.left is not None:
            doubts = 0
        place = found.place


def _asked(client: HubSpotClient, walk: Walk, place: Place) -> Reply:
    """The answer for a place; one that says there is more and brings nothing new is asked again."""
    path = client.paths.objects(walk.object_name, "search")
    call = Call("search", "POST", path, body=walk.body(place.after), scope=walk.scope, lists="id")
    for _ in range(_ATTEMPTS):
        reply = client.send(call)
        if _total(reply) >= len(_new(reply, place)) and (_new(reply, place) or not _total(reply)):
            return reply
    raise StopRun(f"HubSpot search in {walk.object_name} announces {_total(reply)} records and shows none of them")


def _found(reply: Reply, place: Place) -> Found:
    rows = _new(reply, place)
    left = _total(reply) - len(rows)
    after = max((padded(row["id"]) for row in rows), default=place.after)
    last = left <= 0 and (reply.next_token is None or not rows)
    return Found(rows, Place(after, place.after, left), last, _total(reply), reply.date)


def _new(reply: Reply, place: Place) -> list[Row]:
    """The rows above the last id seen; each once."""
    return list({row["id"]: row for row in reply.results if padded(row["id"]) > place.after}.values())


def _total(reply: Reply) -> int:
    total = reply.data.get("total")
    return total if isinstance(total, int) else -1


def _groups(since: Keyset, modified: str, after: str) -> list[dict[str, Any]]:
    """`modified >= x`, or beyond (x, id); and the id above the last one seen."""
    stamp = str((since.after - _EPOCH) // timedelta(milliseconds=1))
    if not (since.record_id or "").lstrip("0"):
        return [_group(_filter(modified, "GTE", stamp), _above(after))]
    at_least = max(since.record_id or "", padded(after)).lstrip("0")
    return [
        _group(_filter(modified, "GT", stamp), _above(after)),
        _group(_filter(modified, "EQ", stamp), _above(at_least)),
    ]


def _above(record_id: str) -> dict[str, str] | None:
    return _filter(_OBJECT_ID, "GT", record_id) if record_id else None


def _group(*filters: dict[str, str] | None) -> dict[str, Any]:
    return {"filters": [entry for entry in filters if entry is not None]}


def _filter(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}
