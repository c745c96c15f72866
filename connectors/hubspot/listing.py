"""Lists, page after page: each answer must bring a token not seen before, or none on the last page.

A short page with a next token goes on; a token that comes twice would never end, so the run stops.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from connectors.base import StopRun
from connectors.hubspot.client import Call, HubSpotClient
from connectors.hubspot.records import Row

PAGE = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """One page: its rows, the token of the next (None on the last), and when it was given by the CRM's clock."""

    rows: Sequence[Row]
    after: str | None
    date: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """A list to read: its path, the name its calls are counted under, and what is asked of every page."""

    endpoint: str
    path: str
    scope: str
    query: Sequence[tuple[str, str]] = ()


def listed(client: HubSpotClient, listing: Listing, after: str | None = None) -> Iterator[Listed]:
    """Read the list from `after` on. Raises StopRun where a page's token comes again."""
    seen = {after}
    while True:
        query = [("limit", str(PAGE)), *listing.query, *([] if after is None else [("after", after)])]
        call = Call(listing.endpoint, "GET", listing.path, query=query, scope=listing.scope, lists="id")
        reply = client.send(call)
        if after is not None and not reply.results and reply.next_token is None:
            reply = client.send(call)  # the page was announced: only twice empty is it believed to be the end
        following = reply.next_token
        if following is not None and following in seen:
            raise StopRun(f"HubSpot {listing.path} names the page {following!r} twice: reading on would never end")
        yield Listed(reply.results, following, reply.date)
        if following is None:
            return
        seen.add(following)
        after = following


def query_length(properties: Sequence[str]) -> int:
    """Characters that asking for these properties adds to a URL."""
    return len(urlencode([("properties", name) for name in properties]))
