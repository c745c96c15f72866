import pytest

MODIFIED = "hs_lastmodifieddate"


def where(name: str, operator: str, **operand: object) -> dict[str, object]:
    return {"propertyName": name, "operator": operator, **operand}


@pytest.fixture(scope="module")
def marked(api) -> list[str]:
    """Five deals with a description of their own, amounts 1 to 5, the last without an amount."""
    types = ["newbusiness", "renewal", "renewal", "existingbusiness", "newbusiness"]
    return [
        api.make_deal(description=f"Marked No {number}", dealtype=types[number - 1], **amount)
        for number, amount in enumerate([*({"amount": str(n)} for n in range(1, 5)), {}], start=1)
    ]


MARK = where("description", "CONTAINS_TOKEN", value="marked no*")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([where("amount", "EQ", value="2")], [1]),
        ([where("amount", "EQ", value="2.00")], [1]),  # numbers are compared as numbers
        ([where("amount", "NEQ", value="2")], [0, 2, 3, 4]),
        ([where("amount", "LT", value="3")], [0, 1]),
        ([where("amount", "LTE", value="3")], [0, 1, 2]),
        ([where("amount", "GT", value="3")], [3]),
        ([where("amount", "GTE", value="3")], [2, 3]),
        ([where("amount", "BETWEEN", value="2", highValue="3")], [1, 2]),
        ([where("amount", "IN", values=["1", "4"])], [0, 3]),
        ([where("amount", "NOT_IN", values=["1", "4"])], [1, 2, 4]),
        ([where("amount", "HAS_PROPERTY")], [0, 1, 2, 3]),
        ([where("amount", "NOT_HAS_PROPERTY")], [4]),
        ([where("dealtype", "EQ", value="renewal")], [1, 2]),
        ([where("dealtype", "EQ", value="Renewal")], []),  # options are case-sensitive
        ([where("dealtype", "IN", values=["renewal", "existingbusiness"])], [1, 2, 3]),
        ([where("description", "EQ", value="MARKED no 3")], [2]),  # text is not
        ([where("description", "NOT_CONTAINS_TOKEN", value="no 3")], [0, 1, 3, 4]),
        ([where("amount", "GT", value="1"), where("dealtype", "EQ", value="renewal")], [1, 2]),
    ],
)
def test_filters_of_a_group_hold_together(api, marked, filters, found) -> None:
    answer = api.search(MARK, *filters, sorts=[{"propertyName": "hs_object_id", "direction": "ASCENDING"}]).ok()
    assert [record["id"] for record in answer["results"]] == [marked[place] for place in found]
    assert answer["total"] == len(found)


def test_groups_are_alternatives(api, marked) -> None:
    groups = [{"filters": [MARK, where("amount", "EQ", value=value)]} for value in ("1", "3")]
    answer = api.post("/crm/v3/objects/deals/search", {"filterGroups": groups}).ok()
    assert {record["id"] for record in answer["results"]} == {marked[0], marked[2]}


def test_a_query_text_looks_into_the_name_of_a_deal(api) -> None:
    deal = api.make_deal(dealname="Zanzibar 100%_x")
    assert [r["id"] for r in api.post("/crm/v3/objects/deals/search", {"query": "zanziBAR 100%_"}).ok()["results"]] == [
        deal
    ]


def test_a_search_without_anything_finds_all_that_is_not_archived(api) -> None:
    listed = [r["id"] for page in api.pages("/crm/v3/objects/deals", {"limit": 100}) for r in page["results"]]
    answer = api.post("/crm/v3/objects/deals/search", {}).ok()
    assert answer["total"] == len(listed)
    assert [record["id"] for record in answer["results"]] == listed[:10]
    assert answer["paging"] == {"next": {"after": "10"}}


def test_pages_end_without_paging_and_bring_each_record_once(api) -> None:
    found, after = [], "0"
    while after:
        page = api.search(limit=70, after=after, sorts=[{"propertyName": MODIFIED, "direction": "ASCENDING"}]).ok()
        found += [record["id"] for record in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after")
    assert len(found) == len(set(found)) == page["total"]


@pytest.mark.parametrize(("direction", "turned"), [("ASCENDING", False), ("DESCENDING", True)])
def test_results_are_sorted_by_the_modification_stamp(api, direction, turned) -> None:
    page = api.search(sorts=[{"propertyName": MODIFIED, "direction": direction}]).ok()
    stamps = [record["updatedAt"] for record in page["results"]]
    assert stamps == sorted(stamps, reverse=turned)
    assert len(stamps) == 200


def test_equal_stamps_do_not_come_in_the_order_of_ids(api, hubspot_sandbox, server) -> None:
    rows = [{"id": api.make_deal(), "properties": {"amount": "1"}} for _ in range(3)]
    stamp = api.post("/crm/v3/objects/deals/batch/update", {"inputs": rows}).ok()["results"][0]["updatedAt"]
    tied = api.search(where(MODIFIED, "EQ", value=stamp), sorts=[{"propertyName": MODIFIED}]).ok()
    ids = [int(record["id"]) for record in tied["results"]]
    assert ids == sorted(ids, reverse=True)
    walk = api.search(
        where(MODIFIED, "EQ", value=stamp),
        where("hs_object_id", "GT", value=str(min(ids))),
        sorts=[{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
    ).ok()
    assert [int(record["id"]) for record in walk["results"]] == sorted(ids)[1:]


@pytest.mark.parametrize("form", ["iso", "milliseconds"])
def test_moments_in_filters_are_iso_or_epoch_milliseconds(api, form) -> None:
    first = api.search(sorts=[{"propertyName": MODIFIED, "direction": "DESCENDING"}], limit=50).ok()["results"]
    bound = first[-1]["updatedAt"]
    from datetime import datetime

    value = bound if form == "iso" else str(round(datetime.fromisoformat(bound).timestamp() * 1000))
    expected = {record["id"] for record in first}
    found = {record["id"] for record in api.search(where(MODIFIED, "GTE", value=value)).ok()["results"]}
    assert expected <= found
    assert api.search(where("closedate", "GTE", value=value)).ok()["total"] > 0
    assert api.search(where("createdate", "LT", value=value)).ok()["total"] > 0


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 200, "after": "9900"},  # beyond the window of 10,000
        {"after": "10000"},
        {"after": "x"},
        {"sorts": [{"propertyName": "amount"}, {"propertyName": "dealname"}]},
        {"sorts": [{"propertyName": "amount", "direction": "UP"}]},
        {"sorts": [{"propertyName": "nonsense"}]},
        {"filterGroups": {}},
        {"filterGroups": [{"filters": [where("nonsense", "EQ", value="1")]}]},
        {"filterGroups": [{"filters": [where("amount", "LIKE", value="1")]}]},
        {"filterGroups": [{"filters": [where("amount", "EQ", value="x")]}]},
        {"filterGroups": [{"filters": [where("amount", "EQ")]}]},
        {"filterGroups": [{"filters": [where(MODIFIED, "BETWEEN", value="1")]}]},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [where("amount", "HAS_PROPERTY")] * 7}]},
        {"filterGroups": [{"filters": [where("amount", "HAS_PROPERTY")] * 6}] * 4},
        {"query": "x" * 3_000},  # the body is longer than 3,000 characters
    ],
)
def test_searches_hubspot_refuses_are_refused(api, body) -> None:
    answer = api.post("/crm/v3/objects/deals/search", body)
    assert answer.status == 400
    assert answer.body["category"] == "VALIDATION_ERROR"


def test_the_last_page_within_the_window_is_served(api) -> None:
    assert api.post("/crm/v3/objects/deals/search", {"limit": 200, "after": "9800"}).ok()["results"] == []


def test_archived_records_are_never_found(api) -> None:
    deal = api.make_deal(description="soon gone")
    assert api.search(where("hs_object_id", "EQ", value=deal)).ok()["total"] == 1
    api.call("DELETE", f"/crm/v3/objects/deals/{deal}")
    assert api.search(where("hs_object_id", "EQ", value=deal)).ok()["total"] == 0


def test_the_index_lags_behind_by_as_much_as_was_set(api, server) -> None:
    deal = api.make_deal()
    server.app.change_limits({"index_lag_seconds": 60})
    api.patch(f"/crm/v3/objects/deals/{deal}", {"properties": {"amount": "9"}}).ok()
    assert api.search(where("hs_object_id", "EQ", value=deal)).ok()["total"] == 0
    assert api.read_deal(deal, "amount")["properties"]["amount"] == "9"
    api.control("POST", "/clock", {"advance_seconds": 61}).ok()
    found = api.search(where("hs_object_id", "EQ", value=deal), properties=["amount"]).ok()["results"]
    assert found[0]["properties"]["amount"] == "9"
    server.app.change_limits({"index_lag_seconds": 0})


@pytest.mark.parametrize("kind", ["calls", "emails", "meetings", "tasks", "users", "goal_targets", "companies"])
def test_every_type_is_searchable_by_its_stamp(api, kind) -> None:
    answer = api.search(where(MODIFIED, "GT", value="0"), kind=kind, limit=5).ok()
    assert answer["total"] >= len(answer["results"]) > 0


def test_contacts_have_a_stamp_of_another_name(api) -> None:
    made = api.post("/crm/v3/objects/contacts", {"properties": {"email": "jo@example.com"}}).ok()
    found = api.search(where("lastmodifieddate", "GTE", value="0"), kind="contacts").ok()["results"]
    assert [record["id"] for record in found] == [made["id"]]


@pytest.mark.parametrize("name", ["amount", "closedate", "dealname"])
def test_any_property_can_be_sorted_by(api, name) -> None:
    page = api.search(where(name, "HAS_PROPERTY"), sorts=[{"propertyName": name}], properties=[name]).ok()
    values = [record["properties"][name] for record in page["results"]]
    read = float if name == "amount" else str.lower
    assert [read(value) for value in values] == sorted(read(value) for value in values)


def test_a_sort_may_be_a_name_with_a_minus(api) -> None:
    page = api.search(sorts=["-amount"], limit=2, properties=["amount"]).ok()["results"]
    assert float(page[0]["properties"]["amount"]) >= float(page[1]["properties"]["amount"])
