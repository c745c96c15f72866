import pytest

GENERATIONS = ["/crm/v3/properties", "/crm/properties/2026-03", "/crm/properties/2026-09"]


def definition(name: str, **more: object) -> dict[str, object]:
    return {
        "name": name,
        "label": "Credited",
        "groupName": "dealinformation",
        "type": "number",
        "fieldType": "number",
        **more,
    }


@pytest.mark.parametrize("path", GENERATIONS)
@pytest.mark.parametrize("kind", ["deals", "0-3", "users", "calls", "goal_targets"])
def test_the_properties_of_a_type_are_listed_in_full(api, path, kind) -> None:
    found = api.get(f"{path}/{kind}").ok()["results"]
    assert {"hs_object_id", "hs_lastmodifieddate"} <= {prop["name"] for prop in found}
    for prop in found:
        assert {"name", "label", "type", "fieldType", "description", "groupName", "options"} <= set(prop)
        assert set(prop["modificationMetadata"]) >= {"archivable", "readOnlyDefinition", "readOnlyValue"}
        assert prop["archived"] is False


@pytest.mark.parametrize(
    ("name", "kind", "read_only", "custom"),
    [
        ("amount", "number", False, False),
        ("arr", "number", False, True),
        ("closedate", "datetime", False, False),
        ("dealstage", "enumeration", False, False),
        ("hs_is_closed_won", "bool", True, False),
        ("amount_in_home_currency", "number", True, False),
    ],
)
def test_a_property_says_what_it_holds(api, name, kind, read_only, custom) -> None:
    prop = api.get(f"/crm/v3/properties/deals/{name}").ok()
    assert prop["type"] == kind
    assert prop["modificationMetadata"]["readOnlyValue"] is read_only
    assert prop["hubspotDefined"] is not custom


def test_stages_and_currencies_are_options(api) -> None:
    stages = api.get("/crm/v3/properties/deals/dealstage").ok()["options"]
    assert {"closedwon", "233187104"} <= {option["value"] for option in stages}
    codes = api.get("/crm/v3/properties/deals/deal_currency_code").ok()["options"]
    assert [option["value"] for option in codes] == ["USD", "EUR", "GBP", "JPY"]
    assert api.get("/crm/v3/properties/deals/hubspot_owner_id").ok()["referencedObjectType"] == "OWNER"


@pytest.mark.parametrize("path", GENERATIONS)
def test_a_property_is_made_written_changed_and_archived(api, path) -> None:
    name = "credited_" + path.rsplit("/", 1)[1].replace("-", "_")
    made = api.post(f"{path}/deals", definition(name, description="what counts"))
    assert made.status == 201
    assert made.body["description"] == "what counts"
    assert api.get(f"{path}/deals/{name}").ok() == made.body
    deal = api.make_deal(**{name: "12.5"})
    assert api.read_deal(deal, name)["properties"][name] == "12.5"
    changed = api.patch(f"{path}/deals/{name}", {"label": "Credited so far"}).ok()
    assert (changed["label"], changed["name"]) == ("Credited so far", name)
    assert api.call("DELETE", f"{path}/deals/{name}").status == 204
    assert api.get(f"{path}/deals/{name}").status == 404
    assert api.get(f"{path}/deals/{name}", {"archived": "true"}).ok()["archived"] is True
    assert name in [prop["name"] for prop in api.get(f"{path}/deals", {"archived": "true"}).ok()["results"]]
    assert name not in api.read_deal(deal, name)["properties"]
    refused = api.patch(f"/crm/v3/objects/deals/{deal}", {"properties": {name: "1"}})
    assert "PROPERTY_DOESNT_EXIST" in refused.body["message"]


def test_a_name_is_taken_only_once(api) -> None:
    assert api.post("/crm/v3/properties/deals", definition("taken")).status == 201
    again = api.post("/crm/v3/properties/deals", definition("taken"))
    assert again.status == 409
    assert again.body["category"] == "OBJECT_ALREADY_EXISTS"
    assert "taken" in again.body["message"]
    assert api.post("/crm/v3/properties/companies", definition("taken", groupName="companyinformation")).status == 201


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Attain Credited"},
        {"name": "1st"},
        {"name": ""},
        {"type": "money"},
        {"fieldType": "slider"},
        {"groupName": "nowhere"},
        {"groupName": None},
        {"type": "enumeration", "fieldType": "select"},  # without options
    ],
)
def test_a_definition_that_cannot_be_is_refused(api, change) -> None:
    answer = api.post("/crm/v3/properties/deals", definition("refused") | change)
    assert answer.status == 400
    assert answer.body["category"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    ("type_name", "field_type", "good", "kept", "bad"),
    [
        ("string", "text", "a", "a", None),
        ("string", "textarea", "a\nb", "a\nb", "x" * 65_537),
        ("number", "number", "-1.50", "-1.50", "1.2.3"),
        ("bool", "booleancheckbox", "TRUE", "true", "maybe"),
        ("date", "date", "1772323200000", "2026-03-01", "1772323200001"),  # not midnight
        ("date", "date", "2026-03-01", "2026-03-01", "2026-02-30"),
        ("datetime", "date", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000Z", "tomorrow"),
        ("enumeration", "select", "x", "x", "z"),
        ("enumeration", "checkbox", "x;y", "x;y", "x;z"),
    ],
)
def test_values_are_checked_by_the_type_of_their_property(api, type_name, field_type, good, kept, bad) -> None:
    name = f"of_{type_name}_{field_type}_{len(str(bad))}"
    options = [{"label": value, "value": value, "displayOrder": 0, "hidden": False} for value in "xy"]
    body = definition(name, type=type_name, fieldType=field_type)
    api.post("/crm/v3/properties/deals", body | ({"options": options} if type_name == "enumeration" else {})).ok()
    deal = api.make_deal(**{name: good})
    assert api.read_deal(deal, name)["properties"][name] == kept
    if bad is not None:
        assert api.patch(f"/crm/v3/objects/deals/{deal}", {"properties": {name: bad}}).status == 400


def test_calculated_properties_made_through_the_api_are_read_only(api) -> None:
    body = definition("formula", fieldType="calculation_equation", calculationFormula="amount * 2")
    assert api.post("/crm/v3/properties/deals", body).ok()["modificationMetadata"]["readOnlyValue"] is True
    assert api.post("/crm/v3/objects/deals", {"properties": {"formula": "1"}}).status == 400


def test_hubspots_own_properties_stay_as_they_are(api) -> None:
    assert api.patch("/crm/v3/properties/deals/amount", {"label": "Sum"}).status == 400
    assert api.call("DELETE", "/crm/v3/properties/deals/amount").status == 400
    assert api.call("DELETE", "/crm/v3/properties/deals/nonsense").status == 204


def test_some_parts_of_a_property_never_change(api) -> None:
    api.post("/crm/v3/properties/deals", definition("fixed")).ok()
    assert api.patch("/crm/v3/properties/deals/fixed", {"hasUniqueValue": True}).status == 400
    assert api.patch("/crm/v3/properties/deals/nonsense", {"label": "x"}).status == 404


def test_properties_are_made_and_read_in_batches(api) -> None:
    inputs = [definition("batch_one"), definition("amount"), definition("Batch")]
    made = api.post("/crm/v3/properties/deals/batch/create", {"inputs": inputs})
    assert made.status == 207
    assert [prop["name"] for prop in made.body["results"]] == ["batch_one"]
    assert [error["category"] for error in made.body["errors"]] == ["OBJECT_ALREADY_EXISTS", "VALIDATION_ERROR"]
    names = {"archived": False, "inputs": [{"name": "batch_one"}, {"name": "nonsense"}]}
    read = api.post("/crm/properties/2026-09/deals/batch/read", names)
    assert read.status == 207
    assert [prop["name"] for prop in read.body["results"]] == ["batch_one"]
    body = {"inputs": [{"name": "batch_one"}]}
    assert api.post("/crm/v3/properties/deals/batch/archive", body).status == 204
    assert api.post("/crm/v3/properties/deals/batch/read", {**body, "archived": True}).status == 200


@pytest.mark.parametrize("path", GENERATIONS)
def test_groups_are_made_changed_and_taken_away(api, path) -> None:
    name = "attain_" + path.rsplit("/", 1)[1].replace("-", "_")
    assert api.post(f"{path}/deals/groups", {"name": name, "label": "Attain"}).status == 201
    assert api.post(f"{path}/deals/groups", {"name": name, "label": "Attain"}).status == 409
    assert api.get(f"{path}/deals/groups/{name}").ok()["label"] == "Attain"
    assert api.patch(f"{path}/deals/groups/{name}", {"label": "Pay"}).ok()["label"] == "Pay"
    assert {"name": name, "label": "Pay", "displayOrder": -1, "archived": False} in api.get(
        f"{path}/deals/groups"
    ).ok()["results"]
    assert api.call("DELETE", f"{path}/deals/groups/{name}").status == 204
    assert api.get(f"{path}/deals/groups/{name}").status == 404
