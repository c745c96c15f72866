import pytest

GENERATIONS = ["/crm/v3/objects/deals", "/crm/objects/2026-09/deals"]


def test_a_batch_reads_records_by_id_in_one_answer(api) -> None:
    ids = [record["id"] for record in api.get("/crm/v3/objects/deals", {"limit": 100}).ok()["results"]]
    for path in GENERATIONS:
        body = {"inputs": [{"id": each} for each in ids], "properties": ["amount"], "propertiesWithHistory": []}
        answer = api.post(f"{path}/batch/read", body)
        assert answer.status == 200
        assert set(answer.body) == {"status", "results", "startedAt", "completedAt"}
        assert answer.body["status"] == "COMPLETE"
        assert [record["id"] for record in answer.body["results"]] == ids
        assert "associations" not in answer.body["results"][0]


def test_ids_that_are_not_there_make_a_207_and_the_others_are_read(api) -> None:
    deal, gone = api.make_deal(), api.make_deal()
    api.call("DELETE", f"/crm/v3/objects/deals/{gone}")
    answer = api.post("/crm/v3/objects/deals/batch/read", {"inputs": [{"id": deal}, {"id": "1"}, {"id": gone}]})
    assert answer.status == 207
    assert [record["id"] for record in answer.body["results"]] == [deal]
    assert answer.body["numErrors"] == 1
    error = answer.body["errors"][0]
    assert (error["category"], error["context"]) == ("OBJECT_NOT_FOUND", {"ids": ["1", gone]})


def test_archived_records_are_read_when_asked_for(api) -> None:
    gone = api.make_deal()
    api.post("/crm/v3/objects/deals/batch/archive", {"inputs": [{"id": gone}, {"id": "1"}]})
    answer = api.call("POST", "/crm/v3/objects/deals/batch/read?archived=True", {"inputs": [{"id": gone}]}).ok()
    assert [record["archived"] for record in answer["results"]] == [True]


@pytest.mark.parametrize("operation", ["read", "update", "upsert", "create", "archive"])
def test_more_than_a_hundred_inputs_are_refused(api, operation) -> None:
    inputs = [{"id": str(number), "properties": {}} for number in range(101)]
    answer = api.post(f"/crm/v3/objects/deals/batch/{operation}", {"inputs": inputs})
    assert answer.status == 400
    assert "100" in answer.body["message"]


@pytest.mark.parametrize("body", [{}, {"inputs": {}}, {"inputs": ["1"]}, {"inputs": [{"properties": {}}]}])
def test_a_batch_without_good_inputs_is_refused(api, body) -> None:
    assert api.post("/crm/v3/objects/deals/batch/update", body).status == 400


@pytest.mark.parametrize("path", GENERATIONS)
def test_a_batch_updates_a_hundred_records(api, path) -> None:
    ids = [record["id"] for record in api.get("/crm/v3/objects/deals", {"limit": 100}).ok()["results"]]
    inputs = [{"id": each, "properties": {"arr": f"{place}.25"}} for place, each in enumerate(ids)]
    answer = api.post(f"{path}/batch/update", {"inputs": inputs})
    assert answer.status == 200
    assert [record["properties"]["arr"] for record in answer.body["results"]] == [f"{n}.25" for n in range(100)]
    assert "new" not in answer.body["results"][0]


@pytest.mark.parametrize("bad", [{"missing": "1"}, {"amount": "x"}])
def test_one_bad_value_fails_the_whole_batch(api, bad) -> None:
    first, second = api.make_deal(amount="1"), api.make_deal(amount="2")
    inputs = [{"id": first, "properties": {"amount": "3"}}, {"id": second, "properties": bad}]
    answer = api.post("/crm/v3/objects/deals/batch/update", {"inputs": inputs})
    assert answer.status == 400
    assert answer.body["category"] == "VALIDATION_ERROR"
    assert answer.body["message"].startswith("Property values were not valid: [")
    assert api.read_deal(first, "amount")["properties"]["amount"] == "1"


def test_with_trace_ids_each_input_stands_for_itself(api) -> None:
    first, second = api.make_deal(amount="1"), api.make_deal(amount="2")
    inputs = [
        {"id": first, "properties": {"amount": "3"}, "objectWriteTraceId": "a"},
        {"id": second, "properties": {"missing": "4"}, "objectWriteTraceId": "b"},
        {"id": "1", "properties": {"amount": "5"}, "objectWriteTraceId": "c"},
    ]
    answer = api.post("/crm/v3/objects/deals/batch/update", {"inputs": inputs})
    assert answer.status == 207
    assert [(record["id"], record["objectWriteTraceId"]) for record in answer.body["results"]] == [(first, "a")]
    assert [error["context"]["objectWriteTraceId"] for error in answer.body["errors"]] == [["b"], ["c"]]
    assert [error["category"] for error in answer.body["errors"]] == ["VALIDATION_ERROR", "OBJECT_NOT_FOUND"]
    assert answer.body["numErrors"] == 2
    assert api.read_deal(first, "amount")["properties"]["amount"] == "3"


def test_equal_trace_ids_are_none(api) -> None:
    deals = [api.make_deal(), api.make_deal()]
    inputs = [{"id": deal, "properties": {"missing": "1"}, "objectWriteTraceId": "a"} for deal in deals]
    assert api.post("/crm/v3/objects/deals/batch/update", {"inputs": inputs}).status == 400


def test_a_missing_record_does_not_fail_the_others(api) -> None:
    deal = api.make_deal()
    inputs = [{"id": deal, "properties": {"amount": "3"}}, {"id": "1", "properties": {"amount": "4"}}]
    answer = api.post("/crm/v3/objects/deals/batch/update", {"inputs": inputs})
    assert answer.status == 207
    assert [record["id"] for record in answer.body["results"]] == [deal]
    assert answer.body["errors"][0]["context"] == {"ids": ["1"]}


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_the_same_id_twice_fails_the_whole_batch(api, operation) -> None:
    deal = api.make_deal(amount="1")
    inputs = [{"id": deal, "properties": {"amount": "3"}}] * 2
    answer = api.post(f"/crm/v3/objects/deals/batch/{operation}", {"inputs": inputs})
    assert answer.status == 400
    assert deal in answer.body["message"]
    assert api.read_deal(deal, "amount")["properties"]["amount"] == "1"


def test_a_batch_makes_records_with_associations(api) -> None:
    company = api.get("/crm/v3/objects/companies", {"limit": 1}).ok()["results"][0]["id"]
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 341}]
    each = {"properties": {"dealname": "Batched"}, "associations": [{"to": {"id": company}, "types": types}]}
    answer = api.post("/crm/v3/objects/deals/batch/create", {"inputs": [each, each]})
    assert answer.status == 201
    for record in answer.body["results"]:
        found = api.get(f"/crm/v3/objects/deals/{record['id']}", {"associations": "companies"}).ok()
        assert found["associations"]["companies"]["results"] == [{"id": company, "type": "deal_to_company"}]


def test_an_upsert_by_a_unique_property_makes_and_changes(api) -> None:
    definition = {
        "name": "external_key", "label": "Key", "groupName": "dealinformation", "type": "string", "fieldType": "text",
        "hasUniqueValue": True,
    }  # fmt: skip
    assert api.post("/crm/v3/properties/deals", definition).status == 201
    inputs = [
        {"id": key, "idProperty": "external_key", "properties": {"dealname": "Key", "amount": "1"}} for key in "ab"
    ]
    made = api.post("/crm/v3/objects/deals/batch/upsert", {"inputs": inputs}).ok()["results"]
    assert [record["new"] for record in made] == [True, True]
    again = api.post("/crm/v3/objects/deals/batch/upsert", {"inputs": inputs[:1]}).ok()["results"]
    assert [(record["id"], record["new"]) for record in again] == [(made[0]["id"], False)]
    by_key = api.get("/crm/v3/objects/deals/b", {"idProperty": "external_key"}).ok()
    assert by_key["id"] == made[1]["id"]
    odd = {"id": "a/b c", "idProperty": "external_key", "properties": {}}
    made_odd = api.post("/crm/v3/objects/deals/batch/upsert", {"inputs": [odd]}).ok()["results"][0]["id"]
    assert api.get("/crm/v3/objects/deals/a%2Fb%20c?idProperty=external_key").ok()["id"] == made_odd
    taken = api.patch(f"/crm/v3/objects/deals/{made[0]['id']}", {"properties": {"external_key": "b"}})
    assert taken.status == 409


def test_a_property_that_is_not_unique_identifies_nothing(api) -> None:
    inputs = [{"id": "x", "idProperty": "dealname", "properties": {"amount": "1"}}]
    answer = api.post("/crm/v3/objects/deals/batch/upsert", {"inputs": inputs})
    assert answer.status == 400
    assert "non-unique 0-3 property dealname" in answer.body["message"]


def test_an_upsert_without_a_property_goes_by_record_id(api) -> None:
    deal = api.make_deal()
    inputs = [{"id": deal, "properties": {"amount": "2"}}, {"id": "1", "properties": {"amount": "2"}}]
    answer = api.post("/crm/objects/2026-09/deals/batch/upsert", {"inputs": inputs})
    assert answer.status == 207
    assert [(record["id"], record["new"]) for record in answer.body["results"]] == [(deal, False)]


def test_custom_properties_of_users_are_written_in_batches(api) -> None:
    definition = {
        "name": "attain_quota", "label": "Quota", "groupName": "user_information", "type": "number",
        "fieldType": "number",
    }  # fmt: skip
    assert api.post("/crm/v3/properties/users", definition).status == 201
    users = api.get("/crm/v3/objects/users", {"limit": 100}).ok()["results"]
    inputs = [{"id": user["id"], "properties": {"attain_quota": "12.50"}} for user in users]
    assert api.post("/crm/v3/objects/users/batch/update", {"inputs": inputs}).status == 200
    found = api.get("/crm/v3/objects/users", {"properties": "attain_quota", "limit": 100}).ok()["results"]
    assert {user["properties"]["attain_quota"] for user in found} == {"12.50"}


@pytest.mark.parametrize(("ids", "refused"), [([], "first"), (["second"], "second")])
def test_a_fault_refuses_single_rows_with_a_207(api, ids, refused) -> None:
    deals = {"first": api.make_deal(amount="1"), "second": api.make_deal(amount="1")}
    fault = {"endpoint": "batch_update", "kind": "reject_rows", "ids": [deals[name] for name in ids], "code": "LOCKED"}
    api.control("POST", "/faults", fault).ok()
    inputs = [{"id": deal, "properties": {"amount": "2"}} for deal in deals.values()]
    answer = api.post("/crm/v3/objects/deals/batch/update", {"inputs": inputs})
    assert answer.status == 207
    assert [(error["category"], error["context"]) for error in answer.body["errors"]] == [
        ("LOCKED", {"ids": [deals[refused]]})
    ]
    assert len(answer.body["results"]) == 1
    assert api.read_deal(deals[refused], "amount")["properties"]["amount"] == "1"
