"""The facts of a calculation: who asked, what they own or share, and everything that needs."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Connection, text

from spm.calendar import periods
from spm.frames import ASSIGNMENTS, DEALS, FX_RATES, MONEY, PARTICIPANTS, QUOTAS, SPLITS, Facts
from spm.store.facts import mark_gone, replace_children, store_page
from spm.store.inputs import load_facts
from tests.spm.store.pages import NOW, deals, page, people, person, split, splits

CALENDAR = periods(1, 2026, 2026)
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def staff(conn: Connection, acme: int) -> dict[str, int]:
    rows = [person("ann@example.com", "u1", team="West"), person("bob@example.com", "u2", team="East")]
    store(conn, acme, "participant", people(*rows))
    found = conn.execute(text("SELECT left(email, 3), id FROM participant"))
    return {row[0]: row[1] for row in found}


def store(conn: Connection, connection: int, entity: str, frame: pl.DataFrame, source: str = "") -> None:
    store_page(conn, connection, entity, frame, now=NOW, seen_at=None, source=source)


def load(conn: Connection, *participants: int) -> Facts:
    return load_facts(conn, participants or None, YEAR, CALENDAR)


def ids(facts: Facts) -> list[str]:
    return facts.deals["crm_id"].sort().to_list()


def assign(conn: Connection, who: str, plan: str, starts_on: date, ends_on: date | None = None) -> None:
    values = {"who": who, "plan": plan, "starts_on": starts_on, "ends_on": ends_on, "now": NOW}
    columns = "who, plan, starts_on, ends_on, recorded_at"
    conn.execute(
        text(f"INSERT INTO plan_assignment ({columns}) VALUES (:who, :plan, :starts_on, :ends_on, :now)"), values
    )


def test_every_frame_has_its_schema_also_without_rows(conn: Connection, acme: int) -> None:
    facts = load(conn)
    assert dict(facts.participants.schema) == PARTICIPANTS
    assert dict(facts.quotas.schema) == QUOTAS
    assert dict(facts.assignments.schema) == ASSIGNMENTS
    assert dict(facts.fx_rates.schema) == FX_RATES
    assert dict(facts.deals.schema) == {**DEALS, "owner_id": pl.String}
    assert dict(facts.splits.schema) == {**SPLITS, "owner_id": pl.String}


def test_a_deal_comes_with_every_field(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    said = {
        "name": 'He said "yes", twice\nand left',
        "account": "",
        "amount": Decimal("-1234.0000000001"),
        "currency": "USD",
        "close_date": date(2026, 3, 10),
        "stage": None,
        "status": "won",
        "deal_type": "Renewal",
        "probability": Decimal("0.25"),
        "created_at": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    }
    store(conn, acme, "deal", deals({"id": "d1", **said}))
    row = load(conn).deals.row(0, named=True)
    assert {name: row[name] for name in said} == said
    assert (row["connection"], row["crm_id"], row["owner_participant_id"]) == ("acme", "d1", staff["ann"])


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (pl.String, "EMEA"),
        (pl.String, ""),
        (MONEY, Decimal("0.0000000001")),
        (MONEY, Decimal(-(10**27))),
        (pl.Date, date(2026, 2, 28)),
        (pl.Datetime("us", "UTC"), datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)),
        (pl.Boolean, True),
        (pl.Boolean, False),
    ],
)
def test_an_own_field_comes_back_in_its_type(conn: Connection, acme: int, dtype: Any, value: object) -> None:
    store(conn, acme, "deal", deals({"id": "d1", "own": value}, {"id": "d2"}, own=dtype))
    column = load(conn).deals.sort("crm_id")["own"]
    assert column.dtype == dtype
    assert column.to_list() == [value, None]


def test_a_value_of_an_earlier_kind_reads_as_none_until_it_is_read_again(conn: Connection, acme: int) -> None:
    store(conn, acme, "deal", deals({"id": "old", "own": "many"}, own=pl.String))
    store(conn, acme, "deal", deals({"id": "new", "own": Decimal(3)}, own=MONEY))
    assert load(conn).deals.sort("crm_id")["own"].to_list() == [Decimal(3), None]


def test_two_kinds_of_one_name_are_read_as_text(conn: Connection, acme: int, globex: int) -> None:
    store(conn, acme, "deal", deals({"id": "d1", "own": "many"}, own=pl.String))
    store(conn, globex, "deal", deals({"id": "d2", "own": True}, own=pl.Boolean))
    assert load(conn).deals.sort("crm_id")["own"].to_list() == ["many", "true"]


@pytest.mark.parametrize(
    ("row", "loaded"),
    [
        ({}, True),
        ({"close_date": date(2026, 1, 1)}, True),
        ({"close_date": date(2026, 12, 31)}, True),
        ({"close_date": date(2025, 12, 31)}, False),
        ({"close_date": date(2027, 1, 1)}, False),
        ({"close_date": date(2028, 1, 1), "status": "open"}, True),
        ({"close_date": None}, True),  # the calculation says that it lacks a day
        ({"status": "lost"}, True),
    ],
)
def test_deals_of_the_span_and_open_ones_are_loaded(
    conn: Connection, acme: int, staff: dict[str, int], row: dict[str, Any], loaded: bool
) -> None:
    store(conn, acme, "deal", deals({"id": "d1", **row}))
    assert ids(load(conn, staff["ann"])) == (["d1"] if loaded else [])


def test_a_day_of_the_mappings_own_brings_a_deal_into_the_span(
    conn: Connection, acme: int, staff: dict[str, int]
) -> None:
    row = {"id": "d1", "close_date": date(2025, 12, 1), "invoiced_on": date(2026, 1, 15)}
    store(conn, acme, "deal", deals(row, invoiced_on=pl.Date))
    assert ids(load(conn, staff["ann"])) == ["d1"]


def test_gone_deals_are_not_loaded(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "deal", deals({"id": "d1"}))
    mark_gone(conn, acme, "deal", ["d1"], now=NOW)
    assert ids(load(conn)) == []


def test_one_person_gets_what_they_own_or_share_with_everybodys_shares(
    conn: Connection, acme: int, staff: dict[str, int]
) -> None:
    store(conn, acme, "deal", deals({"id": "mine"}, {"id": "his", "owner_id": "u2"}, {"id": "ours", "owner_id": "u2"}))
    shares = splits(split("s1", "ours", "u1", "0.3"), split("s2", "ours", "u2", "0.6"), split("s3", "ours", "x", "0.1"))
    replace_children(conn, acme, "deal_split", ["ours"], shares, now=NOW)
    facts = load(conn, staff["ann"])
    assert ids(facts) == ["mine", "ours"]
    assert facts.splits["share"].sum() == 1
    assert facts.splits["participant_id"].to_list() == [staff["ann"], staff["bob"], None]
    assert facts.participants["participant_id"].to_list() == [staff["ann"]]


def test_everybody_asked_for_brings_deals_of_nobody_too(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "deal", deals({"id": "d1", "owner_id": "left long ago"}))
    deal = load(conn).deals.row(0, named=True)
    assert (deal["owner_participant_id"], deal["owner_id"]) == (None, "left long ago")


def test_deals_of_a_user_who_is_gone_stay_theirs(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "deal", deals({"id": "d1"}))
    mark_gone(conn, acme, "participant", ["u1"], now=NOW)
    assert load(conn).deals["owner_participant_id"].to_list() == [staff["ann"]]


def test_an_owner_id_named_twice_credits_once(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "participant", people({**person("cy@example.com", "u1"), "id": "another record"}))
    mark_gone(conn, acme, "participant", ["another record"], now=NOW)
    store(conn, acme, "deal", deals({"id": "d1"}))
    assert load(conn).deals["owner_participant_id"].to_list() == [staff["ann"]]


def quota(owner: str, **more: Any) -> pl.DataFrame:
    row = {"id": f"q {owner}", "owner_id": owner, "starts_on": date(2026, 2, 1), "amount": Decimal(500), **more}
    return page("quota", row)


def test_a_quota_without_measure_and_end_is_bookings_of_a_month(
    conn: Connection, acme: int, staff: dict[str, int]
) -> None:
    store(conn, acme, "quota", quota("u1"))
    row = load(conn, staff["ann"]).quotas.row(0, named=True)
    assert (row["measure"], row["starts_on"], row["ends_on"]) == ("bookings", date(2026, 2, 1), date(2026, 2, 28))


def test_quotas_outside_the_span_or_of_others_are_not_loaded(
    conn: Connection, acme: int, staff: dict[str, int]
) -> None:
    store(conn, acme, "quota", quota("u1", starts_on=date(2025, 11, 1)))
    store(conn, acme, "quota", quota("u2"))
    store(conn, acme, "quota", quota("nobody"))
    assert load(conn, staff["ann"]).quotas.is_empty()
    assert load(conn).quotas["participant_id"].to_list() == [staff["bob"]]


def test_a_quota_from_a_file_stands_in_the_place_of_the_crms(
    conn: Connection, acme: int, staff: dict[str, int]
) -> None:
    store(conn, acme, "quota", quota("u1"))
    store(conn, acme, "quota", quota("u1", id="march", starts_on=date(2026, 3, 1)))
    conn.execute(
        text("""INSERT INTO quota (source, email, measure, starts_on, ends_on, amount, recorded_at)
                VALUES ('csv', 'ann@example.com', 'bookings', '2026-02-15', '2026-02-28', 900, :now)"""),
        {"now": NOW},
    )
    loaded = load(conn, staff["ann"]).quotas
    assert loaded["amount"].to_list() == [Decimal(900), Decimal(500)]  # February told by hand, March by the CRM


def test_the_particular_assignment_counts_before_the_general(
    conn: Connection, acme: int, staff: dict[str, int]
) -> None:
    assign(conn, "*", "All", date(2026, 1, 1))
    assign(conn, "team:West", "West", date(2026, 4, 1), date(2026, 9, 30))
    assign(conn, "ann@example.com", "Ann", date(2026, 6, 1), date(2026, 6, 30))
    assert load(conn, staff["ann"]).assignments.rows() == [
        (staff["ann"], "All", date(2026, 1, 1), date(2026, 3, 31)),
        (staff["ann"], "West", date(2026, 4, 1), date(2026, 5, 31)),
        (staff["ann"], "Ann", date(2026, 6, 1), date(2026, 6, 30)),
        (staff["ann"], "West", date(2026, 7, 1), date(2026, 9, 30)),
        (staff["ann"], "All", date(2026, 10, 1), None),
    ]
    assert load(conn, staff["bob"]).assignments.rows() == [(staff["bob"], "All", date(2026, 1, 1), None)]


def test_an_assignment_hidden_on_all_its_days_is_none(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    assign(conn, "ann@example.com", "Ann", date(2026, 1, 1))
    assign(conn, "team:West", "West", date(2026, 1, 1), date(2026, 9, 30))
    assert load(conn, staff["ann"]).assignments["plan"].to_list() == ["Ann"]


def rate(id: str, currency: str, value: str, base: str | None = None, starts_on: date | None = None) -> dict[str, Any]:  # noqa: A002
    return {"id": id, "currency": currency, "rate": Decimal(value), "base": base, "starts_on": starts_on}


def test_a_crm_that_does_not_name_its_currency_means_the_one_at_1(conn: Connection, acme: int) -> None:
    store(conn, acme, "fx_rate", page("fx_rate", rate("1", "USD", "1"), rate("2", "EUR", "0.9")), "CurrencyType")
    assert load(conn).fx_rates.rows() == [("USD", "EUR", Decimal("0.9"), None)]


def test_where_two_currencies_are_at_1_nothing_is_guessed(conn: Connection, acme: int) -> None:
    rates = page("fx_rate", rate("1", "USD", "1"), rate("2", "BSD", "1"), rate("3", "EUR", "0.9"))
    store(conn, acme, "fx_rate", rates, "CurrencyType")
    assert load(conn).fx_rates.is_empty()


def test_dated_rates_stand_beside_the_rate_for_always(conn: Connection, acme: int) -> None:
    store(conn, acme, "fx_rate", page("fx_rate", rate("1", "EUR", "0.9", "USD")), "CurrencyType")
    dated = page("fx_rate", rate("1", "EUR", "0.8", "USD", date(2026, 5, 1)))
    store(conn, acme, "fx_rate", dated, "DatedConversionRate")
    assert load(conn).fx_rates["rate"].sort().to_list() == [Decimal("0.8"), Decimal("0.9")]


def test_rates_of_two_accounts_are_never_mixed(conn: Connection, acme: int, globex: int) -> None:
    store(conn, globex, "fx_rate", page("fx_rate", rate("1", "EUR", "0.8", "USD"), rate("2", "GBP", "0.7", "USD")))
    store(conn, acme, "fx_rate", page("fx_rate", rate("1", "EUR", "0.9", "USD")))
    assert load(conn).fx_rates.select("currency", "rate").rows() == [("EUR", Decimal("0.9")), ("GBP", Decimal("0.7"))]


def test_rates_of_two_accounts_are_not_mixed_where_one_turns_the_pair_round(
    conn: Connection, acme: int, globex: int
) -> None:
    store(conn, globex, "fx_rate", page("fx_rate", rate("1", "USD", "1.25", "EUR")))
    store(conn, acme, "fx_rate", page("fx_rate", rate("1", "EUR", "0.9", "USD")))
    assert load(conn).fx_rates.rows() == [("USD", "EUR", Decimal("0.9"), None)]


def test_a_rate_from_a_file_stands_also_in_the_place_of_the_pair_turned_round(conn: Connection, acme: int) -> None:
    store(conn, acme, "fx_rate", page("fx_rate", rate("1", "USD", "1.25", "EUR")))
    conn.execute(
        text(
            "INSERT INTO fx_rate (source, crm_id, base, currency, rate, recorded_at)"
            " VALUES ('rates.csv', '1', 'USD', 'EUR', 0.5, now())"
        )
    )
    assert load(conn).fx_rates.rows() == [("USD", "EUR", Decimal("0.5"), None)]


@pytest.mark.parametrize("value", ["0", "-1"])
def test_a_rate_that_is_none_is_left_out(conn: Connection, acme: int, value: str) -> None:
    store(conn, acme, "fx_rate", page("fx_rate", rate("1", "EUR", value, "USD")))
    assert load(conn).fx_rates.is_empty()


def test_batches_bring_together_what_everybody_brings(conn: Connection, acme: int, staff: dict[str, int]) -> None:
    store(conn, acme, "deal", deals({"id": "d1"}, {"id": "d2", "owner_id": "u2"}))
    batches = pl.concat([load(conn, number).deals for number in staff.values()]).sort("deal_id")
    assert batches.equals(load(conn).deals)


def test_the_session_may_write_days_in_any_style(conn: Connection, acme: int) -> None:
    conn.execute(text("SET LOCAL datestyle = 'German'"))
    conn.execute(text("SET LOCAL timezone = 'Asia/Kolkata'"))
    store(conn, acme, "deal", deals({"id": "d1", "created_at": NOW}))
    row = load(conn).deals.row(0, named=True)
    assert (row["close_date"], row["created_at"]) == (date(2026, 3, 10), NOW)
