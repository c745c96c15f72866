"""Fixtures of all tests: the real database, the sandboxes over HTTP, and a machine that reaches nobody else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest

pytest_plugins = ["tests.fixtures.database", "tests.fixtures.sandbox"]


@pytest.fixture(scope="session", autouse=True)
def nobody_else_is_reached() -> Iterator[None]:
    """Connections go to this machine or fail."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not ip_address(address[0]).is_loopback:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]
