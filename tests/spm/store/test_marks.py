"""Whatever can change somebody's pay marks them, from the first day it matters; nothing else does."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from spm.store.connections import ensure_connection
from spm.store.facts import mark_gone, replace_children, store_page, sweep
from spm.store.marks import Marks, mark_all, mark_owners, mark_participants, open_marks, take_marks
from tests.spm.store.pages import NOW, TODAY, deals, page, people, person, split, splits

MARCH = date(2026, 3, 10)
OTHERS = [person("ann@example.com", "u1"), person("bob@example.com", "u2"), person("cy@example.com", "u3")]


@pytest.fixture
def staff(conn: Connection, acme: int) -> dict[str, int]:
    """Three people, not marked."""
    store(conn, acme, "participant", people(*OTHERS))
    return settled(conn)


def settled(conn: Connection) -> dict[str, int]:
    conn.execute(text("DELETE FROM dirty"))
    rows = conn.execute(text("SELECT left(email, position('@' in email) - 1), id FROM participant"))
    return {row[0]: row[1] for row in rows}


def store(conn: Connection, connection: int, entity: str, frame: pl.DataFrame, **more: Any) -> Any:
    return store_page(conn, connection, entity, frame, now=NOW, seen_at=None, **more)


def marked(conn: Connection, staff: dict[str, int]) -> dict[str, date | None]:
    names = {number: name for name, number in staff.items()}
    query = """SELECT participant_id, CASE WHEN bool_or(since IS NULL) THEN NULL ELSE min(since) END
               FROM dirty GROUP BY participant_id"""
    return {names[row[0]]: row[1] for row in conn.execute(text(query))}


def test_a_new_deal_marks_its_owner_from_its_day(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    stored = store(conn, acme, "deal", deals({"id": "d1"}))
    assert marked(conn, staff) == {"ann": MARCH}
    assert stored.participants == (staff["ann"],)


@pytest.mark.parametrize(
    ("row", "since"),
    [
        ({"status": "open", "close_date": date(2027, 5, 1)}, TODAY),  # only what it would pay today
        ({"status": "open", "close_date": date(2025, 5, 1)}, TODAY),
        ({"close_date": None}, TODAY),
        ({"status": "lost"}, MARCH),
    ],
)
def test_a_deal_matters_from_the_day_it_counts(
    conn: Connection, acme: int, staff: dict[str, int], row: dict[str, Any], since: date
) -> None:
    store(conn, acme, "deal", deals({"id": "d1", **row}))
    assert marked(conn, staff) == {"ann": since}


def test_an_unchanged_deal_marks_nobody(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "deal", deals({"id": "d1"}))
    settled(conn)
    assert store(conn, acme, "deal", deals({"id": "d1"})).participants == ()
    assert marked(conn, staff) == {}


def test_a_moved_deal_matters_from_the_earlier_of_its_days(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "deal", deals({"id": "d1"}))
    settled(conn)
    store(conn, acme, "deal", deals({"id": "d1", "close_date": date(2026, 9, 1)}))
    assert marked(conn, staff) == {"ann": MARCH}


def test_a_deal_given_to_another_marks_both(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "deal", deals({"id": "d1"}))
    settled(conn)
    store(conn, acme, "deal", deals({"id": "d1", "owner_id": "u2"}))
    assert marked(conn, staff) == {"ann": MARCH, "bob": MARCH}


def test_a_plan_may_credit_on_a_field_of_its_own(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "deal", deals({"id": "d1", "invoiced_on": date(2025, 12, 30)}, invoiced_on=pl.Date))
    assert marked(conn, staff) == {"ann": date(2025, 12, 30)}


def test_a_deal_marks_who_has_a_share_in_it(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    shares = splits(split("s1", "d1", "u2", "0.6"), split("s2", "d1", "u3", "0.4"))
    replace_children(conn, acme, "deal_split", ["d1"], shares, now=NOW)
    store(conn, acme, "deal", deals({"id": "d1"}))
    assert marked(conn, staff) == {"ann": MARCH, "bob": MARCH, "cy": MARCH}


def test_gone_and_back_mark_owner_and_shares(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "deal", deals({"id": "d1"}))
    replace_children(conn, acme, "deal_split", ["d1"], splits(split("s1", "d1", "u2", "1")), now=NOW)
    settled(conn)
    mark_gone(conn, acme, "deal", ["d1"], now=NOW)
    assert marked(conn, staff) == {"ann": MARCH, "bob": MARCH}
    settled(conn)
    store(conn, acme, "deal", deals({"id": "d1"}))
    assert marked(conn, staff) == {"ann": MARCH, "bob": MARCH}


def test_what_a_sweep_takes_marks_its_owner(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "deal", deals({"id": "d1"}))
    settled(conn)
    later = NOW + timedelta(hours=1)
    swept = sweep(conn, acme, "deal", seen_before=later, now=later)
    assert (swept.participants, marked(conn, staff)) == ((staff["ann"],), {"ann": MARCH})


@pytest.mark.parametrize(
    ("after", "who"),
    [
        ([split("s1", "d1", "u2", "0.5")], {"ann", "bob"}),  # a share
        ([split("s1", "d1", "u3", "1")], {"ann", "bob", "cy"}),  # before and after
        ([], {"ann", "bob"}),
        ([split("s1", "d1", "u2", "1"), split("s2", "d1", "u3", "0.1", "overlay")], {"ann", "bob", "cy"}),
        ([split("s1", "d1", "u2", "1", "overlay")], {"ann", "bob"}),
    ],
)
def test_a_changed_split_is_a_change_of_its_deal(
    conn: Connection, acme: int, staff: dict[str, int], after: list[dict[str, Any]], who: set[str]
) -> None:
    store(conn, acme, "deal", deals({"id": "d1"}))
    replace_children(conn, acme, "deal_split", ["d1"], splits(split("s1", "d1", "u2", "1")), now=NOW)
    settled(conn)
    stored = replace_children(conn, acme, "deal_split", ["d1"], splits(*after), now=NOW)
    assert marked(conn, staff) == dict.fromkeys(who, MARCH)
    assert len(stored.deals) == 1


def test_an_unchanged_split_marks_nobody(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "deal", deals({"id": "d1"}))
    shares = splits(split("s1", "d1", "u2", "1"))
    replace_children(conn, acme, "deal_split", ["d1"], shares, now=NOW)
    settled(conn)
    assert replace_children(conn, acme, "deal_split", ["d1"], shares, now=NOW).unchanged == 1
    assert marked(conn, staff) == {}


def test_a_split_of_a_deal_not_read_yet_marks_nobody(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    replace_children(conn, acme, "deal_split", ["d1"], splits(split("s1", "d1", "u2", "1")), now=NOW)
    assert marked(conn, staff) == {}


def test_a_person_who_comes_after_their_deals_is_marked_for_all_time(conn: Connection, acme: int) -> None:
    store(conn, acme, "deal", deals({"id": "d1"}))
    assert take_marks(conn).participants == ()
    stored = store(conn, acme, "participant", people(OTHERS[0]))
    taken = take_marks(conn)
    assert (taken.participants, taken.since) == (stored.participants, None)


def test_an_owner_of_another_connection_is_somebody_else(conn: Connection, globex: int, staff: dict[str, int]) -> None:
    store(conn, globex, "deal", deals({"id": "d1"}))
    assert marked(conn, staff) == {}


def test_a_quota_marks_its_owner_from_its_first_day(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    quota = {"id": "q1", "owner_id": "u2", "starts_on": date(2026, 4, 1), "amount": Decimal(5)}
    store(conn, acme, "quota", page("quota", quota), source="ForecastingQuota")
    assert marked(conn, staff) == {"bob": date(2026, 4, 1)}
    settled(conn)
    store(conn, acme, "quota", page("quota", {**quota, "starts_on": date(2026, 2, 1)}), source="ForecastingQuota")
    assert marked(conn, staff) == {"bob": date(2026, 2, 1)}
    settled(conn)
    mark_gone(conn, acme, "quota", ["q1"], now=NOW, source="ForecastingQuota")
    assert marked(conn, staff) == {"bob": date(2026, 2, 1)}


@pytest.mark.parametrize(("starts_on", "since"), [(date(2026, 4, 1), date(2026, 4, 1)), (None, None)])
def test_a_rate_marks_everybody(
    conn: Connection, acme: int, staff: dict[str, int], starts_on: date | None, since: date | None
) -> None:
    rate = {"id": "r1", "base": "USD", "currency": "EUR", "rate": Decimal("0.9"), "starts_on": starts_on}
    stored = store(conn, acme, "fx_rate", page("fx_rate", rate), source="CurrencyType")
    assert marked(conn, staff) == dict.fromkeys(("ann", "bob", "cy"), since)
    assert len(stored.participants) == 3


@pytest.mark.parametrize(("day", "since"), [(MARCH, MARCH), (None, TODAY)])  # one without a day counts on none
def test_an_activity_marks_its_owner_from_its_day_on(
    conn: Connection, acme: int, staff: dict[str, int], day: date | None, since: date
) -> None:
    row = {"id": "a1", "type": "call", "owner_id": "u1", "happened_on": day}
    store(conn, acme, "activity", page("activity", row))
    assert marked(conn, staff) == {"ann": since}


def test_a_page_of_many_deals_makes_one_mark_a_person(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    rows = [{"id": f"d{number}", "close_date": MARCH + timedelta(days=number)} for number in range(50)]
    store(conn, acme, "deal", deals(*rows))
    assert conn.scalar(text("SELECT count(*) FROM dirty")) == 1
    assert marked(conn, staff) == {"ann": MARCH}


def test_no_owner_marks_nobody(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    assert mark_owners(conn, acme, [(None, MARCH)], cause="a test") == ()


def test_taken_marks_are_gone(conn: Connection, staff: dict[str, int]) -> None:
    mark_participants(conn, [staff["ann"]], MARCH, "a test")
    mark_participants(conn, [staff["ann"]], date(2027, 1, 5), "a test")
    assert open_marks(conn) == 1
    assert take_marks(conn) == Marks((staff["ann"],), MARCH, (2026, 2027))
    assert not take_marks(conn)


def test_one_mark_of_all_time_is_all_time(conn: Connection, staff: dict[str, int]) -> None:
    mark_participants(conn, [staff["ann"]], MARCH, "a test")
    mark_all(conn, "a test")
    assert take_marks(conn) == Marks(tuple(sorted(staff.values())), None, ())


def test_marks_are_taken_in_batches_of_people(conn: Connection, staff: dict[str, int]) -> None:
    mark_all(conn, "a test")
    sizes = [len(take_marks(conn, limit=2).participants) for _ in range(3)]
    assert sizes == [2, 1, 0]


def test_marks_come_back_when_the_calculation_fails(database: Engine) -> None:
    _two_people_marked(database)
    with database.connect() as conn:
        assert len(take_marks(conn).participants) == 2
        conn.rollback()
    with database.begin() as conn:
        assert len(take_marks(conn).participants) == 2


def test_one_person_is_in_the_hands_of_one_calculation(database: Engine) -> None:
    _two_people_marked(database)
    with database.begin() as first, database.begin() as second:
        taken = take_marks(first, limit=1)
        mark_participants(second, taken.participants, None, "while it is calculated")
        other = take_marks(second)
        assert len(other.participants) == 1
        assert other.participants != taken.participants
    with database.begin() as conn:
        assert take_marks(conn).participants == taken.participants  # the mark made meanwhile


def _two_people_marked(database: Engine) -> None:
    with database.begin() as conn:
        acme = ensure_connection(conn, "acme", "salesforce")
        store(conn, acme, "participant", people(*OTHERS[:2]))


def test_a_person_and_their_deals_are_not_stored_at_the_same_moment(database: Engine) -> None:
    with database.begin() as conn:
        acme = ensure_connection(conn, "acme", "salesforce")
    with database.begin() as first, database.connect() as second:
        store(first, acme, "deal", deals({"id": "d1"}))
        second.execute(text("SET LOCAL lock_timeout = '20ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            store(second, acme, "participant", people(OTHERS[0]))
