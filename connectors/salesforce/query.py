"""Reading one ordered SELECT to its very end, page by page, and knowing that it was the end.

Salesforce hands out pages behind a locator that may expire, gives fewer rows than asked for where rows are wide, and
takes too long over large objects. The order of the rows is the remedy for all of it: the SELECT is asked again for
what comes after the last row had.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import structlog

from connectors.answers import UnreadableAnswer
from connectors.base import FixSettings, StopRun, TryLater
from connectors.salesforce.client import Call, Client
from connectors.salesforce.cursor import Place
from connectors.salesforce.errors import Refused
from connectors.salesforce.rows import Records, texts
from connectors.salesforce.soql import STAMP, Select

log = structlog.get_logger(__name__)

TOO_LARGE = frozenset({"QUERY_TIMEOUT", "OPERATION_TOO_LARGE"})
_SMALLEST_LIMIT = 125
_UNKNOWN_FIELD = re.compile(r"No such column '([^']+)'|relationship '([^']+)'")


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer to a query: rows in all, the rows of this page, and where the next page is."""

    total: int
    records: Records
    link: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in the order asked for. `expected` is the count announced for the whole read, where one was."""

    records: Records
    last: bool
    expected: int | None


class Unsure(StopRun):
    """What was read may have holes: whoever reads goes back to where the read began."""


def read_answer(body: Any) -> Answered:
    """A query's answer, checked for shape. Raises UnreadableAnswer."""
    try:
        total, records, done = body["totalSize"], body["records"], body["done"]
    except (KeyError, TypeError) as error:
        raise UnreadableAnswer("no query result") from error
    link = body.get("nextRecordsUrl")
    well_formed = type(total) is int and type(done) is bool and isinstance(records, list)
    if not well_formed or (not done and not link):
        raise UnreadableAnswer("a query result without count, rows or the link to its next page")
    return Answered(total, records, None if done else str(link))


def ask_query(client: Client, soql: str, *, deleted: bool = True) -> Answered:
    """The first page of a query; `deleted` includes deleted and archived rows (queryAll). Raises as Client.ask."""
    resource = "queryAll" if deleted else "query"
    call = Call("GET", f"{resource}/", "query", {"q": soql}, headers=_page_size(client))
    answered: Answered = client.ask(call, read_answer)
    return answered


def ask_more(client: Client, link: str) -> Answered:
    """The page behind a link; of the link only the path is used, so that the token goes nowhere else."""
    parts = urlsplit(link)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    answered: Answered = client.ask(Call("GET", path, "query_more", headers=_page_size(client)), read_answer)
    return answered


def _page_size(client: Client) -> dict[str, str]:
    return {"Sforce-Query-Options": f"batchSize={client.settings.page_size}"}


class OrderedRead:
    """The rows of a SELECT in its order; `place` is the last row handed over (the greatest, where the CRM did not keep
    the order, which `ordered` then tells)."""

    def __init__(self, client: Client, select: Select) -> None:
        self._client = client
        self._select = select
        self.place: Place | None = None
        self.ordered = True
        self._received = 0  # rows handed over
        self._query_received = 0  # of these, from the query now running
        self._owed: int | None = None  # rows a short answer kept back
        self._links: set[str] = set()
        self._total = 0  # of the query now running
        self._seen: list[pl.Series] = []  # the query's ids as hashes, a page each: 8 MB for a million records
        self._started_over = False

    @property
    def expected(self) -> int | None:
        """Rows announced for the whole read, None where they are read in bounded pieces."""
        return None if self._select.limit else self._received - self._query_received + self._total

    def batches(self) -> Iterator[Batch]:
        """Hand over everything. Raises TryLater, FixSettings, Unsure where the CRM contradicts itself."""
        page = self._query()
        while True:
            if page.link is None and self._is_short(page):
                page = self._ask_again(page)
                continue
            if page.link is None and self._comes_twice(page.records):
                page = self._start_over()
                continue
            more = page.link is not None or self._is_full_piece()
            batch = Batch(page.records, last=not more, expected=self.expected)
            self._take(page.records)
            yield batch
            if not more:
                return
            page = self._follow(page.link) if page.link else self._query()

    def _is_short(self, page: Answered) -> bool:
        return self._query_received + len(page.records) < self._total

    def _is_full_piece(self) -> bool:
        return self._select.limit is not None and self._total >= self._select.limit

    def _ask_again(self, page: Answered) -> Answered:
        missing = self._total - self._query_received
        log.warning("salesforce.short_answer", object=self._select.object_name, missing=missing - len(page.records))
        if self._owed is not None or not self.ordered:
            raise self._unsure(f"twice gave fewer rows than it announced ({missing - len(page.records)} missing)")
        self._owed = missing
        again = self._query()
        if self._total < missing:
            raise self._unsure(f"announced {missing} more rows and now knows of {self._total}")
        return again

    def _comes_twice(self, records: Records) -> bool:
        """Whether a row stands in two pages of the query: one that moved between two pages, and pushed another one
        over the edge of a page already read."""
        if not self._seen:
            return False
        ids = pl.concat([*self._seen, _hashes(records)])
        return ids.n_unique() < len(ids)

    def _start_over(self) -> Answered:
        """Read it all again, in pieces that are a page each: what changes meanwhile comes later, and moves no page."""
        if self._started_over:
            raise self._unsure("gave a record on two pages of one query, twice")
        log.warning("salesforce.moving_pages", object=self._select.object_name)
        self._started_over, self.ordered, self.place, self._owed = True, True, None, None
        self._select = replace(self._select, limit=len(self._seen[0]))
        return self._query()

    def _unsure(self, what: str) -> Unsure:
        return Unsure(
            f"{self._client.name}: reading {self._select.object_name}, Salesforce {what}. Nothing of this read counts"
            " as complete; the next run reads it again from its start."
        )

    def _query(self) -> Answered:
        """Ask for everything after the last row handed over."""
        while True:
            try:
                page = ask_query(self._client, str(self._from_here()))
            except Refused as error:
                self._narrow(error)
                continue
            self._query_received, self._total, self._seen = 0, page.total, []
            self._links.clear()  # a new query may count its pages as the last one did
            return page

    def _from_here(self) -> Select:
        if self.place is None:
            return self._select
        if not self.ordered:
            raise self._unsure("did not keep the order asked for, so that there is no place to go on from")
        return self._select.going_on(self.place.stamp, self.place.record_id)

    def _follow(self, link: str) -> Answered:
        if link in self._links:
            raise self._unsure("sends from page to page in a circle")
        self._links.add(link)
        try:
            return ask_more(self._client, link)
        except Refused as error:
            if error.code == "INVALID_QUERY_LOCATOR":
                log.info("salesforce.locator_expired", object=self._select.object_name, records=self._received)
            else:
                self._narrow(error)
            return self._query()

    def _narrow(self, error: Refused) -> None:
        """Ask for half as many rows from now on, where they were too many; else raise."""
        if error.code not in TOO_LARGE:
            raise unreadable_field(error, self._client.name, self._select.object_name)
        limit = (self._select.limit or 2 * self._client.settings.page_size) // 2
        if limit < _SMALLEST_LIMIT:
            raise TryLater(
                f"{self._client.name}: Salesforce takes too long over {self._select.limit} records of"
                f" {self._select.object_name} ({error.code}). The View All Data permission makes such reads faster.",
                retry_after=timedelta(minutes=15),
            ) from error
        log.info("salesforce.narrower", object=self._select.object_name, limit=limit)
        self._select = replace(self._select, limit=limit)

    def _take(self, records: Records) -> None:
        is_first = not self._query_received
        self._received += len(records)
        self._query_received += len(records)
        if not records:
            return
        self._seen.append(_hashes(records))
        place = self._greatest(records) if self._select.stamped else Place(None, texts(records[-1:], "Id")[0])
        if place == self.place and is_first:
            raise self._unsure("gives the same rows again and again")
        self.place = place

    def _greatest(self, records: Records) -> Place:
        """The last row; where rows are out of order, the greatest so far."""
        stamps = texts(records, STAMP)
        first, last = Place(moment(stamps[0]), ""), Place(moment(stamps[-1]), texts(records[-1:], "Id")[0])
        in_order = stamps == sorted(stamps) and not _before(first, self.place)
        if in_order and self.ordered:
            return last
        if self.ordered:
            log.warning("salesforce.out_of_order", object=self._select.object_name)
        self.ordered = False
        rows = [(moment(row[STAMP]), row["Id"]) for row in records]
        if self.place is not None and self.place.stamp is not None:
            rows.append((self.place.stamp, self.place.record_id))
        return Place(*max(rows))


def _hashes(records: Records) -> pl.Series:
    return pl.Series(texts(records, "Id"), dtype=pl.String).hash()


def _before(row: Place, place: Place | None) -> bool:
    return place is not None and place.stamp is not None and row.stamp is not None and row.stamp < place.stamp


def moment(text: str) -> datetime:
    """A datetime as Salesforce writes it. Raises UnreadableAnswer where it is none, or has no time zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableAnswer(f"{text!r} is no moment") from error
    if found.tzinfo is None:
        raise UnreadableAnswer(f"{text!r} has no time zone")
    return found


def unreadable_field(error: Refused, connection: str, object_name: str) -> FixSettings:
    """The refusal of a SELECT, naming the field where Salesforce does."""
    found = _UNKNOWN_FIELD.search(str(error))
    if error.code != "INVALID_FIELD" or not found:
        return error
    name = found.group(1) or found.group(2)
    return FixSettings(
        f"{connection}: {object_name} has no field {name} that the integration user can see.",
        hint=f"Check {name} in the mapping. If the field is there, field-level security hides it: let the integration"
        " user's permission set read it.",
    )
