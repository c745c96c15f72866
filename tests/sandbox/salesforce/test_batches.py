"""Collections and composite calls: one outcome a record, in the order they came."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.salesforce.rest import Rest


@pytest.fixture
def ids(rest: Rest) -> list[str]:
    return [one["Id"] for one in rest.query("SELECT Id FROM Opportunity ORDER BY Id LIMIT 6")]


def next_steps(rest: Rest, ids: list[str]) -> list[str | None]:
    answer = rest.call("POST", "composite/sobjects/Opportunity", {"ids": ids, "fields": ["NextStep"]})
    return [one and one["NextStep"] for one in answer.json()]


def codes(outcomes: list[dict[str, Any]]) -> list[str]:
    return [one["errors"][0]["statusCode"] if one["errors"] else "ok" for one in outcomes]


def test_each_row_has_its_own_outcome_in_input_order(rest: Rest, ids: list[str]) -> None:
    gone = ids[5]
    rest.as_person("DELETE", f"Opportunity/{gone}")
    rows = [
        {"id": ids[1], "NextStep": "one"},
        {"id": "006Kj00000zzzzz", "NextStep": "x"},  # nobody has it
        {"id": "nonsense", "NextStep": "x"},
        {"id": ids[0][:15], "NextStep": "zero"},  # short ids do as well
        {"id": ids[2], "Foo__c": "x"},
        {"id": ids[2], "NextStep": "x"},  # a second time in this call
        {"id": ids[3], "IsClosed": True},
        {"id": ids[4], "NextStep": "x" * 256},
        {"id": gone, "NextStep": "x"},
        {"NextStep": "x"},
        {"attributes": {"type": "Nothing"}, "id": ids[4]},
    ]
    outcomes = rest.update(rows)
    assert codes(outcomes) == [
        "ok",
        "INVALID_CROSS_REFERENCE_KEY",
        "MALFORMED_ID",
        "ok",
        "INVALID_FIELD",
        "DUPLICATE_VALUE",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "STRING_TOO_LONG",
        "ENTITY_IS_DELETED",
        "MISSING_ARGUMENT",
        "INVALID_TYPE",
    ]
    assert outcomes[0] == {"id": ids[1], "success": True, "errors": []}
    assert outcomes[7]["errors"][0]["fields"] == ["NextStep"]
    assert [one["success"] for one in outcomes].count(True) == 2
    assert next_steps(rest, ids[:5]) == ["zero", "one", None, None, None]
    rest.as_person("POST", f"Opportunity/{gone}/undelete")


def test_all_or_none_keeps_nothing_when_one_row_is_refused(rest: Rest, ids: list[str]) -> None:
    before = next_steps(rest, ids[:2])
    outcomes = rest.update([{"id": ids[0], "NextStep": "never"}, {"id": ids[1], "Foo": 1}], all_or_none=True)
    assert codes(outcomes) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_FIELD"]
    assert next_steps(rest, ids[:2]) == before


def test_more_than_200_records_are_too_many(rest: Rest, ids: list[str]) -> None:
    record = {"attributes": {"type": "Opportunity"}, "id": ids[0]}
    answer = rest.call("PATCH", "composite/sobjects", {"records": [record] * 201})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")


def test_records_are_created_and_deleted_in_bulk(rest: Rest) -> None:
    good = {"attributes": {"type": "Account"}, "Name": "Bulk"}
    outcomes = rest.call(
        "POST", "composite/sobjects", {"records": [good, {"attributes": {"type": "Account"}}, good]}
    ).json()
    assert codes(outcomes) == ["ok", "REQUIRED_FIELD_MISSING", "ok"]
    made = [one["id"] for one in outcomes if one["success"]]
    listed = ",".join([*made, made[0], "nonsense", "006Kj00000zzzzz"])
    removed = rest.call("DELETE", "composite/sobjects", params={"ids": listed, "allOrNone": "false"}).json()
    assert codes(removed) == ["ok", "ok", "DUPLICATE_VALUE", "MALFORMED_ID", "INVALID_CROSS_REFERENCE_KEY"]


def test_retrieve_keeps_the_order_and_says_null_for_what_is_not_there(rest: Rest, ids: list[str]) -> None:
    wanted = [ids[2], "006Kj00000zzzzz", ids[0]]
    found = rest.call("POST", "composite/sobjects/Opportunity", {"ids": wanted, "fields": ["Name"]}).json()
    assert [one and one["Id"] for one in found] == [ids[2], None, ids[0]]
    query = {"ids": ",".join(wanted), "fields": "Name"}
    assert rest.call("GET", "composite/sobjects/Opportunity", params=query).json() == found


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"ids": ["006Kj0000000001"], "fields": ["Foo"]}, "INVALID_FIELD"),
        ({"ids": ["nonsense"], "fields": ["Name"]}, "MALFORMED_ID"),
        ({"ids": ["006Kj0000000001"]}, "MISSING_ARGUMENT"),
        ({"ids": ["006Kj0000000001"] * 2001, "fields": ["Name"]}, "EXCEEDED_ID_LIMIT"),
    ],
)
def test_a_retrieve_that_cannot_be_is_refused_as_a_whole(rest: Rest, body: dict[str, Any], code: str) -> None:
    answer = rest.call("POST", "composite/sobjects/Opportunity", body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_upsert_by_external_id_tells_created_from_changed(fresh: Rest) -> None:
    fresh.show_field("Account", "Key__c", "Text", externalId=True, unique=True)
    rows = [{"attributes": {"type": "Account"}, "Key__c": key, "Name": f"Account {key}"} for key in "abcA"]
    rows.append({"attributes": {"type": "Account"}, "Name": "no key"})
    first = fresh.call("PATCH", "composite/sobjects/Account/Key__c", {"records": rows}).json()
    assert codes(first) == ["ok", "ok", "ok", "DUPLICATE_VALUE", "MISSING_ARGUMENT"]
    assert [one.get("created") for one in first] == [True, True, True, None, None]
    again = fresh.call("PATCH", "composite/sobjects/Account/Key__c", {"records": rows[:3]}).json()
    assert [(one["id"], one["created"]) for one in again] == [(one["id"], False) for one in first[:3]]


def test_upsert_by_id_creates_without_one(fresh: Rest) -> None:
    known = fresh.id_of_a("Account")
    rows = [
        {"attributes": {"type": "Account"}, "Id": None, "Name": "New"},
        {"attributes": {"type": "Account"}, "Id": known, "Name": "Old"},
        {"attributes": {"type": "Account"}, "Id": "001Kj00000zzzzz", "Name": "Lost"},
    ]
    outcomes = fresh.call("PATCH", "composite/sobjects/Account/Id", {"records": rows}).json()
    assert codes(outcomes) == ["ok", "ok", "INVALID_CROSS_REFERENCE_KEY"]
    assert [one.get("created") for one in outcomes] == [True, False, None]


def part(method: str, path: str, body: Any = None, reference: str = "r") -> dict[str, Any]:
    return {"method": method, "url": f"/services/data/v66.0/{path}", "body": body, "referenceId": reference}


def collection(ids: list[str], step: str) -> dict[str, Any]:
    records = [{"attributes": {"type": "Opportunity"}, "id": one, "NextStep": step} for one in ids]
    return part("PATCH", "composite/sobjects", {"allOrNone": False, "records": records})


def composite(rest: Rest, parts: list[dict[str, Any]], *, all_or_none: bool = False) -> Any:
    return rest.call("POST", "composite", {"allOrNone": all_or_none, "compositeRequest": parts})


def test_a_composite_call_answers_each_part(rest: Rest, ids: list[str]) -> None:
    parts = [
        collection(ids[:2], "together"),
        part("GET", "query?q=SELECT+COUNT()+FROM+User+WHERE+IsActive+=+true", reference="count"),
        part("PATCH", f"sobjects/Opportunity/{ids[2]}", {"NextStep": "alone"}),
        part("GET", "sobjects/Nothing/describe"),
    ]
    answers = composite(rest, parts).json()["compositeResponse"]
    assert [one["httpStatusCode"] for one in answers] == [200, 200, 204, 404]
    assert [one["referenceId"] for one in answers] == ["r", "count", "r", "r"]
    assert codes(answers[0]["body"]) == ["ok", "ok"]
    assert answers[1]["body"]["totalSize"] > 0
    assert answers[2]["body"] is None
    assert answers[3]["body"][0]["errorCode"] == "NOT_FOUND"
    assert next_steps(rest, ids[:3]) == ["together", "together", "alone"]


def test_a_composite_call_of_all_or_none_undoes_what_went_before(rest: Rest, ids: list[str]) -> None:
    before = next_steps(rest, ids[:2])
    parts = [collection(ids[:2], "undone"), part("GET", "sobjects/Nothing/describe"), collection(ids[2:3], "never")]
    answers = composite(rest, parts, all_or_none=True).json()["compositeResponse"]
    assert [one["body"][0]["errorCode"] for one in answers] == ["PROCESSING_HALTED", "NOT_FOUND", "PROCESSING_HALTED"]
    assert next_steps(rest, ids[:2]) == before


@pytest.mark.parametrize(
    ("count", "what"),
    [
        (26, "sobjects/Opportunity/describe"),
        (6, "query?q=SELECT+Id+FROM+User"),  # five of those that work on many records
    ],
)
def test_a_composite_call_has_limits(rest: Rest, count: int, what: str) -> None:
    answer = composite(rest, [part("GET", what)] * count)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "LIMIT_EXCEEDED")


def test_a_composite_call_counts_as_one(rest: Rest, ids: list[str]) -> None:
    rest.call("DELETE", "/_sandbox/requests")
    before = rest.call("GET", "limits").json()["DailyApiRequests"]["Remaining"]
    composite(rest, [collection(ids, "x")] * 5)
    after = rest.call("GET", "limits").json()["DailyApiRequests"]["Remaining"]
    assert before - after == 2
    assert rest.call("GET", "/_sandbox/requests").json()["counts"] == {"limits": 2, "composite": 1}


def test_a_batch_call_answers_each_part(rest: Rest) -> None:
    parts = [{"method": "GET", "url": "v66.0/limits"}, {"method": "GET", "url": "v66.0/sobjects/Nothing/describe"}]
    found = rest.call("POST", "composite/batch", {"batchRequests": parts}).json()
    assert found["hasErrors"] is True
    assert [one["statusCode"] for one in found["results"]] == [200, 404]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({}, ["UNABLE_TO_LOCK_ROW", "ok", "UNABLE_TO_LOCK_ROW"]),  # the first row of each batch
        ({"code": "MY_CODE", "pick": 1}, ["ok", "MY_CODE", "ok"]),
    ],
)
def test_single_rows_are_refused_on_demand(
    rest: Rest, ids: list[str], fault: dict[str, Any], expected: list[str]
) -> None:
    picked = [ids[fault.pop("pick")]] if "pick" in fault else []
    rest.fault(kind="reject_rows", endpoint="composite", ids=picked, **fault)
    answers = composite(rest, [collection(ids[:2], "f"), collection(ids[2:3], "f")]).json()["compositeResponse"]
    assert [code for one in answers for code in codes(one["body"])] == expected
    assert codes(rest.update([{"id": one, "NextStep": "g"} for one in ids])) == ["ok"] * len(ids)
