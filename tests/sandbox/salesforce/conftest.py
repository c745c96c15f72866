"""One small org for each module of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixtures.sandbox import Start
from tests.sandbox.salesforce.rest import Rest


@pytest.fixture(scope="module")
def rest(salesforce_sandbox: Start) -> Iterator[Rest]:
    client = Rest(salesforce_sandbox().url)
    yield client
    client.session.close()


@pytest.fixture
def fresh(salesforce_sandbox: Start) -> Iterator[Rest]:
    """An org nobody has changed yet."""
    with salesforce_sandbox(deals=30, activities=10) as server:
        client = Rest(server.url)
        yield client
        client.session.close()
