"""A connector to a tiny HubSpot, on a clock that moves by waiting alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from connectors.base import Page, PullRequest
from connectors.hubspot import HubSpotConnector, HubSpotSettings
from tests.connectors.hubspot.clock import TestClock
from tests.connectors.hubspot.portal import Portal
from tests.connectors.hubspot.wire import Wire

Connect = Callable[..., HubSpotConnector]


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def portal(clock: TestClock) -> Portal:
    return Portal(clock)


@pytest.fixture
def wire(portal: Portal, clock: TestClock) -> Iterator[Wire]:
    server = Wire(portal, clock)
    yield server
    server.stop()


@pytest.fixture
def connect(wire: Wire, clock: TestClock) -> Iterator[Connect]:
    made: list[HubSpotConnector] = []

    def open_one(**settings: Any) -> HubSpotConnector:
        given = {"access_token": "pat-test", "base_url": wire.url, "timeout_seconds": 5, **settings}
        made.append(HubSpotConnector("acme", HubSpotSettings.model_validate(given), timing=clock.timing()))
        return made[-1]

    yield open_one
    for connector in made:
        connector.close()


@pytest.fixture
def connector(connect: Connect) -> HubSpotConnector:
    return connect()


def asking(
    clock: TestClock,
    *,
    fields: Sequence[str] = ("dealname",),
    cursor: Mapping[str, Any] | None = None,
    object_name: str = "deals",
    children: Mapping[str, tuple[str, ...]] | None = None,
) -> PullRequest:
    return PullRequest(object_name, tuple(fields), cursor, clock.now(), children or {})


def ids(pages: Sequence[Page]) -> list[str]:
    return [record_id for page in pages for record_id in page.records["$id"].to_list()]


def gone(pages: Sequence[Page]) -> list[str]:
    return [record_id for page in pages for record_id in page.gone]
