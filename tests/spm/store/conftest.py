"""A transaction on a migrated database, rolled back after the test, and one connection to a CRM in it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Connection, Engine

from spm.store.connections import ensure_connection
from tests.fixtures.database import fresh_database


@pytest.fixture(scope="session")
def store_database(database_server: URL) -> Iterator[Engine]:
    yield from fresh_database(database_server)


@pytest.fixture
def conn(store_database: Engine) -> Iterator[Connection]:
    with store_database.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def acme(conn: Connection) -> int:
    return ensure_connection(conn, "acme", "salesforce")


@pytest.fixture
def globex(conn: Connection, acme: int) -> int:
    return ensure_connection(conn, "globex", "hubspot")
