"""The mappings that come with Attain: records as each CRM sends them become what the model holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from connectors.base import ID, MODIFIED, PARENT, CrmField, FieldKind, ObjectSchema
from mappings import CrmMapping, check_mapping, crm_fields, field_specs, load_mapping, normalise, rendered
from tests.mappings.model import PAY, RESULTS, SHIPPED, TARGETS, schema_of

T, N, B, D, M = FieldKind.TEXT, FieldKind.NUMBER, FieldKind.BOOLEAN, FieldKind.DATE, FieldKind.DATETIME
Record = Mapping[str, tuple[FieldKind, str | None]]
"""What a CRM sends of one record: kind and text of each field."""

STAMP = "2026-03-02T03:30:00.000+0000"
STAMPED = datetime(2026, 3, 2, 3, 30, tzinfo=UTC)
OPPORTUNITY: Record = {
    "Name": (T, "Acme – 200 seats"),
    "Account.Name": (T, "Acme"),
    "OwnerId": (T, "005A"),
    "Amount": (N, "1.25E7"),
    "CurrencyIsoCode": (T, "EUR"),
    "CloseDate": (D, "2026-03-31"),
    "StageName": (T, "Closed Won"),
    "IsWon": (B, "true"),
    "IsClosed": (B, "true"),
    "Type": (T, "New Business"),
    "Probability": (N, "100.0"),
    "CreatedDate": (M, STAMP),
    "SystemModstamp": (M, STAMP),
}
TASK: Record = {
    "TaskSubtype": (T, "Task"),
    "OwnerId": (T, "005A"),
    "WhatId": (T, "006A"),
    "Subject": (T, "Send offer"),
    "ActivityDate": (D, "2026-03-05"),
    "Status": (T, "Completed"),
    "IsClosed": (B, "true"),
    "CallDurationInSeconds": (N, None),
    "SystemModstamp": (M, STAMP),
}
DEAL: Record = {
    "dealname": (T, "Acme"),
    "hubspot_owner_id": (T, "41"),
    "amount": (N, "1500.50"),
    "deal_currency_code": (T, "GBP"),
    "closedate": (M, "2026-04-01T03:59:59.999Z"),
    "stage.label": (T, "Closed won"),
    "stage.isClosed": (B, "true"),
    "stage.probability": (N, "1.0"),
    "dealtype": (T, "newbusiness"),
    "createdate": (M, STAMP.replace("+0000", "Z")),
    "hs_lastmodifieddate": (M, STAMP.replace("+0000", "Z")),
}


def shipped(name: str) -> CrmMapping:
    found = load_mapping(SHIPPED / f"{name}.toml", TARGETS, RESULTS, pay_results=PAY)
    assert found.problems == ()
    assert found.mapping is not None
    return found.mapping


def made(crm: str, section: str, record: Record, **changes: str | None) -> dict[str, object]:
    """The record as the section makes it, without what is empty; nothing may be told."""
    (found,) = (one for one in shipped(crm).objects if one.name == section)
    schema = schema_of({name: kind for name, (kind, _) in record.items()}, found.object_name)
    texts = {name: text for name, (_, text) in record.items()} | changes
    row = {ID: "r1", MODIFIED: STAMP, PARENT: "p1", **texts}
    page = pl.DataFrame([row], schema=dict.fromkeys(row, pl.String))
    target = TARGETS[found.feeds]
    done = normalise(found, target, page, schema, place=crm, time_zone="America/New_York")
    assert done.problems == ()
    values = done.frame.drop(ID, MODIFIED).row(0, named=True)
    return {name: value for name, value in values.items() if value is not None}


def test_a_salesforce_opportunity_is_a_deal() -> None:
    assert made("salesforce", "deal", OPPORTUNITY) == {
        "name": "Acme – 200 seats",
        "account": "Acme",
        "owner_id": "005A",
        "amount": Decimal(12_500_000),
        "currency": "EUR",
        "close_date": date(2026, 3, 31),
        "stage": "Closed Won",
        "status": "won",
        "deal_type": "New Business",
        "probability": Decimal(1),
        "created_at": STAMPED,
        "changed_at": STAMPED,
    }


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"Amount": "9000.10"}, "amount", Decimal("9000.1")),  # exact
        ({"Amount": None}, "amount", None),
        ({"IsWon": "false"}, "status", "lost"),
        ({"IsWon": "false", "IsClosed": "false"}, "status", "open"),
        ({"Probability": "37.5"}, "probability", Decimal("0.375")),
    ],
)
def test_an_opportunity_changes_with_its_fields(changes: dict[str, str | None], field: str, expected: object) -> None:
    assert made("salesforce", "deal", OPPORTUNITY, **changes).get(field) == expected


def test_an_org_with_one_currency_has_no_currency_fields_and_that_is_fine() -> None:
    record = {name: given for name, given in OPPORTUNITY.items() if name != "CurrencyIsoCode"}
    assert "currency" not in made("salesforce", "deal", record)


@pytest.mark.parametrize(
    ("split_type", "role"), [("Revenue", "revenue"), ("Overlay", "overlay"), ("Services_Team", "overlay")]
)
def test_a_salesforce_split_is_a_share_of_a_deal(split_type: str, role: str) -> None:
    record: Record = {
        "OpportunityId": (T, "006A"),
        "SplitOwnerId": (T, "005B"),
        "SplitPercentage": (N, "33.33"),
        "SplitType.DeveloperName": (T, split_type),
    }
    assert made("salesforce", "deal_split", record) == {
        "deal_id": "006A",
        "owner_id": "005B",
        "share": Decimal("0.3333"),
        "role": role,
    }


def test_a_salesforce_user_is_a_participant() -> None:
    record: Record = {
        "Email": (T, "Ann.Lee@Example.com"),
        "Id": (T, "005A"),
        "Name": (T, "Ann Lee"),
        "ManagerId": (T, "005M"),
        "UserRole.Name": (T, "West"),
        "DefaultCurrencyIsoCode": (T, "USD"),
        "IsActive": (B, "true"),
    }
    assert made("salesforce", "participant", record) == {
        "email": "ann.lee@example.com",
        "owner_id": "005A",
        "record_id": "005A",
        "name": "Ann Lee",
        "manager_owner_id": "005M",
        "team": "West",
        "currency": "USD",
        "active": True,
    }


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "task"),
        ({"TaskSubtype": "Call", "CallDurationInSeconds": "90"}, "call"),
        ({"TaskSubtype": "Email"}, "email"),
        ({"TaskSubtype": "ListEmail"}, "email"),
        ({"TaskSubtype": None}, "task"),
    ],
)
def test_a_salesforce_task_is_an_activity(changes: dict[str, str | None], kind: str) -> None:
    found = made("salesforce", "task", TASK, **changes)
    assert (found["type"], found["deal_id"], found["happened_on"]) == (kind, "006A", date(2026, 3, 5))
    assert found.get("duration_minutes") == (Decimal("1.5") if kind == "call" else None)


def test_a_task_on_something_else_belongs_to_no_deal() -> None:
    assert "deal_id" not in made("salesforce", "task", TASK, WhatId="001A")


def test_a_salesforce_event_is_a_meeting() -> None:
    record: Record = {
        "OwnerId": (T, "005A"),
        "WhatId": (T, "006A"),
        "Subject": (T, "Demo"),
        "ActivityDate": (D, "2026-03-05"),
        "DurationInMinutes": (N, "45"),
        "SystemModstamp": (M, STAMP),
    }
    found = made("salesforce", "event", record)
    assert (found["type"], found["duration_minutes"]) == ("meeting", Decimal(45))


def test_a_salesforce_quota_is_for_its_period() -> None:
    record: Record = {
        "QuotaOwnerId": (T, "005A"),
        "StartDate": (D, "2026-01-01"),
        "Period.EndDate": (D, "2026-03-31"),
        "QuotaAmount": (N, "250000.0"),
        "CurrencyIsoCode": (T, "USD"),
    }
    assert made("salesforce", "quota", record) == {
        "owner_id": "005A",
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 3, 31),
        "amount": Decimal(250_000),
        "currency": "USD",
    }


def test_salesforce_rates_are_units_of_the_currency_for_one_of_the_corporate_one() -> None:
    current: Record = {"IsoCode": (T, "EUR"), "ConversionRate": (N, "0.92")}
    dated: Record = {**current, "StartDate": (D, "2026-01-01")}
    assert made("salesforce", "fx_rate", current) == {"currency": "EUR", "rate": Decimal("0.92")}
    assert made("salesforce", "dated_fx_rate", dated) == {
        "currency": "EUR",
        "rate": Decimal("0.92"),
        "starts_on": date(2026, 1, 1),
    }


def test_a_hubspot_deal_is_a_deal() -> None:
    assert made("hubspot", "deal", DEAL) == {
        "name": "Acme",
        "owner_id": "41",
        "amount": Decimal("1500.5"),
        "currency": "GBP",
        "close_date": date(2026, 3, 31),  # one millisecond before April in New York, April in UTC
        "stage": "Closed won",
        "status": "won",
        "deal_type": "newbusiness",
        "probability": Decimal(1),
        "created_at": STAMPED,
        "changed_at": STAMPED,
    }


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"amount": "1200.10"}, "amount", Decimal("1200.1")),
        ({"amount": ""}, "amount", None),  # HubSpot sends "" for a value that was taken away
        ({"stage.probability": "0.0"}, "status", "lost"),
        ({"stage.probability": "0.4", "stage.isClosed": "false"}, "status", "open"),
    ],
)
def test_a_hubspot_deal_changes_with_its_properties(
    changes: dict[str, str | None], field: str, expected: object
) -> None:
    assert made("hubspot", "deal", DEAL, **changes).get(field) == expected


def test_a_hubspot_split_is_a_share_of_a_deal() -> None:
    record: Record = {
        "deal_id": (T, "9001"),
        "hubspot_owner_id": (T, "41"),
        "hs_deal_split_percentage": (N, "0.33333333"),
        "role": (T, "revenue"),
    }
    assert made("hubspot", "deal_split", record) == {
        "deal_id": "9001",
        "owner_id": "41",
        "share": Decimal("0.33333333"),
        "role": "revenue",
    }


def test_a_hubspot_owner_is_a_participant_whose_results_go_to_the_user_record() -> None:
    record: Record = {
        "email": (T, "ann@example.com"),
        "id": (T, "41"),
        "user.hs_object_id": (T, "7007"),
        "fullName": (T, "Ann Lee"),
        "primaryTeam.name": (T, "West"),
        "active": (B, "false"),
    }
    assert made("hubspot", "participant", record) == {
        "email": "ann@example.com",
        "owner_id": "41",
        "record_id": "7007",
        "name": "Ann Lee",
        "team": "West",
        "active": False,
    }


@pytest.mark.parametrize(
    ("section", "own", "expected"),
    [
        (
            "call",
            {"hs_call_title": "Hello", "hs_call_status": "COMPLETED", "hs_call_duration": "90000"},
            {
                "type": "call",
                "subject": "Hello",
                "status": "COMPLETED",
                "done": True,
                "duration_minutes": Decimal("1.5"),
            },
        ),
        (
            "email",
            {"hs_email_subject": "Offer", "hs_email_status": "BOUNCED"},
            {"type": "email", "subject": "Offer", "status": "BOUNCED", "done": False},
        ),
        (
            "meeting",
            {"hs_meeting_title": "Demo", "hs_meeting_outcome": "NO_SHOW"},
            {"type": "meeting", "subject": "Demo", "status": "NO_SHOW", "done": False},
        ),
        (
            "task",
            {"hs_task_subject": "Send", "hs_task_status": "COMPLETED"},
            {"type": "task", "subject": "Send", "status": "COMPLETED", "done": True},
        ),
    ],
)
def test_hubspot_activities_are_activities(section: str, own: dict[str, str], expected: dict[str, object]) -> None:
    shared: Record = {
        "hubspot_owner_id": (T, "41"),
        "hs_timestamp": (M, "2026-03-02T03:30:00Z"),
        "hs_lastmodifieddate": (M, "2026-03-02T03:30:00Z"),
    }
    record = {**shared, **{name: (N if name == "hs_call_duration" else T, text) for name, text in own.items()}}
    found = made("hubspot", section, record)
    assert found == {"owner_id": "41", "happened_on": date(2026, 3, 1), "changed_at": STAMPED, **expected}


def test_a_hubspot_goal_is_a_quota_from_its_first_to_its_last_day() -> None:
    record: Record = {
        "hubspot_owner_id": (T, "41"),
        "hs_start_datetime": (M, "2026-01-01T00:00:00.000Z"),
        "hs_end_datetime": (M, "2026-04-01T00:00:00.000Z"),
        "hs_target_amount": (N, "250000.00"),
    }
    assert made("hubspot", "quota", record) == {
        "owner_id": "41",
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 3, 31),
        "amount": Decimal(250_000),
    }
    inclusive = made("hubspot", "quota", record, hs_end_datetime="2026-03-31T23:59:59.999Z")
    assert inclusive["ends_on"] == date(2026, 3, 31)


def test_a_hubspot_rate_is_units_of_the_companys_currency_for_one_of_the_other() -> None:
    record: Record = {
        "fromCurrencyCode": (T, "EUR"),
        "toCurrencyCode": (T, "USD"),
        "conversionRate": (N, "1.083456"),
        "effectiveAt": (M, "2026-01-01T05:00:00.000Z"),
    }
    assert made("hubspot", "fx_rate", record) == {
        "base": "EUR",
        "currency": "USD",
        "rate": Decimal("1.083456"),
        "starts_on": date(2026, 1, 1),
    }


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_every_result_is_written_somewhere_but_the_currency(crm: str) -> None:
    for name, section in shipped(crm).writes.items():
        used = {column for field in section.fields for column in field.value.fields}
        assert used == set(RESULTS[name]) - {"currency"} - ({"period"} if name == "deal" else set())


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_what_shows_pay_is_marked_and_the_stamp_is_written_only_with_others(crm: str) -> None:
    for section in shipped(crm).writes.values():
        for field in section.fields:
            assert field.pay == bool(set(PAY) & set(field.value.fields))
            assert (field.mode == "with_others") == ("calculated_at" in field.value.fields)


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_each_field_to_provision_is_named_once_and_as_the_crm_names_fields(crm: str) -> None:
    specs = field_specs(shipped(crm), pay=True)
    assert len({(spec.object_name, spec.name) for spec in specs}) == len(specs) == 13
    assert all(spec.name.endswith("__c") if crm == "salesforce" else spec.name.islower() for spec in specs)
    assert all(spec.label for spec in specs)


def test_attainment_is_written_in_percent() -> None:
    write = shipped("salesforce").writes["participant"]
    money = {"quota": "100000", "credited": "87654.3", "attainment": "0.8765430000", "payout": "1", "forecast": "2"}
    results = pl.DataFrame(
        {
            ID: ["005A"],
            "period": ["2026-Q1"],
            **{name: [Decimal(text)] for name, text in money.items()},
            "rank": [1],
            "currency": ["USD"],
            "calculated_at": [STAMPED],
        },
        schema_overrides={name: pl.Decimal(38, 10) for name in money},
    )
    made = rendered(write, results)
    assert made.problems == ()
    assert made.frame["Attain_Attainment__c"].to_list() == ["87.65"]


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_a_crm_without_the_optional_objects_and_fields_is_only_warned_about(crm: str) -> None:
    """What every account has is enough; `describe` here knows just that."""
    mapping = shipped(crm)
    optional = {section.object_name for section in mapping.objects if section.optional}
    known: dict[str, dict[str, CrmField]] = {}
    for section in mapping.objects:
        fields = known.setdefault(section.object_name, {})
        for field in section.fields:
            if not field.optional:
                fields.update({name: CrmField(name, _kind_in(crm, name)) for name in field.value.fields})
    for write in mapping.writes.values():
        for written in write.fields:
            spec = written.spec(write.object_name)
            held = CrmField(spec.name, spec.kind, "", True, True, spec.precision, spec.scale, spec.length)
            known.setdefault(write.object_name, {})[spec.name] = held
    problems = check_mapping(mapping, lambda name, paths=(): ObjectSchema(name, known[name]))
    assert {problem.severity for problem in problems} <= {"warning"}
    assert optional


def _kind_in(crm: str, name: str) -> FieldKind:
    kinds = {field: kind for record in (OPPORTUNITY, TASK, DEAL) for field, (kind, _) in record.items()}
    kinds |= dict.fromkeys(("SplitPercentage", "QuotaAmount", "ConversionRate", "conversionRate"), N)
    kinds |= dict.fromkeys(("hs_deal_split_percentage", "hs_call_duration", "hs_target_amount"), N)
    kinds |= dict.fromkeys(("DurationInMinutes",), N) | dict.fromkeys(("IsActive", "active"), B)
    kinds |= {"StartDate": D} | dict.fromkeys(
        ("hs_timestamp", "hs_start_datetime", "hs_end_datetime", "effectiveAt"), M
    )
    return kinds.get(name, T)


def test_all_that_is_read_is_what_the_crm_is_asked_for() -> None:
    (deal,) = (section for section in shipped("salesforce").objects if section.name == "deal")
    assert set(crm_fields(deal)) == set(OPPORTUNITY)
