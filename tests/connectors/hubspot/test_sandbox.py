"""Against the stand-in for HubSpot over HTTP: whole runs, with something going wrong in the middle.

Waiting moves the sandbox's clock and takes no time.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import polars as pl
import pytest

from connectors.base import FieldKind, FieldSpec, FixSettings, Page, PullRequest, StopRun, TryLater, Write
from connectors.hubspot import HubSpotConnector, HubSpotSettings
from connectors.hubspot.client import Timing
from connectors.retry import Pacing
from connectors.watermark import Watermark
from tests.connectors.hubspot.conftest import gone, ids
from tests.fixtures.sandbox import Start

TOKEN = "pat-sandbox-0000"
DEALS = 300
FIELDS = ("dealname", "amount", "dealstage", "pipeline", "hubspot_owner_id", "stage.isClosed", "stage.probability")
SPLITS = {"deal_splits": ("deal_id", "hubspot_owner_id", "hs_deal_split_percentage", "role")}
HTML = {"kind": "answer", "status": 200, "body": "<html>Maintenance</html>", "content_type": "text/html"}


@dataclass
class Crm:
    """A running sandbox and connections to it."""

    server: Any
    opened: list[HubSpotConnector] = field(default_factory=list)

    @property
    def app(self) -> Any:
        return self.server.app

    def connect(self, **settings: Any) -> HubSpotConnector:
        given = {"access_token": TOKEN, "base_url": self.server.url, "timeout_seconds": 5, **settings}
        pacing = Pacing(sleep=self.wait, now=self.app.clock.now, jitter=lambda: 1.0)
        timing = Timing(pacing, lambda: self.app.clock.now().timestamp())
        self.opened.append(HubSpotConnector("acme", HubSpotSettings.model_validate(given), timing=timing))
        return self.opened[-1]

    def wait(self, seconds: float) -> None:
        self.app.clock.advance(seconds)

    def fault(self, **fault: Any) -> None:
        self._control("POST", "faults", fault)

    def counts(self) -> Mapping[str, int]:
        return self._control("GET", "requests")["counts"]

    def reset(self) -> None:
        self._control("DELETE", "faults")
        self._control("DELETE", "requests")
        self.wait(60)

    def alive(self, object_name: str = "deals") -> set[str]:
        """The ids of all records, read page by page without the connector."""
        found: set[str] = set()
        after = ""
        while True:
            page = self._call(f"/crm/objects/2026-09/{object_name}?limit=100{after}")
            found |= {row["id"] for row in page["results"]}
            if "paging" not in page:
                self.wait(60)
                return found
            after = f"&after={page['paging']['next']['after']}"

    def value(self, object_name: str, record_id: str, name: str) -> Any:
        page = self._call(f"/crm/objects/2026-09/{object_name}/{record_id}?properties={name}")
        return page["properties"].get(name)

    def _call(self, path: str) -> Any:
        asked = urllib.request.Request(self.server.url + path, headers={"authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return json.load(answer)

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"{self.server.url}/_sandbox/{path}", data=data, method=method)
        with urllib.request.urlopen(asked, timeout=5) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@pytest.fixture(scope="module")
def running(hubspot_sandbox: Start) -> Any:
    return hubspot_sandbox(deals=DEALS, users=12, activities=200)


@pytest.fixture
def crm(running: Any) -> Iterator[Crm]:
    crm = Crm(running)
    crm.reset()
    yield crm
    for connector in crm.opened:
        connector.close()


def asking(
    crm: Crm, cursor: Mapping[str, Any] | None = None, fields: Sequence[str] = FIELDS, name: str = "deals"
) -> PullRequest:
    held = None if cursor is None else json.loads(json.dumps(cursor))
    return PullRequest(name, tuple(fields), held, crm.app.clock.now(), SPLITS if name == "deals" else {})


def read(connector: HubSpotConnector, crm: Crm, cursor: Mapping[str, Any] | None = None) -> list[Page]:
    return list(connector.pull(asking(crm, cursor)))


def settled(connector: HubSpotConnector, crm: Crm) -> Mapping[str, Any]:
    """The cursor after everything was read, and read again until nothing is left to look at."""
    cursor: Mapping[str, Any] | None = None
    for _ in range(3):
        cursor = read(connector, crm, cursor)[-1].cursor
        crm.wait(600)
    assert cursor is not None
    return cursor


def test_first_read_brings_every_deal_in_as_few_calls_as_there_are_pages(crm: Crm) -> None:
    alive = crm.alive()
    crm.reset()
    pages = read(crm.connect(), crm)
    assert sorted(ids(pages)) == sorted(alive)
    assert crm.counts()["list"] == -(-len(alive) // 100)
    assert sum(crm.counts().values()) <= crm.counts()["list"] * 2 + 2  # splits of each page, properties, pipelines


def test_every_split_of_a_deal_comes_with_it_and_adds_up(crm: Crm) -> None:
    splits = pl.concat([page.children["deal_splits"] for page in read(crm.connect(), crm)])
    shares = splits.group_by("$parent").agg(pl.col("hs_deal_split_percentage").cast(pl.Decimal(20, 10)).sum())
    assert splits.height > 10
    assert set(shares["hs_deal_split_percentage"].to_list()) == {Decimal(1)}


def test_won_and_lost_are_told_apart_in_every_pipeline(crm: Crm) -> None:
    frame = pl.concat([page.records for page in read(crm.connect(), crm)])
    assert set(frame.select("stage.isClosed", "stage.probability").unique().rows()) >= {
        ("true", "1.0"),
        ("true", "0.0"),
    }
    assert frame["pipeline"].n_unique() > 1
    assert frame["stage.isClosed"].null_count() == 0


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "answer", "status": 503, "body": "<html/>", "content_type": "text/html"}, id="503 page"),
        pytest.param({"kind": "answer", "status": 502}, id="502"),
        pytest.param(HTML, id="200 with HTML"),
        pytest.param({"kind": "reset"}, id="reset"),
        pytest.param({"kind": "truncate"}, id="half a body"),
        pytest.param({"kind": "answer", "status": 423, "body": "{}"}, id="locked"),
        pytest.param({"kind": "answer", "status": 429, "body": '{"policyName":"TEN_SECONDLY_ROLLING"}'}, id="burst"),
        pytest.param({"kind": "answer", "status": 200, "body": '{"paging":{}}'}, id="no results"),
    ],
)
@pytest.mark.parametrize("endpoint", ["list", "search"])
def test_fault_on_one_page_loses_nothing(crm: Crm, fault: dict[str, Any], endpoint: str) -> None:
    connector = crm.connect()
    alive, cursor = crm.alive(), None
    if endpoint == "search":
        cursor = settled(connector, crm)
        for deal in alive:
            crm.app.edit("deals", deal, {"description": str(fault)}, None)
    crm.fault(endpoint=endpoint, after=1, **fault)
    assert sorted(ids(read(connector, crm, cursor))) == sorted(alive)


def test_fault_that_stays_stops_with_a_named_error_and_the_next_run_goes_on(crm: Crm) -> None:
    alive = crm.alive()
    crm.fault(endpoint="list", after=2, count=None, **HTML)
    had: list[Page] = []
    with pytest.raises(TryLater, match="text/html"):
        had.extend(crm.connect().pull(asking(crm)))
    assert len(had) == 2
    crm.reset()
    connector = crm.connect()
    rest = read(connector, crm, had[-1].cursor)
    assert set(ids([*had, *rest])) == alive
    assert connector.calls()["list"] == -(-len(alive) // 100) - 2


def test_killed_after_every_other_page_the_runs_together_miss_nothing(crm: Crm) -> None:
    alive = crm.alive()
    seen: list[str] = []
    lost: list[str] = []
    cursor: Mapping[str, Any] | None = None
    for _ in range(20):
        for page in islice(crm.connect().pull(asking(crm, cursor)), 2):
            seen += page.records["$id"].to_list()
            lost += page.gone
            cursor = page.cursor
        crm.wait(1)
        if page.last:
            break
    assert page.last
    assert set(seen) == alive
    assert set(lost).isdisjoint(alive)


def test_only_what_was_edited_is_read_again(crm: Crm) -> None:
    connector = crm.connect()
    cursor = settled(connector, crm)
    edited = sorted(crm.alive())[7]
    crm.app.edit("deals", edited, {"amount": "123.45"}, None)
    crm.reset()
    before = dict(connector.calls())
    pages = read(connector, crm, cursor)
    assert [page.records["amount"].to_list() for page in pages if page.records.height] == [["123.45"]]
    assert connector.calls()["search"] - before["search"] == 1


def test_nothing_edited_is_nothing_read(crm: Crm) -> None:
    connector = crm.connect()
    cursor = settled(connector, crm)
    assert ids(read(connector, crm, cursor)) == []


def test_search_alone_brings_every_deal_in_spite_of_equal_time_stamps(crm: Crm) -> None:
    long_ago = Watermark(datetime(2001, 1, 1, tzinfo=UTC), "", datetime(2001, 1, 1, tzinfo=UTC))
    alive = sorted(crm.alive())
    crm.reset()
    pages = read(crm.connect(), crm, {"watermark": long_ago.as_json()})
    stamps = [stamp for page in pages for stamp in page.records["$modified"].to_list()]
    assert len(set(stamps)) < len(stamps)  # some were changed in bulk
    assert sorted(ids(pages)) == alive
    assert crm.counts()["search"] == -(-len(alive) // 200)
    assert pages[0].expected == len(alive)


def test_edits_during_the_read_are_found_by_it_or_by_the_next(crm: Crm) -> None:
    connector = crm.connect()
    alive = sorted(crm.alive())
    latest: dict[str, str] = {}
    cursor: Mapping[str, Any] | None = None
    for round_number in range(3):
        for page in connector.pull(asking(crm, cursor, fields=("description",))):
            latest |= dict(page.records.select("$id", "description").rows())
            cursor = page.cursor
            for deal in alive[:: 90 + round_number]:
                crm.app.edit("deals", deal, {"description": f"round {round_number}"}, None)
            crm.wait(120)
    for page in connector.pull(asking(crm, cursor, fields=("description",))):
        latest |= dict(page.records.select("$id", "description").rows())
    assert {latest[deal] for deal in alive[::92]} == {"round 2"}


def test_index_that_lags_behind_is_caught_up_with(crm: Crm) -> None:
    connector = crm.connect()
    cursor = settled(connector, crm)
    early, late = sorted(crm.alive())[10:12]
    crm.app.change_limits({"index_lag_seconds": 30})
    try:
        crm.app.edit("deals", early, {"description": "lagging"}, None)
        crm.wait(20)
        pages = read(connector, crm, cursor)
        assert ids(pages) == []  # not in the index yet
        crm.app.edit("deals", late, {"description": "lagging"}, None)
        crm.wait(25)
        second = read(connector, crm, pages[-1].cursor)
        crm.wait(60)
        third = read(connector, crm, second[-1].cursor)
    finally:
        crm.app.change_limits({"index_lag_seconds": 0})
    assert {early, late} <= set(ids([*second, *third]))


def test_deleted_and_merged_deals_are_gone(crm: Crm) -> None:
    connector = crm.connect()
    cursor = settled(connector, crm)
    deleted, loser, winner = sorted(crm.alive())[20:23]
    crm.app.delete("deals", deleted, None)
    crm.app.merge("deals", loser, winner, None)
    pages = read(connector, crm, cursor)
    assert {deleted, loser} <= set(gone(pages))
    assert winner in ids(pages)
    assert winner not in gone(pages)


def test_token_that_expired_is_named(crm: Crm) -> None:
    with pytest.raises(FixSettings) as caught:
        list(crm.connect(access_token="pat-wrong").pull(asking(crm)))
    assert "access_token" in caught.value.hint


def test_daily_share_is_kept_with_the_sandbox_counting(crm: Crm) -> None:
    crm.app.change_limits({"daily": 1_000_000})
    used = crm.app.limits.used_today
    crm.app.change_limits({"daily": (used + 5) * 2})
    try:
        with pytest.raises(TryLater, match="America/New_York"):
            list(crm.connect(daily_share=0.5).pull(asking(crm)))
        assert crm.app.limits.used_today <= used + 7
    finally:
        crm.app.change_limits({"daily": 1_000_000})


def test_our_pace_keeps_below_the_limits_of_the_account(crm: Crm) -> None:
    connector = crm.connect(ten_second_limit=20)
    crm.app.change_limits({"ten_seconds": 20})
    try:
        cursor = settled(connector, crm)
        for deal in crm.alive():
            crm.app.edit("deals", deal, {"description": "paced"}, None)
        read(connector, crm, cursor)
    finally:
        crm.app.change_limits({"ten_seconds": 190})
    statuses = {entry["status"] for entry in crm._control("GET", "requests")["requests"]}
    assert 429 not in statuses


SPEC = FieldSpec("deals", "attain_credited", "Credited", FieldKind.NUMBER)
UPDATED = FieldSpec("deals", "attain_updated_at", "Updated", FieldKind.DATETIME)
PAYOUT = FieldSpec("users", "attain_payout", "Payout", FieldKind.NUMBER)


@pytest.fixture
def provisioned(crm: Crm) -> HubSpotConnector:
    connector = crm.connect()
    connector.provision([SPEC, UPDATED, PAYOUT], dry_run=False)
    return connector


def test_fields_are_provisioned_once(crm: Crm, provisioned: HubSpotConnector) -> None:
    again = provisioned.provision([SPEC, UPDATED, PAYOUT], dry_run=False)
    assert {(step.action, step.done) for step in again} == {("exists", True)}
    assert provisioned.describe("deals").fields["attain_credited"].writable


def test_what_was_written_is_what_the_crm_holds(crm: Crm, provisioned: HubSpotConnector) -> None:
    alive = sorted(crm.alive())[:230]
    crm.reset()
    values = {"attain_credited": Decimal("12345.60"), "attain_updated_at": "2026-11-02T09:00:00+00:00"}
    outcomes = list(provisioned.push("deals", [Write(deal, values) for deal in alive]))
    assert [outcome.state for outcome in outcomes] == ["confirmed"] * 230
    assert crm.counts()["batch_update"] == 3
    assert Decimal(crm.value("deals", alive[229], "attain_credited")) == Decimal("12345.6")
    assert crm.value("deals", alive[229], "attain_updated_at") == "2026-11-02T09:00:00.000Z"
    list(provisioned.push("deals", [Write(alive[0], {"attain_credited": None})]))
    assert not crm.value("deals", alive[0], "attain_credited")


def test_result_of_a_person_goes_on_the_user_record(crm: Crm, provisioned: HubSpotConnector) -> None:
    fields = ("email", "user.hs_object_id", "user.attain_payout")
    owners = next(provisioned.pull(asking(crm, fields=fields, name="owners"))).records
    writes = [Write(user, {"attain_payout": Decimal("7.25")}) for user in owners["user.hs_object_id"].to_list() if user]
    assert len(writes) == owners.height
    assert {outcome.state for outcome in provisioned.push("users", writes)} == {"confirmed"}
    held = next(provisioned.pull(asking(crm, fields=fields, name="owners"))).records["user.attain_payout"].to_list()
    assert [Decimal(value) for value in held] == [Decimal("7.25")] * len(writes)


@pytest.mark.parametrize("kind", ["reset", "truncate"])
def test_write_whose_answer_was_lost_is_not_written_twice(crm: Crm, provisioned: HubSpotConnector, kind: str) -> None:
    alive = sorted(crm.alive())[:150]
    crm.reset()
    crm.fault(endpoint="batch_update", kind=kind)
    writes = [Write(deal, {"attain_credited": Decimal(f"{len(kind)}.50")}) for deal in alive]
    assert {outcome.state for outcome in provisioned.push("deals", writes)} == {"confirmed"}
    assert crm.counts()["batch_update"] == 2
    assert crm.counts()["batch_read"] == 1


def test_write_that_never_arrived_is_sent_again(crm: Crm, provisioned: HubSpotConnector) -> None:
    deal = min(crm.alive())
    crm.fault(endpoint="batch_update", kind="reset", handled=False)
    (outcome,) = provisioned.push("deals", [Write(deal, {"attain_credited": Decimal("99.01")})])
    assert outcome.state == "confirmed"
    assert Decimal(crm.value("deals", deal, "attain_credited")) == Decimal("99.01")


def test_row_that_is_refused_is_parked_and_the_others_are_written(crm: Crm, provisioned: HubSpotConnector) -> None:
    alive = sorted(crm.alive())[:100]
    crm.fault(endpoint="batch_update", kind="reject_rows", ids=[alive[33]], count=None)
    writes = [Write(deal, {"attain_credited": Decimal(5)}) for deal in alive]
    outcomes = {outcome.record_id: outcome for outcome in provisioned.push("deals", writes)}
    assert [deal for deal, outcome in outcomes.items() if outcome.state != "confirmed"] == [alive[33]]
    assert (outcomes[alive[33]].state, bool(outcomes[alive[33]].code)) == ("rejected", True)


def test_value_the_crm_refuses_costs_the_others_nothing(crm: Crm, provisioned: HubSpotConnector) -> None:
    alive = sorted(crm.alive())[:100]
    writes = [Write(deal, {"attain_updated_at": "soon" if deal == alive[50] else "2026-11-02"}) for deal in alive]
    outcomes = {outcome.record_id: outcome.state for outcome in provisioned.push("deals", writes)}
    assert [deal for deal, state in outcomes.items() if state == "rejected"] == [alive[50]]
    assert sum(state == "confirmed" for state in outcomes.values()) == 99


def test_fetch_tells_the_living_from_the_gone(crm: Crm) -> None:
    alive = sorted(crm.alive())[:120]
    pages = list(crm.connect().fetch("deals", [*alive, "1", "2"], ["dealname", "stage.label"]))
    assert sorted(ids(pages)) == alive
    assert {"1", "2"} <= set(gone(pages))  # beside those merged into others
    assert set(gone(pages)).isdisjoint(alive)
    assert crm.counts()["batch_read"] == 2


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("calls", ("hs_call_title", "hubspot_owner_id", "hs_timestamp")),
        ("emails", ("hs_email_subject",)),
        ("meetings", ("hs_meeting_title",)),
        ("tasks", ("hs_task_subject",)),
        ("users", ("hs_internal_user_id",)),
        ("goal_targets", ("hs_target_amount",)),
        ("owners", ("email", "fullName", "primaryTeam.name", "active")),
        ("exchange_rates", ("fromCurrencyCode", "conversionRate")),
        ("deal_stages", ("label", "isClosed")),
    ],
)
def test_every_object_is_read_on_every_path_generation(
    crm: Crm, version: str, name: str, fields: tuple[str, ...]
) -> None:
    pages = list(crm.connect(path_version=version).pull(asking(crm, fields=fields, name=name)))
    frame = pl.concat([page.records for page in pages])
    assert frame.height > 0
    assert all(frame[column].null_count() < frame.height for column in fields)
    assert pages[-1].last


def test_account_is_as_the_sandbox_says(crm: Crm) -> None:
    account, problems = crm.connect().check()
    assert problems == []
    assert account is not None
    assert (account.timezone, account.currency) == ("America/New_York", "USD")
    assert account.calls_left_today is not None


def test_cursor_of_another_account_stops_rather_than_lose_records(crm: Crm) -> None:
    cursor = {"after": "not-a-token", "started": datetime.now(UTC).isoformat(), "newest": None}
    with pytest.raises(StopRun):
        read(crm.connect(), crm, cursor)
