"""Owners with their user records, splits with their deals, stages, rates; and whether the account answers at all."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import FixSettings, StopRun
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.clock import TestClock
from tests.connectors.hubspot.conftest import Connect, asking, gone
from tests.connectors.hubspot.portal import Portal, failed
from tests.connectors.hubspot.wire import Asked, Said

SPLIT_FIELDS = ("deal_id", "hubspot_owner_id", "hs_deal_split_percentage", "role")
STAGES = ("dealname", "stage.label", "stage.isClosed", "stage.probability", "pipeline.label")


def owner(owner_id: str, **more: Any) -> dict[str, Any]:
    return {"id": owner_id, "type": "PERSON", "archived": False, "updatedAt": "2026-01-01T00:00:00.000Z", **more}


def stage(stage_id: str, label: str, **metadata: str) -> dict[str, Any]:
    return {"id": stage_id, "label": label, "metadata": metadata}


def rows(connector: HubSpotConnector, clock: TestClock, object_name: str, *fields: str) -> list[dict[str, Any]]:
    page = next(connector.pull(asking(clock, object_name=object_name, fields=fields)))
    assert page.last
    assert page.expected == page.records.height
    return page.records.to_dicts()


def test_owner_is_joined_with_the_user_record_by_user_number(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    portal.owners = [owner("7", userId=42, email="a@example.com"), owner("8", userId=43), owner("9")]
    portal.add("users", 900, hs_internal_user_id="42", attain_payout="12.30")
    found = rows(connector, clock, "owners", "id", "email", "userId", "user.hs_object_id", "user.attain_payout")
    assert [list(row.values())[2:] for row in found] == [
        ["7", "a@example.com", "42", "900", "12.30"],
        ["8", None, "43", None, None],  # an owner whose user record is not visible
        ["9", None, None, None, None],
    ]


def test_person_who_left_is_found_by_the_number_kept_for_them(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    portal.owners = [owner("7", userId=None, userIdIncludingInactive=42, archived=True)]
    portal.add("users", 900, hs_internal_user_id="42")
    (found,) = rows(connector, clock, "owners", "userId", "active", "archived", "user.hs_object_id")
    assert list(found.values())[2:] == ["42", "false", "true", "900"]


def test_owner_has_name_and_teams(portal: Portal, connector: HubSpotConnector, clock: TestClock) -> None:
    teams = [{"id": "1", "name": "West", "primary": False}, {"id": "2", "name": "East", "primary": True}]
    portal.owners = [
        owner("7", firstName="Zoë", lastName="Ng", teams=teams),
        owner("8", firstName="", lastName="Solo"),
        owner("9"),
    ]
    found = rows(connector, clock, "owners", "fullName", "primaryTeam.name", "teams")
    assert [list(row.values())[2:] for row in found] == [
        ["Zoë Ng", "East", "West;East"],
        ["Solo", None, None],
        [None, None, None],
    ]


def test_queues_are_no_people(portal: Portal, connector: HubSpotConnector, clock: TestClock) -> None:
    portal.owners = [owner("7", type="QUEUE"), owner("8")]
    assert [row["$id"] for row in rows(connector, clock, "owners", "id")] == ["8"]


def test_all_pages_of_owners_are_read_each_time(portal: Portal, connector: HubSpotConnector, clock: TestClock) -> None:
    portal.owners = [owner(str(number), archived=number > 150) for number in range(1, 401)]
    for _ in range(2):
        assert len(rows(connector, clock, "owners", "id")) == 400
    assert connector.calls()["owners"] == 2 * (2 + 3)
    assert "list" not in connector.calls()  # no field of the user is asked for


def test_owner_in_both_lists_is_active(portal: Portal, connector: HubSpotConnector, clock: TestClock) -> None:
    portal.owners = [owner("7", archived=True), owner("7")]
    assert [row["active"] for row in rows(connector, clock, "owners", "active")] == ["true"]


def test_owners_can_be_fetched_by_id(portal: Portal, connector: HubSpotConnector) -> None:
    portal.owners = [owner("7"), owner("8")]
    (page,) = connector.fetch("owners", ["8", "9"], ["id"])
    assert (page.records["id"].to_list(), page.gone) == (["8"], ("9",))


def test_rates_are_exact_text(portal: Portal, connector: HubSpotConnector, clock: TestClock) -> None:
    rate = {"fromCurrencyCode": "EUR", "toCurrencyCode": "USD", "conversionRate": 1.0850000001, "effectiveAt": None}
    portal.rates = [{"id": "1", **rate}, {"id": "2", **rate, "conversionRate": 2}]
    found = rows(connector, clock, "exchange_rates", "fromCurrencyCode", "toCurrencyCode", "conversionRate")
    assert [row["conversionRate"] for row in found] == ["1.0850000001", "2"]


def test_stages_are_listed_with_their_pipeline(portal: Portal, connector: HubSpotConnector, clock: TestClock) -> None:
    portal.pipelines = [
        {"id": "default", "label": "Sales", "stages": [stage("closedwon", "Won", isClosed="true", probability="1.0")]}
    ]
    (found,) = rows(connector, clock, "deal_stages", "id", "label", "pipeline", "isClosed", "probability")
    assert list(found.values())[2:] == ["closedwon", "Won", "default", "true", "1.0"]


@pytest.fixture
def staged(portal: Portal) -> Portal:
    portal.pipelines = [
        {
            "id": "default",
            "label": "Sales",
            "stages": [stage("won", "Won", isClosed="true", probability="1.0"), stage("open", "Talking")],
        },
        {
            "id": "77",
            "label": "Partners",
            "stages": [
                stage("won", "Signed", probability="1.0"),
                stage("5", "Lost", probability="0.0"),
                stage("6", "Half", probability="0.5"),
            ],
        },
    ]
    return portal


@pytest.mark.parametrize(
    ("pipeline", "stage_id", "expected"),
    [
        ("default", "won", ["Won", "true", "1.0", "Sales"]),
        ("77", "won", ["Signed", "true", "1.0", "Partners"]),  # the same id in another pipeline
        ("77", "5", ["Lost", "true", "0.0", "Partners"]),  # closed is not said: certain to be lost
        ("77", "6", ["Half", "false", "0.5", "Partners"]),
        ("default", "open", ["Talking", None, None, "Sales"]),  # nothing said is nothing known
        (None, "5", ["Lost", "true", "0.0", "Partners"]),
        ("default", "gone", [None] * 4),
        ("default", None, [None] * 4),
    ],
)
def test_deal_is_joined_with_its_stage(
    staged: Portal,
    connector: HubSpotConnector,
    clock: TestClock,
    pipeline: str | None,
    stage_id: str | None,
    expected: list[str | None],
) -> None:
    staged.add("deals", 1, pipeline=pipeline, dealstage=stage_id)
    page = next(connector.pull(asking(clock, fields=STAGES)))
    assert list(page.records.row(0))[3:] == expected


def test_stages_are_read_once_a_run_and_once_more_for_a_new_one(
    staged: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    for number in range(1, 301):
        staged.add("deals", number, pipeline="default", dealstage="won")
    list(connector.pull(asking(clock, fields=STAGES)))
    assert connector.calls()["pipelines"] == 1
    staged.add("deals", 1, pipeline="default", dealstage="new")
    list(connector.pull(asking(clock, fields=STAGES)))
    assert connector.calls()["pipelines"] == 3


def split(split_id: str, owner_id: str, share: str, **more: Any) -> dict[str, Any]:
    held = {"hubspot_owner_id": owner_id, "hs_deal_split_percentage": share}
    return {"id": split_id, "properties": held, "updatedAt": "2026-01-01T00:00:00Z", **more}


def splits_of(connector: HubSpotConnector, clock: TestClock) -> list[tuple[Any, ...]]:
    pages = list(connector.pull(asking(clock, children={"deal_splits": SPLIT_FIELDS})))
    return [row for page in pages for row in page.children["deal_splits"].rows()]


def test_splits_come_with_the_deals_that_are_split(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    for number in range(1, 301):
        portal.add("deals", number, hs_is_deal_split="true" if number > 100 else None)
    portal.splits = {"250": [split("1", "7", "0.6"), split("2", "8", "0.4"), split("3", "9", "1", archived=True)]}
    assert splits_of(connector, clock) == [
        ("1", "250", "2026-01-01T00:00:00Z", "250", "7", "0.6", "revenue"),
        ("2", "250", "2026-01-01T00:00:00Z", "250", "8", "0.4", "revenue"),
    ]
    assert connector.calls()["splits_read"] == 2  # two pages of split deals, none for the page without


def test_deals_without_splits_have_an_empty_frame_of_them(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    portal.add("deals", 1)
    page = next(connector.pull(asking(clock, children={"deal_splits": SPLIT_FIELDS})))
    assert page.children["deal_splits"].columns == ["$id", "$parent", "$modified", *SPLIT_FIELDS]
    assert page.children["deal_splits"].is_empty()


def without_the_property(portal: Portal) -> None:
    portal.properties["deals"] = [row for row in portal.properties["deals"] if row["name"] != "hs_is_deal_split"]


def test_where_nothing_tells_which_deals_are_split_all_are_asked_for(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    without_the_property(portal)
    portal.add("deals", 1)
    portal.splits = {"1": [split("1", "7", "1")]}
    assert len(splits_of(connector, clock)) == 1


@pytest.mark.parametrize("status", [403, 404])
def test_account_without_the_feature_has_no_splits(
    portal: Portal, connector: HubSpotConnector, clock: TestClock, status: int
) -> None:
    without_the_property(portal)
    for number in range(1, 301):
        portal.add("deals", number)
    portal.before.append(lambda asked: Said(status, {}) if "splits" in asked.path else None)
    assert splits_of(connector, clock) == []
    assert connector.calls()["splits_read"] == 1  # asked once, not for every page


def test_split_deal_whose_shares_cannot_be_seen_is_never_paid_as_a_whole(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    portal.add("deals", 1, hs_is_deal_split="true")
    portal.before.append(lambda asked: Said(403, {}) if "splits" in asked.path else None)
    with pytest.raises(FixSettings) as caught:
        splits_of(connector, clock)
    assert "crm.dealsplits.read_write" in caught.value.hint


@pytest.mark.parametrize("version", ["v3", "2026-09"])
def test_splits_are_read_on_each_path_generation(
    portal: Portal, connect: Connect, clock: TestClock, version: str
) -> None:
    portal.add("deals", 1, hs_is_deal_split="true")
    portal.splits = {"1": [split("1", "7", "1")]}
    assert len(splits_of(connect(path_version=version), clock)) == 1


def test_splits_are_not_pulled_alone(connector: HubSpotConnector, clock: TestClock) -> None:
    with pytest.raises(StopRun, match="with their deals"):
        list(connector.pull(asking(clock, object_name="deal_splits", fields=("id",))))


def test_unknown_field_of_an_owner_is_named(connector: HubSpotConnector, clock: TestClock) -> None:
    with pytest.raises(FixSettings, match="emial"):
        list(connector.pull(asking(clock, object_name="owners", fields=("emial",))))


def test_check_names_the_account(portal: Portal, connector: HubSpotConnector) -> None:
    portal.before.append(
        lambda asked: (
            Said(
                data={**portal.account, "accountType": "DEVELOPER_TEST"},
                headers={"X-HubSpot-RateLimit-Daily": "250000", "X-HubSpot-RateLimit-Daily-Remaining": "249000"},
            )
            if "account-info" in asked.path
            else None
        )
    )
    account, problems = connector.check()
    assert problems == []
    assert account is not None
    assert (account.account_id, account.name) == ("33", "HubSpot 33 (developer test)")
    assert (account.timezone, account.currency, account.calls_left_today) == ("Europe/Berlin", "USD", 249_000)


def test_check_says_that_the_token_is_wrong(portal: Portal, connector: HubSpotConnector) -> None:
    portal.before.append(lambda asked: failed(401, "INVALID_AUTHENTICATION", "Authentication credentials not found."))
    account, (problem,) = connector.check()
    assert account is None
    assert (problem.where, problem.field) == ("connections.acme", "access_token")
    assert "expired or mistyped" in problem.hint


def test_check_names_every_missing_scope_at_once(portal: Portal, connector: HubSpotConnector) -> None:
    def refuse(asked: Asked) -> Said | None:
        return Said(403, {}) if "owners" in asked.path or "users" in asked.path else None

    portal.before.append(refuse)
    account, problems = connector.check()
    assert account is not None
    assert ["crm.objects.users.read" in problems[0].hint, "crm.objects.owners.read" in problems[1].hint] == [True, True]


def test_check_goes_on_where_the_account_itself_may_not_be_read(portal: Portal, connector: HubSpotConnector) -> None:
    portal.before.append(lambda asked: Said(403, {}) if "owners" in asked.path or "account" in asked.path else None)
    account, problems = connector.check()
    assert account is None
    assert len(problems) == 2


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (Said(text="<html>hello</html>", content_type="text/html"), "base_url"),  # some other server
        (failed(404, "", "resource not found"), "base_url"),
        (Said(503, {}), ""),  # theirs to mend
    ],
)
def test_check_says_where_to_look(portal: Portal, connector: HubSpotConnector, answer: Said, field: str) -> None:
    portal.before.append(lambda asked: answer)
    account, (problem,) = connector.check()
    assert account is None
    assert problem.field == field
    assert problem.hint


def test_check_says_that_nobody_answers(connect: Connect) -> None:
    account, (problem,) = connect(base_url="http://127.0.0.1:1").check()
    assert account is None
    assert (problem.field, "no connection" in problem.message) == ("base_url", True)


def test_read_is_not_mistaken_for_gone(portal: Portal, connector: HubSpotConnector, clock: TestClock) -> None:
    portal.add("deals", 1)
    assert gone(list(connector.pull(asking(clock)))) == []
