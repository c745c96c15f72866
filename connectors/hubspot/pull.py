"""Read an object page by page: everything by list at first, what changed by search from then on.

The cursor of a list is its page token; from then on it has the watermark, with the place of a walk and the token of
the list of archived records where one was interrupted. A list that took an hour has missed what changed behind it,
so the first search starts at the moment the list started, by HubSpot's clock. Archived records are in no search and
archiving moves no stamp: each later run lists those of deals and goals. Merged ones are named by the deal they
were merged into.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import structlog

from connectors.base import Page, PullRequest
from connectors.hubspot import scopes
from connectors.hubspot.batch import fetched
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.listing import Listing, listed, query_length
from connectors.hubspot.pipelines import STAGE_PROPERTIES, StageBook
from connectors.hubspot.records import (
    MERGED,
    Join,
    Newest,
    Row,
    frame_of,
    latest,
    merged_away,
    modified_property,
    newest_of,
)
from connectors.hubspot.schema import DEALS, JOINED_ON_DEALS, SPLITS, Schemas
from connectors.hubspot.search import Place, Walk, walked
from connectors.hubspot.splits import IS_SPLIT, SplitReader
from connectors.watermark import Keyset, Watermark, advance

log = structlog.get_logger(__name__)

_LONGEST_QUERY = 7_000
"""Characters of properties in a URL; some of HubSpot's front ends refuse URLs of more than 8 KB."""
_ARCHIVED_PAGES = 50
"""Most pages of archived records a run lists; the next run goes on where it stopped."""
_ARCHIVED_IS_LISTED = frozenset({DEALS, "0-3", "goal_targets", "0-74"})
"""Objects people are paid by: what is archived of them has to be noticed. Activities wait for a full read."""


@dataclass(frozen=True, slots=True)
class Trail:
    """What a read has seen so far: when it started (by the CRM's clock) and the newest (stamp, padded id)."""

    started: datetime | None = None
    newest: Newest = None

    def past(self, rows: Sequence[Row], modified: str, date: datetime) -> Trail:
        """The trail after one more page."""
        return Trail(self.started or date, newest_of(rows, modified, self.newest))

    def as_json(self) -> dict[str, Any]:
        """For the cursor."""
        newest = [self.newest[0].isoformat(), self.newest[1]] if self.newest else None
        return {"started": self.started.isoformat() if self.started else None, "newest": newest}

    @classmethod
    def from_json(cls, cursor: Mapping[str, Any]) -> Trail:
        """Read what `as_json` wrote; an empty trail where nothing was."""
        started, newest = cursor.get("started"), cursor.get("newest")
        return cls(
            datetime.fromisoformat(started) if started else None,
            (datetime.fromisoformat(newest[0]), newest[1]) if newest else None,
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """How records of one object become pages: what is asked of HubSpot, and what is joined on."""

    client: HubSpotClient
    object_name: str
    fields: tuple[str, ...]
    properties: tuple[str, ...]
    modified: str
    joins: Mapping[str, Join] = field(default_factory=dict)
    splits: SplitReader | None = None

    @property
    def scope(self) -> str:
        """What reading needs."""
        return scopes.reading(self.object_name)

    def page(self, rows: Sequence[Row], gone: Sequence[str], *, cursor: Mapping[str, Any], last: bool) -> Page:
        """A page of these records, with their splits and with those merged into them as gone."""
        frame = frame_of(rows, self.fields, modified=self.modified, joins=self.joins)
        children: dict[str, pl.DataFrame] = {}
        if self.splits is not None:
            children[SPLITS] = self.splits.children(latest(rows))
        away = tuple(dict.fromkeys([*gone, *merged_away(rows)]))
        return Page(self.object_name, frame, cursor, last, gone=away, children=children)

    def by_id(self, rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
        """The same records with all properties; for property lists that fit neither a URL nor a search."""
        ids = [row["id"] for row in rows]
        batches = list(fetched(self.client, self.object_name, ids, properties=self.properties))
        return [row for batch in batches for row in batch.rows], [gone for batch in batches for gone in batch.gone]


def reader_of(
    client: HubSpotClient,
    schemas: Schemas,
    object_name: str,
    *,
    fields: Sequence[str],
    children: Mapping[str, Sequence[str]],
) -> Reader:
    """Make the reader of an object. Raises FixSettings where a field is not there."""
    schemas.check_fields(object_name, fields)
    known = schemas.properties(object_name)
    joined = [name for name in fields if object_name == DEALS and name in JOINED_ON_DEALS]
    splits = None
    if object_name == DEALS and SPLITS in children:
        splits = SplitReader(client, children[SPLITS], says_split=IS_SPLIT in known)
    modified = modified_property(object_name)
    extra = [
        modified,
        *([MERGED] if MERGED in known else []),
        *(STAGE_PROPERTIES if joined else ()),
        *(splits.properties if splits else ()),
    ]
    own = [name for name in fields if name not in joined]
    return Reader(
        client,
        object_name,
        fields=tuple(fields),
        properties=tuple(dict.fromkeys([*own, *extra])),
        modified=modified,
        joins=StageBook(client).joins() if joined else {},
        splits=splits,
    )


def pulled(reader: Reader, request: PullRequest, overlap: timedelta) -> Iterator[Page]:
    """Read on from the request's cursor; everything where it has none. A list that was interrupted is read to its
    end, and then what changed since it began."""
    cursor = request.cursor or {}
    if "watermark" in cursor:
        return _changed(reader, cursor, overlap)
    return _list(reader, cursor, overlap)


def _list(reader: Reader, cursor: Mapping[str, Any], overlap: timedelta) -> Iterator[Page]:
    wide = query_length(reader.properties) > _LONGEST_QUERY
    asked = (reader.modified,) if wide else reader.properties
    path = reader.client.paths.objects(reader.object_name)
    listing = Listing("list", path, reader.scope, [("properties", name) for name in asked])
    trail, was_interrupted = Trail.from_json(cursor), "after" in cursor
    for found in listed(reader.client, listing, cursor.get("after")):
        trail = trail.past(found.rows, reader.modified, found.date)
        rows, gone = reader.by_id(found.rows) if wide else (found.rows, ())
        following = {"after": found.after, **trail.as_json()}
        if found.after is None:
            following = _between(_after_list(trail, found.date))
        yield reader.page(rows, gone, cursor=following, last=found.after is None and not was_interrupted)
    if was_interrupted:
        yield from _changed(reader, following, overlap)


def _after_list(trail: Trail, now: datetime) -> Watermark:
    """Where the first search starts: no later than the list began, for it may have passed what changed since."""
    started = trail.started or now
    if trail.newest is None or trail.newest[0] > started:
        return Watermark(started, "", first_seen=started)
    return Watermark(*trail.newest, first_seen=started)


def _changed(reader: Reader, cursor: Mapping[str, Any], overlap: timedelta) -> Iterator[Page]:
    before = Watermark.from_json(cursor["watermark"])
    walk, wide = _walk(reader, before.start(overlap))
    place = Place.from_json(cursor["place"]) if "place" in cursor else Place()
    trail, expected = Trail.from_json(cursor), cursor.get("expected")
    archived = {"archived_after": cursor.get("archived_after")}
    for found in walked(reader.client, walk, place):
        trail = trail.past(found.rows, reader.modified, found.date)
        expected = found.total if expected is None else expected
        rows, gone = reader.by_id(found.rows) if wide else (found.rows, ())
        if found.last:
            break
        following = {"place": found.place.as_json(), "expected": expected, **trail.as_json(), **archived}
        page = reader.page(rows, gone, cursor=_between(before) | following, last=False)
        yield replace(page, expected=expected)
    after = advance(before, trail.newest, read_at=trail.started or found.date, overlap=overlap) or before
    lists_archived = reader.object_name in _ARCHIVED_IS_LISTED
    page = reader.page(rows, gone, cursor=_between(after) | archived, last=not lists_archived)
    yield replace(page, expected=expected)
    if lists_archived:
        yield from _archived(reader, after, cursor.get("archived_after"))


def _walk(reader: Reader, since: Keyset) -> tuple[Walk, bool]:
    walk = Walk(reader.object_name, reader.properties, reader.modified, since, reader.scope)
    if walk.fits():
        return walk, False
    return replace(walk, properties=(reader.modified,)), True


def _archived(reader: Reader, watermark: Watermark, after: str | None) -> Iterator[Page]:
    """List archived records as gone, at most so many pages; the token left over is for the next run."""
    path = reader.client.paths.objects(reader.object_name)
    listing = Listing("list_archived", path, reader.scope, [("archived", "true"), ("properties", reader.modified)])
    for number, found in enumerate(listed(reader.client, listing, after), start=1):
        is_capped = number == _ARCHIVED_PAGES and found.after is not None
        following = _between(watermark) | {"archived_after": found.after}
        gone = [row["id"] for row in found.rows]
        yield reader.page((), gone, cursor=following, last=is_capped or found.after is None)
        if is_capped:
            log.warning("hubspot.archived_capped", object=reader.object_name, pages=_ARCHIVED_PAGES)
            return


def _between(watermark: Watermark) -> dict[str, Any]:
    """The cursor of an object that has been read to its end; a search goes on from it."""
    return {"watermark": watermark.as_json()}


def fetch_pages(reader: Reader, ids: Sequence[str]) -> Iterator[Page]:
    """Records by id; ids that HubSpot no longer has are gone."""
    held = None
    for batch in fetched(reader.client, reader.object_name, ids, properties=reader.properties):
        if held is not None:
            yield reader.page(held.rows, held.gone, cursor={}, last=False)
        held = batch
    if held is not None:
        yield reader.page(held.rows, held.gone, cursor={}, last=True)
