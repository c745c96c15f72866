"""What the generated org holds."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from sandbox.options import SandboxOptions
from sandbox.salesforce import build
from sandbox.wire import App
from tests.fixtures.sandbox import Start
from tests.sandbox.salesforce.rest import Rest

SOQL = "SELECT FIELDS(ALL) FROM Opportunity ORDER BY Id LIMIT 200"


@pytest.fixture(scope="module")
def org(salesforce_sandbox: Start) -> Rest:
    return Rest(salesforce_sandbox(deals=1000, activities=300, users=40).url)


def test_the_same_seed_makes_the_same_org(salesforce_sandbox: Start) -> None:
    first, second, other = (Rest(salesforce_sandbox(seed=seed).url).query(SOQL) for seed in (1, 1, 2))
    assert first == second != other


def test_the_sizes_are_the_ones_asked_for(org: Rest) -> None:
    assert org.ask("SELECT COUNT() FROM Opportunity", "queryAll").json()["totalSize"] == 1000
    assert org.ask("SELECT COUNT() FROM User").json()["totalSize"] == 40 + 1  # and the integration user
    kinds = [org.ask(f"SELECT COUNT() FROM {name}", "queryAll").json()["totalSize"] for name in ("Task", "Event")]
    assert sum(kinds) == 300
    assert min(kinds) > 0


def test_people_have_teams_roles_and_managers(org: Rest) -> None:
    people = org.query("SELECT Department, UserRole.Name, Manager.Title, ManagerId FROM User WHERE Department != null")
    assert len({one["Department"] for one in people}) == 5
    assert sum(one["ManagerId"] is None for one in people) == 1
    led = [one for one in people if one["ManagerId"]]
    assert all(one["UserRole"]["Name"] == one["Department"] for one in led)


def test_some_people_have_left_and_kept_their_deals(org: Rest) -> None:
    assert org.query("SELECT Id FROM Opportunity WHERE Owner.IsActive = false LIMIT 1")


def test_deals_are_what_real_ones_are(org: Rest) -> None:
    deals = org.query("SELECT Amount, ARR__c, CurrencyIsoCode, Type, Name, IsDeleted FROM Opportunity", "queryAll")
    assert {one["CurrencyIsoCode"] for one in deals} == {"USD", "EUR", "GBP", "JPY"}
    assert {one["Type"] for one in deals} == {"New Business", "Existing Business", "Renewal"}
    assert any(one["Amount"] is None for one in deals)
    assert any(one["ARR__c"] is None for one in deals)
    assert any(one["IsDeleted"] for one in deals)
    assert any(not one["Name"].isascii() for one in deals)


def test_bulk_updates_left_equal_stamps(org: Rest) -> None:
    stamps = Counter(one["SystemModstamp"] for one in org.query("SELECT SystemModstamp FROM Opportunity", "queryAll"))
    assert max(stamps.values()) >= 200


def test_the_shares_of_a_split_deal_add_up(org: Rest) -> None:
    groups = org.query("SELECT OpportunityId, SUM(SplitPercentage) s FROM OpportunitySplit GROUP BY OpportunityId")
    assert {one["s"] for one in groups} == {100.0}


def test_quotas_belong_to_sellers_and_months(org: Rest) -> None:
    quotas = org.query("SELECT QuotaOwner.Email, QuotaAmount, StartDate, Period.StartDate FROM ForecastingQuota")
    assert quotas
    assert all(one["StartDate"] == one["Period"]["StartDate"] and one["QuotaAmount"] > 0 for one in quotas)


def test_rates_cover_every_day_and_yen_has_none(org: Rest) -> None:
    rates = org.query(
        "SELECT IsoCode, ConversionRate, StartDate, NextStartDate FROM DatedConversionRate ORDER BY StartDate"
    )
    assert {one["IsoCode"] for one in rates} == {"EUR", "GBP"}
    euros = [one for one in rates if one["IsoCode"] == "EUR"]
    assert euros[0]["NextStartDate"] == euros[1]["StartDate"]


def test_no_stamp_lies_in_the_future(org: Rest) -> None:
    assert org.query("SELECT Id FROM Opportunity WHERE SystemModstamp > TODAY", "queryAll") == []


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 11, 23), "2025-11-23"),
        (date(2024, 2, 29), "2023-02-28"),  # there was no 29th the year before
    ],
)
def test_the_year_ends_on_the_day_asked_for(today: date, first: str) -> None:
    app: App = build(SandboxOptions(deals=5, activities=5, users=8, today=today))
    try:
        assert app.clock.today() == today
        assert app.read("Organization", "00DKj0000000001").get("CreatedDate", "").startswith(first)
    finally:
        app.close()
