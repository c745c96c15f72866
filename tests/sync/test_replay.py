"""Statements as they were known: whatever changed since, and however, what was known then gives what it gave then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from problems import Problem
from spm.calendar import Months
from spm.plans.model import (
    Component,
    FlatRate,
    MarginalTiers,
    Measure,
    Plan,
    Rounding,
    Source,
    Span,
    Tier,
    TierBasis,
    Unit,
)
from spm.store.adjustments import Made, Wish, adjust, undo
from spm.store.assigned import load_assignments
from spm.store.facts import mark_gone, store_page
from spm.store.known import as_known
from sync.replay import Replayed, replay
from tests.spm.store.pages import page, split
from tests.sync.company import Company, flat


def quota_plan() -> Plan:
    """10 % up to quota, 20 % above it, over the month; and 5 for each call."""
    tiers = (Tier(Decimal(0), Decimal(1), Decimal("0.1")), Tier(Decimal(1), None, Decimal("0.2")))
    sold = Measure("bookings", "amount", None, "close_date")
    calls = Measure("calls", "1", "done", "happened_on", Source.ACTIVITIES, Unit.NUMBER)
    return Plan(
        "Flat",
        "USD",
        Span.MONTH,
        Rounding(),
        (
            Component("Sales", sold, "revenue", Span.MONTH, MarginalTiers(TierBasis.ATTAINMENT, tiers)),
            Component("Calls", calls, "owner", Span.MONTH, FlatRate(Decimal(5))),
        ),
    )


def call(company: Company, number: str, **more: Any) -> None:
    row = {"id": number, "type": "call", "owner_id": "ann", "happened_on": date(2026, 1, 12), "done": True, **more}
    with company.engine.begin() as conn:
        frame = page("activity", row)
        store_page(conn, company.connection, "activity", frame, now=company.now, seen_at=None, source="Task")


def gone(company: Company, entity: str, crm_id: str, source: str = "") -> None:
    with company.engine.begin() as conn:
        mark_gone(conn, company.connection, entity, [crm_id], now=company.now, source=source)


def rate(company: Company, euro: str) -> None:
    row = {"id": "r1", "base": "USD", "currency": "EUR", "rate": Decimal(euro), "starts_on": date(2026, 1, 1)}
    with company.engine.begin() as conn:
        frame = page("fx_rate", row)
        store_page(conn, company.connection, "fx_rate", frame, now=company.now, seen_at=None, source="DatedRate")


def quota(company: Company, amount: str) -> None:
    row = {"id": "q1", "owner_id": "ann", "starts_on": date(2026, 1, 1), "amount": Decimal(amount)}
    with company.engine.begin() as conn:
        frame = page("quota", row)
        store_page(conn, company.connection, "quota", frame, now=company.now, seen_at=None, source="Quota")


def adjusted(company: Company) -> int:
    with company.engine.begin() as conn:
        made = adjust(conn, Wish("ann@example.com", "2026-01", Decimal(7), "SPIF", "Bob"), now=company.now)
    assert isinstance(made, Made)
    return made.id


def undone(company: Company) -> None:
    with company.engine.begin() as conn:
        undo(conn, company.do("SELECT max(id) FROM adjustment"), "Bob", "no", now=company.now)


@pytest.fixture
def books(company: Company) -> Company:
    """Ann sold 1,000 USD and 200 EUR (at 0.8 for a dollar, 250 USD) on a quota of 1,000 USD and made two calls."""
    company.begin("ann", "bob", plan=quota_plan())
    rate(company, "0.8")
    quota(company, "1000")
    company.sell("d1")
    company.sell("d2", amount=200, currency="EUR", day="2026-01-20")
    call(company, "c1")
    call(company, "c2")
    company.calculate()
    adjusted(company)
    company.calculate()
    return company


def then(company: Company, at: datetime, period: str = "2026-01", name: str = "ann") -> Decimal | None:
    """The payout as known at that moment; None where there was no statement."""
    found = replay(company.engine, Months(), f"{name}@example.com", period, at=at)
    return Decimal(found.explanation.figures["payout"]) if isinstance(found, Replayed) else None


PAID = Decimal(100 + 50 + 10 + 7)


def test_what_is_known_now_is_what_is_stored(books: Company) -> None:
    assert books.payouts()["2026-01"] == PAID
    assert then(books, books.now) == PAID


@pytest.mark.parametrize(
    ("change", "paid"),
    [
        (lambda c: c.sell("d1", amount=900), "150 - 20 + 17"),
        (lambda c: c.lose("d1"), "25 + 17"),
        (lambda c: c.sell("d1", owner="bob"), "25 + 17"),
        (lambda c: c.sell("d9", amount=10), "152 + 17"),
        (lambda c: c.split("d1", split("s1", "d1", "ann", "0.5"), split("s2", "d1", "bob", "0.5")), "75 + 17"),
        (lambda c: rate(c, "0.4"), "200 + 17"),
        (lambda c: gone(c, "fx_rate", "r1", "DatedRate"), "100 + 17"),
        (lambda c: quota(c, "2000"), "125 + 17"),
        (lambda c: gone(c, "quota", "q1", "Quota"), None),
        (lambda c: c.quotas("ann@example.com,2026-01-01,2026-01-31,500"), "200 + 17"),
        (lambda c: call(c, "c2", done=False), "150 + 12"),
        (lambda c: gone(c, "activity", "c1", "Task"), "150 + 12"),
        (lambda c: call(c, "c3"), "150 + 22"),
        (lambda c: c.rule(flat("0.5")), "500 + 125 + 7"),
        (lambda c: c.assign("bob@example.com,Flat,2026-01-01"), "nothing"),
        (undone, "150 + 10"),
        (adjusted, "150 + 24"),
        (lambda c: c.hire("ann", currency="EUR", team="North", manager_owner_id="bob"), "150 + 17"),
    ],
)
def test_whatever_changes_what_was_known_before_gives_what_it_gave(
    books: Company, change: Callable[[Company], None], paid: str | None
) -> None:
    before = books.now
    change(books)
    books.calculate()
    after = books.now
    assert then(books, before) == PAID
    now = books.payouts().get("2026-01")
    assert then(books, after) == now
    if paid is not None:
        assert now == (None if paid == "nothing" else sum(map(Decimal, paid.replace("- ", "+ -").split(" + "))))


def test_changes_upon_changes_are_told_apart(books: Company) -> None:
    moments = []
    for amount in ("1000", "500", "250", "500"):
        quota(books, amount)
        moments.append(books.now)
    assert [then(books, at) for at in moments] == [167, 217, 242, 217]


def test_before_anything_was_known_there_was_no_statement(books: Company) -> None:
    found = replay(books.engine, Months(), "ann@example.com", "2026-01", at=books.now - timedelta(days=60))
    assert isinstance(found, Problem)
    assert found.message == "ann@example.com had no statement for 2026-01 on 2025-12-02."
    assert isinstance(replay(books.engine, Months(), "x@example.com", "2026-01", at=books.now), Problem)


def test_somebody_renamed_is_found_by_either_name(books: Company) -> None:
    before = books.now
    with books.engine.begin() as conn:
        row = {"id": "ann", "email": "ann.lee@example.com", "owner_id": "ann", "record_id": "ann", "active": True}
        store_page(conn, books.connection, "participant", page("participant", row), now=books.now, seen_at=None)
    assert then(books, before, name="ann") == PAID
    assert then(books, before, name="ann.lee") == PAID
    assert then(books, books.now, name="ann.lee") == PAID
    assert then(books, books.now, name="ann") is None


def test_a_closed_period_is_shown_as_it_was_paid(books: Company) -> None:
    open_then = books.now
    books.today = date(2026, 2, 3)
    books.close("2026-01")
    closed_then = books.now
    books.sell("d1", amount=10)
    books.calculate()
    found = replay(books.engine, Months(), "ann@example.com", "2026-01", at=books.now)
    assert isinstance(found, Replayed)
    assert found.close is not None
    assert [then(books, at) for at in (open_then, closed_then, books.now)] == [PAID, PAID, PAID]
    reopened = books.now
    books.reopen("2026-01")
    books.calculate()
    again = books.payouts()["2026-01"]
    assert again != PAID
    assert [then(books, at) for at in (open_then, closed_then, reopened, books.now)] == [PAID, PAID, PAID, again]
    books.close("2026-01")
    books.sell("d1", amount=20)
    assert [then(books, at) for at in (reopened, books.now)] == [PAID, again]


def test_true_ups_are_replayed_as_they_stood(books: Company) -> None:
    books.today = date(2026, 2, 3)
    books.close("2026-01")
    books.sell("d1", amount=900)
    books.calculate()
    before, said = books.now, books.lines(period="2026-02")["reason"].to_list()
    books.sell("d1", amount=800)
    books.calculate()
    after = books.now
    assert [then(books, at, "2026-02") for at in (before, after)] == [-20, -40]
    found = replay(books.engine, Months(), "ann@example.com", "2026-02", at=before)
    assert isinstance(found, Replayed)
    assert [one["reason"] for one in found.explanation.figures["lines"]] == said


def test_a_statement_prepared_before_does_not_read_the_present(books: Company) -> None:
    before = books.now
    books.assign("bob@example.com,Flat,2026-01-01")
    one = create_engine(books.engine.url, pool_size=1, max_overflow=0)
    for _ in range(12):  # psycopg prepares what it meets the sixth time
        with one.begin() as conn:
            conn.execute(text("CREATE TEMPORARY TABLE anything (id int) ON COMMIT DROP"))  # so that there is a pg_temp
            load_assignments(conn, [books.numbers["ann"]])
    with as_known(one, before) as conn:
        found = load_assignments(conn, [books.numbers["ann"]])
    one.dispose()
    assert found.height == 1


def test_looking_back_changes_nothing(books: Company) -> None:
    before = books.do("SELECT count(*) FROM quota_history")
    with as_known(books.engine, books.now) as conn:
        conn.execute(text("SELECT 1 FROM quota"))
    assert books.do("SELECT count(*) FROM quota_history") == before
    assert books.do("SELECT count(*) FROM pg_views WHERE schemaname LIKE 'pg_temp%'") == 0


def test_what_is_read_again_unchanged_leaves_no_history(books: Company) -> None:
    tables = [f"{name}_history" for name in ("participant", "participant_link", "quota", "fx_rate", "activity", "plan")]
    counts = [books.do(f"SELECT count(*) FROM {name}") for name in tables]
    books.hire("ann", "bob")
    quota(books, "1000")
    rate(books, "0.8")
    call(books, "c1")
    books.rule(quota_plan())
    books.calculate(full=True)
    assert [books.do(f"SELECT count(*) FROM {name}") for name in tables] == counts
