"""Single records: what a change does, what is refused, what deletion leaves behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.salesforce.rest import Rest

NEW = {"Name": "New", "StageName": "Prospecting", "CloseDate": "2026-12-01"}


def fields(rest: Rest, record_id: str, *names: str) -> dict[str, Any]:
    answer = rest.call("GET", f"sobjects/Opportunity/{record_id}", params={"fields": ",".join(names)}).json()
    return {name: answer[name] for name in names}


def made(rest: Rest, **values: Any) -> str:
    answer = rest.call("POST", "sobjects/Opportunity", {**NEW, **values})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_new_record_gets_an_id_a_place_and_stamps(rest: Rest) -> None:
    answer = rest.call("POST", "sobjects/Opportunity", NEW)
    record_id = answer.json()["id"]
    assert answer.status_code == 201
    assert answer.json() == {"id": record_id, "success": True, "errors": []}
    assert answer.headers["Location"] == f"/services/data/v66.0/sobjects/Opportunity/{record_id}"
    found = fields(rest, record_id, "CreatedDate", "SystemModstamp", "LastModifiedDate", "OwnerId", "CurrencyIsoCode")
    assert found["CreatedDate"] == found["SystemModstamp"] == found["LastModifiedDate"]
    assert found["OwnerId"] == rest.id_of_a("User", "WHERE Username = 'integration@sandbox.example'")
    assert found["CurrencyIsoCode"] == "USD"


def test_the_stage_decides_what_is_closed_won_and_likely(rest: Rest) -> None:
    record_id = made(rest, Amount=1000)
    names = ("IsClosed", "IsWon", "Probability", "ForecastCategory", "ForecastCategoryName", "ExpectedRevenue")
    assert list(fields(rest, record_id, *names).values()) == [False, False, 10.0, "Pipeline", "Pipeline", 100.0]
    rest.call("PATCH", f"sobjects/Opportunity/{record_id}", {"StageName": "Closed Won"})
    assert list(fields(rest, record_id, *names).values()) == [True, True, 100.0, "Closed", "Closed", 1000.0]
    rest.call("PATCH", f"sobjects/Opportunity/{record_id}", {"StageName": "Negotiation/Review", "Probability": 55})
    assert list(fields(rest, record_id, *names).values()) == [False, False, 55.0, "Forecast", "Commit", 550.0]


def test_the_close_date_decides_the_fiscal_period(rest: Rest) -> None:
    record_id = made(rest, CloseDate="2027-05-31")
    assert fields(rest, record_id, "Fiscal", "FiscalYear", "FiscalQuarter") == {
        "Fiscal": "2027 2",
        "FiscalYear": 2027,
        "FiscalQuarter": 2,
    }


def test_every_change_moves_the_stamp_even_to_the_same_value(rest: Rest) -> None:
    record_id = made(rest)
    before = fields(rest, record_id, "SystemModstamp", "CreatedDate")
    rest.call("POST", "/_sandbox/clock", {"advance_seconds": 90})
    answer = rest.call("PATCH", f"sobjects/Opportunity/{record_id[:15]}", {"Name": "New"})
    assert (answer.status_code, answer.content) == (204, b"")
    after = fields(rest, record_id, "SystemModstamp", "CreatedDate")
    assert after["SystemModstamp"] > before["SystemModstamp"]
    assert after["CreatedDate"] == before["CreatedDate"]


def test_splits_follow_the_amount_of_their_opportunity(rest: Rest) -> None:
    owner, other = (rest.id_of_a("User", f"WHERE Email LIKE '{name}%'") for name in ("ada", "bruno"))
    record_id = made(rest, Amount=100, OwnerId=owner)
    for person, share in ((owner, 66.67), (other, 33.33)):
        split = {"OpportunityId": record_id, "SplitOwnerId": person, "SplitPercentage": share}
        assert rest.call("POST", "sobjects/OpportunitySplit", split).status_code == 201
    rest.call("PATCH", f"sobjects/Opportunity/{record_id}", {"Amount": "1000.01"})
    soql = f"SELECT SplitAmount, SplitType.DeveloperName FROM OpportunitySplit WHERE OpportunityId = '{record_id}'"
    found = rest.query(f"{soql} ORDER BY SplitAmount")
    assert [one["SplitAmount"] for one in found] == [333.3, 666.71]
    assert found[0]["SplitType"]["DeveloperName"] == "Revenue"


@pytest.mark.parametrize(
    ("values", "status", "code", "named"),
    [
        ({"Name": "x" * 121}, 400, "STRING_TOO_LONG", ["Name"]),
        ({"Name": None}, 400, "REQUIRED_FIELD_MISSING", ["Name"]),
        ({"Amount": 10**17}, 400, "NUMBER_OUTSIDE_VALID_RANGE", ["Amount"]),
        ({"Foo__c": 1}, 400, "INVALID_FIELD", None),
        ({"IsWon": True}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", ["IsWon"]),
        ({"SystemModstamp": "2026-01-01T00:00:00Z"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", ["SystemModstamp"]),
        ({"OwnerId": "006000000000000"}, 400, "MALFORMED_ID", ["OwnerId"]),  # not a user
        ({"CurrencyIsoCode": "XXX"}, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["CurrencyIsoCode"]),
        ({"Id": "006000000000000"}, 400, "INVALID_FIELD", ["Id"]),
        ({"OwnerId": "005Kj0000zzzzzz"}, 404, "NOT_FOUND", None),  # a user that is not there
    ],
)
def test_a_refused_change_changes_nothing(
    rest: Rest, values: dict[str, Any], status: int, code: str, named: list[str] | None
) -> None:
    record_id = rest.id_of_a("Opportunity")
    before = rest.call("GET", f"sobjects/Opportunity/{record_id}").json()
    answer = rest.call("PATCH", f"sobjects/Opportunity/{record_id}", {"NextStep": "never", **values})
    assert answer.status_code == status
    assert answer.json()[0]["errorCode"] == code
    assert answer.json()[0].get("fields") == named
    assert rest.call("GET", f"sobjects/Opportunity/{record_id}").json() == before


def test_a_new_record_names_every_required_field_it_lacks(rest: Rest) -> None:
    error = rest.call("POST", "sobjects/Opportunity", {"Name": "x"}).json()[0]
    assert error["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert error["message"] == "Required fields are missing: [StageName, CloseDate]"


def test_nobody_inactive_can_be_made_owner(rest: Rest) -> None:
    leaver = rest.id_of_a("User")
    rest.as_person("PATCH", f"User/{leaver}", values={"IsActive": False})
    answer = rest.call("PATCH", f"sobjects/Opportunity/{rest.id_of_a('Opportunity')}", {"OwnerId": leaver})
    assert answer.json()[0]["errorCode"] == "INACTIVE_OWNER_OR_USER"
    rest.as_person("PATCH", f"User/{leaver}", values={"IsActive": True})


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("Opportunity/006Kj00000zzzzz", 404, "NOT_FOUND"),
        ("Opportunity/nonsense", 404, "NOT_FOUND"),
        ("Nothing/006Kj0000000001", 404, "NOT_FOUND"),
        ("Opportunity/006Kj0000000001?fields=Foo", 400, "INVALID_FIELD"),
        ("Opportunity/006Kj0000000001?fields=Owner.Email", 400, "INVALID_FIELD"),  # retrieve knows no parents
    ],
)
def test_what_cannot_be_retrieved_says_why(rest: Rest, path: str, status: int, code: str) -> None:
    answer = rest.call("GET", f"sobjects/{path}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_deletion_leaves_a_record_in_the_bin_with_its_splits_and_tasks(fresh: Rest) -> None:
    record_id = made(fresh, Amount=100)
    owner = fresh.id_of_a("User", "WHERE IsActive = true")
    split = {"OpportunityId": record_id, "SplitOwnerId": owner, "SplitPercentage": 100}
    fresh.call("POST", "sobjects/OpportunitySplit", split)
    fresh.call("POST", "sobjects/Task", {"WhatId": record_id, "Subject": "Call"})
    assert fresh.call("DELETE", f"sobjects/Opportunity/{record_id}").status_code == 204
    answer = fresh.call("GET", f"sobjects/Opportunity/{record_id}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")
    for name, key in (("Opportunity", "Id"), ("OpportunitySplit", "OpportunityId"), ("Task", "WhatId")):
        soql = f"SELECT IsDeleted FROM {name} WHERE {key} = '{record_id}'"
        assert fresh.query(soql) == []
        assert fresh.query(soql, "queryAll") == [{"IsDeleted": True}]
    assert fresh.as_person("POST", f"Opportunity/{record_id}/undelete").status_code == 200
    assert fresh.query(f"SELECT IsDeleted FROM Task WHERE WhatId = '{record_id}'") == [{"IsDeleted": False}]
    assert fresh.as_person("POST", f"Opportunity/{record_id}/undelete").status_code == 400


def test_a_split_deleted_by_itself_vanishes_and_is_only_in_deleted(fresh: Rest) -> None:
    record_id = fresh.id_of_a("OpportunitySplit")
    assert fresh.call("DELETE", f"sobjects/OpportunitySplit/{record_id}").status_code == 204
    assert fresh.query(f"SELECT Id FROM OpportunitySplit WHERE Id = '{record_id}'", "queryAll") == []
    assert [one["id"] for one in replicated(fresh, "OpportunitySplit", "deleted")["deletedRecords"]] == [record_id]


def test_a_purged_record_is_only_in_deleted(fresh: Rest) -> None:
    first, second = (one["Id"] for one in fresh.query("SELECT Id FROM Opportunity ORDER BY Id LIMIT 2"))
    fresh.as_person("DELETE", f"Opportunity/{first}?hard=true")
    fresh.as_person("DELETE", f"Opportunity/{second}")
    fresh.as_person("DELETE", f"Opportunity/{second}?hard=true")
    assert fresh.query(f"SELECT Id FROM Opportunity WHERE Id IN ('{first}', '{second}')", "queryAll") == []
    assert [one["id"] for one in replicated(fresh, "Opportunity", "deleted")["deletedRecords"]] == [first, second]


def replicated(rest: Rest, object_name: str, what: str, **more: str) -> dict[str, Any]:
    now = datetime.fromisoformat(rest.call("GET", "/_sandbox/clock").json()["now"])
    span = {"start": (now - timedelta(hours=1)).isoformat(), "end": (now + timedelta(minutes=1)).isoformat(), **more}
    found: dict[str, Any] = rest.call("GET", f"sobjects/{object_name}/{what}/", params=span).json()
    return found


def test_updated_names_what_was_made_or_changed_and_is_still_there(fresh: Rest) -> None:
    kept, gone = (one["Id"] for one in fresh.query("SELECT Id FROM Opportunity ORDER BY Id LIMIT 2"))
    fresh.update([{"id": kept, "NextStep": "a"}, {"id": gone, "NextStep": "b"}])
    new = made(fresh)
    fresh.call("DELETE", f"sobjects/Opportunity/{gone}")
    found = replicated(fresh, "Opportunity", "updated")
    assert set(found["ids"]) == {kept, new}
    assert found["latestDateCovered"].endswith(":00.000+0000")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z"),  # nothing between
        ("2026-09-01T00:00:00Z", "2026-11-01T00:00:00Z"),  # more than 30 days back
        ("then", "now"),
        ("", ""),
    ],
)
def test_replication_wants_a_span_of_the_last_30_days(rest: Rest, start: str, end: str) -> None:
    answer = rest.call("GET", "sobjects/Opportunity/updated", params={"start": start, "end": end})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")


def test_upsert_by_external_id_creates_then_changes(fresh: Rest) -> None:
    fresh.show_field("Opportunity", "Key__c", "Text", externalId=True, unique=True)
    path = "sobjects/Opportunity/Key__c/K%2F1"  # a slash in a key is escaped
    created = fresh.call("PATCH", path, NEW)
    assert (created.status_code, created.json()["created"]) == (201, True)
    changed = fresh.call("PATCH", path, {"Name": "Again"})
    assert (changed.status_code, changed.json()["created"]) == (200, False)
    assert changed.json()["id"] == created.json()["id"]
    assert fresh.call("GET", path).json()["Name"] == "Again"
    twin = fresh.call("POST", "sobjects/Opportunity", {**NEW, "Key__c": "k/1"})
    assert twin.json()[0]["errorCode"] == "DUPLICATE_VALUE"


def test_upsert_by_what_is_not_unique_lists_the_matches(fresh: Rest) -> None:
    fresh.show_field("Opportunity", "Group__c", "Text", externalId=True)
    ids = [made(fresh, Group__c="same") for _ in range(2)]
    answer = fresh.call("PATCH", "sobjects/Opportunity/Group__c/same", {"Name": "x"})
    assert answer.status_code == 300
    assert answer.json() == [f"/services/data/v66.0/sobjects/Opportunity/{record_id}" for record_id in ids]


def test_upsert_wants_an_external_id(rest: Rest) -> None:
    answer = rest.call("PATCH", "sobjects/Opportunity/Name/x", {"NextStep": "x"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "JSON_PARSER_ERROR"),
        (b"[]", "application/json", 400, "JSON_PARSER_ERROR"),
        (b"Name=x", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(rest: Rest, body: bytes, kind: str, status: int, code: str) -> None:
    path = f"sobjects/Opportunity/{rest.id_of_a('Opportunity')}"
    answer = rest.call("PATCH", path, data=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_users_cannot_be_deleted(rest: Rest) -> None:
    answer = rest.call("DELETE", f"sobjects/User/{rest.id_of_a('User')}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_TYPE_FOR_OPERATION")
