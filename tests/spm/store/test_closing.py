"""Closed periods: nothing changes them, whatever gets past the triggers is found, reopening keeps what was paid."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from spm.store.audit import entries, verify
from spm.store.closed import closed_periods, is_closed
from spm.store.closing import Close, closes, find_period, freeze, reopen
from spm.store.frozen import moved
from spm.store.marks import open_marks, take_marks
from spm.store.results import load_lines, load_statements
from tests.spm.store.pages import NOW
from tests.spm.store.paying import deal, hire, line, pay, statement

LATER = NOW + timedelta(days=1)
WAIVED = [{"finding": "cap_held", "where": "ann@example.com", "message": "above the cap", "reason": "agreed"}]


@pytest.fixture
def closed(conn: Connection, acme: int) -> Close:
    """March is closed for ann and bob; ann has an April, too."""
    ann, bob = hire(conn, acme, "ann", "bob")
    number = deal(conn, acme)
    lines = [line(ann, deal_id=number), line(ann, "1"), line(bob, "5"), line(ann, "7", period="2026-04")]
    pay(conn, lines, [statement(ann), statement(bob), statement(ann, "2026-04")])
    take_marks(conn)
    return close(conn, "2026-03")


def close(conn: Connection, period: str, by: str = "Ann Lee", now: Any = LATER) -> Close:
    found = find_period(conn, period)
    assert found is not None
    return freeze(conn, found, by, WAIVED, now=now)


def faults(conn: Connection, closed: Close) -> list[str]:
    return [problem.message for problem in moved(conn, closed.id, closed.period, closed.hash)]


def past_the_triggers(conn: Connection, *statements: str) -> None:
    for table in ("statement", "earning_line", "period_close", "audit_entry"):
        conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    for one in statements:
        conn.execute(text(one))


def test_closing_says_what_was_closed(conn: Connection, closed: Close) -> None:
    assert (closed.period, closed.kind, closed.state, closed.closed_by) == ("2026-03", "month", "closed", "Ann Lee")
    assert (closed.statements, closed.closed_at, closed.waived) == (2, LATER, WAIVED)
    assert is_closed(conn, "2026-03")
    assert not is_closed(conn, "2026-04")
    assert closed_periods(conn)["period"].to_list() == ["2026-03"]
    noted = entries(conn)[-1]
    assert (noted["action"], noted["actor"], noted["detail"]["hash"]) == ("period.close", "Ann Lee", closed.hash)
    assert noted["detail"]["waived"] == WAIVED


def test_what_was_closed_stands(conn: Connection, closed: Close) -> None:
    assert faults(conn, closed) == []


def test_results_leave_a_closed_period_alone(conn: Connection, closed: Close) -> None:
    before = load_lines(conn, period="2026-03"), load_statements(conn).filter(period="2026-03")
    pay(conn, [], [], now=LATER)
    assert load_lines(conn, period="2026-03").equals(before[0])
    assert load_statements(conn).equals(before[1])  # April is taken away
    assert faults(conn, closed) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE earning_line SET amount = amount + 1 WHERE period = '2026-03'",
        "UPDATE earning_line SET period = '2026-04', line_no = 99 WHERE period = '2026-03' AND line_no = 2",
        "UPDATE earning_line SET period = '2026-03', line_no = 99 WHERE period = '2026-04'",
        "DELETE FROM earning_line WHERE period = '2026-03'",
        "DELETE FROM earning_line",
        "INSERT INTO earning_line (participant_id, period, line_no) SELECT id, '2026-03', 99 FROM participant",
        "TRUNCATE earning_line",
        "UPDATE statement SET payout = 0",
        "UPDATE statement SET calculated_at = now()",
        "DELETE FROM statement WHERE period = '2026-03'",
        "TRUNCATE statement",
        "UPDATE period_close SET hash = ''",
        "UPDATE period_close SET state = 'reopened', reopened_at = now(), statements = 1",
        "DELETE FROM period_close",
        "TRUNCATE period_close CASCADE",
        # a table of one's own that hides the real one from whoever asks without the schema
        "CREATE TEMPORARY TABLE period_close (period text, state text); DELETE FROM statement",
    ],
)
def test_the_database_refuses_to_change_what_is_closed(conn: Connection, closed: Close, statement: str) -> None:
    with pytest.raises(IntegrityError, match=r"closed|kept"), conn.begin_nested():
        conn.exec_driver_sql(statement)
    assert faults(conn, closed) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE earning_line SET amount = amount + 1 WHERE line_no = 2", "ann@example.com or one of its lines is not"),
        ("UPDATE earning_line SET reason = 'x' WHERE period = '2026-03'", "bob@example.com or one of its lines is not"),
        ("DELETE FROM earning_line WHERE line_no = 2", "ann@example.com or one of its lines is not"),
        ("UPDATE statement SET payout = 0, hash = 'x'", "bob@example.com or one of its lines is not"),
        ("UPDATE statement SET quota = 1", "ann@example.com or one of its lines is not"),
        ("DELETE FROM statement WHERE payout = 5", "the statement of bob@example.com is gone"),
        ("DELETE FROM statement WHERE payout = 5", "there are lines of bob@example.com without a statement"),
        ("UPDATE frozen_statement SET digest = 'x'", "do not give the hash of the closing"),
        ("DELETE FROM frozen_statement", "was not there when the period was closed"),
        ("UPDATE audit_entry SET detail = '{}'", "the audit log holds another hash"),
        ("DELETE FROM audit_entry", "the audit log holds another hash"),
    ],
)
def test_what_got_past_the_triggers_is_found(conn: Connection, closed: Close, statement: str, found: str) -> None:
    past_the_triggers(conn, statement)
    assert any(found in said for said in faults(conn, closed))


def test_a_payout_changed_with_everything_that_covers_it_differs_from_the_log(conn: Connection, closed: Close) -> None:
    past_the_triggers(
        conn,
        "UPDATE earning_line SET amount = amount + 1 WHERE line_no = 2",
        "DELETE FROM frozen_statement",
        "DELETE FROM period_close",
    )
    again = close(conn, "2026-03")  # a closing made anew is an entry of the log
    assert faults(conn, again) == []
    assert [one["action"] for one in entries(conn)] == ["period.close", "period.close"]
    past_the_triggers(conn, "DELETE FROM audit_entry WHERE id = 2")
    assert faults(conn, again) == ["the audit log holds another hash of the closing."]
    assert verify(conn).problems


def test_reopening_keeps_what_was_paid_and_marks_everybody(conn: Connection, closed: Close) -> None:
    found = reopen(conn, "2026-03", "Bob Ray", "wrong quota", now=LATER)
    assert found is not None
    assert (found.state, found.reopened_by, found.reopened_reason) == ("reopened", "Bob Ray", "wrong quota")
    assert open_marks(conn) == 2
    assert entries(conn)[-1]["detail"] == {"hash": closed.hash, "reason": "wrong quota"}
    pay(conn, [], [], now=LATER)
    assert load_statements(conn).is_empty()
    kept = conn.execute(text("SELECT archive FROM frozen_statement ORDER BY participant_id")).scalars().all()
    assert [len(one["lines"]) for one in kept] == [2, 1]
    assert kept[0]["statement"]["payout"] == 61


def test_a_reopened_period_is_closed_again_and_both_closings_are_kept(conn: Connection, closed: Close) -> None:
    reopen(conn, "2026-03", "Bob Ray", "wrong quota", now=LATER)
    pay(conn, [], [], now=LATER)
    again = close(conn, "2026-03", "Bob Ray")
    assert [(one.state, one.statements) for one in closes(conn)] == [("reopened", 2), ("closed", 0)]
    assert again.hash != closed.hash
    assert faults(conn, again) == []


def test_what_is_not_closed_cannot_be_reopened(conn: Connection, closed: Close) -> None:
    assert reopen(conn, "2026-04", "Bob Ray", "why not", now=LATER) is None


def test_a_period_is_closed_once(conn: Connection, closed: Close) -> None:
    with pytest.raises(IntegrityError, match="uq_period_close_closed"), conn.begin_nested():
        close(conn, "2026-03")
