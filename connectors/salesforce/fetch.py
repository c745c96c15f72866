"""Reading records by id, in batches; what the CRM no longer has, or has in the bin, comes back as gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.answers import UnreadableAnswer
from connectors.base import Page, StopRun
from connectors.salesforce.client import Client
from connectors.salesforce.errors import Refused
from connectors.salesforce.pull import Shape, shape_of
from connectors.salesforce.query import ask_more, ask_query, unreadable_field
from connectors.salesforce.rows import Records
from connectors.salesforce.schema import Schemas
from connectors.salesforce.soql import by_ids, id_chunks

_IDS_IN_A_QUERY = 500
_BAD_ID = frozenset({"INVALID_QUERY_FILTER_OPERATOR", "MALFORMED_ID", "MALFORMED_QUERY"})


def named_by(record_id: str) -> tuple[str, str]:
    """The texts that name a record: the id, and its form of 15 characters, which older sources give (the other three
    only make it safe where case is lost)."""
    return record_id, record_id[:15]


def fetch(
    client: Client, schemas: Schemas, object_name: str, ids: Sequence[str], fields: Sequence[str]
) -> Iterator[Page]:
    """Pages of the records as `Connector.fetch` promises them."""
    shape = shape_of(client, schemas, object_name, fields)
    wanted = list(dict.fromkeys(ids))
    length = sum(map(len, shape.selected)) + 2 * len(shape.selected) + 100
    chunks = list(id_chunks(wanted, select_length=length, most=_IDS_IN_A_QUERY))
    for number, chunk in enumerate(chunks, start=1):
        yield _page(client, shape, chunk, object_name=object_name, last=number == len(chunks))


def _page(client: Client, shape: Shape, ids: Sequence[str], *, object_name: str, last: bool) -> Page:
    living, _ = shape.split(_read(client, shape, ids))
    there = {name for record in living for name in named_by(str(record["Id"]))}
    missing = [record_id for record_id in ids if record_id not in there]
    try:
        frame = shape.frame(living)
    except UnreadableAnswer as error:
        raise StopRun(f"{client.name}: {object_name}: {error}") from error
    return Page(object_name, frame, cursor={}, last=last, gone=tuple(missing))


def _read(client: Client, shape: Shape, ids: Sequence[str]) -> Records:
    try:
        return _rows(client, by_ids(shape.object_name, shape.selected, ids))
    except Refused as error:
        if error.code not in _BAD_ID:
            raise unreadable_field(error, client.name, shape.object_name) from error
        if len(ids) == 1:  # what is no id names no record
            return []
        half = len(ids) // 2
        return [*_read(client, shape, ids[:half]), *_read(client, shape, ids[half:])]


def _rows(client: Client, soql: str) -> Records:
    page = ask_query(client, soql)
    rows, links = list(page.records), set[str]()
    while page.link is not None and page.link not in links:
        links.add(page.link)
        page = ask_more(client, page.link)
        rows += page.records
    if len(rows) < page.total:
        raise StopRun(f"{client.name}: Salesforce announced {page.total} records and gave {len(rows)}.")
    return rows
