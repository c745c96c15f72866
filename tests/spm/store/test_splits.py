"""Splits: replaced with their deal, kept with the days they held."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from spm.store.facts import mark_gone, replace_children, store_page, sweep
from tests.spm.store.pages import NOW, deals, page, split, splits

LATER = NOW + timedelta(hours=1)


def known_on(conn: Connection, moment: datetime) -> dict[str, Decimal]:
    query = """SELECT crm_id, share FROM deal_split
               WHERE recorded_at <= :moment AND coalesce(superseded_at, 'infinity') > :moment"""
    return {row[0]: row[1] for row in conn.execute(text(query), {"moment": moment})}


def test_a_split_on_any_day_can_be_read_again(conn: Connection, acme: int) -> None:
    before = splits(split("s1", "d1", "u1", "0.6"), split("s2", "d1", "u2", "0.4"))
    after = splits(split("s1", "d1", "u1", "0.7"), split("s3", "d1", "u3", "0.3"))
    replace_children(conn, acme, "deal_split", ["d1"], before, now=NOW)
    replaced = replace_children(conn, acme, "deal_split", ["d1"], after, now=LATER)
    assert (replaced.new, replaced.changed, replaced.unchanged) == (1, 2, 0)
    assert known_on(conn, NOW) == {"s1": Decimal("0.6"), "s2": Decimal("0.4")}
    assert known_on(conn, LATER) == {"s1": Decimal("0.7"), "s3": Decimal("0.3")}


def test_splits_of_other_deals_are_left(conn: Connection, acme: int) -> None:
    replace_children(conn, acme, "deal_split", ["d1"], splits(split("s1", "d1", "u1", "1")), now=NOW)
    replace_children(conn, acme, "deal_split", ["d2"], splits(split("s2", "d2", "u1", "1")), now=LATER)
    assert set(known_on(conn, LATER)) == {"s1", "s2"}


def test_a_split_may_move_to_another_deal(conn: Connection, acme: int) -> None:
    replace_children(conn, acme, "deal_split", ["d1"], splits(split("s1", "d1", "u1", "1")), now=NOW)
    replace_children(conn, acme, "deal_split", ["d2"], splits(split("s1", "d2", "u1", "1")), now=LATER)
    assert conn.scalar(text("SELECT deal_crm_id FROM deal_split WHERE superseded_at IS NULL")) == "d2"


def test_splits_read_by_themselves_leave_those_not_read(conn: Connection, acme: int) -> None:
    both = splits(split("s1", "d1", "u1", "0.6"), split("s2", "d1", "u2", "0.4"))
    store_page(conn, acme, "deal_split", both, now=NOW, seen_at=NOW)
    one = splits(split("s1", "d1", "u1", "0.6"))
    stored = store_page(conn, acme, "deal_split", one, now=LATER, seen_at=LATER)
    assert (stored.unchanged, set(known_on(conn, LATER))) == (1, {"s1", "s2"})
    assert sweep(conn, acme, "deal_split", seen_before=LATER, now=LATER).changed == 1


def test_a_split_that_is_gone_changes_its_deal(conn: Connection, acme: int) -> None:
    store_page(conn, acme, "deal", deals({"id": "d1"}), now=NOW, seen_at=NOW)
    replace_children(conn, acme, "deal_split", ["d1"], splits(split("s1", "d1", "u1", "1")), now=NOW)
    gone = mark_gone(conn, acme, "deal_split", ["s1"], now=LATER)
    assert (gone.changed, len(gone.deals), known_on(conn, LATER)) == (1, 1, {})


def test_only_splits_are_read_with_their_deal(conn: Connection, acme: int) -> None:
    with pytest.raises(ValueError, match="activity is not read as the child"):
        replace_children(conn, acme, "activity", [], page("activity"), now=NOW)
