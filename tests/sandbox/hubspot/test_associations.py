import pytest

READS = ["/crm/v4/associations", "/crm/associations/2026-09"]


@pytest.fixture(scope="module")
def linked(api) -> tuple[str, str]:
    """A call and the deal it belongs to."""
    record = next(
        record
        for record in api.get("/crm/v3/objects/calls", {"limit": 100, "associations": "deals"}).ok()["results"]
        if "associations" in record
    )
    return record["id"], record["associations"]["deals"]["results"][0]["id"]


@pytest.mark.parametrize("path", READS)
def test_both_ends_are_read_in_batches(api, linked, path) -> None:
    call, deal = linked
    forth = api.post(f"{path}/calls/deals/batch/read", {"inputs": [{"id": call}]}).ok()["results"]
    assert forth == [
        {
            "from": {"id": call},
            "to": [
                {
                    "toObjectId": deal,
                    "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 206, "label": None}],
                }
            ],
        }
    ]
    back = api.post(f"{path}/0-3/0-48/batch/read", {"inputs": [{"id": deal}]}).ok()["results"]
    assert call in [other["toObjectId"] for other in back[0]["to"]]
    assert back[0]["to"][0]["associationTypes"][0]["typeId"] == 205


def test_a_deal_and_its_company_have_a_primary_and_a_plain_type(api) -> None:
    deal = api.get("/crm/v3/objects/deals", {"limit": 1}).ok()["results"][0]["id"]
    found = api.get(f"/crm/v4/objects/deals/{deal}/associations/companies").ok()["results"]
    types = [(each["typeId"], each["label"]) for each in found[0]["associationTypes"]]
    assert types == [(5, "Primary"), (341, None)]


def test_records_without_associations_make_a_207(api, linked) -> None:
    lonely = api.make_deal()
    answer = api.post("/crm/v4/associations/deals/calls/batch/read", {"inputs": [{"id": linked[1]}, {"id": lonely}]})
    assert answer.status == 207
    assert len(answer.body["results"]) == 1
    error = answer.body["errors"][0]
    assert error["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert error["context"]["fromObjectId"] == [lonely]


def test_many_associations_come_in_pages(api) -> None:
    deal = api.make_deal()
    inputs = [{"properties": {"hs_timestamp": "0"}, "associations": []} for _ in range(100)]
    calls = [
        record["id"]
        for _ in range(6)
        for record in api.post("/crm/v3/objects/calls/batch/create", {"inputs": inputs}).ok()["results"]
    ]
    pairs = [{"from": {"id": call}, "to": {"id": deal}} for call in calls]
    made = api.post("/crm/v4/associations/calls/deals/batch/associate/default", {"inputs": pairs})
    assert made.status == 200
    assert len(made.body["results"]) == 1_200  # one for each direction
    first = api.post("/crm/v4/associations/deals/calls/batch/read", {"inputs": [{"id": deal}]}).ok()["results"][0]
    after = first["paging"]["next"]["after"]
    rest = api.post("/crm/v4/associations/deals/calls/batch/read", {"inputs": [{"id": deal, "after": after}]}).ok()
    found = [other["toObjectId"] for page in (first, rest["results"][0]) for other in page["to"]]
    assert sorted(found) == sorted(calls)
    assert "paging" not in rest["results"][0]
    listed = list(api.pages(f"/crm/v4/objects/deals/{deal}/associations/calls", {"limit": 500}))
    assert [len(page["results"]) for page in listed] == [500, 100]


@pytest.mark.parametrize("path", ["/crm/v4/objects", "/crm/objects/2026-09"])
def test_two_records_are_associated_and_parted(api, path) -> None:
    deal, company = api.make_deal(), api.get("/crm/v3/objects/companies", {"limit": 1}).ok()["results"][0]["id"]
    between = f"{path}/deals/{deal}/associations"
    answer = api.call("PUT", f"{between}/default/companies/{company}")
    assert answer.status == 200
    assert {each["associationSpec"]["associationTypeId"] for each in answer.body["results"]} == {5, 341, 6, 342}
    assert api.call("DELETE", f"{between}/companies/{company}").status == 204
    assert api.get(f"/crm/v4/objects/deals/{deal}/associations/companies").ok()["results"] == []
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 341}]
    assert api.call("PUT", f"{between}/companies/{company}", types).status == 201
    assert len(api.get(f"/crm/v4/objects/deals/{deal}/associations/companies").ok()["results"]) == 1


@pytest.mark.parametrize("path", READS)
def test_associations_are_made_and_archived_in_batches(api, path) -> None:
    deal, company = api.make_deal(), api.get("/crm/v3/objects/companies", {"limit": 1}).ok()["results"][0]["id"]
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 341}]
    each = {"from": {"id": deal}, "to": {"id": company}, "types": types}
    made = api.post(f"{path}/deals/companies/batch/create", {"inputs": [each]})
    assert made.status == 201
    assert made.body["results"][0]["toObjectTypeId"] == "0-2"
    gone = {"from": {"id": deal}, "to": [{"id": company}]}
    assert api.post(f"{path}/deals/companies/batch/archive", {"inputs": [gone]}).status == 204
    assert api.get(f"/crm/v4/objects/deals/{deal}/associations/companies").ok()["results"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/crm/v4/objects/deals/1/associations/default/companies/1", None, 404),
        ("GET", "/crm/v4/objects/deals/1/associations/companies", None, 404),
        ("POST", "/crm/v4/associations/deals/companies/batch/create", {"inputs": [{"from": {"id": "1"}}]}, 400),
        (
            "POST",
            "/crm/v4/associations/deals/companies/batch/create",
            {"inputs": [{"from": {"id": "1"}, "to": {"id": "1"}}]},
            400,
        ),
        (
            "POST",
            "/crm/v4/associations/deals/companies/batch/archive",
            {"inputs": [{"from": {"id": "1"}, "to": {"id": "1"}}]},
            400,
        ),
        ("POST", "/crm/v4/associations/deals/calls/batch/read", {"inputs": [{"id": "1"}] * 1_001}, 400),
    ],
)
def test_associations_that_cannot_be_are_refused(api, method, path, body, status) -> None:
    assert api.call(method, path, body).status == status


def test_an_unknown_association_type_is_refused_on_creation(api) -> None:
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 9_999}]
    body = {"properties": {"dealname": "x"}, "associations": [{"to": {"id": "1"}, "types": types}]}
    assert api.post("/crm/v3/objects/deals", body).status == 400


def test_users_cannot_be_associated(api) -> None:
    deal, user = api.make_deal(), api.get("/crm/v3/objects/users", {"limit": 1}).ok()["results"][0]["id"]
    assert api.call("PUT", f"/crm/v4/objects/deals/{deal}/associations/default/users/{user}").status == 400


def test_two_deals_are_associated_both_ways(api) -> None:
    first, second = api.make_deal(), api.make_deal()
    assert api.call("PUT", f"/crm/v4/objects/deals/{second}/associations/default/deals/{first}").status == 200
    for one, other in ((first, second), (second, first)):
        found = api.get(f"/crm/v4/objects/deals/{one}/associations/deals").ok()["results"]
        assert [each["toObjectId"] for each in found] == [other]
