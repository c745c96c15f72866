"""What fields there are, and creating the ones Attain needs."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import CrmField, FieldKind, FieldSpec, FixSettings
from connectors.hubspot import PLUGIN, HubSpotConnector, HubSpotSettings, scopes
from tests.connectors.hubspot.clock import TestClock
from tests.connectors.hubspot.conftest import asking
from tests.connectors.hubspot.portal import Portal, failed, prop
from tests.connectors.hubspot.wire import Said, Wire

NUMBER = FieldSpec("deals", "attain_credited", "Credited", FieldKind.NUMBER, description="What Attain credited")


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        (prop("x", "number"), CrmField("x", FieldKind.NUMBER, "x", writable=True)),
        (prop("x", "date"), CrmField("x", FieldKind.DATE, "x", writable=True)),
        (prop("x", "datetime", read_only=True), CrmField("x", FieldKind.DATETIME, "x")),
        (
            prop("x", "bool", options=[{"value": "true"}, {"value": "false"}]),
            CrmField("x", FieldKind.BOOLEAN, "x", writable=True),
        ),
        (
            prop("x", "enumeration", options=[{"value": "a"}, {"value": "b"}]),
            CrmField("x", FieldKind.TEXT, "x", writable=True, length=65_536, choices=("a", "b")),
        ),
        (prop("x", "number", calculated=True), CrmField("x", FieldKind.NUMBER, "x")),
        (prop("x", "phone_number"), CrmField("x", FieldKind.TEXT, "x", writable=True, length=65_536)),
        ({"name": "x"}, CrmField("x", FieldKind.TEXT, writable=True, length=65_536)),  # the least there can be
    ],
)
def test_property_is_described_as_hubspot_keeps_it(
    portal: Portal, connector: HubSpotConnector, described: dict[str, Any], expected: CrmField
) -> None:
    portal.properties["deals"] = [described]
    assert connector.describe("deals").fields == {"x": expected}


def test_joined_fields_are_described_where_they_are_asked_for(connector: HubSpotConnector) -> None:
    paths = ["stage.isClosed", "stage.label", "user.hs_object_id", "stage.nothing"]
    known = connector.describe("deals", paths).fields
    assert {name: known[name].kind for name in known if "." in name} == {
        "stage.isClosed": FieldKind.BOOLEAN,
        "stage.label": FieldKind.TEXT,
    }


def test_owner_is_described_with_properties_of_the_user(portal: Portal, connector: HubSpotConnector) -> None:
    known = connector.describe("owners", ["user.attain_payout", "user.nothing", "id"]).fields
    assert known["user.attain_payout"] == CrmField("user.attain_payout", FieldKind.NUMBER, "attain_payout")
    assert "user.nothing" not in known
    assert known["archived"].kind is FieldKind.BOOLEAN


def test_owners_alone_are_described_without_a_call(connector: HubSpotConnector) -> None:
    connector.describe("owners")
    assert connector.calls() == {}


@pytest.mark.parametrize("status", [403, 404])
def test_account_without_rates_says_so_when_they_are_described(
    portal: Portal, connector: HubSpotConnector, status: int
) -> None:
    assert connector.describe("exchange_rates").fields["conversionRate"].kind is FieldKind.NUMBER
    portal.before.append(lambda asked: Said(status, {}) if "currencies" in asked.path else None)
    with pytest.raises(FixSettings):
        connector.describe("exchange_rates")


def test_splits_are_read_with_deals(connector: HubSpotConnector) -> None:
    assert connector.describe("deal_splits").read_with == "deals"


def test_object_that_is_not_there_is_named_with_the_nearest(connector: HubSpotConnector) -> None:
    with pytest.raises(FixSettings, match="no object deal") as caught:
        connector.describe("deal")
    assert "'deals'" in caught.value.hint


def test_describe_asks_anew_and_a_read_soon_after_does_not(connector: HubSpotConnector, clock: TestClock) -> None:
    connector.describe("deals")
    connector.describe("deals")
    list(connector.pull(asking(clock)))
    assert connector.calls()["properties"] == 2
    clock.seconds += 301
    list(connector.pull(asking(clock)))
    assert connector.calls()["properties"] == 3


def test_missing_property_is_created_in_a_group_of_ours(
    portal: Portal, connector: HubSpotConnector, wire: Wire
) -> None:
    steps = connector.provision([NUMBER], dry_run=False)
    assert [(step.target, step.action, step.done) for step in steps] == [
        ("deals group attain", "create", True),
        ("deals.attain_credited", "create", True),
    ]
    assert wire.asked[-1].body == {
        "name": "attain_credited",
        "label": "Credited",
        "description": "What Attain credited",
        "groupName": "attain",
        "type": "number",
        "fieldType": "number",
        "formField": False,
    }


def test_provisioning_again_changes_nothing(connector: HubSpotConnector, wire: Wire) -> None:
    connector.provision([NUMBER], dry_run=False)
    wire.asked.clear()
    steps = connector.provision([NUMBER], dry_run=False)
    assert [(step.target, step.action, step.done) for step in steps] == [("deals.attain_credited", "exists", True)]
    assert all(asked.method == "GET" for asked in wire.asked)


def test_dry_run_says_what_would_be_created_and_creates_nothing(connector: HubSpotConnector, wire: Wire) -> None:
    steps = connector.provision([NUMBER], dry_run=True)
    assert [(step.action, step.done) for step in steps] == [("create", False), ("create", False)]
    assert all(asked.method == "GET" for asked in wire.asked)


@pytest.mark.parametrize(
    ("kind", "length", "expected"),
    [
        (FieldKind.TEXT, 255, ("string", "text")),
        (FieldKind.TEXT, 256, ("string", "textarea")),
        (FieldKind.DATE, 255, ("date", "date")),
        (FieldKind.DATETIME, 255, ("datetime", "date")),
        (FieldKind.BOOLEAN, 255, ("bool", "booleancheckbox")),
    ],
)
def test_property_has_the_type_its_values_need(
    connector: HubSpotConnector, wire: Wire, kind: FieldKind, length: int, expected: tuple[str, str]
) -> None:
    connector.provision([FieldSpec("deals", "attain_x", "X", kind, length=length)], dry_run=False)
    body = wire.asked[-1].body
    assert (body["type"], body["fieldType"]) == expected
    assert [option["value"] for option in body.get("options", ())] == (
        ["true", "false"] if kind is FieldKind.BOOLEAN else []
    )


@pytest.mark.parametrize(
    ("there", "name", "message"),
    [
        (prop("attain_x", "string"), "attain_x", "needed as number"),
        (prop("attain_x", "number", read_only=True), "attain_x", "cannot be written"),
        (prop("other"), "Attain_X__c", "lower-case"),
    ],
)
def test_property_that_cannot_be_is_a_conflict(
    portal: Portal, connector: HubSpotConnector, wire: Wire, there: dict[str, Any], name: str, message: str
) -> None:
    portal.properties["deals"].append(there)
    (step,) = connector.provision([FieldSpec("deals", name, "X", FieldKind.NUMBER)], dry_run=False)
    assert (step.action, step.done) == ("conflict", False)
    assert message in step.message
    assert all(asked.method == "GET" for asked in wire.asked)


def test_property_made_by_another_run_meanwhile_exists(portal: Portal, connector: HubSpotConnector) -> None:
    def meanwhile(asked: Any) -> Said | None:
        if asked.method == "POST" and asked.path.endswith("/deals"):
            portal.before.clear()
            portal.properties["deals"].append(prop("attain_credited", "number"))
        return None

    portal.before.append(meanwhile)
    steps = connector.provision([NUMBER], dry_run=False)
    assert [(step.target, step.action) for step in steps][-1] == ("deals.attain_credited", "exists")


def test_property_said_to_exist_and_never_shown_is_a_conflict(portal: Portal, connector: HubSpotConnector) -> None:
    portal.before.append(
        lambda asked: failed(409, "", "exists") if asked.method == "POST" and asked.path.endswith("/deals") else None
    )
    step = connector.provision([NUMBER], dry_run=False)[-1]
    assert (step.action, step.done) == ("conflict", False)
    assert "archived" in step.message


def test_missing_right_to_create_is_named(portal: Portal, connector: HubSpotConnector) -> None:
    portal.before.append(lambda asked: Said(403, {}) if asked.method == "POST" else None)
    with pytest.raises(FixSettings) as caught:
        connector.provision([NUMBER], dry_run=False)
    assert "crm.schemas.deals.write" in caught.value.hint


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_url", "http://api.hubapi.com"),  # a token in clear text
        ("base_url", "api.hubapi.com"),
        ("base_url", "https://user:word@api.hubapi.com"),
        ("base_url", "https://api.hubapi.com/?a=1"),
        ("access_token", ""),
        ("access_token", "two words"),
        ("access_token", "tökén"),
        ("path_version", "2027"),
        ("ten_second_limit", 0),
        ("search_per_second", 0),
        ("daily_share", 0),
        ("daily_share", 1.1),
        ("overlap_seconds", -1),
        ("timeout_seconds", 0),
        ("acces_token", "x"),
    ],
)
def test_setting_that_cannot_be_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=key):
        HubSpotSettings.model_validate({"access_token": "pat-test", key: value})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8802", "http://localhost:8802/", "http://[::1]:8802"])
def test_plain_http_is_for_this_machine_alone(url: str) -> None:
    assert HubSpotSettings.model_validate({"access_token": "x", "base_url": url}).base_url == url.rstrip("/")


def test_secrets_do_not_show_in_settings() -> None:
    settings = HubSpotSettings.model_validate({"access_token": "pat-test", "client_secret": "secret-word"})
    assert "pat-test" not in repr(settings)
    assert "secret-word" not in repr(settings)


def test_plugin_opens_a_connection_without_a_call() -> None:
    settings = PLUGIN.settings.model_validate({"access_token": "pat-test"})
    connector = PLUGIN.open("acme", settings)
    assert connector.calls() == {}
    connector.close()


def test_plugin_refuses_settings_of_another() -> None:
    class Other(HubSpotSettings.__base__):  # type: ignore[name-defined, misc]
        pass

    with pytest.raises(TypeError, match="Other"):
        PLUGIN.open("acme", Other())


@pytest.mark.parametrize(
    ("object_name", "reading", "writing", "shaping"),
    [
        ("deals", "crm.objects.deals.read", "crm.objects.deals.write", "crm.schemas.deals.write"),
        ("users", "crm.objects.users.read", "crm.objects.users.write", "crm.objects.users.write"),
        ("calls", "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.write"),
        ("emails", "sales-email-read", "crm.objects.contacts.write", "crm.schemas.contacts.write"),
        ("goal_targets", "crm.objects.goals.read", "crm.objects.goals.write", "crm.objects.goals.write"),
        ("2-345", "crm.objects.custom.read", "crm.objects.custom.write", "crm.schemas.custom.write"),
        ("p33_statement", "crm.objects.custom.read", "crm.objects.custom.write", "crm.schemas.custom.write"),
        ("products", "crm.objects.products.read", "crm.objects.products.write", "crm.objects.products.write"),
    ],
)
def test_scope_is_named_as_hubspot_names_it(object_name: str, reading: str, writing: str, shaping: str) -> None:
    assert (scopes.reading(object_name), scopes.writing(object_name), scopes.shaping(object_name)) == (
        reading,
        writing,
        shaping,
    )
