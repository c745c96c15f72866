"""The audit log: whoever changes what is in it is found out; what people change is in it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from spm.store.audit import Deed, acting, append, entries, latest, verify
from spm.store.facts import mark_gone, store_page
from spm.store.reference import apply_assignments, apply_plans, apply_quotas
from tests.spm.store.pages import NOW, page
from tests.spm.store.versions import version

LATER = NOW + timedelta(days=3)


class Version:
    """A plan version by name, hash and text."""

    def __init__(self, name: str, content: str) -> None:
        self.name, self.hash, self.text = name, content, content


@pytest.fixture
def log(conn: Connection) -> Connection:
    """Three entries."""
    append(conn, Deed("plan.apply", "AE", {"from": None, "to": "v1"}, "ann"), now=NOW)
    append(conn, Deed("period.close", "2026-01", {"hash": "h", "statements": 3}, "ann"), now=NOW)
    append(conn, Deed("plan.apply", "AE", {"from": "v1", "to": "v2"}, "bob"), now=LATER)
    return conn


def tampered(conn: Connection, statement: str) -> list[str]:
    """What the log shows after somebody who may switch triggers off did this to it."""
    conn.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
    conn.execute(text(statement))
    return [f"{problem.where} {problem.message}" for problem in verify(conn).problems]


def test_an_untouched_log_is_whole(log: Connection) -> None:
    chain = verify(log)
    assert (chain.entries, chain.problems) == (3, ())
    assert chain.head == entries(log)[-1]["hash"]


def test_an_empty_log_is_whole(conn: Connection) -> None:
    assert verify(conn).problems == ()


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit_entry SET actor = 'eve' WHERE id = 2", "entry 2 (period.close 2026-01) was edited"),
        ("UPDATE audit_entry SET detail = '{}' WHERE id = 1", "entry 1 (plan.apply AE) was edited"),
        (
            "UPDATE audit_entry SET at = at - interval '1 microsecond' WHERE id = 3",
            "entry 3 (plan.apply AE) was edited",
        ),
        ("DELETE FROM audit_entry WHERE id = 2", "entry 2 is missing"),
        ("DELETE FROM audit_entry WHERE id < 3", "entry 1 to 2 is missing"),
        ("DELETE FROM audit_entry WHERE id = 3", "the log's end is cut off: there were 3 entries"),
        ("DELETE FROM audit_entry", "the log's end is cut off"),
        ("UPDATE audit_head SET id = 2, hash = (SELECT hash FROM audit_entry WHERE id = 2)", "is not the one that was"),
        ("DELETE FROM audit_head", "the log's end is not the one that was noted"),
    ],
)
def test_what_was_done_to_the_log_is_found(log: Connection, statement: str, found: str) -> None:
    assert any(found in said for said in tampered(log, statement))


def test_a_log_written_anew_lacks_the_hash_noted_earlier(log: Connection) -> None:
    noted = entries(log)[1]["hash"]
    assert verify(log, expected=noted).problems == ()
    assert "holds no entry with the hash" in verify(log, expected="0" * 64).problems[0].message


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET actor = 'eve'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_entries_are_not_changed_by_an_ordinary_statement(log: Connection, statement: str) -> None:
    with pytest.raises(IntegrityError, match="never changed or deleted"), log.begin_nested():
        log.execute(text(statement))
    assert verify(log).problems == ()


def test_text_of_any_kind_is_the_same_when_it_is_read(conn: Connection) -> None:
    append(
        conn, Deed("adjustment.add", "7", {"reason": 'ÄÖ "x"\n\0 \udcff 😀', "n": -1, "l": [None, True]}, "Ån"), now=NOW
    )
    assert verify(conn).problems == ()


def test_a_number_that_would_not_be_the_same_is_refused(conn: Connection) -> None:
    with pytest.raises(TypeError, match="not float"):
        append(conn, Deed("adjustment.add", "7", {"amount": 0.1}), now=NOW)


def test_an_entry_says_who_acts(conn: Connection) -> None:
    append(conn, Deed("plan.apply", "AE"), now=NOW)
    acting(conn, "ann")
    append(conn, Deed("plan.apply", "AE"), now=NOW)
    append(conn, Deed("plan.apply", "AE", actor="bob"), now=NOW)
    assert [one["actor"] for one in entries(conn)] == ["attain", "ann", "bob"]


def test_entries_are_listed_from_a_day_on(log: Connection) -> None:
    assert [one["id"] for one in entries(log, since=datetime(2026, 11, 24, tzinfo=UTC))] == [3]
    found = latest(log, "plan.apply", "AE")
    assert found is not None
    assert found["detail"] == {"from": "v1", "to": "v2"}


def test_plans_are_noted_where_they_change(conn: Connection) -> None:
    apply_plans(conn, [version("AE", "v1"), version("SE", "s1")], now=NOW)
    apply_plans(conn, [version("AE", "v1"), version("SE", "s1")], now=NOW)
    apply_plans(conn, [version("AE", "v2")], now=NOW)
    assert [(one["action"], one["subject"], one["detail"]) for one in entries(conn)] == [
        ("plan.apply", "AE", {"from": None, "to": "v1"}),
        ("plan.apply", "SE", {"from": None, "to": "s1"}),
        ("plan.apply", "AE", {"from": "v1", "to": "v2"}),
        ("plan.withdraw", "SE", {"from": "s1", "to": None}),
    ]


def test_assignments_and_quotas_are_noted_row_by_row(conn: Connection, tmp_path: Path) -> None:
    quotas, assignments = tmp_path / "q.csv", tmp_path / "a.csv"
    quotas.write_text("email,starts_on,amount\nann@example.com,2026-01-01,1000.50\n")
    assignments.write_text("who,plan,starts_on\n*,AE,2026-01-01\n")
    for _ in range(2):
        apply_quotas(conn, [quotas], now=NOW)
        apply_assignments(conn, [assignments], now=NOW)
    apply_quotas(conn, [], now=NOW)
    noted: list[tuple[str, Any, Any]] = [
        (one["action"], one["detail"]["added"], one["detail"]["removed"]) for one in entries(conn)
    ]
    assert [(action, len(added), len(removed)) for action, added, removed in noted] == [
        ("quota.change", 1, 0),
        ("assignment.change", 1, 0),
        ("quota.change", 0, 1),
    ]
    assert noted[0][1][0]["amount"] == "1000.50"
    assert noted[1][1][0]["who"] == "*"


def test_a_page_of_quotas_from_a_crm_is_one_entry(conn: Connection, acme: int) -> None:
    rows = [{"id": f"q{n}", "owner_id": "u1", "starts_on": NOW.date(), "amount": 1000} for n in range(3)]
    for _ in range(2):
        store_page(conn, acme, "quota", page("quota", *rows), now=NOW, seen_at=None, source="ForecastingQuota")
    mark_gone(conn, acme, "quota", ["q1"], now=NOW, source="ForecastingQuota")
    assert [(one["actor"], one["subject"], one["detail"]) for one in entries(conn)] == [
        ("CRM acme", "acme", {"new": 3, "changed": 0, "page": ["q0", "q1", "q2"]}),
        ("CRM acme", "acme", {"new": 0, "changed": 1, "gone": ["q1"]}),
    ]
