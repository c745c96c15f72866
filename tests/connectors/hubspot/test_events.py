"""Events: nothing is read of a request whose signature does not hold; what holds is a hint and no more.

The first signatures are HubSpot's own published examples.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Change, EventRequest, FixSettings, ForgedEvent, ReceivesEvents, StopRun
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.events import sign, verify
from tests.connectors.hubspot.conftest import Connect

SECRET = "app-secret"
URL = "https://attain.example.com/webhooks/hubspot"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NOW_MS = str(int(NOW.timestamp() * 1000))
KEY = "33:deal.creation:1:5:1462216307945:"
EVENT: dict[str, Any] = {
    "eventId": 5,
    "portalId": 33,
    "occurredAt": 1462216307945,
    "subscriptionType": "deal.creation",
    "objectId": 1,
}


def at(stamp: str) -> datetime:
    return datetime.fromtimestamp(int(stamp) / 1000, UTC)


def request(body: bytes = b"[]", *, url: str = URL, stamp: str = NOW_MS, **headers: str) -> EventRequest:
    unsigned = EventRequest("POST", url, {}, body)
    signed = {"X-HubSpot-Signature-v3": sign(unsigned, SECRET, stamp), "X-HubSpot-Request-Timestamp": stamp}
    return EventRequest("POST", url, signed | headers, body)


@pytest.mark.parametrize(
    ("secret", "method", "url", "body", "stamp", "signature"),
    [
        (
            "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
            "POST",
            "https://www.example.com/webhook_uri",
            b"{'example_field':'example_value'}",
            "1693657560000",
            "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
        ),
        (
            "12345678-aaaa-bbbb-cccc-ddddeeeeffff",
            "GET",
            "https://hubspot.com/?appId=1&portalId=2&userId=3",
            b"",
            "1111111111",
            "zTfXjo07jfzGouo4wvyAj3qEMUTVJ0PPYPACrluQtQI=",
        ),
        (
            "12345678-aaaa-bbbb-cccc-ddddeeeeffff",
            "GET",
            "https://hubspot.com/?appId=1&portalId=2&userId=3",
            b'{"a":1,"b":2}',
            "1111111111",
            "aaknaCGCYJ4yqzuf1UKGqAWUfdcilJtm5nc/ZCudR9k=",
        ),
        (
            "f6e94c08-85d0-4608-bcc6-e1850176e7b8",
            "POST",
            "https://www.hubspot.com/webhook",
            b"REQUEST_BODY",
            "1632188626483",
            "jf872r5vscVcxCiDRHA4rGrqe/8BPLNVkdJSHdMnGTU=",
        ),
        (
            "f6e94c08-85d0-4608-bcc6-e1850176e7b8",
            "POST",
            "https://www.hubspot.com/webhook",
            b"",
            "1632188626483",
            "csXgk7UbrE9F8ZmMvbpuKBxqIvTSqU1EX9pI/SJtxSE=",
        ),
    ],
)
def test_published_signature_holds(secret: str, method: str, url: str, body: bytes, stamp: str, signature: str) -> None:
    headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}
    verify(EventRequest(method, url, headers, body), secret, now=at(stamp))


@pytest.mark.parametrize(
    ("code", "mark"),
    [
        ("%3A", ":"),
        ("%2F", "/"),
        ("%3F", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%2C", ","),
        ("%3B", ";"),
        ("%20", "%20"),  # these stay as they are
        ("%26", "%26"),
        ("%3D", "%3D"),
        ("%25", "%25"),
        ("%253A", "%253A"),  # decoded once, not twice
    ],
)
def test_url_is_signed_with_twelve_codes_decoded(code: str, mark: str) -> None:
    text = f"POST{URL}?x=a{mark}b[]{NOW_MS}".encode()
    expected = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    assert sign(EventRequest("POST", f"{URL}?x=a{code}b", {}, b"[]"), SECRET, NOW_MS) == expected


def test_header_names_come_in_any_case() -> None:
    good = request()
    verify(
        EventRequest("POST", URL, {name.upper(): value for name, value in good.headers.items()}, b"[]"), SECRET, now=NOW
    )


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(EventRequest("POST", URL, {}, b"[]"), id="no headers"),
        pytest.param(EventRequest("POST", URL, {"X-HubSpot-Signature-v3": "x"}, b"[]"), id="no time stamp"),
        pytest.param(EventRequest("POST", URL, {"X-HubSpot-Request-Timestamp": NOW_MS}, b"[]"), id="no signature"),
        pytest.param(EventRequest("POST", URL, request().headers, b"[{}]"), id="other body"),
        pytest.param(EventRequest("GET", URL, request().headers, b"[]"), id="other method"),
        pytest.param(EventRequest("POST", f"{URL}?a=1", request().headers, b"[]"), id="other URL"),
        pytest.param(request(**{"X-HubSpot-Request-Timestamp": str(int(NOW_MS) + 1)}), id="other time stamp"),
        pytest.param(request(**{"X-HubSpot-Signature-v3": "sïgnature-ü"}), id="signature beyond ASCII"),
        pytest.param(request(**{"X-HubSpot-Signature-v3": "\udcff"}), id="signature of undecodable bytes"),
        pytest.param(request(**{"X-HubSpot-Request-Timestamp": "soon"}), id="time stamp that is no number"),
        pytest.param(request(**{"X-HubSpot-Request-Timestamp": "１６９３"}), id="digits beyond ASCII"),
        pytest.param(request(**{"X-HubSpot-Request-Timestamp": "-1"}), id="negative time stamp"),
        pytest.param(request(**{"X-HubSpot-Request-Timestamp": "9" * 400}), id="time stamp without end"),
    ],
)
def test_request_that_is_not_as_it_was_signed_is_forged(forged: EventRequest) -> None:
    with pytest.raises(ForgedEvent) as caught:
        verify(forged, SECRET, now=NOW)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("age", "is_taken"),
    [
        (timedelta(minutes=5), True),
        (timedelta(minutes=5, milliseconds=1), False),
        (timedelta(minutes=-5), True),  # their clock runs ahead
        (timedelta(minutes=-5, milliseconds=-1), False),
    ],
)
def test_window_is_five_minutes_either_way(age: timedelta, is_taken: bool) -> None:
    if is_taken:
        verify(request(), SECRET, now=NOW + age)
        return
    with pytest.raises(ForgedEvent, match="five minutes"):
        verify(request(), SECRET, now=NOW + age)


@given(st.binary(), st.text(min_size=1), st.text())
def test_signature_made_with_another_secret_never_holds(body: bytes, secret: str, signature: str) -> None:
    headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": NOW_MS}
    with pytest.raises(ForgedEvent):
        verify(EventRequest("POST", URL, headers, body), secret, now=NOW)


def received(connector: HubSpotConnector, *events: Any) -> list[Change]:
    return list(connector.changes(request(json.dumps(events).encode()), now=NOW))


@pytest.fixture
def listening(connect: Connect) -> HubSpotConnector:
    return connect(client_secret=SECRET, app_id=77)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({}, [("deals", "1")]),
        ({"subscriptionType": "deal.propertyChange", "propertyName": "amount"}, [("deals", "1")]),
        ({"subscriptionType": "deal.deletion"}, [("deals", "1")]),
        ({"subscriptionType": "deal.restore"}, [("deals", "1")]),
        ({"subscriptionType": "contact.privacyDeletion"}, [("contacts", "1")]),
        ({"subscriptionType": "company.creation"}, [("companies", "1")]),
        ({"subscriptionType": "line_item.creation"}, [("line_items", "1")]),
        ({"subscriptionType": "object.creation", "objectTypeId": "0-48"}, [("calls", "1")]),
        ({"subscriptionType": "object.propertyChange", "objectTypeId": "2-345"}, [("2-345", "1")]),  # a custom object
        (
            {
                "subscriptionType": "deal.merge",
                "objectId": 9,
                "primaryObjectId": 8,
                "mergedObjectIds": [7],
                "newObjectId": 9,
            },
            [("deals", "9"), ("deals", "8"), ("deals", "7")],
        ),
        (
            {
                "subscriptionType": "deal.associationChange",
                "objectId": None,
                "associationType": "DEAL_TO_CONTACT",
                "fromObjectId": 4,
                "toObjectId": 5,
            },
            [("deals", "4")],
        ),
        (
            {
                "subscriptionType": "deal.associationChange",
                "objectId": None,
                "associationType": "CONTACT_TO_DEAL",
                "fromObjectId": 4,
                "toObjectId": 5,
            },
            [("deals", "5")],
        ),
        ({"subscriptionType": "", "eventType": "deal.creation"}, [("deals", "1")]),  # the older spelling
        ({"subscriptionType": "conversation.creation"}, []),  # nothing Attain reads
        ({"subscriptionType": "object.creation"}, []),  # of what, it does not say
        ({"objectId": None}, []),
        ({"changeSource": "INTEGRATION", "sourceId": "77"}, [("deals", "1")]),  # ours, but no change of a property
    ],
)
def test_event_names_the_records_to_read_again(
    listening: HubSpotConnector, event: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert [(change.object_name, change.record_id) for change in received(listening, EVENT | event)] == expected


@pytest.mark.parametrize(
    ("source", "source_id", "is_kept"),
    [("INTEGRATION", "77", False), ("API", "77", False), ("INTEGRATION", "78", True), ("CRM_UI", "userId:77", True)],
)
def test_our_own_writes_are_no_news(listening: HubSpotConnector, source: str, source_id: str, is_kept: bool) -> None:
    event = EVENT | {"subscriptionType": "deal.propertyChange", "changeSource": source, "sourceId": source_id}
    assert bool(received(listening, event)) is is_kept


def test_event_delivered_twice_has_the_same_key_and_comes_once(listening: HubSpotConnector) -> None:
    assert received(listening, EVENT, {**EVENT, "attemptNumber": 3}) == [Change("deals", "1", KEY)]


def test_events_that_share_an_event_id_are_told_apart(listening: HubSpotConnector) -> None:
    events = [EVENT, EVENT | {"objectId": 2}, EVENT | {"occurredAt": 1}, EVENT | {"portalId": 34}]
    changed = [EVENT | {"subscriptionType": "deal.propertyChange", "propertyName": name} for name in ("a", "b")]
    assert len({change.key for change in received(listening, *events, *changed)}) == 6


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'"deal"', b"[" * 100_000])
def test_signed_body_that_is_no_array_stops(listening: HubSpotConnector, body: bytes) -> None:
    with pytest.raises(StopRun, match="signed a body"):
        listening.changes(request(body), now=NOW)


def test_elements_that_are_no_events_are_passed_over(listening: HubSpotConnector) -> None:
    assert [change.record_id for change in received(listening, 1, None, "x", {}, EVENT)] == ["1"]


def test_forged_body_is_not_parsed(listening: HubSpotConnector) -> None:
    with pytest.raises(ForgedEvent):
        listening.changes(EventRequest("POST", URL, {}, b"{"), now=NOW)


def test_events_without_a_secret_are_refused(connector: HubSpotConnector) -> None:
    with pytest.raises(FixSettings, match="client_secret"):
        connector.changes(request(), now=NOW)


def test_connector_receives_events(connector: HubSpotConnector) -> None:
    assert isinstance(connector, ReceivesEvents)
