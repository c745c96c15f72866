"""HubSpot's own Python client against the stand-in: it must not notice the difference."""

from __future__ import annotations

import pytest
from hubspot import HubSpot
from hubspot.crm.deals import ApiException, SimplePublicObjectInputForCreate

from .conftest import TOKEN


@pytest.fixture(scope="module")
def client(server) -> HubSpot:
    return HubSpot(access_token=TOKEN, host=server.url, base_url=server.url)


def test_it_lists_every_deal(client) -> None:
    deals = client.crm.deals.get_all(properties=["amount", "dealstage"])
    assert len(deals) > 250
    assert {type(deal.properties["amount"]) for deal in deals} <= {str, type(None)}
    assert deals[0].created_at.tzinfo is not None


def test_it_lists_archived_deals(client) -> None:
    page = client.crm.deals.basic_api.get_page(limit=100, archived=True)
    assert page.results
    assert all(deal.archived and deal.archived_at for deal in page.results)


def test_it_pages_with_history_by_fifty(client) -> None:
    deals = client.crm.deals.get_all(properties_with_history=["dealstage"])
    assert len(deals) > 250
    assert deals[0].properties_with_history["dealstage"][0].value


def test_it_makes_reads_changes_and_archives_a_deal(client) -> None:
    deals = client.crm.deals.basic_api
    made = deals.create(SimplePublicObjectInputForCreate(properties={"dealname": "Client", "amount": "4.20"}))
    assert deals.update(made.id, {"properties": {"amount": "5"}}).properties["amount"] == "5"
    assert deals.get_by_id(made.id, properties=["dealname"]).properties["dealname"] == "Client"
    deals.archive(made.id)
    with pytest.raises(ApiException) as error:
        deals.get_by_id(made.id)
    assert error.value.status == 404


def test_it_searches(client) -> None:
    body = {
        "filterGroups": [{"filters": [{"propertyName": "hs_is_closed_won", "operator": "EQ", "value": "true"}]}],
        "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}],
        "properties": ["amount"],
        "limit": 5,
    }
    found = client.crm.deals.search_api.do_search(body)
    assert found.total > 5
    assert found.paging.next.after == "5"
    assert len(found.results) == 5


def test_it_sees_a_partial_batch_as_one_with_errors(client) -> None:
    deal = client.crm.deals.basic_api.get_page(limit=1).results[0].id
    read = client.crm.deals.batch_api.read({"inputs": [{"id": deal}, {"id": "1"}], "properties": ["amount"]})
    assert type(read).__name__ == "BatchResponseSimplePublicObjectWithErrors"
    assert read.num_errors == 1
    assert read.errors[0].context == {"ids": ["1"]}


def test_it_updates_and_upserts_in_batches(client) -> None:
    ids = [deal.id for deal in client.crm.deals.basic_api.get_page(limit=3).results]
    inputs = [{"id": each, "properties": {"arr": "1.00"}} for each in ids]
    assert len(client.crm.deals.batch_api.update({"inputs": inputs}).results) == 3
    assert [each.new for each in client.crm.objects.batch_api.upsert("deals", {"inputs": inputs}).results] == [
        False
    ] * 3


@pytest.mark.parametrize(
    "kind", ["0-115", "users", "calls", "emails", "meetings", "tasks", "goal_targets", "companies"]
)
def test_it_reads_every_type(client, kind) -> None:
    page = client.crm.objects.basic_api.get_page(kind, limit=100)
    assert page.results
    assert client.crm.objects.search_api.do_search(kind, {"limit": 1}).total >= len(page.results)


def test_it_reads_owners_here_and_gone(client) -> None:
    assert client.crm.owners.get_all()[0].email == "ada.lindstrom@example.com"
    gone = client.crm.owners.owners_api.get_page(limit=100, archived=True).results
    assert gone
    assert all(owner.archived for owner in gone)


def test_it_makes_and_archives_a_property(client) -> None:
    body = {
        "name": "by_client", "label": "By client", "groupName": "dealinformation", "type": "number",
        "fieldType": "number",
    }  # fmt: skip
    assert client.crm.properties.core_api.create("deals", body).modification_metadata.archivable is True
    names = [prop.name for prop in client.crm.properties.core_api.get_all("deals").results]
    assert "by_client" in names
    client.crm.properties.core_api.archive("deals", "by_client")
    assert client.crm.properties.groups_api.get_all("deals").results


def test_it_reads_pipelines(client) -> None:
    pipelines = client.crm.pipelines.pipelines_api.get_all("deals").results
    assert [stage.metadata["isClosed"] for stage in pipelines[0].stages].count("true") == 2


def test_it_reads_and_makes_associations(client) -> None:
    deal = client.crm.deals.basic_api.get_page(limit=1).results[0].id
    found = client.crm.associations.v4.basic_api.get_page("deals", deal, "companies").results
    company = found[0].to_object_id
    read = client.crm.associations.v4.batch_api.get_page("deals", "companies", {"inputs": [{"id": deal}]}).results
    assert read[0].to[0].to_object_id == company
    client.crm.associations.v4.basic_api.create_default("deals", deal, "companies", company)


def test_it_reads_and_writes_splits(client) -> None:
    owner = client.crm.owners.get_all()[0].id
    made = client.crm.deals.basic_api.create({"properties": {"dealname": "Split", "hubspot_owner_id": owner}})
    splits = {"inputs": [{"id": int(made.id), "splits": [{"ownerId": int(owner), "percentage": 1.0}]}]}
    client.crm.objects.deal_splits.batch_api.upsert(splits)
    read = client.crm.objects.deal_splits.batch_api.read({"inputs": [{"id": made.id}]})
    assert read.results[0].splits[0].properties["hs_deal_split_percentage"] == "1"


def test_it_reads_users_and_teams(client) -> None:
    assert client.settings.users.users_api.get_page().results
    assert client.settings.users.teams_api.get_all().results[0].user_ids


def test_it_signs_in_with_a_refresh_token(client) -> None:
    token = client.oauth.tokens_api.create(
        grant_type="refresh_token",
        refresh_token="sandbox-refresh",
        client_id="sandbox-client",
        client_secret="sandbox-secret",
    )
    assert token.expires_in == 1_800


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/crm/objects/2026-09/deals"),
        ("GET", "/crm/owners/2026-09"),
        ("GET", "/crm/pipelines/2026-09/deals"),
        ("GET", "/settings/currencies/2026-09/exchange-rates/current"),
        ("GET", "/account-info/2026-09/details"),
        ("POST", "/crm/objects/2026-09/deals/search"),
    ],
)
def test_it_reaches_the_dated_paths(client, method, path) -> None:
    answer = client.api_request({"method": method, "path": path, "body": {} if method == "POST" else None})
    assert answer.status_code == 200
    assert answer.json()
