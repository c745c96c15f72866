"""Reading: everything once, then only what changed, whatever the CRM does in between."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from connectors.base import FixSettings, StopRun
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.clock import START, TestClock
from tests.connectors.hubspot.conftest import Connect, asking, gone, ids
from tests.connectors.hubspot.portal import Portal
from tests.connectors.hubspot.wire import Asked, Said, Wire


def first_read(connector: HubSpotConnector, clock: TestClock, **asked: Any) -> dict[str, Any]:
    """Read everything there is; the cursor for the next read, an hour later, as the database hands it back."""
    cursor = list(connector.pull(asking(clock, **asked)))[-1].cursor
    clock.seconds += 3_600
    return json.loads(json.dumps(cursor))


def test_first_read_lists_everything_a_hundred_a_call(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    for number in range(1, 251):
        portal.add("deals", number, dealname=f"deal {number}")
    pages = list(connector.pull(asking(clock)))
    assert [page.records.height for page in pages] == [100, 100, 50]
    assert [page.last for page in pages] == [False, False, True]
    assert connector.calls()["list"] == 3


def test_page_is_text_as_the_crm_wrote_it(portal: Portal, connector: HubSpotConnector, clock: TestClock) -> None:
    portal.add("deals", 7, START, dealname="Zoë & Söhne", amount="12345678901234567.89")
    frame = next(connector.pull(asking(clock, fields=("dealname", "amount", "closedate")))).records
    assert frame.schema == dict.fromkeys(["$id", "$modified", "dealname", "amount", "closedate"], pl.String)
    assert frame.rows() == [("7", "2026-11-02T09:00:00.000Z", "Zoë & Söhne", "12345678901234567.89", None)]


def test_object_without_records_is_one_empty_last_page(connector: HubSpotConnector, clock: TestClock) -> None:
    pages = list(connector.pull(asking(clock)))
    assert [(page.records.columns, page.records.height, page.last) for page in pages] == [
        (["$id", "$modified", "dealname"], 0, True)
    ]


def test_second_read_brings_only_what_changed(portal: Portal, connector: HubSpotConnector, clock: TestClock) -> None:
    for number in range(1, 301):
        portal.add("deals", number, START - timedelta(days=number))
    cursor = first_read(connector, clock)
    portal.edit("deals", 250, dealname="new")
    pages = list(connector.pull(asking(clock, cursor=cursor)))
    assert ids(pages) == ["1", "250"]  # 1 carries the newest stamp of the first read, not settled yet


def test_read_with_nothing_changed_settles_and_then_brings_nothing(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    for number in range(1, 301):
        portal.add("deals", number)
    cursor: Any = first_read(connector, clock)
    brought = []
    for _ in range(3):
        pages = list(connector.pull(asking(clock, cursor=cursor)))
        brought.append(len(ids(pages)))
        cursor = pages[-1].cursor
        clock.seconds += 3_600
    assert brought == [300, 0, 0]


def test_change_made_behind_the_list_is_in_the_next_read(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    for number in range(1, 251):
        portal.add("deals", number, dealname="old")
    pages = connector.pull(asking(clock))
    next(pages)
    clock.seconds += 1
    portal.edit("deals", 5, dealname="new")  # already handed over
    clock.seconds += 1_800
    portal.edit("deals", 249, dealname="newest")  # still to come, with a later stamp
    cursor = list(pages)[-1].cursor
    clock.seconds += 86_400
    assert "5" in ids(list(connector.pull(asking(clock, cursor=cursor))))


def test_change_made_behind_the_walk_is_in_the_next_read(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    for number in range(1, 501):
        portal.add("deals", number)
    cursor = first_read(connector, clock)
    for number in range(1, 501):
        portal.edit("deals", number)
    clock.seconds += 3_600
    pages = connector.pull(asking(clock, cursor=cursor))
    next(pages)
    clock.seconds += 1
    portal.edit("deals", 5, dealname="new")
    clock.seconds += 1_800
    portal.edit("deals", 499)
    cursor = list(pages)[-1].cursor
    clock.seconds += 86_400
    assert "5" in ids(list(connector.pull(asking(clock, cursor=dict(cursor)))))


@pytest.mark.parametrize(
    ("changed", "most"),
    [
        (1_000, 6),  # what we hold ourselves to, archived list included
        (12_000, 65),  # beyond the window of a search, all on one time stamp
    ],
)
def test_records_on_one_time_stamp_all_come_once(
    portal: Portal, connector: HubSpotConnector, clock: TestClock, changed: int, most: int
) -> None:
    cursor = first_read(connector, clock)
    for number in range(1, changed + 1):
        portal.add("deals", number, clock.now())
    clock.seconds += 60
    before = sum(connector.calls().values())
    found = ids(list(connector.pull(asking(clock, cursor=cursor))))
    assert len(found) == changed
    assert len(set(found)) == changed
    assert sum(connector.calls().values()) - before <= most + 1  # and the properties, once


def test_search_never_pages_by_place(portal: Portal, connector: HubSpotConnector, clock: TestClock, wire: Wire) -> None:
    cursor = first_read(connector, clock)
    for number in range(1, 901):
        portal.add("deals", number, clock.now())
    list(connector.pull(asking(clock, cursor=cursor)))
    assert {asked.body["after"] for asked in wire.asked if asked.path.endswith("/search")} == {"0"}


@pytest.mark.parametrize("killed_after", range(6))
def test_killed_after_any_page_the_next_run_misses_nothing(
    portal: Portal, connect: Connect, clock: TestClock, killed_after: int
) -> None:
    for number in range(1, 451):
        portal.add("deals", number)
    cursor: Any = None
    seen: list[str] = []
    pages = connect().pull(asking(clock, cursor=cursor))
    for _, page in zip(range(killed_after), pages, strict=False):
        seen += page.records["$id"].to_list()
        cursor = json.loads(json.dumps(page.cursor))
    pages.close()  # type: ignore[attr-defined]
    seen += ids(list(connect().pull(asking(clock, cursor=cursor))))
    assert set(seen) == {str(number) for number in range(1, 451)}


def test_interrupted_list_is_followed_by_what_changed_since_it_began(
    portal: Portal, connect: Connect, clock: TestClock
) -> None:
    for number in range(1, 251):
        portal.add("deals", number, dealname="old")
    first = next(connect().pull(asking(clock)))
    clock.seconds += 86_400
    portal.edit("deals", 5, dealname="new")
    rest = list(connect().pull(asking(clock, cursor=first.cursor)))
    assert [page.last for page in rest].index(True) == len(rest) - 1
    assert "new" in [name for page in rest for name in page.records["dealname"].to_list()]


def test_interrupted_list_of_archived_records_is_preceded_by_what_changed_since(
    portal: Portal, connect: Connect, clock: TestClock
) -> None:
    cursor: Any = first_read(connect(), clock)
    for number in range(1, 251):
        portal.add("deals", number)
        portal.archive("deals", number)
    pages = connect().pull(asking(clock, cursor=cursor))
    next(pages)
    page = next(pages)  # the first of the archived
    clock.seconds += 86_400
    portal.add("deals", 900, clock.now())
    rest = list(connect().pull(asking(clock, cursor=page.cursor)))
    assert ids(rest) == ["900"]
    assert sorted([*page.gone, *gone(rest)]) == sorted(str(number) for number in range(1, 251))


@pytest.mark.parametrize("killed_after", range(6))
def test_killed_after_any_page_of_changes_the_next_run_goes_on_there(
    portal: Portal, connect: Connect, clock: TestClock, killed_after: int
) -> None:
    cursor: Any = first_read(connect(), clock)
    for number in range(1, 701):
        portal.add("deals", number, clock.now())
    for number in range(801, 1001):
        portal.add("deals", number)
        portal.archive("deals", number)
    clock.seconds += 60
    seen: list[str] = []
    lost: list[str] = []
    pages = connect().pull(asking(clock, cursor=cursor))
    for _, page in zip(range(killed_after), pages, strict=False):
        seen += page.records["$id"].to_list()
        lost += page.gone
        cursor = json.loads(json.dumps(page.cursor))
    pages.close()  # type: ignore[attr-defined]
    rest = list(connect().pull(asking(clock, cursor=cursor)))
    assert {int(found) for found in [*seen, *ids(rest)]} == set(range(1, 701))
    assert killed_after > 3 or len([*seen, *ids(rest)]) == 700  # what was handed over is not read again
    assert sorted(int(found) for found in [*lost, *gone(rest)]) == list(range(801, 1001))


def test_archived_deals_are_gone_at_the_next_read(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    for number in range(1, 11):
        portal.add("deals", number)
    cursor = first_read(connector, clock)
    portal.archive("deals", 4)
    pages = list(connector.pull(asking(clock, cursor=cursor)))
    assert gone(pages) == ["4"]
    assert [page.last for page in pages] == [False, True]


def test_archived_activities_are_not_listed(portal: Portal, connector: HubSpotConnector, clock: TestClock) -> None:
    asked = {"object_name": "calls", "fields": ("hs_call_title",)}
    cursor = first_read(connector, clock, **asked)
    assert list(connector.pull(asking(clock, cursor=cursor, **asked)))[-1].last
    assert "list_archived" not in connector.calls()


def test_long_list_of_archived_deals_is_capped_and_gone_on_with(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    cursor: Any = first_read(connector, clock)
    for number in range(1, 5_201):
        portal.add("deals", number)
        portal.archive("deals", number)
    found: set[str] = set()
    for _ in range(2):
        pages = list(connector.pull(asking(clock, cursor=cursor)))
        found |= set(gone(pages))
        cursor = pages[-1].cursor
    assert connector.calls()["list_archived"] == 50 + 2
    assert len(found) == 5_200


def test_merged_deal_is_gone_with_the_one_it_was_merged_into(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    portal.add("deals", 1)
    portal.add("deals", 2)
    cursor = first_read(connector, clock)
    portal.merge(loser=1, winner=2)
    page = next(connector.pull(asking(clock, cursor=cursor)))
    assert (page.records["$id"].to_list(), page.gone) == (["2"], ("1",))


def skipping_search(portal: Portal, skipped: set[int], times: int) -> None:
    """Search answers without some records, though it counts them, the first few times."""
    left = [times]

    def hook(asked: Asked) -> Said | None:
        if not asked.path.endswith("/search") or left[0] == 0:
            return None
        portal.before.remove(hook)
        said = portal(asked)
        portal.before.append(hook)
        kept = [row for row in said.data["results"] if int(row["id"]) not in skipped]
        if len(kept) < len(said.data["results"]):
            left[0] -= 1
        return Said(data={**said.data, "results": kept})

    portal.before.append(hook)


def test_records_left_out_of_one_answer_are_asked_for_again(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    cursor = first_read(connector, clock)
    for number in range(1, 401):
        portal.add("deals", number, clock.now())
    skipping_search(portal, {150}, times=1)
    found = ids(list(connector.pull(asking(clock, cursor=cursor))))
    assert set(found) == {str(number) for number in range(1, 401)}


def test_records_left_out_of_every_answer_stop_the_run(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    cursor = first_read(connector, clock)
    for number in range(1, 401):
        portal.add("deals", number, clock.now())
    skipping_search(portal, {150}, times=99)
    with pytest.raises(StopRun, match="announced"):
        list(connector.pull(asking(clock, cursor=cursor)))


def test_hole_seen_only_after_a_kill_is_filled_by_the_next_run(
    portal: Portal, connect: Connect, clock: TestClock
) -> None:
    cursor: Any = first_read(connect(), clock)
    for number in range(1, 401):
        portal.add("deals", number, clock.now())
    skipping_search(portal, {150}, times=1)
    first = next(connect().pull(asking(clock, cursor=cursor)))
    rest = list(connect().pull(asking(clock, cursor=json.loads(json.dumps(first.cursor)))))
    assert set(ids([first, *rest])) == {str(number) for number in range(1, 401)}


def test_deals_archived_during_the_walk_do_not_stop_it(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    cursor = first_read(connector, clock)
    for number in range(1, 601):
        portal.add("deals", number, clock.now())
    pages = connector.pull(asking(clock, cursor=cursor))
    next(pages)
    portal.archive("deals", 10)
    portal.archive("deals", 590)
    rest = list(pages)
    assert {str(number) for number in range(201, 601)} - {"590"} <= set(ids(rest))
    assert gone(rest) == ["10", "590"]


def test_search_that_counts_records_and_shows_none_stops_the_run(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    cursor = first_read(connector, clock)
    portal.before.append(
        lambda asked: Said(data={"total": 3, "results": []}) if asked.path.endswith("/search") else None
    )
    with pytest.raises(StopRun, match="shows none"):
        list(connector.pull(asking(clock, cursor=cursor)))


def test_short_page_with_a_next_token_goes_on(portal: Portal, connector: HubSpotConnector, clock: TestClock) -> None:
    for number in range(1, 51):
        portal.add("deals", number)

    def seven_a_page(asked: Asked) -> Said | None:
        if asked.path.endswith("/deals") and asked.one("limit") == "100":
            query = [(name, "7" if name == "limit" else value) for name, value in asked.query]
            return portal(Asked(asked.method, asked.path, query, asked.headers, asked.body))
        return None

    portal.before.append(seven_a_page)
    assert len(ids(list(connector.pull(asking(clock))))) == 50


def test_page_token_that_comes_again_stops_the_run(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    row = {"id": "1", "properties": {}}
    page = {"results": [row], "paging": {"next": {"after": "1"}}}
    portal.before.append(lambda asked: Said(data=page) if asked.path.endswith("objects/2026-09/deals") else None)
    with pytest.raises(StopRun, match="twice"):
        list(connector.pull(asking(clock)))


def test_record_standing_twice_in_a_page_comes_once(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    rows = [{"id": "1", "properties": {"dealname": name}} for name in ("old", "new")]
    portal.before.append(
        lambda asked: Said(data={"results": rows}) if asked.path.endswith("objects/2026-09/deals") else None
    )
    assert next(connector.pull(asking(clock))).records["dealname"].to_list() == ["new"]


def test_unknown_field_is_named_before_anything_is_read(connector: HubSpotConnector, clock: TestClock) -> None:
    with pytest.raises(FixSettings, match="amuont") as caught:
        list(connector.pull(asking(clock, fields=("amuont",))))
    assert "'amount'" in caught.value.hint
    assert "list" not in connector.calls()


@pytest.mark.parametrize("count", [300, 700])  # 300: a URL that is still short; 700: neither URL nor search
def test_any_number_of_fields_can_be_read(
    portal: Portal, connector: HubSpotConnector, clock: TestClock, wire: Wire, count: int
) -> None:
    names = [f"custom_{number:03}" for number in range(count)]
    portal.properties["deals"] += [{"name": name, "type": "string"} for name in names]
    for number in range(1, 151):
        portal.add("deals", number, clock.now(), **{names[-1]: "x"})
    asked = {"fields": tuple(names)}
    pages = list(connector.pull(asking(clock, **asked)))
    changed = list(connector.pull(asking(clock, cursor=pages[-1].cursor, **asked)))
    for read in (pages, changed):
        assert len(ids(read)) == 150
        assert all(page.records[names[-1]].to_list() == ["x"] * page.records.height for page in read)
    assert all(len(json.dumps(call.body)) <= 3_300 for call in wire.asked if call.path.endswith("/search"))
    assert all(len("".join(name + value for name, value in call.query)) < 9_000 for call in wire.asked)


def test_contacts_change_by_another_property(
    portal: Portal, connector: HubSpotConnector, clock: TestClock, wire: Wire
) -> None:
    portal.properties["contacts"] = [{"name": "lastmodifieddate", "type": "datetime"}, {"name": "email"}]
    portal.records["contacts"] = {}
    asked = {"object_name": "contacts", "fields": ("email",)}
    cursor = first_read(connector, clock, **asked)
    list(connector.pull(asking(clock, cursor=cursor, **asked)))
    assert wire.asked[-1].body["filterGroups"][0]["filters"][0]["propertyName"] == "lastmodifieddate"


@pytest.mark.parametrize(
    ("version", "path"), [("v3", "/crm/v3/objects/deals"), ("2026-03", "/crm/objects/2026-03/deals")]
)
def test_each_path_generation_is_spoken(
    portal: Portal, connect: Connect, clock: TestClock, wire: Wire, version: str, path: str
) -> None:
    portal.add("deals", 1)
    assert ids(list(connect(path_version=version).pull(asking(clock)))) == ["1"]
    assert wire.asked[-1].path == path


def test_fetch_brings_records_by_id_and_names_those_that_are_gone(portal: Portal, connector: HubSpotConnector) -> None:
    for number in range(1, 131):
        portal.add("deals", number, dealname=f"deal {number}")
    wanted = [str(number) for number in range(1, 141)]
    pages = list(connector.fetch("deals", [*wanted, "1", "not-an-id"], ["dealname"]))
    assert sorted(ids(pages), key=int) == wanted[:130]
    assert sorted(gone(pages)) == sorted([*wanted[130:], "not-an-id"])
    assert connector.calls()["batch_read"] == 2
    assert [page.last for page in pages] == [False, False, True]


def test_id_missing_without_an_error_is_asked_for_once_more(portal: Portal, connector: HubSpotConnector) -> None:
    portal.add("deals", 1)
    silent = [Said(data={"status": "COMPLETE", "results": []})]
    portal.before.append(lambda asked: silent.pop() if silent and asked.path.endswith("/batch/read") else None)
    pages = list(connector.fetch("deals", ["1"], ["dealname"]))
    assert (ids(pages), gone(pages)) == (["1"], [])


def test_id_missing_twice_without_an_error_is_gone(portal: Portal, connector: HubSpotConnector) -> None:
    portal.before.append(lambda asked: Said(data={"results": []}) if asked.path.endswith("/batch/read") else None)
    assert gone(list(connector.fetch("deals", ["1"], ["dealname"]))) == ["1"]


def test_no_ids_are_no_call(connector: HubSpotConnector) -> None:
    assert list(connector.fetch("deals", [], ["dealname"])) == []
    assert "batch_read" not in connector.calls()


@pytest.mark.parametrize("following", [{"link": "https://api.hubapi.com/next"}, {"after": None, "link": "x"}, ["2"]])
def test_next_page_without_its_token_is_not_taken_for_the_end(
    portal: Portal, connector: HubSpotConnector, clock: TestClock, following: Any
) -> None:
    for number in range(1, 251):
        portal.add("deals", number)
    said = Said(data={"results": [{"id": "1", "properties": {}}], "paging": {"next": following}})
    answers = [said]
    portal.before.append(lambda asked: answers.pop() if asked.one("after") and answers else None)
    pages = list(connector.pull(asking(clock)))
    assert sum(page.records.height for page in pages) == 250
    assert connector.calls()["list"] == 4


@pytest.mark.parametrize("row", [{"id": "1", "properties": None}, {"id": "1"}, {"id": "1", "properties": []}])
def test_record_without_its_properties_is_asked_for_again_and_not_taken_for_an_empty_one(
    portal: Portal, connector: HubSpotConnector, clock: TestClock, row: dict[str, Any]
) -> None:
    portal.add("deals", 1, dealname="Won")
    answers = [Said(data={"results": [row]})]
    portal.before.append(lambda asked: answers.pop() if "/objects/" in asked.path and answers else None)
    pages = list(connector.pull(asking(clock)))
    assert [name for page in pages for name in page.records["dealname"]] == ["Won"]


def test_announced_page_that_comes_empty_once_is_not_the_end(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    for number in range(1, 251):
        portal.add("deals", number)
    answers = [Said(data={"results": []})]
    portal.before.append(lambda asked: answers.pop() if asked.one("after") and answers else None)
    assert len(ids(list(connector.pull(asking(clock))))) == 250


def test_announced_page_that_stays_empty_is_the_end(
    portal: Portal, connector: HubSpotConnector, clock: TestClock
) -> None:
    for number in range(1, 151):
        portal.add("deals", number)
    portal.before.append(lambda asked: Said(data={"results": []}) if asked.one("after") else None)
    pages = list(connector.pull(asking(clock)))
    assert len(ids(pages)) == 100
    assert pages[-1].last
