"""SOQL as text: SELECTs ordered by (SystemModstamp, Id) or by Id, and the conditions that go on after a place.

simple-salesforce's `format_soql` quotes text; datetimes are written here, since it drops their milliseconds, and a
keyset without them would skip records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from simple_salesforce.format import format_soql

from connectors.watermark import Keyset

STAMP = "SystemModstamp"
LONGEST_QUERY = 12_000
"""Characters of percent-encoded query text; a GET's URL with headers may have 16,384 bytes."""


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT over one object; `stamped` says whether it is ordered by SystemModstamp first or by Id alone."""

    object_name: str
    fields: tuple[str, ...]
    stamped: bool
    after: Keyset | None = None
    after_id: str | None = None
    limit: int | None = None

    def going_on(self, stamp: datetime | None, record_id: str) -> Select:
        """The same SELECT strictly after the given record."""
        if self.stamped and stamp is not None:
            return replace(self, after=Keyset(stamp, record_id))
        return replace(self, after_id=record_id)

    def __str__(self) -> str:
        order = f"{STAMP}, Id" if self.stamped else "Id"
        limit = f" LIMIT {self.limit}" if self.limit else ""
        return f"{select(self.fields, self.object_name, self._condition())} ORDER BY {order}{limit}"

    def _condition(self) -> str:
        if self.stamped:
            return after(self.after) if self.after else ""
        return format_soql("Id > {}", self.after_id) if self.after_id else ""


def after(place: Keyset) -> str:
    """The condition for what comes after a place; without an id, records stamped exactly so are wanted too."""
    stamp = literal(place.after)
    if not place.record_id:
        return f"{STAMP} >= {stamp}"
    return format_soql(
        "(({name:literal} = {stamp:literal} AND Id > {id}) OR {name:literal} > {stamp:literal})",
        name=STAMP,
        stamp=stamp,
        id=place.record_id,
    )


def literal(moment: datetime) -> str:
    """A datetime literal in UTC, to the millisecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def select(fields: Iterable[str], object_name: str, where: str = "") -> str:
    """A SELECT without order; `where` is a condition whose values are quoted already."""
    return " ".join(["SELECT", ", ".join(fields), "FROM", object_name, *(["WHERE", where] if where else [])])


def by_ids(object_name: str, fields: Iterable[str], ids: Sequence[str]) -> str:
    """A SELECT of the records with the given ids."""
    return select(fields, object_name, format_soql("Id IN {}", list(ids)))


def id_chunks(ids: Sequence[str], *, select_length: int, most: int) -> Iterator[Sequence[str]]:
    """Ids in lists that fit into one query's text; `select_length` is that of the SELECT without them."""
    encoded = 18 + len("%27%27%2C")
    size = max(1, min(most, (LONGEST_QUERY - select_length) // encoded))
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
