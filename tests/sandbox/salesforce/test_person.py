"""Editing records as a person would, through the control API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.salesforce.rest import Rest


def test_a_person_changes_a_record_and_is_named(rest: Rest) -> None:
    record_id, person = rest.id_of_a("Opportunity"), rest.id_of_a("User", "WHERE Email LIKE 'ada%'")
    changed = rest.as_person("PATCH", f"Opportunity/{record_id}", values={"StageName": "Closed Won"}, by=person).json()
    assert (changed["IsWon"], changed["LastModifiedById"]) == (True, person)
    soql = f"SELECT IsWon, LastModifiedById FROM Opportunity WHERE Id = '{record_id}'"
    assert rest.query(soql) == [{"IsWon": True, "LastModifiedById": person}]


def test_a_person_sees_and_fills_fields_the_integration_user_does_not_see(rest: Rest) -> None:
    body = {"FullName": "Opportunity.Secret__c", "Metadata": {"label": "S", "type": "Text", "length": 9}}
    rest.call("POST", "tooling/sobjects/CustomField", body)
    record_id = rest.id_of_a("Opportunity")
    changed = rest.as_person("PATCH", f"Opportunity/{record_id}", values={"Secret__c": "x"}).json()
    assert changed["Secret__c"] == "x"
    assert rest.as_person("GET", f"Opportunity/{record_id}").json()["Secret__c"] == "x"


def test_a_person_may_set_what_only_the_platform_sets(rest: Rest) -> None:
    record_id = rest.id_of_a("Opportunity")
    values = {"SystemModstamp": "2026-05-05T05:05:05Z"}
    assert rest.as_person("PATCH", f"Opportunity/{record_id}", values=values).status_code == 200
    found = rest.query(f"SELECT SystemModstamp FROM Opportunity WHERE Id = '{record_id}'")
    assert found == [{"SystemModstamp": "2026-05-05T05:05:05.000+0000"}]


def test_a_person_makes_a_record(rest: Rest) -> None:
    values = {"Name": "By hand", "StageName": "Prospecting", "CloseDate": "2026-12-01", "Amount": 0.1}
    made = rest.as_person("POST", "Opportunity", values=values).json()
    assert (made["Amount"], made["ExpectedRevenue"], made["IsDeleted"]) == (0.1, 0.01, False)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "Opportunity/006Kj00000zzzzz", {}, 404),
        ("GET", "Nothing/006Kj00000zzzzz", {}, 404),
        ("PATCH", "Opportunity/006Kj00000zzzzz", {"values": {}}, 404),
        ("DELETE", "Opportunity/006Kj00000zzzzz", {}, 404),
        ("POST", "Opportunity/006Kj00000zzzzz/undelete", {}, 404),
        ("PATCH", "Opportunity/006Kj0000000002", {"values": {"Foo": 1}}, 400),
        ("PATCH", "Opportunity/006Kj0000000002", {"values": {"Amount": "much"}}, 400),
        ("PATCH", "Opportunity/006Kj0000000002", {}, 400),
        ("POST", "Opportunity", {"values": {"Name": "x"}}, 400),
        ("POST", "Opportunity/006Kj0000000002/merge", {"into": "006Kj0000000001"}, 400),  # nothing merges here
        ("POST", "Opportunity/006Kj0000000002/merge", {}, 404),
        ("PUT", "Opportunity/006Kj0000000002", {}, 405),
    ],
)
def test_what_a_person_cannot_do_is_said(rest: Rest, method: str, path: str, body: dict[str, Any], status: int) -> None:
    answer = rest.as_person(method, path, **body)
    assert answer.status_code == status
    assert answer.json()["message"]
