"""The way of a user, command by command, against both sandboxes over HTTP."""

from __future__ import annotations

from decimal import Decimal

import requests

from tests.end_to_end.office import Office, control, counts, query


def test_from_an_empty_database_to_figures_in_both_crms(office: Office) -> None:
    assert office.run("provision").code == 0
    done = office.run("sync", "--json")
    written = {row["object_name"]: row for step in done.document["steps"] for row in step["written"]}
    assert all(row["confirmed"] == row["wanted"] > 0 for row in written.values())
    assert set(written) == {"Opportunity", "User", "deals", "users"}


def test_what_the_crm_holds_is_a_tenth_of_what_was_won(office: Office) -> None:
    office.run("provision")
    office.run("sync")
    won = "SELECT Amount, ARR__c, Attain_Commission__c, CurrencyIsoCode FROM Opportunity"
    rows = query(office.salesforce, f"{won} WHERE IsWon = true AND CurrencyIsoCode = 'USD' AND IsDeleted = false")
    split = {row["OpportunityId"] for row in query(office.salesforce, "SELECT OpportunityId FROM OpportunitySplit")}
    paid = [row for row in rows if row["Amount"] and row["attributes"]["url"].rsplit("/", 1)[1] not in split]
    assert paid
    for row in paid:
        expected = (Decimal(str(row["Amount"])) / 10).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        assert Decimal(str(row["Attain_Commission__c"])) == expected, row


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(office: Office) -> None:
    office.run("provision")
    before = counts(office.salesforce), counts(office.hubspot)
    said = office.run("sync", "--dry-run")
    after = counts(office.salesforce), counts(office.hubspot)
    assert "Would be written" in said.out
    assert "Attain_Commission__c" in said.out
    for earlier, later in zip(before, after, strict=True):
        assert later.get("collections", 0) == earlier.get("collections", 0)
        assert later.get("composite", 0) == earlier.get("composite", 0)
        assert later.get("batch_update", 0) == earlier.get("batch_update", 0)


def test_nothing_new_means_no_write_call(office: Office) -> None:
    office.run("provision")
    office.run("sync")
    for url in (office.salesforce, office.hubspot):
        control(url, "DELETE", "requests")
    said = office.run("sync", "--json")
    assert said.document["calculated"]["participants"] == 0
    used = {**counts(office.salesforce), **counts(office.hubspot)}
    assert not {"collections", "composite", "batch_update", "update"} & set(used), used


def test_a_changed_deal_recalculates_its_owner_alone(office: Office) -> None:
    office.run("provision")
    office.run("sync")
    deal = _open_deal(office)
    control(office.salesforce, "PATCH", f"records/Opportunity/{deal['Id']}", _won())
    done = office.run("sync", "--json").document
    assert done["calculated"]["participants"] == 1
    changed = {row["object_name"]: row["changed"] for step in done["steps"] for row in step["pulled"]}
    assert changed["Opportunity"] == 1
    held = query(office.salesforce, f"SELECT Attain_Credited__c FROM Opportunity WHERE Id = '{deal['Id']}'")
    assert held[0]["Attain_Credited__c"] == deal["Amount"]


def test_a_deleted_deal_is_no_longer_paid(office: Office) -> None:
    office.run("provision")
    office.run("sync")
    deal = query(
        office.salesforce,
        "SELECT Id, Owner.Email, CloseDate, Attain_Commission__c FROM Opportunity "
        "WHERE IsWon = true AND Attain_Commission__c > 0 ORDER BY Id LIMIT 1",
    )[0]
    period = deal["CloseDate"][:7]
    before = office.run("explain", deal["Owner"]["Email"], period, "--json").document
    control(office.salesforce, "DELETE", f"records/Opportunity/{deal['Id']}")
    office.run("sync")
    after = office.run("explain", deal["Owner"]["Email"], period, "--json").document
    lost = Decimal(before["payout"]) - Decimal(after["payout"])
    assert lost == Decimal(str(deal["Attain_Commission__c"]))


def test_a_deleted_goal_is_no_longer_a_quota(office: Office) -> None:
    office.run("provision")
    office.run("sync")
    headers, path = {"Authorization": "Bearer pat-sandbox-0000"}, "/crm/objects/2026-09/goal_targets"
    listed = requests.get(f"{office.hubspot}{path}", params={"limit": 1}, headers=headers, timeout=30).json()
    control(office.hubspot, "DELETE", f"records/goal_targets/{listed['results'][0]['id']}")
    done = office.run("sync", "--json").document
    assert {row["object_name"]: row["gone"] for step in done["steps"] for row in step["pulled"]}["goal_targets"] == 1
    assert done["calculated"]["participants"] == 1


def test_somebody_s_overwrite_is_put_right(office: Office) -> None:
    office.run("provision")
    office.run("sync")
    deal = query(
        office.salesforce,
        "SELECT Id, Attain_Commission__c FROM Opportunity WHERE Attain_Commission__c > 0 ORDER BY Id LIMIT 1",
    )[0]
    control(office.salesforce, "PATCH", f"records/Opportunity/{deal['Id']}", {"values": {"Attain_Commission__c": 1}})
    office.run("sync")
    held = query(office.salesforce, f"SELECT Attain_Commission__c FROM Opportunity WHERE Id = '{deal['Id']}'")
    assert held[0]["Attain_Commission__c"] == deal["Attain_Commission__c"]


def test_a_figure_on_a_deal_that_earns_nothing_is_cleared(office: Office) -> None:
    office.run("provision")
    office.run("sync")
    lost = query(office.salesforce, "SELECT Id FROM Opportunity WHERE StageName = 'Closed Lost' ORDER BY Id LIMIT 1")[0]
    control(office.salesforce, "PATCH", f"records/Opportunity/{lost['Id']}", {"values": {"Attain_Credited__c": 1.5}})
    office.run("sync")
    held = query(office.salesforce, f"SELECT Attain_Credited__c FROM Opportunity WHERE Id = '{lost['Id']}'")
    assert held[0]["Attain_Credited__c"] is None


def test_nothing_is_written_before_anything_was_calculated(office: Office) -> None:
    office.run("provision")
    (office.folder / "plans" / "flat.toml").write_text("name = 5", encoding="utf-8")
    user = query(office.salesforce, "SELECT Id FROM User WHERE Email = 'ada.lindstrom@example.com'")[0]
    control(office.salesforce, "PATCH", f"records/User/{user['Id']}", {"values": {"Attain_Payout__c": 100}})
    office.run("sync")
    held = query(office.salesforce, f"SELECT Attain_Payout__c FROM User WHERE Id = '{user['Id']}'")
    assert held[0]["Attain_Payout__c"] == 100


def test_every_cent_is_explained(office: Office) -> None:
    office.run("provision")
    office.run("sync")
    deal = query(
        office.salesforce,
        "SELECT Name, Owner.Email, CloseDate FROM Opportunity WHERE Attain_Commission__c > 0 ORDER BY Id LIMIT 1",
    )[0]
    said = office.run("explain", deal["Owner"]["Email"], deal["CloseDate"][:7])
    assert said.code == 0
    assert deal["Name"] in said.out
    assert "10 %" in said.out
    document = office.run("explain", deal["Owner"]["Email"], deal["CloseDate"][:7], "--json").document
    assert sum(Decimal(line["amount"]) for line in document["lines"]) == Decimal(document["payout"])


def test_provisioning_twice_creates_nothing_the_second_time(office: Office) -> None:
    planned = office.run("provision", "--dry-run", "--json").document
    assert {step["done"] for steps in planned["connections"].values() for step in steps} == {False}
    office.run("provision")
    again = office.run("provision", "--json").document
    assert {step["action"] for steps in again["connections"].values() for step in steps} == {"exists"}


def test_a_check_of_a_good_installation_finds_nothing_wrong(office: Office) -> None:
    office.run("provision")
    said = office.run("check", "--json")
    assert said.code == 0, said.out
    assert [one["account"]["account_id"] != "" for one in said.document["connections"]] == [True, True]


def test_a_preview_shows_raw_beside_normalised(office: Office) -> None:
    said = office.run("mapping", "preview", "deal", "--connection", "acme", "--records", "2", "--json")
    assert said.code == 0
    first = said.document["records"][0]
    assert first["raw"]["StageName"] == first["normalised"]["stage"]
    assert len(said.document["records"]) == 2


def test_a_person_in_both_crms_is_one_participant_and_gets_the_same_figures_in_both(office: Office) -> None:
    office.run("provision")
    office.run("sync")
    in_salesforce = {
        row["Email"]: row["Attain_Payout__c"]
        for row in query(office.salesforce, "SELECT Email, Attain_Payout__c FROM User")
    }
    answer = requests.get(
        f"{office.hubspot}/crm/objects/2026-09/users",
        params={"limit": 100, "properties": ["hs_email", "attain_payout"]},
        headers={"Authorization": "Bearer pat-sandbox-0000"},
        timeout=30,
    )
    in_hubspot = {row["properties"]["hs_email"]: row["properties"]["attain_payout"] for row in answer.json()["results"]}
    both = set(in_salesforce) & set(in_hubspot)
    assert len(both) >= 3
    for email in both:
        assert Decimal(str(in_salesforce[email])) == Decimal(in_hubspot[email]), email


def _open_deal(office: Office) -> dict[str, object]:
    split = {row["OpportunityId"] for row in query(office.salesforce, "SELECT OpportunityId FROM OpportunitySplit")}
    rows = query(
        office.salesforce,
        "SELECT Id, Amount FROM Opportunity WHERE IsClosed = false AND Amount > 0 AND CurrencyIsoCode = 'USD' "
        "AND IsDeleted = false ORDER BY Id",
    )
    return next(row for row in rows if row["Id"] not in split)


def _won() -> dict[str, object]:
    return {"values": {"StageName": "Closed Won", "CloseDate": "2026-11-20"}}
