"""Problems of places: kept while the place is there."""

import pytest
from sqlalchemy import Connection

from problems import Problem
from spm.store.connections import add_problems, open_problems
from spm.store.facts import mark_gone, store_page
from spm.store.places import forget_problems
from tests.spm.store.pages import NOW, deals, people, person


@pytest.fixture
def known(conn: Connection, acme: int) -> int:
    """Ann, and a deal of hers."""
    store_page(conn, acme, "participant", people(person("ann@example.com", "u1")), now=NOW, seen_at=NOW)
    store_page(conn, acme, "deal", deals({"id": "d1"}), now=NOW, seen_at=NOW)
    return acme


def left(conn: Connection, *places: str) -> list[str]:
    """The places whose problems stay."""
    add_problems(conn, "calculation", [Problem(place, "", "is wrong.", "Mend it.") for place in places], now=NOW)
    forget_problems(conn, "calculation")
    return [problem.where for problem in open_problems(conn, "calculation")]


@pytest.mark.parametrize("place", ["ann@example.com", "acme deal d1", "plan AE, component Sales", "rate USD/EUR"])
def test_what_is_said_of_what_is_there_stays(conn: Connection, known: int, place: str) -> None:
    assert known
    assert left(conn, place) == [place]


def test_what_was_said_of_an_old_email_is_forgotten(conn: Connection, known: int) -> None:
    store_page(conn, known, "participant", people(person("anna@example.com", "u1")), now=NOW, seen_at=NOW)
    assert left(conn, "ann@example.com", "anna@example.com") == ["anna@example.com"]


def test_what_was_said_of_a_deal_that_is_gone_is_forgotten(conn: Connection, known: int) -> None:
    mark_gone(conn, known, "deal", ["d1"], now=NOW)
    assert left(conn, "acme deal d1") == []


def test_other_scopes_are_left(conn: Connection, known: int) -> None:
    assert known
    add_problems(conn, "quotas", [Problem("gone@example.com", "", "is nobody.", "Mend it.")], now=NOW)
    forget_problems(conn, "calculation")
    assert len(open_problems(conn, "quotas")) == 1
