"""The client everybody uses, simple-salesforce, cannot tell the stand-in from Salesforce."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce, format_soql
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from sandbox.server import RunningServer
from tests.fixtures.sandbox import Start


class Loopback(HTTPAdapter):
    """Sends what is meant for https://anything to the sandbox: the library knows https only."""

    def __init__(self, server: RunningServer) -> None:
        self._host = server.url.removeprefix("http://")
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.url = urlunsplit(("http", self._host, parts.path, parts.query, ""))
        return super().send(request, *args, **options)


@pytest.fixture(scope="module")
def server(salesforce_sandbox: Start) -> RunningServer:
    return salesforce_sandbox(deals=300)


@pytest.fixture(scope="module")
def session(server: RunningServer) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount("https://", Loopback(server))
        yield session


@pytest.fixture(scope="module")
def client(session: requests.Session) -> Salesforce:
    return Salesforce(
        consumer_key="sandbox-consumer",
        consumer_secret="sandbox-secret",
        domain="sandbox.my",
        session=session,
        version="66.0",
        parse_float=Decimal,
        object_pairs_hook=dict,
    )


def test_it_signs_in_and_reads_the_limits(client: Salesforce) -> None:
    assert client.limits()["DailyApiRequests"]["Max"] > 0
    assert client.api_usage["api-usage"].total > client.api_usage["api-usage"].used > 0


def test_it_walks_all_pages(client: Salesforce) -> None:
    headers = {"Sforce-Query-Options": "batchSize=200"}
    found = list(client.query_all_iter("SELECT Id, Amount FROM Opportunity", include_deleted=True, headers=headers))
    assert len({one["Id"] for one in found}) == 300
    assert all(isinstance(one["Amount"], Decimal | None) for one in found)


def test_it_describes(client: Salesforce) -> None:
    assert "Opportunity" in {one["name"] for one in client.describe()["sobjects"]}
    assert "Amount" in {field["name"] for field in client.Opportunity.describe()["fields"]}
    assert client.Opportunity.metadata()["objectDescribe"]["name"] == "Opportunity"


def test_it_creates_reads_changes_and_deletes(client: Salesforce) -> None:
    values = {"Name": "Über", "StageName": "Prospecting", "CloseDate": "2026-12-01", "Amount": 1.5}
    record_id = client.Opportunity.create(values)["id"]
    assert client.Opportunity.update(record_id, {"Amount": 2.5}) == 204
    assert client.Opportunity.get(record_id)["Amount"] == Decimal("2.5")
    found = client.query(format_soql("SELECT Id FROM Opportunity WHERE Name = {} AND Amount > {}", "Über", 2))
    assert [one["Id"] for one in found["records"]] == [record_id]
    assert client.Opportunity.delete(record_id) == 204
    with pytest.raises(SalesforceResourceNotFound):
        client.Opportunity.get(record_id)


def test_it_asks_what_changed(client: Salesforce) -> None:
    record_id = client.query("SELECT Id FROM Opportunity ORDER BY Id LIMIT 1")["records"][0]["Id"]
    client.Opportunity.update(record_id, {"NextStep": "x"})
    stamp = dt.datetime.fromisoformat(client.Opportunity.get(record_id)["SystemModstamp"])
    span = (stamp - dt.timedelta(hours=1), stamp + dt.timedelta(hours=1))
    assert record_id in client.Opportunity.updated(*span)["ids"]
    assert isinstance(client.Opportunity.deleted(*span)["deletedRecords"], list)


def test_it_writes_collections_and_makes_fields(client: Salesforce) -> None:
    body = {"FullName": "Opportunity.Lib__c", "Metadata": {"label": "Lib", "type": "Checkbox"}}
    assert client.toolingexecute("sobjects/CustomField", "POST", body)["success"] is True
    record_id = client.query("SELECT Id FROM Opportunity ORDER BY Id LIMIT 1")["records"][0]["Id"]
    records = [{"attributes": {"type": "Opportunity"}, "id": record_id, "NextStep": "y"}]
    outcome = client.restful("composite/sobjects", method="PATCH", json={"allOrNone": False, "records": records})
    assert outcome == [{"id": record_id, "success": True, "errors": []}]


def test_it_raises_what_it_raises_against_salesforce(client: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest) as refused:
        client.query("SELECT Foo FROM Opportunity")
    assert refused.value.content[0]["errorCode"] == "INVALID_FIELD"


def test_it_signs_in_again_when_its_session_expires(client: Salesforce, server: RunningServer) -> None:
    before = client.session_id
    server.app.expire_tokens()
    assert client.query("SELECT Id FROM Organization")["totalSize"] == 1
    assert client.session_id != before
