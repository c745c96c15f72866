"""The generated year as HubSpot shows it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sandbox import sales
from sandbox.hubspot import build
from sandbox.options import SandboxOptions

from .conftest import Api

DEALS = "dealname,amount,arr,closedate,dealstage,pipeline,deal_currency_code,hubspot_owner_id,dealtype,hs_is_closed_won"


@pytest.fixture(scope="module")
def deals(hubspot_sandbox) -> list[dict]:
    caller = Api(hubspot_sandbox(deals=2_000, activities=0, users=15))
    caller.server.app.change_limits({"ten_seconds": 100_000})
    found = [
        record
        for page in caller.pages("/crm/v3/objects/deals", {"limit": 100, "properties": DEALS + ",hs_merged_object_ids"})
        for record in page["results"]
    ]
    caller.session.close()
    return found


def test_the_default_size_is_fifteen_users_three_thousand_deals_eight_thousand_activities() -> None:
    app = build(SandboxOptions(today=date(2026, 11, 23)))
    counted = app.account.store.db.execute("SELECT type, count(*) FROM record GROUP BY type")
    counts = dict(counted.fetchall())
    app.close()
    assert counts["users"] == 15
    assert 2_970 < counts["deals"] < 3_000  # a few are merged into others
    assert sum(counts[kind] for kind in ("calls", "emails", "meetings", "tasks")) == 8_000
    assert counts["goal_targets"] == 11 * 15  # who sells, for every month that is touched and two more


def test_the_same_options_make_the_same_records(hubspot_sandbox) -> None:
    pages = []
    for _ in range(2):
        caller = Api(hubspot_sandbox(deals=100))
        pages.append(caller.get("/crm/v3/objects/deals", {"limit": 100, "properties": DEALS}).ok()["results"])
        caller.session.close()
    assert pages[0] == pages[1]


def test_merged_deals_are_gone_and_named_by_the_winner(deals) -> None:
    staff = sales.people(7, 15, 3, datetime(2025, 11, 23).date(), datetime(2026, 11, 23).date(), company="hubspot")
    generated = sales.sales(7, 2_000, staff, datetime(2025, 11, 23).date(), datetime(2026, 11, 23).date())
    merged = [sale for sale in generated if sale.merged_into is not None]
    assert merged
    shown = {int(deal["id"]): deal["properties"]["hs_merged_object_ids"] for deal in deals}
    for sale in merged:
        assert 9_999_990_001 + 13 * sale.index not in shown
        assert str(9_999_990_001 + 13 * sale.index) in shown[9_999_990_001 + 13 * sale.merged_into].split(";")


def test_deals_of_renewals_stand_in_the_second_pipeline(deals) -> None:
    places = {(deal["properties"]["dealtype"], deal["properties"]["pipeline"]) for deal in deals}
    assert places == {("newbusiness", "default"), ("existingbusiness", "default"), ("renewal", "131071423")}


def test_late_closings_are_the_next_day_in_utc(deals) -> None:
    zone, shifted = ZoneInfo("America/New_York"), 0
    for deal in deals:
        moment = datetime.fromisoformat(deal["properties"]["closedate"])
        shifted += moment.date() != moment.astimezone(zone).date()
    assert 0.05 < shifted / len(deals) < 0.4


@pytest.mark.parametrize(
    ("name", "is_it"),
    [
        ("amount", lambda value: value is None),
        ("amount", lambda value: value is not None and Decimal(value) % 1 != 0),
        ("arr", lambda value: value is None),
        ("hubspot_owner_id", lambda value: value is None),
        ("deal_currency_code", lambda value: value == "JPY"),
        ("dealname", lambda value: any(ord(letter) > 0x3000 for letter in value)),
        ("hs_is_closed_won", lambda value: value == "true"),
    ],
)
def test_the_year_has_what_real_accounts_have(deals, name, is_it) -> None:
    assert sum(is_it(deal["properties"][name]) for deal in deals) > 2


def test_hundreds_of_deals_share_a_stamp(deals) -> None:
    stamps = [deal["updatedAt"] for deal in deals]
    assert max(stamps.count(stamp) for stamp in set(stamps)) > 200


def test_a_goal_names_its_assignee_by_user_id_and_ends_where_the_next_month_begins(api) -> None:
    names = "hs_goal_name,hs_target_amount,hs_start_datetime,hs_end_datetime,hs_assignee_user_id,hubspot_owner_id"
    goals = api.get("/crm/v3/objects/goal_targets", {"properties": names, "limit": 2}).ok()["results"]
    first, second = (goal["properties"] for goal in goals)
    assert first["hs_start_datetime"] == "2025-11-01T00:00:00.000Z"
    assert first["hs_end_datetime"] == second["hs_start_datetime"] == "2025-12-01T00:00:00.000Z"
    assert Decimal(first["hs_target_amount"]) > 0
    owner = api.get(f"/crm/v3/owners/{first['hubspot_owner_id']}").ok()
    assert first["hs_assignee_user_id"] == str(owner["userId"])


def test_meetings_end_after_their_duration(api) -> None:
    names = {"properties": "hs_timestamp,hs_meeting_start_time,hs_meeting_end_time", "limit": 100}
    meetings = api.get("/crm/v3/objects/meetings", names).ok()["results"]
    assert meetings
    for record in meetings:
        values = record["properties"]
        assert values["hs_timestamp"] == values["hs_meeting_start_time"] <= values["hs_meeting_end_time"]


def test_many_callers_at_once_lose_nothing(server, api) -> None:
    deals = [api.make_deal() for _ in range(8)]

    def write(deal: str) -> None:
        caller = Api(server)
        for number in range(10):
            caller.patch(f"/crm/v3/objects/deals/{deal}", {"properties": {"amount": str(number)}}).ok()
        caller.session.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, deals))
    assert {api.read_deal(deal, "amount")["properties"]["amount"] for deal in deals} == {"9"}


def test_closing_removes_the_records_from_the_disk() -> None:
    app = build(SandboxOptions(deals=10, activities=0))
    path = Path(app.account.store.db.execute("PRAGMA database_list").fetchone()[2])
    assert path.exists()
    app.close()
    assert not path.parent.exists()


@pytest.mark.parametrize("options", [{"deals": 0}, {"activities": 0}, {"users": 1}, {"deals": 0, "activities": 5}])
def test_small_accounts_work(options) -> None:
    app = build(SandboxOptions(**{"deals": 5, "activities": 5, "users": 3, **options}))
    assert app.account.store.page("users", 0, 10, archived=False)
    app.close()
