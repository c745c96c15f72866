"""The book-keeping: connections, cursors, runs, problems."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from problems import Problem
from spm.store.connections import (
    add_problems,
    ensure_connection,
    finish_run,
    latest_runs,
    open_problems,
    read_cursor,
    replace_problems,
    save_cursor,
    start_run,
)
from spm.store.places import replace_problems_at
from tests.spm.store.pages import NOW

FIRST = Problem("quotas.csv:2", "amount", "is no number.", "Write digits.")
SECOND = Problem("acme Opportunity 006", "", "has no owner.", "Give it one.", "warning")


def test_a_connection_is_made_once(conn: Connection, acme: int) -> None:
    assert ensure_connection(conn, "acme", "salesforce") == acme


def test_a_connection_does_not_become_another_kind_of_crm(conn: Connection, acme: int) -> None:
    with pytest.raises(ValueError, match="'acme' is a salesforce account; give the hubspot account another name"):
        ensure_connection(conn, "acme", "hubspot")


def test_there_is_no_cursor_before_the_first_page(conn: Connection, acme: int) -> None:
    assert read_cursor(conn, acme, "Opportunity") is None


def test_a_cursor_comes_back_as_it_was(conn: Connection, acme: int) -> None:
    cursor = {"modified": "2026-01-01T00:00:00Z", "settled": False, "pages": [1, None], "nested": {"a": "é"}}
    save_cursor(conn, acme, "Opportunity", {"old": True})
    save_cursor(conn, acme, "Opportunity", cursor)
    assert read_cursor(conn, acme, "Opportunity") == cursor
    assert read_cursor(conn, acme, "User") is None


def test_a_forgotten_cursor_is_none(conn: Connection, acme: int) -> None:
    save_cursor(conn, acme, "Opportunity", {"a": 1})
    save_cursor(conn, acme, "Opportunity", None)
    assert read_cursor(conn, acme, "Opportunity") is None


def test_a_run_tells_how_it_went(conn: Connection, acme: int) -> None:
    run = start_run(conn, "pull", connection_id=acme, now=NOW)
    assert latest_runs(conn)[0]["outcome"] == "running"
    finish_run(conn, run, "done", counts={"new": 3}, calls={"query": 2}, now=NOW + timedelta(seconds=5))
    [told] = latest_runs(conn)
    assert (told["connection"], told["step"], told["outcome"]) == ("acme", "pull", "done")
    assert (told["counts"], told["calls"]) == ({"new": 3}, {"query": 2})


def test_the_newest_run_of_each_step_is_told(conn: Connection, acme: int) -> None:
    for hours in range(2):
        start_run(conn, "pull", connection_id=acme, now=NOW + timedelta(hours=hours))
    start_run(conn, "calculate", now=NOW)
    told = [(run["connection"], run["step"], run["started_at"]) for run in latest_runs(conn)]
    assert told == [(None, "calculate", NOW), ("acme", "pull", NOW + timedelta(hours=1))]


def test_problems_are_told_as_they_were_found(conn: Connection) -> None:
    replace_problems(conn, "quotas", [FIRST], now=NOW)
    add_problems(conn, "quotas", [SECOND], now=NOW)
    assert open_problems(conn) == [FIRST, SECOND]
    assert open_problems(conn, "plans") == []


def test_what_was_mended_is_gone_when_its_scope_is_looked_at_again(conn: Connection) -> None:
    replace_problems(conn, "quotas", [FIRST], now=NOW)
    replace_problems(conn, "acme Opportunity", [SECOND], now=NOW)
    replace_problems(conn, "quotas", [], now=NOW)
    assert open_problems(conn) == [SECOND]


def test_places_looked_at_again_are_mended_one_by_one(conn: Connection) -> None:
    other = Problem("acme Opportunity 007", "", "has no owner.", "Give it one.")
    replace_problems(conn, "acme Opportunity", [SECOND, other], now=NOW)
    replace_problems_at(conn, "acme Opportunity", [SECOND.where], [], now=NOW)
    assert open_problems(conn) == [other]


def test_a_connection_s_records_are_those_of_one_account(conn: Connection) -> None:
    acme = ensure_connection(conn, "initech", "salesforce")  # the account does not show itself
    assert ensure_connection(conn, "initech", "salesforce", "00D1") == acme
    assert ensure_connection(conn, "initech", "salesforce") == acme
    with pytest.raises(ValueError, match="00D1, and account 00D2 answers"):
        ensure_connection(conn, "initech", "salesforce", "00D2")
