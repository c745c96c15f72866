"""Single calls: what is asked again, how long is waited, and what each refusal means."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors.base import FixSettings, StopRun, TryLater
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.clock import START, TestClock
from tests.connectors.hubspot.conftest import Connect, asking, ids
from tests.connectors.hubspot.portal import Portal
from tests.connectors.hubspot.wire import Asked, Said, Wire

HTML = "<html><body>Down for maintenance</body></html>"


def limited(policy: str, message: str = "You have reached your limit.", **headers: str) -> Said:
    body = {"status": "error", "message": message, "errorType": "RATE_LIMIT", "policyName": policy}
    return Said(429, body, headers=headers)


@pytest.fixture
def faults(portal: Portal) -> list[Said]:
    """Answers given to the next calls for records, in order, in place of the real ones."""
    waiting: list[Said] = []
    portal.before.append(lambda asked: waiting.pop(0) if waiting and "/objects/" in asked.path else None)
    return waiting


def read_all(connector: HubSpotConnector, clock: TestClock) -> list[str]:
    return ids(list(connector.pull(asking(clock))))


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Said(text=HTML, content_type="text/html"), id="200 with a maintenance page"),
        pytest.param(Said(503, text=HTML, content_type="text/html"), id="503 page"),
        pytest.param(Said(500, {"status": "error"}), id="500"),
        pytest.param(Said(502, text="", content_type="text/html"), id="502"),
        pytest.param(Said(504, {"status": "error"}), id="504"),
        pytest.param(Said(521, text="", content_type="text/plain"), id="521 of the proxy before HubSpot"),
        pytest.param(Said(408, {}), id="408"),
        pytest.param(Said(breaks="reset"), id="connection reset"),
        pytest.param(Said(data={"results": [{"id": "1"}]}, breaks="truncate"), id="half a body"),
        pytest.param(Said(text='{"results": [{"id": "1"'), id="half a JSON text, announced as whole"),
        pytest.param(Said(text=""), id="no body at all"),
        pytest.param(Said(data={"status": "ok"}), id="no results key"),
        pytest.param(Said(data=[]), id="an array"),
        pytest.param(Said(data={"results": [{"properties": {}}]}), id="a record without id"),
        pytest.param(limited("TEN_SECONDLY_ROLLING"), id="burst limit"),
        pytest.param(limited("", "You have reached your secondly limit."), id="limit named in the message alone"),
        pytest.param(Said(423, {"status": "error"}), id="locked"),
    ],
)
def test_fault_in_mid_run_is_asked_again_and_loses_nothing(
    portal: Portal, connector: HubSpotConnector, clock: TestClock, faults: list[Said], fault: Said
) -> None:
    for number in range(1, 251):
        portal.add("deals", number)
    pages = connector.pull(asking(clock))
    found = ids([next(pages)])
    faults.append(fault)
    found += ids(list(pages))
    assert found == [str(number) for number in range(1, 251)]
    assert connector.calls()["list"] == 4


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (limited("TEN_SECONDLY_ROLLING"), 10),  # the whole window
        (limited("SECONDLY"), 1),
        (limited("TEN_SECONDLY_ROLLING", **{"retry-after": "3"}), 3),  # HubSpot knows better
        (Said(423, {}), 2),  # at least two seconds
        (Said(423, {}, headers={"retry-after": "1"}), 2),
        (Said(503, {}, headers={"retry-after": "7"}), 7),
    ],
)
def test_wait_is_what_the_answer_asks_for(
    connector: HubSpotConnector, clock: TestClock, faults: list[Said], fault: Said, wait: float
) -> None:
    faults.append(fault)
    read_all(connector, clock)
    assert clock.waits == [wait]


def test_time_out_is_asked_again(portal: Portal, connect: Connect, clock: TestClock, wire: Wire) -> None:
    portal.add("deals", 1)
    connector = connect(timeout_seconds=0.2)
    connector.describe("deals")
    listening = socket.create_server(("127.0.0.1", 0))  # takes the connection and never answers
    try:
        silent = connect(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout_seconds=0.05)
        with pytest.raises(TryLater, match="asked 4 times"):
            read_all(silent, clock)
    finally:
        listening.close()


def test_fault_that_stays_puts_the_run_back(connector: HubSpotConnector, clock: TestClock, faults: list[Said]) -> None:
    faults += [Said(text=HTML, content_type="text/html")] * 20
    with pytest.raises(TryLater, match="text/html"):
        read_all(connector, clock)


def test_daily_limit_puts_the_run_back_until_midnight_of_the_account(
    connector: HubSpotConnector, clock: TestClock, faults: list[Said]
) -> None:
    connector.check()  # has learned that the account lives in Berlin, where it is 10:00
    faults.append(limited("DAILY"))
    with pytest.raises(TryLater, match="2026-11-03 00:00 Europe/Berlin") as caught:
        read_all(connector, clock)
    assert caught.value.retry_after == timedelta(hours=14)
    assert clock.waits == []


def test_daily_limit_of_an_account_not_known_is_tried_hourly(
    connector: HubSpotConnector, clock: TestClock, faults: list[Said]
) -> None:
    faults.append(limited("", "You have reached your daily limit."))
    with pytest.raises(TryLater, match="midnight in the account's time zone") as caught:
        read_all(connector, clock)
    assert caught.value.retry_after == timedelta(hours=1)


def test_migration_puts_the_run_back_for_as_long_as_hubspot_says(
    connector: HubSpotConnector, clock: TestClock, faults: list[Said]
) -> None:
    faults.append(Said(477, {"status": "error"}, headers={"retry-after": "7200"}))
    with pytest.raises(TryLater, match="moving") as caught:
        read_all(connector, clock)
    assert caught.value.retry_after == timedelta(hours=2)


def with_daily(left: Callable[[], int], limit: int = 1000) -> Callable[[Asked], Said | None]:
    def hook(asked: Asked) -> Said | None:
        if not asked.path.endswith("/deals") or "objects" not in asked.path:
            return None
        headers = {"X-HubSpot-RateLimit-Daily": str(limit), "X-HubSpot-RateLimit-Daily-Remaining": str(left())}
        after = int(asked.one("after") or 0) + 1
        more = {"paging": {"next": {"after": str(after)}}} if after < 5 else {}
        return Said(data={"results": [{"id": str(after), "properties": {}}], **more}, headers=headers)

    return hook


def test_share_of_the_day_is_never_exceeded(portal: Portal, connect: Connect, clock: TestClock, wire: Wire) -> None:
    left = [503]
    portal.before.append(with_daily(lambda: left.append(left[-1] - 1) or left[-1]))
    connector = connect(daily_share=0.5)
    with pytest.raises(TryLater, match="500 of the account's 1000 daily calls") as caught:
        read_all(connector, clock)
    assert "2026-11-03 00:00 Europe/Berlin" in str(caught.value)  # asked for, once it mattered
    assert caught.value.retry_after == timedelta(hours=14)
    assert connector.calls()["list"] == 3


def test_share_is_there_again_the_next_day(portal: Portal, connect: Connect, clock: TestClock) -> None:
    left = [500]
    portal.before.append(with_daily(lambda: left[-1]))
    connector = connect(daily_share=0.5)
    with pytest.raises(TryLater):
        read_all(connector, clock)
    left.append(999)
    clock.seconds += 14 * 3600
    assert len(read_all(connector, clock)) == 5


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (
            401,
            {"category": "INVALID_AUTHENTICATION", "message": "Authentication credentials not found."},
            "access_token",
        ),
        (403, {"errors": [{"context": {"requiredGranularScopes": ["crm.objects.x.read"]}}]}, "crm.objects.x.read"),
        (403, {"context": {"missingScopes": ["crm.objects.y.read"]}}, "crm.objects.y.read"),
        (403, {"message": "no"}, "crm.objects.deals.read"),  # HubSpot names none: the one the call needs
    ],
)
def test_refusal_names_what_a_person_has_to_do(
    connector: HubSpotConnector, clock: TestClock, faults: list[Said], status: int, body: Any, hint: str
) -> None:
    faults.append(Said(status, {"status": "error", **body}))
    with pytest.raises(FixSettings) as caught:
        read_all(connector, clock)
    assert hint in caught.value.hint
    assert "pat-test" not in str(caught.value)


def test_refused_call_ends_the_run(connector: HubSpotConnector, clock: TestClock, faults: list[Said]) -> None:
    faults.append(Said(400, {"status": "error", "category": "VALIDATION_ERROR", "message": "bad token"}))
    with pytest.raises(StopRun, match="bad token"):
        read_all(connector, clock)


def test_redirect_is_not_followed_with_the_token(
    connector: HubSpotConnector, clock: TestClock, faults: list[Said], wire: Wire
) -> None:
    faults.append(Said(302, {}, headers={"location": f"{wire.url}/elsewhere"}))
    with pytest.raises(StopRun, match="302"):
        read_all(connector, clock)
    assert not any(asked.path == "/elsewhere" for asked in wire.asked)


def test_calls_keep_to_our_own_pace(portal: Portal, connect: Connect, clock: TestClock) -> None:
    for number in range(1, 2_001):
        portal.add("deals", number)
    assert len(read_all(connect(ten_second_limit=5), clock)) == 2_000
    assert sum(clock.waits) == 40  # 21 calls, 5 in any ten seconds


def test_searches_keep_to_their_own_pace(portal: Portal, connect: Connect, clock: TestClock) -> None:
    connector = connect(search_per_second=2, ten_second_limit=1000)
    cursor = list(connector.pull(asking(clock)))[-1].cursor
    for number in range(1, 1_001):
        portal.add("deals", number, clock.now())
    list(connector.pull(asking(clock, cursor=cursor)))
    assert sum(clock.waits) == 2  # 5 searches, 2 in any second


def test_one_connection_serves_all_calls(
    portal: Portal, connector: HubSpotConnector, clock: TestClock, wire: Wire
) -> None:
    for number in range(1, 501):
        portal.add("deals", number)
    read_all(connector, clock)
    assert wire.connections == 1


def test_properties_are_asked_for_as_repeated_keys(connector: HubSpotConnector, clock: TestClock, wire: Wire) -> None:
    list(connector.pull(asking(clock, fields=("dealname", "amount"))))
    assert wire.asked[-1].all("properties")[:2] == ["dealname", "amount"]


def test_token_goes_in_the_header(connector: HubSpotConnector, clock: TestClock, wire: Wire) -> None:
    read_all(connector, clock)
    assert wire.asked[-1].headers["authorization"] == "Bearer pat-test"
    assert wire.asked[-1].headers["user-agent"].startswith("attain hubspot-api-client-python")


def test_clock_of_the_crm_decides_where_the_next_read_starts(
    portal: Portal, connector: HubSpotConnector, clock: TestClock, wire: Wire
) -> None:
    wire.clock = TestClock()  # the CRM's: two hours behind ours
    clock.seconds += 7_200
    page = list(connector.pull(asking(clock)))[-1]
    assert page.cursor["watermark"]["modified"] == START.isoformat()
