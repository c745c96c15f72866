"""What HubSpot sends: verified by its v3 signature, then read as hints of which records changed.

The signature is over method, URL, body and time stamp; the URL is the configured public one, since a proxy changes
what arrives. Of the URL HubSpot signs twelve percent codes decoded. Order, uniqueness and completeness of events are
not promised. Source: HubSpot, "Validating requests", signature version 3.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from connectors.base import Change, EventRequest, ForgedEvent, StopRun

_SIGNATURE = "x-hubspot-signature-v3"
_TIMESTAMP = "x-hubspot-request-timestamp"
_WINDOW = timedelta(minutes=5)
_DECODED = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}
_CODES = re.compile("|".join(_DECODED), re.IGNORECASE)
_OBJECTS = {
    "contact": "contacts",
    "company": "companies",
    "deal": "deals",
    "ticket": "tickets",
    "product": "products",
    "line_item": "line_items",
}
_TYPE_IDS = {
    "0-1": "contacts",
    "0-2": "companies",
    "0-3": "deals",
    "0-5": "tickets",
    "0-7": "products",
    "0-8": "line_items",
    "0-27": "tasks",
    "0-46": "notes",
    "0-47": "meetings",
    "0-48": "calls",
    "0-49": "emails",
    "0-115": "users",
}
_OUR_CHANGES = frozenset({"INTEGRATION", "API"})


def verify(request: EventRequest, secret: str, *, now: datetime) -> None:
    """Check the signature and the age of a request. Raises ForgedEvent, saying what is wrong and never the secret."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    signature, stamp = headers.get(_SIGNATURE, ""), headers.get(_TIMESTAMP, "")
    if not signature or not stamp:
        raise ForgedEvent(f"the request has no {_SIGNATURE if not signature else _TIMESTAMP} header")
    _check_age(stamp, now)
    expected = sign(request, secret, stamp)
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")):
        raise ForgedEvent("the signature does not belong to this request")


def sign(request: EventRequest, secret: str, stamp: str) -> str:
    """The v3 signature of a request with this time stamp (milliseconds, as text)."""
    url = _CODES.sub(lambda code: _DECODED[code.group().upper()], request.url)
    text = request.method.upper().encode() + url.encode() + request.body + stamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def _check_age(stamp: str, now: datetime) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 16):
        raise ForgedEvent("the time stamp of the request is no number of milliseconds")
    age = timedelta(seconds=now.timestamp()) - timedelta(milliseconds=int(stamp))
    if abs(age) > _WINDOW:
        raise ForgedEvent("the time stamp of the request is more than five minutes away from now")


def changes_in(body: bytes, *, app_id: int | None) -> list[Change]:
    """The changes in a verified body, each once; writes of our own app left out, unknown kinds of events too.

    Raises StopRun where the body is no array of events.
    """
    try:
        events = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise StopRun(f"HubSpot signed a body that is no JSON: {error}") from error
    if not isinstance(events, list):
        raise StopRun("HubSpot signed a body that is no array of events")
    found = [
        change
        for event in events
        if isinstance(event, dict) and not _is_our_own(event, app_id)
        for change in _changes(event)
    ]
    return list(dict.fromkeys(found))


def _is_our_own(event: Mapping[str, Any], app_id: int | None) -> bool:
    is_ours = app_id is not None and str(event.get("sourceId")) == str(app_id)
    kind = _kind(event)
    return is_ours and event.get("changeSource") in _OUR_CHANGES and kind.endswith(".propertyChange")


def _kind(event: Mapping[str, Any]) -> str:
    return str(event.get("subscriptionType") or event.get("eventType") or "")


def _changes(event: Mapping[str, Any]) -> list[Change]:
    subject, _, what = _kind(event).partition(".")
    object_name = _OBJECTS.get(subject)
    if subject == "object":
        type_id = str(event.get("objectTypeId") or "")
        object_name = _TYPE_IDS.get(type_id, type_id)
    if not object_name or not what:
        return []
    return [Change(object_name, record_id, _key(event, record_id)) for record_id in _concerned(event, subject, what)]


def _concerned(event: Mapping[str, Any], subject: str, what: str) -> Sequence[str]:
    """The records an event is about: of a merge all of them, of an association the side that was subscribed to."""
    named: list[Any] = [event.get("objectId")]
    if what == "merge":
        named += [event.get("newObjectId"), event.get("primaryObjectId"), *(event.get("mergedObjectIds") or ())]
    if what == "associationChange" and not event.get("objectId"):
        starts = str(event.get("associationType") or "").startswith(f"{subject.upper()}_TO_")
        ends = str(event.get("associationType") or "").endswith(f"_TO_{subject.upper()}")
        named.append(event.get("toObjectId" if ends and not starts else "fromObjectId"))
    return list(dict.fromkeys(str(record_id) for record_id in named if record_id))


def _key(event: Mapping[str, Any], record_id: str) -> str:
    """The same for every delivery of an event; HubSpot's eventId alone is not unique."""
    parts = (event.get("portalId"), _kind(event), record_id, event.get("eventId"), event.get("occurredAt"))
    return ":".join(str(part) for part in (*parts, event.get("propertyName") or ""))
