"""Adjustments: into open periods alone, with reason and author, undone but never edited."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from spm.frames import ADJUSTMENTS
from spm.store.adjustments import Made, Wish, adjust, adjustments, undo
from spm.store.audit import entries
from spm.store.closing import find_period, freeze
from spm.store.connections import ensure_connection
from spm.store.happenings import load_adjustments
from spm.store.marks import take_marks
from tests.spm.store.pages import NOW
from tests.spm.store.paying import deal, hire, line, pay, statement

LATER = NOW + timedelta(days=1)
WISH = Wish("ann@example.com", "2026-03", Decimal("250.50"), "Late SPIF", "Ann Lee")


@pytest.fixture
def ann(conn: Connection, acme: int) -> int:
    """Ann has statements in euros for March and April; March is closed only where a test closes it."""
    (number,) = hire(conn, acme, "ann")
    deal(conn, acme)
    in_euros = {"currency": "EUR"}
    pay(conn, [line(number, **in_euros)], [statement(number, **in_euros), statement(number, "2026-04", **in_euros)])
    take_marks(conn)
    return number


def test_an_adjustment_reaches_the_calculation(conn: Connection, ann: int) -> None:
    made = adjust(conn, replace(WISH, deal="d1", component="bookings"), now=NOW)
    assert isinstance(made, Made)
    assert (made.currency, made.shown) == ("EUR", True)
    loaded = load_adjustments(conn, [ann])
    assert dict(loaded.schema) == ADJUSTMENTS
    row = loaded.row(0, named=True)
    assert (row["amount"], row["currency"], row["period"], row["author"]) == (
        Decimal("250.50"),
        "EUR",
        "2026-03",
        "Ann Lee",
    )
    assert row["deal_id"] is not None
    assert take_marks(conn).participants == (ann,)
    noted = entries(conn)[-1]
    assert (noted["action"], noted["actor"], noted["detail"]["amount"]) == ("adjustment.add", "Ann Lee", "250.50")


def test_other_people_do_not_see_it(conn: Connection, ann: int) -> None:
    adjust(conn, WISH, now=NOW)
    assert load_adjustments(conn, [ann + 1]).is_empty()
    assert load_adjustments(conn, None).height == 1


def test_one_that_is_undone_no_longer_counts_and_stays_in_the_list(conn: Connection, ann: int) -> None:
    made = adjust(conn, WISH, now=NOW)
    assert isinstance(made, Made)
    take_marks(conn)
    assert undo(conn, made.id, "Bob Ray", "entered twice", now=LATER) is None
    assert load_adjustments(conn, None).is_empty()
    assert take_marks(conn).participants == (ann,)
    kept = adjustments(conn)[0]
    assert (kept["withdrawn_by"], kept["withdrawn_reason"], kept["withdrawn_at"]) == ("Bob Ray", "entered twice", LATER)
    assert entries(conn)[-1]["action"] == "adjustment.undo"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (replace(WISH, email="an@example.com"), ["nobody is known as an@example.com."]),
        (replace(WISH, period="2026-13"), ["there is no period 2026-13."]),
        (replace(WISH, amount=Decimal("0.00")), ["an adjustment of nothing changes nothing."]),
        (replace(WISH, deal="d9"), ["no deal has the id 'd9'."]),
        (replace(WISH, email="x@example.com", amount=Decimal(0), deal="d9"), 3),  # all at once
    ],
)
def test_what_stands_in_the_way_is_said(conn: Connection, ann: int, wish: Wish, said: list[str] | int) -> None:
    found = adjust(conn, wish, now=NOW)
    assert isinstance(found, list)
    messages = [problem.message for problem in found]
    assert (len(messages) if isinstance(said, int) else messages) == said
    assert adjustments(conn) == []
    assert entries(conn) == []


def test_a_closed_period_is_not_adjusted(conn: Connection, ann: int) -> None:
    made = adjust(conn, WISH, now=NOW)
    assert isinstance(made, Made)
    march = find_period(conn, "2026-03")
    assert march is not None
    freeze(conn, march, "Ann Lee", [], now=NOW)
    found = adjust(conn, WISH, now=LATER)
    assert isinstance(found, list)
    assert found[0].message == "the period 2026-03 is closed."
    problem = undo(conn, made.id, "Bob Ray", "entered twice", now=LATER)
    assert problem is not None
    assert problem.message == f"the adjustment {made.id} was paid: its period 2026-03 is closed."
    assert load_adjustments(conn, None).height == 1


@pytest.mark.parametrize("twice", [False, True], ids=["unknown", "undone"])
def test_what_is_not_there_cannot_be_undone(conn: Connection, ann: int, twice: bool) -> None:
    made = adjust(conn, WISH, now=NOW)
    assert isinstance(made, Made)
    undo(conn, made.id, "Bob Ray", "entered twice", now=NOW)
    assert undo(conn, made.id if twice else made.id + 1, "Bob Ray", "again", now=NOW) is not None


def test_a_deal_two_connections_know_is_named_with_its_connection(conn: Connection, acme: int, ann: int) -> None:
    globex = ensure_connection(conn, "globex", "hubspot")
    deal(conn, globex)
    found = adjust(conn, replace(WISH, deal="d1"), now=NOW)
    assert isinstance(found, list)
    assert found[0].message == "2 deals have the id 'd1'."
    assert isinstance(adjust(conn, replace(WISH, deal="globex:d1"), now=NOW), Made)


def test_somebody_without_any_statement_needs_a_currency(conn: Connection, acme: int, ann: int) -> None:
    hire(conn, acme, "ann", "cy")
    found = adjust(conn, replace(WISH, email="cy@example.com"), now=NOW)
    assert isinstance(found, list)
    assert found[0].hint == "Name it: --currency EUR."
    made = adjust(conn, replace(WISH, email="cy@example.com", currency="CHF"), now=NOW)
    assert isinstance(made, Made)
    assert not made.shown
