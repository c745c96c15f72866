"""Pages of a query: their size, their snapshot, their locators; and which records are left out."""

from __future__ import annotations

from datetime import date

import pytest

from tests.fixtures.sandbox import Start
from tests.sandbox.salesforce.rest import Rest

DEALS = 450


@pytest.fixture(scope="module")
def large(salesforce_sandbox: Start) -> Rest:
    return Rest(salesforce_sandbox(deals=DEALS).url)


def pages(rest: Rest, soql: str, **headers: str) -> list[dict[str, object]]:
    found = [rest.ask(soql, "queryAll", **headers).json()]
    while not found[-1]["done"]:
        found.append(rest.call("GET", found[-1]["nextRecordsUrl"]).json())
    return found


def small(size: int = 200) -> dict[str, str]:
    return {"Sforce-Query-Options": f"batchSize={size}"}


def test_pages_bring_every_record_once_in_order(large: Rest) -> None:
    found = pages(large, "SELECT Id FROM Opportunity ORDER BY Id", **small())
    assert [len(page["records"]) for page in found] == [200, 200, 50]  # type: ignore[arg-type]
    ids = [one["Id"] for page in found for one in page["records"]]  # type: ignore[attr-defined]
    assert ids == sorted(set(ids))
    assert {page["totalSize"] for page in found} == {DEALS}
    assert [page["done"] for page in found] == [False, False, True]
    assert "nextRecordsUrl" not in found[-1]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (1, 200),  # less than the least
        (300, 300),
        (5000, DEALS),  # more than the most: 2,000
    ],
)
def test_the_batch_size_is_a_wish_within_bounds(large: Rest, asked: int, given: int) -> None:
    assert len(pages(large, "SELECT Id FROM Opportunity", **small(asked))[0]["records"]) == given  # type: ignore[arg-type]


def test_a_page_can_be_asked_for_again(large: Rest) -> None:
    first = large.ask("SELECT Id FROM Opportunity", "queryAll", **small()).json()
    second = large.call("GET", first["nextRecordsUrl"]).json()
    third = large.call("GET", second["nextRecordsUrl"]).json()
    assert large.call("GET", first["nextRecordsUrl"]).json() == second
    assert large.call("GET", second["nextRecordsUrl"]).json() == third
    assert large.call("GET", second["nextRecordsUrl"]).json() == third


def test_every_page_is_of_the_moment_of_the_first(salesforce_sandbox: Start) -> None:
    rest = Rest(salesforce_sandbox(deals=300).url)
    first = rest.ask("SELECT Id, Name FROM Opportunity ORDER BY Id DESC", **small()).json()
    victim = rest.id_of_a("Opportunity")
    before = rest.first("SELECT Name FROM Opportunity ORDER BY Id")["Name"]
    rest.as_person("PATCH", f"Opportunity/{victim}", values={"Name": "changed meanwhile"})
    second = rest.call("GET", first["nextRecordsUrl"]).json()
    assert second["records"][-1]["Name"] == before
    assert rest.first("SELECT Name FROM Opportunity ORDER BY Id")["Name"] == "changed meanwhile"


@pytest.mark.parametrize("locator", ["01gXX0000000001AAA-200", "nonsense", "01gKj0000000001OAA-"])
def test_an_unknown_locator_is_refused(large: Rest, locator: str) -> None:
    answer = large.call("GET", f"query/{locator}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_a_locator_expires(salesforce_sandbox: Start) -> None:
    rest = Rest(salesforce_sandbox(deals=300).url)
    first = rest.ask("SELECT Id FROM Opportunity", **small()).json()
    rest.call("POST", "/_sandbox/clock", {"advance_seconds": 16 * 60})
    assert rest.call("GET", first["nextRecordsUrl"]).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_the_eleventh_open_query_closes_the_oldest(large: Rest) -> None:
    opened = [large.ask("SELECT Id FROM Opportunity", **small()).json()["nextRecordsUrl"] for _ in range(11)]
    assert large.call("GET", opened[0]).status_code == 400
    assert large.call("GET", opened[1]).status_code == 200


def test_children_come_with_later_pages_too(large: Rest) -> None:
    found = pages(large, "SELECT Id, (SELECT SplitOwnerId FROM OpportunitySplits) FROM Opportunity", **small())
    assert all(any(one["OpportunitySplits"] for one in page["records"]) for page in found)  # type: ignore[attr-defined]


def test_a_page_size_of_the_options_holds_for_all(salesforce_sandbox: Start) -> None:
    rest = Rest(salesforce_sandbox(deals=30, page_size=10).url)
    assert len(rest.ask("SELECT Id FROM Opportunity").json()["records"]) == 10


def test_query_leaves_the_recycle_bin_out_and_query_all_does_not(large: Rest) -> None:
    binned = large.query("SELECT Id FROM Opportunity WHERE IsDeleted = true", "queryAll")
    assert binned
    assert large.query("SELECT Id FROM Opportunity WHERE IsDeleted = true") == []
    live = large.query("SELECT Id FROM Opportunity")
    assert len(live) + len(binned) == DEALS


def test_old_finished_activities_are_archived(salesforce_sandbox: Start) -> None:
    rest = Rest(salesforce_sandbox(activities=200, start=date(2025, 1, 1)).url)
    every = rest.query("SELECT Id, IsArchived FROM Task", "queryAll")
    archived = sum(one["IsArchived"] for one in every)
    assert archived
    assert len(rest.query("SELECT Id FROM Task")) == len(every) - archived


def test_the_keyset_of_a_careful_client_finds_the_rest(large: Rest) -> None:
    for record_id in (one["Id"] for one in large.query("SELECT Id FROM Opportunity ORDER BY Id LIMIT 4")):
        values = {"SystemModstamp": "2026-08-01T10:00:00Z"}
        large.as_person("PATCH", f"Opportunity/{record_id}", values=values)
    every = large.query("SELECT Id, SystemModstamp FROM Opportunity ORDER BY SystemModstamp, Id")
    stamps = [one["SystemModstamp"] for one in every]
    tie = next(index for index in range(1, len(stamps)) if stamps[index] == stamps[index - 1])
    stamp, last_id = stamps[tie - 1].replace("+0000", "Z"), every[tie - 1]["Id"]
    where = f"SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{last_id}')"
    rest = large.query(f"SELECT Id, SystemModstamp FROM Opportunity WHERE {where} ORDER BY SystemModstamp, Id")
    assert rest == every[tie:]
