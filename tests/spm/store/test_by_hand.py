"""Absences, entries, payments, line items and quotas of teams: read, loaded, and marking whom they touch."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from problems import Problem
from spm.calendar import periods
from spm.frames import Facts
from spm.plans import plan_version
from spm.plans.model import Component, FlatRate, Measure, Source, Span, Unit
from spm.store.by_hand import apply_absences, apply_entries, apply_line_items, apply_payments
from spm.store.facts import replace_children, store_page
from spm.store.inputs import load_facts
from spm.store.marks import take_marks
from spm.store.reference import apply_plans, apply_quotas
from tests.spm.store.files import told, written
from tests.spm.store.pages import NOW, TODAY, deals, page, people, person, split, splits
from tests.spm.store.versions import PLAN

ABSENCES = "email,starts_on,ends_on,reason"
ENTRIES = "email,measure,on,value,currency,note,item"
PAYMENTS = "deal,kind,on,amount,currency,item"
ITEMS = "deal,item,product,family,quantity,price,amount"
APPLY: dict[str, Callable[..., list[Problem]]] = {
    ABSENCES: apply_absences,
    ENTRIES: apply_entries,
    PAYMENTS: apply_payments,
    ITEMS: apply_line_items,
}


@pytest.fixture
def staff(conn: Connection, acme: int) -> dict[str, int]:
    """Ann (u1), Bob (u2) and Cy (u3), two of them in one team, not marked."""
    rows = [
        person("ann@example.com", "u1", team="West"),
        person("bob@example.com", "u2", team="West"),
        person("cy@example.com", "u3"),
    ]
    store_page(conn, acme, "participant", people(*rows), now=NOW, seen_at=None)
    take_marks(conn)
    return {row[0].partition("@")[0]: row[1] for row in conn.execute(text("SELECT email, id FROM participant"))}


def sell(conn: Connection, connection: int, crm_id: str = "d1", **more: Any) -> None:
    store_page(conn, connection, "deal", deals({"id": crm_id, **more}), now=NOW, seen_at=None)
    take_marks(conn)


def facts(conn: Connection, *participants: int, year: int = 2026) -> Facts:
    span = (date(year, 1, 1), date(year, 12, 31))
    return load_facts(conn, participants or None, span, periods(1, year, year))


def apply(conn: Connection, folder: Path, header: str, *rows: str) -> list[Problem]:
    return APPLY[header](conn, written(folder, header, *rows), now=NOW)


def marked(conn: Connection, staff: dict[str, int]) -> dict[str, Any]:
    names = {number: name for name, number in staff.items()}
    rows = conn.execute(text("DELETE FROM dirty RETURNING participant_id, since")).all()
    return {names[number]: since for number, since in sorted(rows)}


def test_absences_are_loaded_whatever_the_span(conn: Connection, staff: dict[str, int], tmp_path: Path) -> None:
    rows = ["Ann@example.com,2025-12-20,2026-01-05,parental leave", "bob@example.com,2026-02-01,2026-02-01,"]
    assert apply(conn, tmp_path, ABSENCES, *rows) == []
    assert facts(conn, staff["ann"]).absences.rows() == [
        (staff["ann"], date(2025, 12, 20), date(2026, 1, 5), "parental leave")
    ]
    assert marked(conn, staff) == {"ann": date(2025, 12, 20), "bob": date(2026, 2, 1)}


def test_entries_of_the_span_are_loaded(conn: Connection, staff: dict[str, int], tmp_path: Path) -> None:
    rows = ["ann@example.com,mbo,2026-03-31,0.8,,good,Q1", "ann@example.com,mbo,2025-12-31,1,EUR,,"]
    apply(conn, tmp_path, ENTRIES, *rows)
    assert facts(conn).entries.drop("entry_id").rows() == [
        ("Q1", staff["ann"], "mbo", date(2026, 3, 31), Decimal("0.8"), None, "good")
    ]
    assert marked(conn, staff) == {"ann": date(2025, 12, 31)}


def test_an_entry_of_a_measure_that_no_plan_counts_is_told(
    conn: Connection, staff: dict[str, int], tmp_path: Path
) -> None:
    measure = Measure("mbo", "value", None, "on", Source.ENTRIES, Unit.NUMBER)
    component = Component("Objectives", measure, "revenue", Span.MONTH, FlatRate(Decimal(100)))
    apply_plans(conn, [plan_version(replace(PLAN, components=(component,)))], now=NOW)
    good, bad = "ann@example.com,mbo,2026-03-31,0.8,,,", "ann@example.com,mob,2026-03-31,0.8,,,"
    assert apply(conn, tmp_path, ENTRIES, good) == []
    [problem] = apply(conn, tmp_path, ENTRIES, good, bad)
    assert (problem.where, problem.severity) == (f"{tmp_path}/file.csv:3", "warning")
    assert (problem.field, problem.hint) == ("measure", "Did you mean 'mbo'?")


def test_activities_of_the_span_are_loaded_for_their_owner(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    sell(conn, acme)
    usual = {"type": "call", "owner_id": "u1", "done": True, "duration_minutes": Decimal(30), "deal_id": "d1"}
    rows = [
        {"id": "in", "happened_on": date(2026, 5, 5), **usual},
        {"id": "before", "happened_on": date(2025, 5, 5), **usual},
        {"id": "of bob", "happened_on": date(2026, 5, 5), **usual, "owner_id": "u2"},
    ]
    store_page(conn, acme, "activity", page("activity", *rows), now=NOW, seen_at=None, source="Task")
    loaded = facts(conn, staff["ann"]).activities.row(0, named=True)
    deal = conn.scalar(text("SELECT id FROM deal"))
    said = (loaded["item"], loaded["participant_id"], loaded["deal_id"], loaded["done"], loaded["duration_minutes"])
    assert said == ("in", staff["ann"], deal, True, 30)
    assert facts(conn, staff["ann"]).activities.height == 1


def test_all_payments_of_a_deal_are_loaded_with_it(
    conn: Connection, acme: int, staff: dict[str, int], tmp_path: Path
) -> None:
    sell(conn, acme)
    rows = ["d1,,2026-04-01,,,INV-1", "acme:d1,refund,2027-01-15,200.50,EUR,INV-2"]
    assert apply(conn, tmp_path, PAYMENTS, *rows) == []
    deal = conn.scalar(text("SELECT id FROM deal"))
    assert facts(conn, staff["ann"]).payments.drop("payment_id").rows() == [
        (deal, "INV-1", "payment", date(2026, 4, 1), None, None),
        (deal, "INV-2", "refund", date(2027, 1, 15), Decimal("200.50"), "EUR"),
    ]


def test_a_payment_brings_its_deal_into_the_span(
    conn: Connection, acme: int, staff: dict[str, int], tmp_path: Path
) -> None:
    sell(conn, acme)
    assert facts(conn, staff["ann"], year=2027).deals.is_empty()
    apply(conn, tmp_path, PAYMENTS, "d1,,2027-01-15,,,")
    assert facts(conn, staff["ann"], year=2027).deals["crm_id"].to_list() == ["d1"]


def test_a_deal_of_two_connections_has_to_be_named_with_one(
    conn: Connection, acme: int, globex: int, staff: dict[str, int], tmp_path: Path
) -> None:
    for connection in (acme, globex):
        sell(conn, connection)
    [problem] = apply(conn, tmp_path, PAYMENTS, "d1,,2026-04-01,1,,", "globex:d1,,2026-04-01,2,,")
    assert (problem.where, problem.severity) == (f"{tmp_path}/file.csv:2", "error")
    assert "several connections have a deal 'd1'" in problem.message
    loaded = facts(conn)
    assert loaded.payments["amount"].to_list() == [2]
    assert loaded.deals.filter(deal_id=loaded.payments["deal_id"][0])["connection"].to_list() == ["globex"]


def test_a_payment_marks_owner_and_shares_from_its_day_on(
    conn: Connection, acme: int, staff: dict[str, int], tmp_path: Path
) -> None:
    sell(conn, acme)
    replace_children(conn, acme, "deal_split", ["d1"], splits(split("s", "d1", "u2", "0.5")), now=NOW)
    marked(conn, staff)
    row = "d1,,2026-04-01,,,INV-1"
    apply(conn, tmp_path, PAYMENTS, row)
    assert marked(conn, staff) == dict.fromkeys(("ann", "bob"), date(2026, 4, 1))
    apply(conn, tmp_path, PAYMENTS, row)
    assert marked(conn, staff) == {}
    apply(conn, tmp_path, PAYMENTS)
    assert marked(conn, staff) == dict.fromkeys(("ann", "bob"), date(2026, 4, 1))


def test_a_changed_deal_marks_from_its_first_payment_on(
    conn: Connection, acme: int, staff: dict[str, int], tmp_path: Path
) -> None:
    sell(conn, acme)
    apply(conn, tmp_path, PAYMENTS, "d1,,2025-11-01,,,")
    marked(conn, staff)
    store_page(conn, acme, "deal", deals({"id": "d1", "amount": Decimal(5)}), now=NOW, seen_at=None)
    assert marked(conn, staff) == {"ann": date(2025, 11, 1)}


def test_line_items_are_loaded_with_their_deal_and_mark_its_owner(
    conn: Connection, acme: int, staff: dict[str, int], tmp_path: Path
) -> None:
    sell(conn, acme)
    rows = ["d1,1,Box,Device,3,19.99,", "d1,2,,Cloud,,,500"]
    assert apply(conn, tmp_path, ITEMS, *rows) == []
    deal = conn.scalar(text("SELECT id FROM deal"))
    assert facts(conn, staff["ann"]).items.drop("item_id").rows() == [
        (deal, "1", "Box", "Device", Decimal(3), Decimal("19.99"), Decimal("59.97")),
        (deal, "2", None, "Cloud", None, None, Decimal(500)),
    ]
    assert marked(conn, staff) == {"ann": date(2026, 3, 10)}


def test_a_row_waits_for_its_deal(conn: Connection, acme: int, staff: dict[str, int], tmp_path: Path) -> None:
    rows = ["d1,1,,,,,5", "globex:d1,2,,,,,5"]
    first, second = apply(conn, tmp_path, ITEMS, *rows)
    assert (first.severity, second.severity) == ("warning", "warning")
    assert "no connected CRM has a deal 'd1'; the row waits until one has." in first.message
    assert "there is no connection 'globex' yet" in second.message
    sell(conn, acme)
    assert facts(conn).items["item"].to_list() == ["1"]


def test_a_deal_credited_by_rule_marks_whoever_watches(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    conn.execute(text("INSERT INTO plan_version VALUES ('h', 'P', '{}', now())"))
    conn.execute(text("INSERT INTO plan (name, version, watches_deals) VALUES ('P', 'h', true)"))
    insert = "INSERT INTO plan_assignment (who, plan, starts_on, recorded_at) VALUES (:who, 'P', '2026-01-01', now())"
    conn.execute(text(insert), {"who": "cy@example.com"})
    store_page(conn, acme, "deal", deals({"id": "d1", "owner_id": "nobody"}), now=NOW, seen_at=None)
    assert marked(conn, staff) == {"cy": date(2026, 3, 10)}
    conn.execute(text(insert), {"who": "team:West"})
    replace_children(conn, acme, "deal_split", ["d1"], splits(split("s", "d1", "nobody", "1")), now=NOW)
    assert set(marked(conn, staff)) == {"ann", "bob", "cy"}


def test_a_quota_of_a_team_is_loaded_for_whoever_was_in_it(
    conn: Connection, staff: dict[str, int], tmp_path: Path
) -> None:
    rows = written(tmp_path, "email,starts_on,ends_on,amount", "team: West,2026-01-01,2026-03-31,90000")
    assert apply_quotas(conn, rows, now=NOW) == []
    quota = (None, "bookings", date(2026, 1, 1), date(2026, 3, 31), Decimal(90000), None, "West")
    assert facts(conn, staff["ann"]).quotas.rows() == [quota]
    assert facts(conn, staff["cy"]).quotas.is_empty()
    assert facts(conn).quotas.rows() == [quota]
    assert marked(conn, staff) == dict.fromkeys(("ann", "bob"), date(2026, 1, 1))


def test_a_team_nobody_is_in_is_told(conn: Connection, staff: dict[str, int], tmp_path: Path) -> None:
    paths = written(tmp_path, "email,starts_on,amount", "team:Wset,2026-01-01,1", "team:,2026-01-01,1")
    [problem] = apply_quotas(conn, paths, now=NOW)
    assert "'team:' names no team." in problem.message
    [problem] = apply_quotas(conn, written(tmp_path, "email,starts_on,amount", "team:Wset,2026-01-01,1"), now=NOW)
    assert (problem.severity, problem.hint) == ("warning", "Did you mean 'West'?")


@pytest.mark.parametrize(
    ("header", "rows", "problem"),
    [
        (ABSENCES, ["ann@example.com,2026-01-05,,"], "(ends_on): is empty."),
        (ABSENCES, ["ann@example.com,2026-01-05,2026-01-04,"], "2026-01-04 is before 2026-01-05"),
        (ABSENCES, ["a@b.c,2026-01-01,2026-01-05,", "a@b.c,2026-01-05,2026-01-09,"], "overlaps file.csv:2"),
        (ENTRIES, ["ann@example.com,,2026-01-05,1,,,"], "(measure): is empty."),
        (ENTRIES, ["ann@example.com,mbo,,1,,,"], "(on): is empty."),
        (ENTRIES, ["ann@example.com,mbo,2026-01-05,,,,"], "(value): is empty."),
        (ENTRIES, ["ann@example.com,mbo,2026-01-05,80 %,,,"], "(value): '80 %' is no number"),
        (ENTRIES, ["a@b.c,mbo,2026-01-05,1,,,", "a@b.c,mbo,2026-01-05,1,,,"], "the same row stands in file.csv:2."),
        (PAYMENTS, [",,2026-01-05,,,"], "(deal): is empty."),
        (PAYMENTS, ["acme:,,2026-01-05,,,"], "(deal): 'acme:' names no deal."),
        (PAYMENTS, ["d1,,2026-01-05,-5,,"], "(amount): -5 is below zero. Write what is paid back as a positive"),
        (PAYMENTS, ["d1,,2026-01-05,5,Euro,"], "(currency): 'Euro' is no currency."),
        (PAYMENTS, ["d1,,2026-01-05,5,,", "d1,payment,2026-01-05,5.00,,"], "the same row stands in file.csv:2."),
        (ITEMS, ["d1,,,,,,5"], "(item): is empty."),
        (ITEMS, ["d1,1,,,,,5", "d1,1,,,,,6"], "the same item of the same deal stands in file.csv:2."),
        (ITEMS, ["d1,1,,,0.0000000001,0.1,"], "(amount): 0.0000000001 x 0.1 cannot be kept exactly."),
        (ITEMS, [f"d1,1,,,{'9' * 20},{'9' * 20},"], "cannot be kept exactly."),
        (ITEMS, ["d1,1,,,x,5,"], "(quantity): 'x' is no number"),
    ],
)
def test_each_mistake_is_told_at_its_line_and_nothing_is_applied(
    conn: Connection, tmp_path: Path, header: str, rows: list[str], problem: str
) -> None:
    [said] = told(apply(conn, tmp_path, header, *rows), tmp_path)
    assert said.startswith("file.csv:")
    assert problem in said
    tables = ("absence", "entry", "payment", "deal_line")
    assert [conn.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables] == [0] * len(tables)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (ABSENCES, "ann@example.com,2026-01-05,2026-01-06,"),
        (ENTRIES, "ann@example.com,mbo,2026-01-05,0.80,EUR,,1"),
        (PAYMENTS, "acme:d1,,2026-01-05,5.0,,"),
        (ITEMS, "d1,1,Box,Device,2,3,"),
    ],
)
def test_the_same_file_again_changes_nothing(
    conn: Connection, acme: int, staff: dict[str, int], tmp_path: Path, header: str, row: str
) -> None:
    sell(conn, acme)
    apply(conn, tmp_path, header, row)
    assert set(marked(conn, staff)) == {"ann"}
    apply(conn, tmp_path, header, row)
    assert marked(conn, staff) == {}


def test_an_open_deals_items_matter_from_today_on(
    conn: Connection, acme: int, staff: dict[str, int], tmp_path: Path
) -> None:
    sell(conn, acme, status="open")
    apply(conn, tmp_path, ITEMS, "d1,1,,,,,5")
    assert marked(conn, staff) == {"ann": TODAY}


@pytest.mark.parametrize(
    ("header", "row", "action"),
    [
        (ABSENCES, "ann@example.com,2026-01-05,2026-01-06,", "absence.change"),
        (ENTRIES, "ann@example.com,mbo,2026-01-05,0.80,EUR,,1", "entry.change"),
    ],
)
def test_what_people_decide_is_noted_in_the_audit_log_once(
    conn: Connection, staff: dict[str, int], tmp_path: Path, header: str, row: str, action: str
) -> None:
    for _ in range(2):
        apply(conn, tmp_path, header, row)
    assert conn.scalars(text("SELECT action FROM audit_entry ORDER BY id")).all() == [action]
