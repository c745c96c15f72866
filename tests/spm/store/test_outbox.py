"""What the CRM holds, what is to be written, and what became of it."""

from dataclasses import dataclass

import polars as pl
import pytest
from sqlalchemy import Connection, text

from spm.store.outbox import (
    Queued,
    parked,
    queue_writes,
    read_held,
    record_outcomes,
    refused,
    store_held,
    unsettled,
    withdraw,
)
from tests.spm.store.pages import NOW

FIELDS = ("Credited__c", "Paid__c")
ROW = Queued("r1", {"Credited__c": "10.00", "Paid__c": None})


@dataclass(frozen=True)
class Outcome:
    record_id: str
    state: str
    code: str = ""
    message: str = ""


def hold(conn: Connection, acme: int, *rows: tuple[str | None, ...], fields: tuple[str, ...] = FIELDS) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(("$id", *fields), pl.String), orient="row")
    store_held(conn, acme, "Opportunity", frame)


def held(conn: Connection, acme: int) -> list[tuple[str | None, ...]]:
    return read_held(conn, acme, "Opportunity", FIELDS).rows()


def queue(conn: Connection, acme: int, *rows: Queued) -> None:
    queue_writes(conn, acme, "Opportunity", rows, now=NOW)


def told(conn: Connection, acme: int, *outcomes: Outcome) -> None:
    record_outcomes(conn, acme, "Opportunity", outcomes, now=NOW)


def state(conn: Connection) -> tuple[str, int]:
    row = conn.execute(text("SELECT state, attempts FROM outbox")).one()
    return row.state, row.attempts


def test_what_was_read_is_held(conn: Connection, acme: int) -> None:
    hold(conn, acme, ("r1", "10.00", None), ("r2", "", 'a "b", c\x00'))
    assert held(conn, acme) == [("r1", "10.00", None), ("r2", "", 'a "b", c')]


def test_what_was_read_last_is_held(conn: Connection, acme: int) -> None:
    hold(conn, acme, ("r1", "10.00", "1"))
    hold(conn, acme, ("r1", "11.00", None))
    assert held(conn, acme) == [("r1", "11.00", None)]


def test_a_record_twice_in_a_page_counts_as_it_stands_last(conn: Connection, acme: int) -> None:
    hold(conn, acme, ("r1", "10.00", "1"), ("r1", "11.00", "2"))
    assert held(conn, acme) == [("r1", "11.00", "2")]


def test_fields_that_were_not_read_stay_as_they_were(conn: Connection, acme: int) -> None:
    hold(conn, acme, ("r1", "10.00", "1"))
    hold(conn, acme, ("r1", "2"), fields=("Paid__c",))
    assert held(conn, acme) == [("r1", "10.00", "2")]


def test_a_record_that_holds_nothing_takes_no_room(conn: Connection, acme: int) -> None:
    hold(conn, acme, ("r1", None, None))
    assert conn.scalar(text("SELECT count(*) FROM written")) == 0


def test_a_page_without_our_fields_holds_nothing(conn: Connection, acme: int) -> None:
    hold(conn, acme, ("r1",), fields=())
    assert held(conn, acme) == []


def test_objects_and_connections_are_kept_apart(conn: Connection, acme: int, globex: int) -> None:
    hold(conn, acme, ("r1", "10.00", None))
    assert read_held(conn, acme, "User", FIELDS).is_empty()
    assert read_held(conn, globex, "Opportunity", FIELDS).is_empty()


def test_what_is_confirmed_is_held(conn: Connection, acme: int) -> None:
    hold(conn, acme, ("r1", "9.00", "1"))
    queue(conn, acme, ROW)
    told(conn, acme, Outcome("r1", "confirmed"))
    assert held(conn, acme) == [("r1", "10.00", None)]
    assert state(conn) == ("confirmed", 1)


def test_what_is_confirmed_of_a_record_never_read_is_held(conn: Connection, acme: int) -> None:
    queue(conn, acme, ROW)
    told(conn, acme, Outcome("r1", "confirmed"))
    assert held(conn, acme) == [("r1", "10.00", None)]


@pytest.mark.parametrize("outcome", ["rejected", "retry", "unknown"])
def test_what_is_not_confirmed_is_not_held(conn: Connection, acme: int, outcome: str) -> None:
    queue(conn, acme, ROW)
    told(conn, acme, Outcome("r1", outcome))
    assert held(conn, acme) == []


def test_a_refused_value_is_refused_until_it_is_another(conn: Connection, acme: int) -> None:
    queue(conn, acme, ROW)
    told(conn, acme, Outcome("r1", "rejected", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Too late"))
    other = Queued("r1", {"Credited__c": "11.00", "Paid__c": None})
    same = Queued("r1", {"Paid__c": None, "Credited__c": "10.00"})
    assert refused(conn, acme, "Opportunity", [same]) == {"r1"}
    assert refused(conn, acme, "Opportunity", [other]) == set()
    queue(conn, acme, other)
    assert parked(conn) == []


def test_a_refused_write_is_parked_with_what_the_crm_said(conn: Connection, acme: int) -> None:
    queue(conn, acme, ROW)
    told(conn, acme, Outcome("r1", "rejected", "TOO_LATE", "The month is closed"))
    said = {"connection": "acme", "object": "Opportunity", "record": "r1"}
    assert parked(conn) == [{**said, "code": "TOO_LATE", "message": "The month is closed"}]


@pytest.mark.parametrize(
    ("outcome", "ids"),
    [
        (None, ["r1"]),  # the process was killed
        ("unknown", ["r1"]),  # the answer was lost
        ("retry", []),  # the CRM said that it did nothing
        ("rejected", []),
        ("confirmed", []),
    ],
)
def test_a_write_nobody_knows_the_outcome_of_is_unsettled(
    conn: Connection, acme: int, outcome: str | None, ids: list[str]
) -> None:
    queue(conn, acme, ROW)
    told(conn, acme, *([Outcome("r1", outcome)] if outcome else []))
    assert unsettled(conn, acme, "Opportunity") == ids


def test_reading_the_record_settles_it(conn: Connection, acme: int) -> None:
    queue(conn, acme, ROW)
    hold(conn, acme, ("r1", "10.00", None))
    assert unsettled(conn, acme, "Opportunity") == []


def test_attempts_are_counted_until_it_is_settled(conn: Connection, acme: int) -> None:
    queue(conn, acme, ROW)
    told(conn, acme, Outcome("r1", "retry"))
    queue(conn, acme, ROW)
    assert state(conn) == ("pending", 2)
    told(conn, acme, Outcome("r1", "confirmed"))
    queue(conn, acme, ROW)
    assert state(conn) == ("pending", 1)


def test_what_no_longer_differs_is_withdrawn(conn: Connection, acme: int) -> None:
    queue(conn, acme, ROW, Queued("r2", {"Paid__c": "1"}), Queued("r3", {"Paid__c": "1"}))
    told(conn, acme, Outcome("r1", "rejected"), Outcome("r2", "rejected"), Outcome("r3", "confirmed"))
    assert withdraw(conn, acme, "Opportunity", ["r2"]) == 1
    assert [row["record"] for row in parked(conn)] == ["r2"]


def test_no_outcome_is_no_work(conn: Connection, acme: int) -> None:
    told(conn, acme)
    queue(conn, acme)
    assert refused(conn, acme, "Opportunity", []) == set()
