import pytest

GENERATIONS = ["/crm/v3/objects/deals", "/crm/objects/2026-03/deals", "/crm/objects/2026-09/deals"]


@pytest.mark.parametrize("path", [*GENERATIONS, "/crm/v3/objects/0-3", "/crm/objects/2026-09/deal"])
def test_every_path_of_a_type_lists_the_same_deals(api, path) -> None:
    first = api.get("/crm/v3/objects/deals").ok()["results"]
    assert api.get(path).ok()["results"] == first
    assert len(first) == 10


def test_pages_follow_the_last_id_and_bring_every_deal_once(api) -> None:
    pages = list(api.pages("/crm/v3/objects/deals", {"limit": 100}))
    ids = [int(record["id"]) for page in pages for record in page["results"]]
    assert ids == sorted(set(ids))
    assert all(page["paging"]["next"]["after"] == page["results"][-1]["id"] for page in pages[:-1])
    assert len(ids) > 250


def test_ids_have_different_lengths_so_that_their_order_as_text_misleads(api, hubspot_sandbox) -> None:
    large = hubspot_sandbox(deals=1_000, activities=0)
    rows = large.app.account.store.page("deals", 0, 1_000, archived=False)
    assert {len(str(row.id)) for row in rows} == {10, 11}


def test_the_next_link_leads_to_the_next_page_on_the_same_host(api, server) -> None:
    link = api.get("/crm/v3/objects/deals", {"limit": 2, "properties": "amount"}).ok()["paging"]["next"]["link"]
    assert link.startswith(server.url)
    page = api.get(link.removeprefix(server.url)).ok()
    assert page == api.get("/crm/v3/objects/deals", {"limit": 4, "properties": "amount"}).ok() | {
        "results": page["results"],
        "paging": page["paging"],
    }
    assert [record["id"] for record in page["results"]] == [
        record["id"] for record in api.get("/crm/v3/objects/deals", {"limit": 4}).ok()["results"][2:]
    ]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": 100}, 200),
        ({"limit": 101}, 400),
        ({"limit": 0}, 400),
        ({"limit": "many"}, 400),
        ({"limit": 50, "propertiesWithHistory": "amount"}, 200),
        ({"limit": 51, "propertiesWithHistory": "amount"}, 400),  # half as many with history
        ({"after": "NTI1"}, 400),
    ],
)
def test_page_sizes_are_limited(api, query, status) -> None:
    assert api.get("/crm/v3/objects/deals", query).status == status


@pytest.mark.parametrize(
    "query",
    ["properties=amount,dealname", "properties=amount&properties=dealname", "properties=amount,&properties=dealname"],
)
def test_properties_are_repeated_or_joined_by_commas(api, query) -> None:
    record = api.get(f"/crm/v3/objects/deals?limit=1&{query}").ok()["results"][0]
    assert list(record["properties"]) == [
        "amount", "dealname", "createdate", "hs_lastmodifieddate", "hs_object_id",
    ]  # fmt: skip


def test_a_record_has_the_documented_shape_and_only_text_values(api) -> None:
    records = api.get("/crm/v3/objects/deals", {"limit": 100}).ok()["results"]
    assert len(records) == 100
    for record in records:
        assert set(record) == {"id", "properties", "createdAt", "updatedAt", "archived"}
        assert record["archived"] is False
        assert record["properties"]["hs_object_id"] == record["id"]
        assert record["properties"]["hs_lastmodifieddate"] == record["updatedAt"]
        assert all(value is None or isinstance(value, str) for value in record["properties"].values())


def test_a_property_without_a_value_is_null_and_an_unknown_one_is_left_out(api) -> None:
    deal = api.make_deal()
    assert api.read_deal(deal, "amount", "nonsense")["properties"]["amount"] is None
    assert "nonsense" not in api.read_deal(deal, "amount", "nonsense")["properties"]


@pytest.mark.parametrize("archived", ["true", "True", "TRUE"])
def test_archived_deals_are_listed_only_when_asked_for(api, archived) -> None:
    deal = api.make_deal()
    before = api.read_deal(deal)["updatedAt"]
    assert api.call("DELETE", f"/crm/v3/objects/deals/{deal}").status == 204
    assert api.get(f"/crm/v3/objects/deals/{deal}").status == 404
    found = api.get(f"/crm/v3/objects/deals/{deal}", {"archived": archived}).ok()
    assert found["archived"] is True
    assert found["archivedAt"] > before
    assert found["updatedAt"] == before  # archiving does not move the stamp
    ids = {
        record["id"]
        for page in api.pages("/crm/v3/objects/deals", {"limit": 100, "archived": archived})
        for record in page["results"]
    }
    assert deal in ids
    assert deal not in {
        record["id"] for page in api.pages("/crm/v3/objects/deals", {"limit": 100}) for record in page["results"]
    }


def test_archiving_what_is_not_there_is_no_error(api) -> None:
    assert api.call("DELETE", "/crm/v3/objects/deals/1").status == 204


@pytest.mark.parametrize("path", GENERATIONS)
def test_a_record_is_made_changed_and_read(api, path) -> None:
    made = api.post(path, {"properties": {"dealname": "Größe", "amount": "10.50"}})
    assert made.status == 201
    deal = made.body["id"]
    assert made.body["properties"]["dealname"] == "Größe"
    changed = api.patch(f"{path}/{deal}", {"properties": {"amount": "11.00"}}).ok()
    assert changed["properties"]["amount"] == "11.00"
    assert changed["updatedAt"] >= made.body["updatedAt"]


def test_a_number_keeps_the_digits_it_was_sent_with(api) -> None:
    body, headers = b'{"properties":{"dealname":"Digits","amount":3.10}}', {"Content-Type": "application/json"}
    deal = api.call("POST", "/crm/v3/objects/deals", data=body, headers=headers).ok()["id"]
    assert api.read_deal(deal, "amount")["properties"]["amount"] == "3.10"


def test_an_empty_text_clears_a_value(api) -> None:
    deal = api.make_deal(amount="5")
    api.patch(f"/crm/v3/objects/deals/{deal}", {"properties": {"amount": ""}}).ok()
    assert api.read_deal(deal, "amount")["properties"]["amount"] is None


@pytest.mark.parametrize(
    ("properties", "error", "part"),
    [
        ({"missing": "1"}, "PROPERTY_DOESNT_EXIST", 'Property "missing" does not exist'),
        ({"amount": "much"}, "INVALID_DOUBLE", "much was not a valid number"),
        ({"amount": "1,000"}, "INVALID_DOUBLE", "not a valid number"),
        ({"dealtype": "NewBusiness"}, "INVALID_OPTION", "not one of the allowed options"),
        ({"closedate": "soon"}, "INVALID_LONG", "soon was not a valid long"),
        ({"hubspot_owner_id": "1"}, "INVALID_OWNER_ID", "not a valid owner"),
        ({"hs_is_closed_won": "true"}, "READ_ONLY_VALUE", "read only"),
        ({"deal_currency_code": "BRL"}, "INVALID_OPTION", "current effective currency codes"),
        ({"dealstage": "233187101", "pipeline": "default"}, "INVALID_OPTION", "pipeline default"),
    ],
)
def test_a_value_that_cannot_be_is_refused_as_hubspot_words_it(api, properties, error, part) -> None:
    deal = api.make_deal(amount="7")
    answer = api.patch(f"/crm/v3/objects/deals/{deal}", {"properties": {"amount": "8", **properties}})
    assert answer.status == 400
    assert answer.body["category"] == "VALIDATION_ERROR"
    assert answer.body["message"].startswith("Property values were not valid: [{")
    assert f'"error":"{error}"' in answer.body["message"]
    assert part in answer.body["message"].replace('\\"', '"')
    assert answer.body["correlationId"]
    assert api.read_deal(deal, "amount")["properties"]["amount"] == "7"


def test_all_wrong_values_are_named_at_once(api) -> None:
    answer = api.post("/crm/v3/objects/deals", {"properties": {"missing": "1", "amount": "x"}})
    assert answer.body["message"].count('"isValid":false') == 2


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000Z"),
        ("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00.000Z"),
        ("1772359200123", "2026-03-01T10:00:00.123Z"),
        ("2026-03-01", "2026-03-01T00:00:00.000Z"),
    ],
)
def test_moments_are_read_in_several_ways_and_kept_in_one(api, value, kept) -> None:
    deal = api.make_deal(closedate=value)
    assert api.read_deal(deal, "closedate")["properties"]["closedate"] == kept


def test_what_hubspot_calculates_follows_the_stage_and_the_amount(api) -> None:
    deal = api.make_deal(amount="100", deal_currency_code="EUR", dealstage="closedwon")
    names = ("hs_is_closed", "hs_is_closed_won", "hs_deal_stage_probability", "amount_in_home_currency", "pipeline")
    assert list(api.read_deal(deal, *names)["properties"].values())[:5] == ["true", "true", "1.0", "108.70", "default"]
    api.patch(f"/crm/v3/objects/deals/{deal}", {"properties": {"dealstage": "233187105", "amount": ""}}).ok()
    assert list(api.read_deal(deal, *names)["properties"].values())[:5] == ["true", "false", "0.0", None, "131071423"]


def test_a_currency_without_a_rate_has_no_amount_in_the_company_currency(api) -> None:
    deal = api.make_deal(amount="100", deal_currency_code="JPY")
    assert api.read_deal(deal, "amount_in_home_currency")["properties"]["amount_in_home_currency"] is None


def test_a_deal_without_a_stage_starts_in_the_first(api) -> None:
    found = api.read_deal(api.make_deal(), "dealstage", "pipeline")["properties"]
    assert (found["dealstage"], found["pipeline"]) == ("appointmentscheduled", "default")


def test_the_history_of_a_property_is_shown_newest_first(api) -> None:
    deal = api.make_deal(amount="1")
    api.patch(f"/crm/v3/objects/deals/{deal}", {"properties": {"amount": "2"}}).ok()
    api.control("PATCH", f"/records/deals/{deal}", {"values": {"amount": "3"}, "by": "9586001"}).ok()
    found = api.get(f"/crm/v3/objects/deals/{deal}", {"propertiesWithHistory": "amount"}).ok()
    history = found["propertiesWithHistory"]["amount"]
    assert [entry["value"] for entry in history] == ["3", "2", "1"]
    assert [entry["sourceType"] for entry in history] == ["CRM_UI", "INTEGRATION", "INTEGRATION"]
    assert history[0]["sourceId"] == "userId:9586001"


def test_a_property_nobody_changed_has_the_value_it_came_with_as_history(api) -> None:
    record = api.get("/crm/v3/objects/deals", {"limit": 1, "propertiesWithHistory": "dealname"}).ok()["results"][0]
    assert [entry["value"] for entry in record["propertiesWithHistory"]["dealname"]] == [
        api.read_deal(record["id"], "dealname")["properties"]["dealname"]
    ]


@pytest.mark.parametrize("kind", ["calls", "emails", "meetings", "tasks", "notes"])
def test_an_activity_needs_its_moment(api, kind) -> None:
    refused = api.post(f"/crm/v3/objects/{kind}", {"properties": {}})
    assert refused.status == 400
    assert refused.body["errors"][0]["context"] == {"properties": ["hs_timestamp"]}
    assert api.post(f"/crm/v3/objects/{kind}", {"properties": {"hs_timestamp": "1772359200000"}}).status == 201


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/crm/v3/objects/widgets", 400),
        ("GET", "/crm/v3/objects/deals/1", 404),
        ("GET", "/crm/v3/objects/deals/abc", 404),
        ("GET", "/crm/v3/nothing", 404),
        ("GET", "/crm/v2/objects/deals", 404),
        ("GET", "/crm/objects/2027-03/deals", 404),
        ("GET", "/favicon.ico", 404),
        ("PUT", "/crm/v3/objects/deals", 405),
        ("GET", "/crm/v3/objects/deals/search/more", 404),
        ("PATCH", "/crm/v3/owners", 405),
    ],
)
def test_what_is_not_there_is_answered_in_hubspots_form(api, method, path, status) -> None:
    answer = api.call(method, path)
    assert answer.status == status
    assert answer.body["status"] == "error"
    assert answer.body["correlationId"]
    assert answer.body["message"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"properties":{}}', {"Content-Type": "text/plain"}, 415),
        (b'{"properties":', {"Content-Type": "application/json"}, 400),
        (b"[]", {"Content-Type": "application/json"}, 400),
        (b"{}", {"Content-Type": "application/json"}, 400),
        (b'{"properties":[]}', {"Content-Type": "application/json"}, 400),
    ],
)
def test_a_body_of_another_shape_is_refused(api, body, headers, status) -> None:
    answer = api.call("POST", "/crm/v3/objects/deals", data=body, headers=headers)
    assert answer.status == status
    assert answer.body["status"] == "error"


def test_a_very_long_query_is_answered_with_414(api) -> None:
    names = [f"property_number_{number:05}" for number in range(700)]
    assert api.get("/crm/v3/objects/deals", {"properties": names[:400]}).status == 200
    assert api.get("/crm/v3/objects/deals", {"properties": names}).status == 414


def test_the_users_object_joins_owners_by_user_id(api) -> None:
    owner = api.get("/crm/v3/owners", {"email": "ada.lindstrom@example.com"}).ok()["results"][0]
    names = {"properties": "hs_internal_user_id,hs_email", "limit": 100}
    users = {
        record["properties"]["hs_internal_user_id"]: record
        for record in api.get("/crm/v3/objects/users", names).ok()["results"]
    }
    assert users[str(owner["userId"])]["properties"]["hs_email"] == "ada.lindstrom@example.com"
    assert len({owner["id"], str(owner["userId"]), users[str(owner["userId"])]["id"]}) == 3
