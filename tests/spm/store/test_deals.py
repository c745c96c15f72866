"""Deals: what is new, changed, unchanged, gone and back; every content with the moment it became known."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from spm.frames import MONEY
from spm.store.facts import mark_gone, store_page, sweep
from tests.spm.store.pages import NOW, deals, page

LATER = NOW + timedelta(hours=1)


def store(conn: Connection, connection: int, frame: pl.DataFrame, now: datetime = NOW, **more: Any) -> Any:
    return store_page(conn, connection, "deal", frame, now=now, seen_at=more.pop("seen_at", None), **more)


def held(conn: Connection, crm_id: str = "d1") -> Any:
    return conn.execute(text("SELECT * FROM deal WHERE crm_id = :id"), {"id": crm_id}).one()


def versions(conn: Connection) -> list[Any]:
    query = "SELECT version, recorded_at, gone, amount, close_date FROM deal_version ORDER BY deal_id, version"
    return list(conn.execute(text(query)).all())


def test_a_deal_is_new_once(conn: Connection, acme: int) -> None:
    first, second = store(conn, acme, deals({"id": "d1"})), store(conn, acme, deals({"id": "d1"}))
    assert (first.new, first.changed, first.unchanged) == (1, 0, 0)
    assert (second.new, second.changed, second.unchanged) == (0, 0, 1)
    assert second.deals == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Another"),
        ("name", ""),  # the empty text is not nothing
        ("name", None),
        ("account", "Initech"),
        ("owner_id", "u2"),
        ("owner_id", None),
        ("amount", Decimal("1000.0000000001")),  # the tenth place counts
        ("amount", None),  # unknown, not zero
        ("amount", Decimal(0)),
        ("currency", "EUR"),
        ("close_date", date(2026, 3, 11)),
        ("stage", "Closed"),
        ("status", "lost"),
        ("deal_type", "Renewal"),
        ("probability", Decimal("0.5")),
        ("created_at", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_each_field_makes_a_deal_changed(conn: Connection, acme: int, field: str, value: object) -> None:
    store(conn, acme, deals({"id": "d1"}))
    stored = store(conn, acme, deals({"id": "d1", field: value}))
    assert (stored.new, stored.changed, stored.unchanged) == (0, 1, 0)
    assert getattr(held(conn), field) == value


def test_when_the_crm_changed_it_is_no_content(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "d1", "changed_at": NOW}))
    again = deals({"id": "d1", "changed_at": LATER}).with_columns(pl.lit("2027-01-01T00:00:00Z").alias("$modified"))
    assert store(conn, acme, again).unchanged == 1


def test_the_order_of_columns_does_not_matter(conn: Connection, acme: int) -> None:
    frame = deals({"id": "d1", "region": "EMEA", "seats": Decimal(3)}, region=pl.String, seats=MONEY)
    store(conn, acme, frame)
    assert store(conn, acme, frame.select(reversed(frame.columns))).unchanged == 1


def test_an_own_field_that_says_nothing_changes_nothing(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "d1"}))
    assert store(conn, acme, deals({"id": "d1", "region": None}, region=pl.String)).unchanged == 1


@pytest.mark.parametrize(
    ("dtype", "before", "after"),
    [
        (pl.String, "EMEA", "APAC"),
        (MONEY, Decimal(1), Decimal("1.0000000001")),
        (pl.Date, date(2026, 1, 1), date(2026, 1, 2)),
        (pl.Datetime("us", "UTC"), NOW, NOW + timedelta(microseconds=1)),
        (pl.Boolean, True, False),
        (pl.String, "EMEA", None),
    ],
)
def test_an_own_field_is_content(conn: Connection, acme: int, dtype: Any, before: object, after: object) -> None:
    store(conn, acme, deals({"id": "d1", "own": before}, own=dtype))
    assert store(conn, acme, deals({"id": "d1", "own": before}, own=dtype)).unchanged == 1
    assert store(conn, acme, deals({"id": "d1", "own": after}, own=dtype)).changed == 1


def test_an_own_field_of_a_type_nobody_can_keep_is_refused(conn: Connection, acme: int) -> None:
    with pytest.raises(TypeError, match="'own' is List"):
        store(conn, acme, deals({"id": "d1", "own": ["a"]}, own=pl.List(pl.String)))


@pytest.mark.parametrize(
    "said",
    [
        'quote " and, comma',
        "two\nlines\r\nof text",
        "Ünïcödé ✓ 数",
        "\\N",  # what COPY takes for nothing in its text format
        "{}",
        "a\\u0000b",  # a backslash, not the character NUL
        "  spaced  ",
    ],
)
def test_any_text_comes_back_as_it_was(conn: Connection, acme: int, said: str) -> None:
    store(conn, acme, deals({"id": "d1", "name": said, "own": said}, own=pl.String))
    row = held(conn)
    assert (row.name, row.custom["own"]) == (said, said)


def test_the_nul_character_is_dropped(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "d1", "name": "a\x00b", "own": "c\x00d"}, own=pl.String))
    row = held(conn)
    assert (row.name, row.custom["own"]) == ("ab", "cd")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amount=st.decimals(min_value=-(10**28) + 1, max_value=10**28 - 1, places=10))
def test_every_amount_is_kept_to_the_last_digit(conn: Connection, acme: int, amount: Decimal) -> None:
    store(conn, acme, deals({"id": "d1", "amount": amount}))
    assert held(conn).amount == amount


def test_an_empty_page_is_stored_as_nothing(conn: Connection, acme: int) -> None:
    assert store(conn, acme, deals()).new == 0


def test_two_connections_may_use_one_id(conn: Connection, acme: int, globex: int) -> None:
    store(conn, acme, deals({"id": "d1"}))
    assert store(conn, globex, deals({"id": "d1"})).new == 1


def test_pages_follow_each_other_in_one_transaction(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "d1"}))
    assert store(conn, acme, deals({"id": "d2"})).new == 1
    assert conn.scalar(text("SELECT count(*) FROM deal")) == 2


def test_every_content_is_a_version_with_the_moment_it_became_known(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "d1"}))
    store(conn, acme, deals({"id": "d1"}), now=LATER)  # nothing new
    store(conn, acme, deals({"id": "d1", "amount": Decimal(2000)}), now=LATER)
    found = [(row.version, row.recorded_at, row.gone, row.amount) for row in versions(conn)]
    assert found == [(1, NOW, False, 1000), (2, LATER, False, 2000)]


def test_a_deal_that_goes_and_comes_back_says_so(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "d1"}))
    gone = mark_gone(conn, acme, "deal", ["d1"], now=LATER)
    assert (gone.changed, held(conn).gone_at) == (1, LATER)
    back = store(conn, acme, deals({"id": "d1"}), now=LATER + timedelta(hours=1))
    assert (back.changed, held(conn).gone_at) == (1, None)
    assert [row.gone for row in versions(conn)] == [False, True, False]


def test_what_is_gone_goes_once(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "d1"}))
    mark_gone(conn, acme, "deal", ["d1"], now=LATER)
    assert mark_gone(conn, acme, "deal", ["d1"], now=LATER).changed == 0


@pytest.mark.parametrize("ids", [[], ["never seen"]])
def test_what_was_never_there_cannot_go(conn: Connection, acme: int, ids: list[str]) -> None:
    assert mark_gone(conn, acme, "deal", ids, now=NOW).changed == 0


def test_a_sweep_takes_what_the_complete_read_did_not_bring(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "kept"}, {"id": "lost"}))
    store(conn, acme, deals({"id": "kept"}), now=LATER, seen_at=LATER)
    swept = sweep(conn, acme, "deal", seen_before=LATER, now=LATER)
    assert (swept.changed, held(conn, "kept").gone_at, held(conn, "lost").gone_at) == (1, None, LATER)


def test_a_sweep_leaves_what_became_known_while_the_read_ran(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "early"}))
    store(conn, acme, deals({"id": "early"}), now=LATER, seen_at=LATER)
    store(conn, acme, deals({"id": "by event"}), now=LATER + timedelta(seconds=5))
    assert sweep(conn, acme, "deal", seen_before=LATER, now=LATER + timedelta(minutes=1)).changed == 0


def test_a_complete_read_may_be_resumed_in_a_later_run(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "a"}, {"id": "b"}, {"id": "lost"}))
    store(conn, acme, deals({"id": "a"}), now=LATER, seen_at=LATER)
    resumed = LATER + timedelta(days=1)
    store(conn, acme, deals({"id": "b"}), now=resumed, seen_at=resumed)
    assert sweep(conn, acme, "deal", seen_before=LATER, now=resumed).changed == 1


def test_the_sightings_of_an_earlier_read_do_not_save_a_record(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "a"}, {"id": "b"}), seen_at=NOW)
    store(conn, acme, deals({"id": "a"}), now=LATER, seen_at=LATER)
    assert sweep(conn, acme, "deal", seen_before=LATER, now=LATER).changed == 1


def test_a_sweep_forgets_its_sightings(conn: Connection, acme: int) -> None:
    store(conn, acme, deals({"id": "a"}), seen_at=NOW)
    sweep(conn, acme, "deal", seen_before=NOW, now=NOW)
    assert conn.scalar(text("SELECT count(*) FROM sighting")) == 0


def test_a_call_and_a_task_may_have_one_id(conn: Connection, acme: int) -> None:
    one = page("activity", {"id": "7", "type": "call"})
    other = page("activity", {"id": "7", "type": "task"})
    for source, frame in (("calls", one), ("tasks", other)):
        stored = store_page(conn, acme, "activity", frame, now=NOW, seen_at=NOW, source=source)
        assert stored.new == 1
    gone = mark_gone(conn, acme, "activity", ["7"], now=NOW, source="calls")
    assert gone.changed == 1
    assert conn.scalar(text("SELECT type FROM activity WHERE gone_at IS NULL")) == "task"


def test_a_sweep_of_tasks_leaves_calls(conn: Connection, acme: int) -> None:
    call = page("activity", {"id": "7", "type": "call"})
    store_page(conn, acme, "activity", call, now=NOW, seen_at=NOW, source="calls")
    assert sweep(conn, acme, "activity", seen_before=LATER, now=LATER, source="tasks").changed == 0
    assert sweep(conn, acme, "activity", seen_before=LATER, now=LATER, source="calls").changed == 1


def test_the_database_itself_refuses_a_status_nobody_knows(conn: Connection, acme: int) -> None:
    with pytest.raises(Exception, match="ck_deal_status"):
        store(conn, acme, deals({"id": "d1", "status": "maybe"}))
