"""Describes, custom fields, and who sees them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.salesforce.rest import Rest

FIELD_KEYS = {
    "aggregatable", "autoNumber", "byteLength", "calculated", "calculatedFormula", "compoundFieldName",
    "controllerName", "createable", "custom", "defaultValue", "defaultedOnCreate", "digits", "externalId",
    "filterable", "groupable", "idLookup", "label", "length", "name", "nameField", "nillable", "permissionable",
    "picklistValues", "polymorphicForeignKey", "precision", "referenceTo", "relationshipName", "restrictedPicklist",
    "scale", "soapType", "sortable", "type", "unique", "updateable",
}  # fmt: skip


def described(rest: Rest, object_name: str = "Opportunity") -> dict[str, dict[str, Any]]:
    answer = rest.call("GET", f"sobjects/{object_name}/describe").json()
    return {field["name"]: field for field in answer["fields"]}


def test_a_field_is_described_with_every_key(rest: Rest) -> None:
    assert all(set(field) >= FIELD_KEYS for field in described(rest).values())


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("Id", {"type": "id", "length": 18, "createable": False, "updateable": False, "soapType": "tns:ID"}),
        ("Name", {"type": "string", "length": 120, "nillable": False, "nameField": True, "permissionable": False}),
        ("Amount", {"type": "currency", "precision": 18, "scale": 2, "nillable": True, "permissionable": True}),
        ("Probability", {"type": "percent", "precision": 3, "scale": 0, "defaultedOnCreate": True}),
        ("CloseDate", {"type": "date", "nillable": False, "soapType": "xsd:date"}),
        ("IsWon", {"type": "boolean", "createable": False, "updateable": False}),
        ("OwnerId", {"type": "reference", "referenceTo": ["User"], "relationshipName": "Owner"}),
        ("Description", {"type": "textarea", "length": 32000, "filterable": False, "sortable": False}),
        ("ARR__c", {"type": "currency", "custom": True, "updateable": True}),
    ],
)
def test_fields_are_described_as_real_ones_are(rest: Rest, name: str, facts: dict[str, Any]) -> None:
    field = described(rest)[name]
    assert {key: field[key] for key in facts} == facts


def test_picklists_list_their_values(rest: Rest) -> None:
    values = [choice["value"] for choice in described(rest)["StageName"]["picklistValues"]]
    assert "Closed Won" in values
    assert {"active", "defaultValue", "label", "validFor", "value"} == set(described(rest)["Type"]["picklistValues"][0])


def test_all_objects_are_listed_with_their_prefixes(rest: Rest) -> None:
    answer = rest.call("GET", "sobjects").json()
    prefixes = {one["name"]: one["keyPrefix"] for one in answer["sobjects"]}
    assert (answer["encoding"], answer["maxBatchSize"]) == ("UTF-8", 200)
    assert prefixes["Opportunity"] == "006"
    assert prefixes["User"] == "005"
    assert "CustomField" not in prefixes  # that one is the Tooling API's


def test_an_object_has_basic_information_without_its_fields(rest: Rest) -> None:
    assert rest.call("GET", "sobjects/User").json()["objectDescribe"]["keyPrefix"] == "005"


def test_describe_tells_who_has_seen_it_that_nothing_changed(fresh: Rest) -> None:
    first = fresh.call("GET", "sobjects/Opportunity/describe")
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    again = fresh.call("GET", "sobjects/Opportunity/describe", headers=since)
    assert (again.status_code, again.content) == (304, b"")
    fresh.call("POST", "/_sandbox/clock", {"advance_seconds": 5})
    fresh.show_field("Opportunity", "New__c")
    assert fresh.call("GET", "sobjects/Opportunity/describe", headers=since).status_code == 200
    assert fresh.call("GET", "sobjects", headers={"If-Modified-Since": "nonsense"}).status_code == 200


def create_field(rest: Rest, full_name: str, **data: Any) -> Any:
    body = {"FullName": full_name, "Metadata": {"label": "L", "type": "Number", "precision": 18, "scale": 2, **data}}
    return rest.call("POST", "tooling/sobjects/CustomField", body)


def test_a_new_field_is_seen_by_nobody_until_a_permission_set_shows_it(fresh: Rest) -> None:
    assert create_field(fresh, "Opportunity.Credited__c").status_code == 201
    record_id = fresh.id_of_a("Opportunity")
    assert "Credited__c" not in described(fresh)
    assert fresh.ask("SELECT Credited__c FROM Opportunity").json()[0]["errorCode"] == "INVALID_FIELD"
    outcome = fresh.update([{"id": record_id, "Credited__c": 1}])[0]
    assert outcome["errors"][0]["statusCode"] == "INVALID_FIELD"
    fresh.grant("Opportunity", "Credited__c")
    assert described(fresh)["Credited__c"]["updateable"] is True
    assert fresh.update([{"id": record_id, "Credited__c": 12.5}])[0]["success"] is True
    assert fresh.query(f"SELECT Credited__c FROM Opportunity WHERE Id = '{record_id}'") == [{"Credited__c": 12.5}]


def test_a_field_that_may_be_read_only_cannot_be_written(fresh: Rest) -> None:
    create_field(fresh, "Opportunity.Seen__c")
    fresh.grant("Opportunity", "Seen__c", edit=False)
    assert described(fresh)["Seen__c"]["updateable"] is False
    outcome = fresh.update([{"id": fresh.id_of_a("Opportunity"), "Seen__c": 1}])[0]
    assert outcome["errors"][0]["statusCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_permission_set_nobody_has_shows_nothing(fresh: Rest) -> None:
    create_field(fresh, "Opportunity.Hidden__c")
    parent = fresh.call("POST", "sobjects/PermissionSet", {"Name": "Idle", "Label": "Idle"}).json()["id"]
    body = {"ParentId": parent, "SobjectType": "Opportunity", "Field": "Opportunity.Hidden__c", "PermissionsRead": True}
    made = fresh.call("POST", "sobjects/FieldPermissions", body)
    assert "Hidden__c" not in described(fresh)
    me = fresh.id_of_a("User", "WHERE Username = 'integration@sandbox.example'")
    given = {"AssigneeId": me, "PermissionSetId": parent}
    assigned = fresh.call("POST", "sobjects/PermissionSetAssignment", given).json()["id"]
    assert "Hidden__c" in described(fresh)
    assert fresh.call("DELETE", f"sobjects/PermissionSetAssignment/{assigned}").status_code == 204
    assert "Hidden__c" not in described(fresh)
    fresh.call("POST", "sobjects/PermissionSetAssignment", given)
    taken = {"PermissionsRead": False}
    assert fresh.call("PATCH", f"sobjects/FieldPermissions/{made.json()['id']}", taken).status_code == 204
    assert "Hidden__c" not in described(fresh)


def test_what_exists_is_not_made_twice(fresh: Rest) -> None:
    fresh.show_field("Opportunity", "Once__c")
    again = create_field(fresh, "Opportunity.ONCE__c").json()[0]
    assert again["errorCode"] == "DUPLICATE_DEVELOPER_NAME"
    parent = fresh.id_of_a("PermissionSet")
    named = fresh.call("POST", "sobjects/PermissionSet", {"Name": "Tests", "Label": "T"}).json()[0]
    assert named["errorCode"] == "DUPLICATE_DEVELOPER_NAME"
    body = {"ParentId": parent, "SobjectType": "Opportunity", "Field": "Opportunity.Once__c", "PermissionsRead": True}
    assert fresh.call("POST", "sobjects/FieldPermissions", body).json()[0]["errorCode"] == "DUPLICATE_VALUE"
    me = fresh.id_of_a("User", "WHERE Username = 'integration@sandbox.example'")
    given = {"AssigneeId": me, "PermissionSetId": parent}
    twice = fresh.call("POST", "sobjects/PermissionSetAssignment", given).json()[0]
    assert twice["errorCode"] == "DUPLICATE_VALUE"
    rights = {"ParentId": parent, "SobjectType": "Opportunity", "PermissionsRead": True}
    assert fresh.call("POST", "sobjects/ObjectPermissions", rights).status_code == 201
    assert fresh.call("POST", "sobjects/ObjectPermissions", rights).json()[0]["errorCode"] == "DUPLICATE_VALUE"


@pytest.mark.parametrize(
    ("full_name", "data", "code"),
    [
        ("Nothing.A__c", {}, "INVALID_TYPE"),
        ("Opportunity.Name", {}, "INVALID_FULL_NAME"),  # not a custom name
        ("Opportunity.A__b__c", {}, "INVALID_FULL_NAME"),  # two underscores in a row
        (f"Opportunity.{'A' * 41}__c", {}, "STRING_TOO_LONG"),
        ("Opportunity.A__c", {"type": "Magic"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Opportunity.A__c", {"label": ""}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Opportunity.A__c", {"precision": None}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Opportunity.A__c", {"precision": 19}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Opportunity.A__c", {"precision": 2, "scale": 3}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Opportunity.A__c", {"type": "Text"}, "FIELD_INTEGRITY_EXCEPTION"),  # no length
    ],
)
def test_a_field_that_cannot_be_is_refused(rest: Rest, full_name: str, data: dict[str, Any], code: str) -> None:
    answer = create_field(rest, full_name, **data)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


@pytest.mark.parametrize(
    ("kind", "data", "described_as", "written", "read"),
    [
        ("Number", {"precision": 10, "scale": 3}, "double", 1.5, 1.5),
        ("Currency", {"precision": 18, "scale": 2}, "currency", "2.50", 2.5),
        ("Percent", {"precision": 5, "scale": 2}, "percent", 99.5, 99.5),
        ("Text", {"length": 10}, "string", "a", "a"),
        ("TextArea", {}, "textarea", "a\nb", "a\nb"),
        ("LongTextArea", {"length": 5000, "visibleLines": 3}, "textarea", 'say "hi"', 'say "hi"'),
        ("Checkbox", {"defaultValue": "false"}, "boolean", True, True),
        ("Date", {}, "date", "2026-01-31", "2026-01-31"),
        ("DateTime", {}, "datetime", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000+0000"),
        ("Email", {}, "email", "a@example.com", "a@example.com"),
        ("Picklist", {"valueSet": {"valueSetDefinition": {"value": [{"fullName": "A"}]}}}, "picklist", "A", "A"),
    ],
)
def test_every_kind_of_field_can_be_made_and_used(
    rest: Rest, kind: str, data: dict[str, Any], described_as: str, written: Any, read: Any
) -> None:
    name = f"Kind_{kind}__c"
    rest.show_field("Opportunity", name, kind, **data)
    assert described(rest)[name]["type"] == described_as
    record_id = rest.id_of_a("Opportunity")
    assert rest.update([{"id": record_id, name: written}])[0]["errors"] == []
    assert rest.query(f"SELECT {name} FROM Opportunity WHERE Id = '{record_id}'") == [{name: read}]


def test_field_permissions_are_checked(rest: Rest) -> None:
    create_field(rest, "Opportunity.Checked__c")
    parent = rest.call("POST", "sobjects/PermissionSet", {"Name": "Checked", "Label": "C"}).json()["id"]
    unknown = {"ParentId": parent, "SobjectType": "Opportunity", "Field": "Opportunity.Foo__c", "PermissionsRead": True}
    answer = rest.call("POST", "sobjects/FieldPermissions", unknown)
    assert answer.json()[0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    blind = {**unknown, "Field": "Opportunity.Checked__c", "PermissionsRead": False, "PermissionsEdit": True}
    assert rest.call("POST", "sobjects/FieldPermissions", blind).json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"


def test_the_tooling_api_knows_the_fields_of_an_object(fresh: Rest) -> None:
    create_field(fresh, "Opportunity.Told__c")
    found = fresh.query(
        "SELECT DeveloperName, EntityDefinition.QualifiedApiName FROM CustomField "
        "WHERE TableEnumOrId = 'Opportunity' ORDER BY DeveloperName",
        "tooling/query",
    )
    assert [one["DeveloperName"] for one in found] == ["ARR", "Told"]
    types = fresh.query(
        "SELECT DataType FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Opportunity' "
        "AND QualifiedApiName IN ('Told__c', 'OwnerId', 'IsWon', 'Name')",
        "tooling/query",
    )
    assert {one["DataType"] for one in types} == {"Number(16, 2)", "Lookup(User)", "Checkbox", "Text(120)"}


def test_each_api_has_its_own_objects(rest: Rest) -> None:
    assert rest.ask("SELECT Id FROM CustomField").json()[0]["errorCode"] == "INVALID_TYPE"
    assert rest.ask("SELECT Id FROM Opportunity", "tooling/query").json()[0]["errorCode"] == "INVALID_TYPE"
    assert rest.query("SELECT QualifiedApiName FROM EntityDefinition WHERE DurableId = 'User'")


def test_the_version_s_root_says_where_everything_is_and_who_asks(rest: Rest) -> None:
    root = rest.call("GET", "").json()
    assert root["query"] == "/services/data/v66.0/query"
    assert rest.session.get(root["identity"], timeout=30).json()["username"] == "integration@sandbox.example"
