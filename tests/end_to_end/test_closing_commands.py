"""Closing, adjusting and the audit log from the command line: what an administrator reads at the end of a month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from spm.store.results import load_statements
from tests.end_to_end.office import Office, Said
from tests.sync.company import Company

PERSON = "ann@example.com"


@pytest.fixture
def books(database: Engine, tmp_path: Path) -> Office:
    """An office without a CRM whose store holds ann and a deal of 1,000 USD in January 2026, not yet calculated."""
    company = Company(database, tmp_path, date(2026, 2, 3)).begin("ann")
    company.sell("d1")
    return Office(
        tmp_path, database, assignments="who,plan,starts_on,ends_on\n*,Flat,2026-01-01,2026-12-31\n"
    ).furnish()


def payout(books: Office) -> Decimal:
    """What ann is paid for January."""
    with books.database.begin() as conn:
        return load_statements(conn).filter(period="2026-01")["payout"].item()  # type: ignore[no-any-return]


def close(books: Office, *more: str) -> Said:
    return books.run("period", "close", "2026-01", "--by", "Ann Lee", *more)


def test_a_month_is_closed_and_proved(books: Office) -> None:
    said = close(books)
    assert said.code == 0, said.err
    assert "2026-01 is closed: 1 statement, hash " in said.out
    verified = books.run("period", "verify", "--json")
    assert verified.code == 0
    assert verified.document["periods"][0]["ok"] is True
    listed = books.run("period", "list")
    assert "2026-01" in listed.out
    assert "Ann Lee" in listed.out


def test_findings_are_shown_at_once_with_the_words_that_waive_them(books: Office) -> None:
    Company(books.database, books.folder, date(2026, 2, 3), connection=1).sell("d9", "nobody")
    said = close(books)
    assert said.code == 1
    assert "2026-01 stays open." in said.out
    assert '--waive owner_unknown="why it is right"' in said.out
    assert "owner nobody, who is no participant" in said.out
    waived = close(books, "--waive", "owner_unknown=a house account", "--json")
    assert waived.code == 0
    assert waived.document["findings"][0]["waived"] == "a house account"
    assert waived.document["closed"]["waived"][0]["reason"] == "a house account"


def test_a_month_is_not_closed_on_broken_plans(books: Office) -> None:
    books.plan = books.plan.replace("10 %", "ten")
    said = close(books.furnish(), "--json")
    assert said.code == 1
    assert said.document["closed"] is None
    assert "flat.toml" in said.document["problems"][0]["where"]


@pytest.mark.parametrize("waiver", ["cap_hold=agreed", "cap_held", "cap_held="])
def test_a_waiver_that_says_nothing_is_wrong_usage(books: Office, waiver: str) -> None:
    said = close(books, "--waive", waiver)
    assert said.code == 2
    assert "--waive" in said.err


def test_what_was_changed_past_attain_is_named(books: Office, database: Engine) -> None:
    close(books)
    with database.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE earning_line DISABLE TRIGGER USER")
        conn.exec_driver_sql("UPDATE earning_line SET amount = 1 WHERE period = '2026-01'")
    said = books.run("period", "verify")
    assert said.code == 1
    assert f"the statement of {PERSON} or one of its lines is not what was closed" in said.err


def test_a_period_is_reopened_with_a_reason(books: Office) -> None:
    close(books)
    assert books.run("period", "reopen", "2026-01", "--by", "Bob", "--reason", " ").code == 1
    said = books.run("period", "reopen", "2026-01", "--by", "Bob", "--reason", "Wrong file")
    assert said.code == 0
    assert "2026-01 is open again." in said.out
    assert books.run("period", "reopen", "2026-01", "--by", "Bob", "--reason", "Wrong file").code == 1
    assert books.run("period", "verify", "2026-01").code == 1


def test_an_adjustment_is_paid_with_its_reason(books: Office) -> None:
    books.run("calculate")
    said = books.run("adjust", PERSON, "2026-01", "-25.50", "--reason", "Paid twice", "--by", "Ann Lee", "--deal", "d1")
    assert said.code == 0, said.err
    assert f"Adjustment 1: -25.50 USD for {PERSON} in 2026-01." in said.out
    books.run("calculate")
    assert payout(books) == Decimal("74.50")
    assert "Paid twice" in books.run("adjust", "list").out
    assert books.run("adjust", "undo", "1", "--by", "Bob", "--reason", "It was not").code == 0
    books.run("calculate")
    assert payout(books) == 100
    assert books.run("adjust", "list", "--json").document["adjustments"][0]["withdrawn_by"] == "Bob"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("an@example.com", "2026-01", "5"), 1, "nobody is known as an@example.com"),
        ((PERSON, "2026-01", "1,000"), 2, "is no amount"),
        ((PERSON, "2026-01", "1e3"), 2, "is no amount"),
        ((PERSON, "2026-01", "0"), 1, "changes nothing"),
    ],
)
def test_an_adjustment_that_cannot_be_is_refused(
    books: Office, arguments: tuple[str, ...], code: int, said: str
) -> None:
    books.run("calculate")
    refused = books.run("adjust", *arguments, "--reason", "Because", "--by", "Ann Lee")
    assert refused.code == code
    assert said in refused.err


def test_a_closed_month_is_not_adjusted(books: Office) -> None:
    close(books)
    said = books.run("adjust", PERSON, "2026-01", "5", "--reason", "Because", "--by", "Ann Lee")
    assert said.code == 1
    assert "the period 2026-01 is closed" in said.err


def test_the_log_says_who_did_what(books: Office) -> None:
    close(books)
    books.run("adjust", PERSON, "2026-02", "5", "--reason", "Because", "--by", "Bob Ray", "--currency", "USD")
    listed = books.run("audit", "list", "--json")
    actions = [(one["action"], one["subject"]) for one in listed.document["entries"]]
    assert actions[-2:] == [("period.close", "2026-01"), ("adjustment.add", "1")]
    assert ("plan.apply", "Flat") in actions
    assert "Bob Ray" in books.run("audit", "list").out
    assert books.run("audit", "list", "--since", "2999-01-01", "--json").document["entries"] == []
    whole = books.run("audit", "verify", "--json")
    assert whole.code == 0
    assert books.run("audit", "verify", "--expect", whole.document["head"]).code == 0
    assert books.run("audit", "verify", "--expect", "0" * 64).code == 1


def test_a_log_that_was_changed_is_found(books: Office, database: Engine) -> None:
    close(books)
    with database.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        conn.exec_driver_sql("DELETE FROM audit_entry WHERE id = 1")
    said = books.run("audit", "verify")
    assert said.code == 1
    assert "entry 1: is missing" in said.err


def test_a_statement_is_shown_as_it_was_known(books: Office) -> None:
    """The store says that the deal became known on 3 February, at a few minutes past eight."""
    books.run("calculate")
    early = books.run("statement", PERSON, "2026-01", "--as-known-on", "2026-02-02")
    assert early.code == 1
    assert f"nobody is known as {PERSON}" not in early.err
    assert f"{PERSON} had no statement for 2026-01 on 2026-02-02." in early.err
    known = books.run("statement", PERSON, "2026-01", "--json")
    assert known.code == 0, known.err
    assert known.document["payout"] == "100.0000000000"
    assert known.document["closed"] is None
    close(books)
    paid = books.run("statement", PERSON, "2026-01")
    assert "Deal d1: 1,000.00 USD at 10 %" in paid.out
    assert "by Ann Lee: this is what was paid." in paid.out


@pytest.mark.parametrize("day", ["2999-01-01", "yesterday", "2026-02-30"])
def test_a_day_that_cannot_be_is_wrong_usage(books: Office, day: str) -> None:
    assert books.run("statement", PERSON, "2026-01", "--as-known-on", day).code == 2


def test_a_mapping_that_changes_is_noted(salesforce_office: Office) -> None:
    salesforce_office.run("pull")
    salesforce_office.run("pull")
    entries = salesforce_office.run("audit", "list", "--json").document["entries"]
    noted = [one for one in entries if one["action"] == "mapping.change"]
    assert [(one["subject"], one["detail"]["file"]) for one in noted] == [("acme", "salesforce.toml")]
