"""Fields and parent paths as the signed-in user sees them."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import ID, MODIFIED, CrmField, FieldKind, FixSettings, PullRequest, StopRun
from tests.connectors.salesforce.paper import NOW, PaperOrg, Row, answer, connected, deal, described, stamp


def reference(name: str, relationship: str, *targets: str) -> dict[str, Any]:
    more = {"polymorphicForeignKey": len(targets) > 1}
    return described(name, "reference", relationshipName=relationship, referenceTo=list(targets), **more)


def org_of(*rows: Row) -> PaperOrg:
    opportunity = [
        described("Id", "id"),
        described("Name"),
        described("SystemModstamp", "datetime"),
        described("IsDeleted", "boolean"),
        described("Amount", "currency"),
        described("Probability", "percent", precision=3, scale=0),
        described("FiscalYear", "int", digits=8),
        described("CloseDate", "date"),
        described("BillingAddress", "address"),
        described(
            "Type", "picklist", picklistValues=[{"value": "New", "active": True}, {"value": "Old", "active": False}]
        ),
        described("Credited__c", "double"),
        reference("OwnerId", "Owner", "User"),
        reference("WhatId", "What", "Account", "Opportunity"),
        reference("SecretId", "Secret", "Hidden__c"),
    ]
    user = [described("Id", "id"), described("Email", "email"), reference("ManagerId", "Manager", "User")]
    role = [described("Id", "id"), described("Name")]
    return PaperOrg({"Opportunity": list(rows)}, fields={"Opportunity": opportunity, "User": user, "UserRole": role})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Name", CrmField("Name", FieldKind.TEXT, "Name", length=255)),
        ("Amount", CrmField("Amount", FieldKind.NUMBER, "Amount", precision=18, scale=2)),
        ("Probability", CrmField("Probability", FieldKind.NUMBER, "Probability", precision=3, scale=0)),
        ("FiscalYear", CrmField("FiscalYear", FieldKind.NUMBER, "FiscalYear", precision=8, scale=0)),
        ("CloseDate", CrmField("CloseDate", FieldKind.DATE, "CloseDate")),
        ("SystemModstamp", CrmField("SystemModstamp", FieldKind.DATETIME, "SystemModstamp")),
        ("IsDeleted", CrmField("IsDeleted", FieldKind.BOOLEAN, "IsDeleted")),
        ("Type", CrmField("Type", FieldKind.TEXT, "Type", length=255, choices=("New",))),
        ("Credited__c", CrmField("Credited__c", FieldKind.NUMBER, "Credited__c", writable=True, precision=18, scale=2)),
    ],
)
def test_a_field_is_described_by_what_its_values_are(name: str, expected: CrmField) -> None:
    with connected(org_of()) as watched:
        assert watched.connector.describe("Opportunity").fields[name] == expected


def test_compound_fields_have_no_single_value_and_are_left_out() -> None:
    with connected(org_of()) as watched:
        assert "BillingAddress" not in watched.connector.describe("Opportunity").fields


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("Owner.Email", "Owner.Email", FieldKind.TEXT),
        ("Owner.Manager.Email", "Owner.Manager.Email", FieldKind.TEXT),
        ("owner.email", "Owner.Email", FieldKind.TEXT),  # SOQL does not mind the case
        ("What.Type", "What.Type", FieldKind.TEXT),  # one of several objects: the fields of Name
        ("what.isactive", "What.IsActive", FieldKind.BOOLEAN),
        ("What.UserRole.Name", "What.UserRole.Name", FieldKind.TEXT),
    ],
)
def test_parent_paths_are_followed(path: str, name: str, kind: FieldKind) -> None:
    with connected(org_of()) as watched:
        field = watched.connector.describe("Opportunity", [path]).fields[path]
    assert (field.name, field.kind, field.writable) == (name, kind, False)


@pytest.mark.parametrize(
    "path", ["Owner.Nmae", "Boss.Email", "Owner.Boss.Email", "What.Amount", "What.Owner.Name", "Secret.Name", "Nmae"]
)
def test_a_path_to_nowhere_is_left_out(path: str) -> None:
    with connected(org_of()) as watched:
        assert path not in watched.connector.describe("Opportunity", [path]).fields


def test_each_object_is_described_once_a_run() -> None:
    org = org_of()
    with connected(org) as watched:
        for _ in range(3):
            watched.connector.describe("Opportunity", ["Owner.Email", "Owner.Manager.Email"])
    assert org.count("describe") == 2


def test_an_unreadable_describe_is_asked_again() -> None:
    org = org_of()
    org.replies = [("describe", answer({"name": "Opportunity"}))]
    with connected(org) as watched:
        assert "Name" in watched.connector.describe("Opportunity").fields


def test_an_object_not_there_names_the_permission() -> None:
    with connected(org_of()) as watched, pytest.raises(FixSettings) as caught:
        watched.connector.describe("Opportunitty")
    assert "Read permission on Opportunitty" in caught.value.hint


@pytest.mark.parametrize("name", ["../limits", "Opportunity?x=1", "", "a b"])
def test_what_cannot_be_an_object_is_not_asked_for(name: str) -> None:
    org = org_of()
    with connected(org) as watched, pytest.raises(FixSettings, match="no object"):
        watched.connector.describe(name)
    assert org.calls == []


def row(number: int, **values: Any) -> Row:
    empty = {"Amount": None, "FiscalYear": None, "Owner": None, "Type": None}
    return deal(number, 0, **empty) | values


def test_a_page_is_text_as_the_crm_wrote_it() -> None:
    org = org_of(row(0, Name="Ünï", Amount=1500.1, FiscalYear=2026, Owner={"Email": "a@b.c", "Manager": None}), row(1))
    fields = ("Name", "amount", "FiscalYear", "IsDeleted", "Owner.Email", "Owner.Manager.Email")
    with connected(org) as watched:
        (page,) = watched.connector.pull(PullRequest("Opportunity", fields, None, NOW))
    assert page.records.columns == [ID, MODIFIED, *fields]
    assert page.records.rows() == [
        ("006000000000000000", "2026-11-23T08:00:00.000Z", "Ünï", "1500.1", "2026", "false", "a@b.c", None),
        ("006000000000000001", "2026-11-23T08:00:00.000Z", "Deal 1", None, None, "false", None, None),
    ]


def test_an_empty_page_has_its_columns() -> None:
    with connected(org_of()) as watched:
        (page,) = watched.connector.pull(PullRequest("Opportunity", ("Name",), None, NOW))
    assert (page.records.columns, page.records.height, page.last) == ([ID, MODIFIED, "Name"], 0, True)


def test_a_parent_that_is_no_record_stops_the_run() -> None:
    org = org_of(row(0, Owner={"Email": "a@b.c"}))
    record = {"Id": "006000000000000000", "SystemModstamp": stamp(0), "IsDeleted": False, "Owner": "somebody"}
    org.replies = [("queryAll", answer({"totalSize": 1, "done": True, "records": [record]}))]
    with connected(org) as watched, pytest.raises(StopRun, match="Owner is no record"):
        list(watched.connector.pull(PullRequest("Opportunity", ("Owner.Email",), None, NOW)))


@pytest.mark.parametrize("missing", ["Id", "SystemModstamp"])
def test_a_record_without_its_key_stops_the_run(missing: str) -> None:
    org = org_of(row(0))
    record = {"Id": "006000000000000000", "SystemModstamp": stamp(0), "IsDeleted": False, "Name": "x"}
    del record[missing]
    org.replies = [("queryAll", answer({"totalSize": 1, "done": True, "records": [record]}))]
    with connected(org) as watched, pytest.raises(StopRun, match=f"a record has no {missing}"):
        list(watched.connector.pull(PullRequest("Opportunity", ("Name",), None, NOW)))
