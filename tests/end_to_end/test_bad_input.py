"""What bad input gets: a message that names the place and the next step; never a traceback, never a wrong number."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from attain.wiring import DEFAULT_MAPPINGS
from tests.end_to_end.office import Office, control, query

OVERLAPPING = """
name = "Flat"
currency = "USD"

[[components]]
name = "Sales"
accumulate = "month"
tier_mode = "marginal"
tier_by = "amount"
tiers = [
    { from = 0, to = 20000, rate = "4 %" },
    { from = 10000, rate = "6 %" },
]
"""


@pytest.mark.parametrize(
    ("connection", "key", "value", "named", "hint"),
    [
        ("acme", "client_secret", "wrong", "acme", "client_secret"),  # Salesforce refuses the sign-in
        ("hub", "access_token", "pat-wrong", "hub", "access_token"),  # HubSpot refuses the token
        ("acme", "instance_url", "http://127.0.0.1:9", "acme", "instance_url"),  # nobody listens there
        ("hub", "base_url", "http://127.0.0.1:9", "hub", "base_url"),
    ],
)
def test_a_connection_that_cannot_be_had_says_which_and_what_to_do(
    office: Office, connection: str, key: str, value: str, named: str, hint: str
) -> None:
    office.settings = {connection: {key: value}}
    office.furnish()
    said = office.run("check")
    assert said.code == 1
    assert named in said.err
    assert hint in said.err
    assert "Traceback" not in said.err
    if "secret" in key or "token" in key:
        assert value not in said.err + said.out


def test_the_other_connection_goes_on_when_one_cannot_be_had(office: Office) -> None:
    office.run("provision")
    office.settings = {"hub": {"access_token": "pat-wrong"}}
    office.furnish()
    said = office.run("sync", "--json")
    assert said.code != 0
    done = {(step["connection"], step["step"]): step["state"] for step in said.document["steps"]}
    assert done["acme", "pull"] == done["acme", "write-back"] == "done"
    assert any("hub" in problem["where"] for problem in said.document["problems"])


def test_a_mapped_field_that_is_not_there_is_named_with_its_line_and_the_nearest(salesforce_office: Office) -> None:
    line = _mapping(salesforce_office, 'close_date = "CloseDate"', 'close_date = "ClosDate"')
    said = salesforce_office.run("mapping", "check")
    assert said.code == 1
    assert f"mapping.toml:{line}" in said.err
    assert "CloseDate" in said.err


def test_a_mapped_field_that_is_not_there_stops_its_object_and_what_follows_from_it(salesforce_office: Office) -> None:
    salesforce_office.run("provision")
    _mapping(salesforce_office, 'close_date = "CloseDate"', 'close_date = "ClosDate"')
    said = salesforce_office.run("sync", "--json")
    assert said.code == 1
    read = {row["object_name"] for step in said.document["steps"] for row in step["pulled"]}
    assert "Opportunity" not in read
    assert "User" in read
    assert [step["step"] for step in said.document["steps"]] == ["pull"]


def test_a_plan_with_overlapping_tiers_is_refused_with_its_line_and_nothing_is_calculated(
    salesforce_office: Office,
) -> None:
    salesforce_office.run("pull")
    replace(salesforce_office, plan=OVERLAPPING).furnish()
    said = salesforce_office.run("calculate")
    assert said.code == 1
    assert "flat.toml:12" in said.err
    assert "overlap" in said.err
    assert "people calculated" not in said.out


def test_a_quota_for_nobody_is_named_with_its_line(salesforce_office: Office) -> None:
    salesforce_office.run("pull")
    known = query(salesforce_office.salesforce, "SELECT Email FROM User ORDER BY Id LIMIT 1")[0]["Email"]
    quotas = f"email,measure,starts_on,ends_on,amount,currency\n{known[1:]},bookings,2026-01-01,2026-12-31,1000,USD\n"
    replace(salesforce_office, quotas=quotas).furnish()
    said = salesforce_office.run("calculate")
    assert "quotas.csv:2" in said.err
    assert known in said.err  # the nearest


def test_a_deal_without_amount_is_named_and_never_counted_as_zero(salesforce_office: Office) -> None:
    salesforce_office.run("provision")
    deal = _won(salesforce_office)
    values = {"Amount": None, "ARR__c": None}
    control(salesforce_office.salesforce, "PATCH", f"records/Opportunity/{deal}", {"values": values})
    said = salesforce_office.run("sync")
    assert f"acme deal {deal}" in said.err
    assert "amount is empty" in said.err
    assert _commission(salesforce_office, deal) is None


def test_an_amount_that_is_no_number_is_named_and_the_deal_is_not_paid(salesforce_office: Office) -> None:
    salesforce_office.run("provision")
    _mapping(salesforce_office, 'amount = "Amount"', 'amount = "NextStep"')
    deal = _won(salesforce_office)
    control(salesforce_office.salesforce, "PATCH", f"records/Opportunity/{deal}", {"values": {"NextStep": "1,5oo"}})
    said = salesforce_office.run("sync")
    assert "in these records: `attain status` names them" in said.out
    problems = salesforce_office.run("status", "--json").document["problems"]
    found = [problem for problem in problems if deal in problem["where"] and problem["field"] == "amount"]
    assert found
    assert "1,5oo" in found[0]["message"]
    assert _commission(salesforce_office, deal) is None


def test_a_currency_without_a_rate_stops_that_deal_alone(salesforce_office: Office) -> None:
    salesforce_office.run("provision")
    deal, other = _won(salesforce_office), _won(salesforce_office, skip=1)
    values = {"CurrencyIsoCode": "JPY"}
    control(salesforce_office.salesforce, "PATCH", f"records/Opportunity/{deal}", {"values": values})
    said = salesforce_office.run("sync")
    assert said.code == 1
    assert f"acme deal {deal}" in said.err
    assert "JPY" in said.err
    assert _commission(salesforce_office, deal) is None
    assert Decimal(str(_commission(salesforce_office, other))) > 0


def test_an_unknown_setting_names_the_nearest(salesforce_office: Office) -> None:
    config = salesforce_office.folder / "config.toml"
    config.write_text(config.read_text().replace("client_id", "client_idd"))
    said = salesforce_office.run("check")
    assert said.code == 1
    assert "client_idd" in said.err
    assert "'client_id'" in said.err


def _mapping(office: Office, before: str, after: str) -> int:
    """Give the connection a mapping of its own with one line changed; which line that is."""
    text = (DEFAULT_MAPPINGS / "salesforce.toml").read_text(encoding="utf-8")
    assert before in text
    changed = text.replace(before, after)
    Path(office.folder / "mapping.toml").write_text(changed, encoding="utf-8")
    office.settings = {"acme": {"mapping": "mapping.toml"}}
    office.furnish()
    return changed[: changed.index(after)].count("\n") + 1


def _won(office: Office, skip: int = 0) -> str:
    split = {row["OpportunityId"] for row in query(office.salesforce, "SELECT OpportunityId FROM OpportunitySplit")}
    rows = query(
        office.salesforce,
        "SELECT Id FROM Opportunity WHERE IsWon = true AND Amount > 0 AND CurrencyIsoCode = 'USD' "
        "AND IsDeleted = false AND CloseDate < TODAY ORDER BY Id",
    )
    return str([row["Id"] for row in rows if row["Id"] not in split][skip])


def _commission(office: Office, deal: str) -> object:
    rows = query(office.salesforce, f"SELECT Attain_Commission__c FROM Opportunity WHERE Id = '{deal}'")
    return rows[0]["Attain_Commission__c"]
