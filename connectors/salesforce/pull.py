"""Reading an object page by page, by keyset over (SystemModstamp, Id), deleted and archived records included.

Every page's cursor is the place of its last record, so that a run killed anywhere goes on right after the last page
that was committed; the watermark moves when the whole read is complete. Where a read turns out to have holes, a last
empty page takes the cursor back to where the read began, before StopRun is raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
import structlog

from connectors.answers import UnreadableAnswer
from connectors.base import FixSettings, Page, PullRequest, StopRun
from connectors.salesforce.client import Client
from connectors.salesforce.cursor import Progress
from connectors.salesforce.query import Batch, OrderedRead, Unsure
from connectors.salesforce.removed import NEVER_DELETED, Removed, really_gone, removed_since
from connectors.salesforce.rows import Column, Records, page_frame
from connectors.salesforce.schema import Schemas
from connectors.salesforce.soql import STAMP, Select
from problems import did_you_mean

log = structlog.get_logger(__name__)
DELETED = "IsDeleted"


@dataclass(frozen=True, slots=True)
class Shape:
    """How an object is read: its name as Salesforce spells it, what is selected, and which of it becomes columns."""

    object_name: str
    columns: tuple[Column, ...]
    stamp: str | None
    stamped: bool
    marks_deleted: bool
    tells_deleted: bool

    @property
    def selected(self) -> tuple[str, ...]:
        """The fields of the SELECT, each once."""
        own = ["Id", *([self.stamp] if self.stamp else []), *([DELETED] if self.marks_deleted else [])]
        return tuple(dict.fromkeys([*own, *(".".join(column.path) for column in self.columns)]))

    def frame(self, records: Records) -> pl.DataFrame:
        """The records as text columns."""
        return page_frame(records, self.columns, self.stamp)

    def split(self, records: Records) -> tuple[Records, tuple[str, ...]]:
        """The living records, and the ids of the deleted ones."""
        if not self.marks_deleted:
            return records, ()
        gone = tuple(str(record["Id"]) for record in records if record.get(DELETED))
        return ([record for record in records if not record.get(DELETED)] if gone else records), gone


def shape_of(client: Client, schemas: Schemas, object_name: str, fields: Sequence[str]) -> Shape:
    """How to read the object. Raises FixSettings naming every field that the user cannot see."""
    described = schemas.described(object_name)
    found = {name: schemas.resolve(object_name, name) for name in fields}
    if missing := [name for name, field in found.items() if field is None]:
        hint = did_you_mean(missing[0], described.fields(), "Check the names in the mapping.")
        raise FixSettings(
            f"{client.name}: {described.name} has no field {', '.join(missing)} that the integration user can see.",
            hint=f"{hint} If the field is there, field-level security hides it: let the integration user's permission"
            " set read it.",
        )
    columns = tuple(Column(name, tuple(field.name.split("."))) for name, field in found.items() if field)
    stamp = next((name for name in (STAMP, "LastModifiedDate", "CreatedDate") if described.field(name)), None)
    return Shape(
        object_name=described.name,
        columns=columns,
        stamp=stamp,
        stamped=stamp == STAMP,
        marks_deleted=described.field(DELETED) is not None,
        tells_deleted=described.replicateable and described.name not in NEVER_DELETED,
    )


def pull(client: Client, schemas: Schemas, request: PullRequest) -> Iterator[Page]:
    """Pages of the object as `Connector.pull` promises them."""
    return _Pull(client, shape_of(client, schemas, request.object_name, request.fields), request).pages()


class _Pull:
    def __init__(self, client: Client, shape: Shape, request: PullRequest) -> None:
        self._client = client
        self._shape = shape
        self._request = request
        self._before = Progress.from_json(request.cursor)
        self._overlap = timedelta(seconds=client.settings.overlap_seconds)
        self._gone: set[str] = set()
        self._read = OrderedRead(client, self._select())

    def _select(self) -> Select:
        shape, before = self._shape, self._before
        select = Select(shape.object_name, shape.selected, shape.stamped)
        if before.place is not None and (before.place.stamp is not None) == shape.stamped:
            return select.going_on(before.place.stamp, before.place.record_id)
        if shape.stamped and before.watermark is not None:
            return Select(shape.object_name, shape.selected, stamped=True, after=before.watermark.start(self._overlap))
        return select

    def pages(self) -> Iterator[Page]:
        began = self._before.began
        try:
            for batch in self._read.batches():
                began = began or self._client.crm_clock or self._request.now
                yield self._page(batch, began)
        except Unsure:
            yield self._taken_back()
            raise
        except UnreadableAnswer as error:
            yield self._taken_back()
            raise StopRun(f"{self._client.name}: {self._shape.object_name}: {error}") from error

    def _taken_back(self) -> Page:
        cursor = self._before.from_the_start().as_json()
        return Page(self._request.object_name, self._shape.frame([]), cursor, last=False)

    def _page(self, batch: Batch, began: datetime) -> Page:
        living, gone = self._shape.split(batch.records)
        self._gone.update(gone)
        frame = self._shape.frame(living)
        log.info("pull.page", connection=self._client.name, object=self._shape.object_name, records=len(batch.records))
        if batch.last:
            progress, more_gone = self._complete(began)
        else:
            progress, more_gone = self._underway(began), ()
        return Page(
            object_name=self._request.object_name,
            records=frame,
            cursor=progress.as_json(),
            last=batch.last,
            gone=(*gone, *more_gone),
            expected=batch.expected,
        )

    def _underway(self, began: datetime) -> Progress:
        return self._before.at(self._read.place if self._read.ordered else None, began)

    def _complete(self, began: datetime) -> tuple[Progress, tuple[str, ...]]:
        removed = self._removed(began)
        new = [record_id for record_id in dict.fromkeys(removed.ids) if record_id not in self._gone]
        gone = really_gone(self._client, self._shape.object_name, new) if new else []
        place = self._read.place or self._before.place
        progress = self._before.complete(place, began, overlap=self._overlap, deleted_until=removed.until)
        return progress, tuple(gone)

    def _removed(self, began: datetime) -> Removed:
        """What was deleted since the last complete read; before the first one nobody holds anything of it."""
        since = self._before.deleted_until
        if since is None or not self._shape.tells_deleted:
            return Removed((), began)
        now = self._client.crm_clock or self._request.now
        return removed_since(self._client, self._shape.object_name, since - self._overlap, now)
