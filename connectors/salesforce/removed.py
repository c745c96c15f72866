"""Records that are gone without a trace in the query: hard deletes, and splits, which never reach the recycle bin.

GET /sobjects/<object>/deleted (REST API Developer Guide, "sObject Get Deleted") knows the last 30 days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from connectors.answers import UnreadableAnswer
from connectors.salesforce.client import Call, Client
from connectors.salesforce.errors import Refused
from connectors.salesforce.query import ask_more, ask_query, moment
from connectors.salesforce.soql import by_ids, id_chunks

log = structlog.get_logger(__name__)

NEVER_DELETED = frozenset({"Organization", "User"})
"""Objects Salesforce lets nobody delete: a user is made inactive."""
_REMEMBERED = timedelta(days=29)  # 30 by the guide, less a day for clocks and time zones
_SHORTEST = timedelta(minutes=5)  # the guide refuses windows of less than a minute
_IDS_IN_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Removed:
    """Ids deleted in a window, and until when that is certain."""

    ids: tuple[str, ...]
    until: datetime


def removed_since(client: Client, object_name: str, since: datetime, now: datetime) -> Removed:
    """Ids deleted from `since` until `now` (the CRM's clock); none where the object does not tell (it is then noted,
    and nothing lost: a full read finds them). Raises TryLater."""
    start = max(min(since, now - _SHORTEST), now - _REMEMBERED)
    if start > since:
        log.warning("salesforce.deletes_forgotten", connection=client.name, object=object_name, since=since.isoformat())
    try:
        return _ask(client, object_name, (start, _next_minute(now)), now)
    except Refused as error:
        if error.code != "INVALID_REPLICATION_DATE":
            return _untold(client, object_name, error, now)
    try:  # the end of this minute is in the future; where that is refused, its beginning must do
        return _ask(client, object_name, (start, now), now)
    except Refused as error:
        return _untold(client, object_name, error, now)


def _ask(client: Client, object_name: str, window: tuple[datetime, datetime], now: datetime) -> Removed:
    start, end = (when.astimezone(UTC).isoformat(timespec="seconds") for when in window)
    call = Call("GET", f"sobjects/{object_name}/deleted/", "deleted", {"start": start, "end": end})
    removed: Removed = client.ask(call, lambda body: _read(body, now))
    return removed


def _untold(client: Client, object_name: str, error: Refused, now: datetime) -> Removed:
    log.info("salesforce.deletes_untold", connection=client.name, object=object_name, code=error.code)
    return Removed((), now)


def _next_minute(now: datetime) -> datetime:
    """Salesforce leaves out the seconds of a window's ends: what was deleted just now is before the next minute."""
    return (now + timedelta(seconds=61)).replace(second=0, microsecond=0)


def _read(body: Any, until: datetime) -> Removed:
    try:
        ids = tuple(str(entry["id"]) for entry in body["deletedRecords"])
        covered = body.get("latestDateCovered")
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableAnswer("no list of deleted records") from error
    return Removed(ids, min(until, moment(covered)) if covered else until)


def really_gone(client: Client, object_name: str, ids: Sequence[str]) -> list[str]:
    """Those of the ids that are not there (any more, or again: a record may be brought back from the bin)."""
    living: set[str] = set()
    for chunk in id_chunks(ids, select_length=60, most=_IDS_IN_A_QUERY):
        living |= _living(client, by_ids(object_name, ["Id"], chunk))
    return [record_id for record_id in ids if record_id not in living]


def _living(client: Client, soql: str) -> set[str]:
    page = ask_query(client, soql, deleted=False)
    living = {str(record["Id"]) for record in page.records}
    while page.link is not None:
        page = ask_more(client, page.link)
        living |= {str(record["Id"]) for record in page.records}
    return living
