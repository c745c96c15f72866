"""The connector against the sandbox over HTTP: faults in mid-run, kills, deletes, writes, fields of our own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil
from typing import Any

import pytest
import requests

from connectors.base import (
    ID,
    MODIFIED,
    Cursor,
    FieldKind,
    FieldSpec,
    FixSettings,
    Outcome,
    Page,
    PullRequest,
    TryLater,
    Write,
)
from connectors.retry import Pacing
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.settings import SalesforceSettings
from tests.connectors.salesforce.test_settings import pem
from tests.fixtures.sandbox import Start

KEYS = {"client_id": "sandbox-consumer", "client_secret": "sandbox-secret"}
PAGE = 20
FIELDS = ("Name", "Amount", "StageName", "OwnerId", "Owner.Email")


class Org:
    """One sandbox and its control API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def fault(self, **fault: Any) -> None:
        self.control("POST", "faults", fault)

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = self.control("GET", "requests")["counts"]
        return counts

    def later(self, **time: float) -> None:
        self.control("POST", "clock", {"advance_seconds": timedelta(**time).total_seconds()})

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control("GET", "clock")["now"])


@pytest.fixture(scope="module")
def shared(salesforce_sandbox: Start) -> Org:
    return Org(salesforce_sandbox(deals=90, activities=30, page_size=PAGE).url)


@pytest.fixture
def org(shared: Org) -> Iterator[Org]:
    """The module's sandbox, without faults and with an empty log."""
    shared.control("DELETE", "faults")
    shared.control("DELETE", "requests")
    yield shared
    shared.control("DELETE", "faults")


@contextmanager
def connected(org: Org, **settings: Any) -> Iterator[SalesforceConnector]:
    given = {"instance_url": org.url, **KEYS, **settings}
    pacing = Pacing(sleep=lambda seconds: None, now=org.now)
    with closing(SalesforceConnector("acme", SalesforceSettings.model_validate(given), pacing)) as connector:
        yield connector


def request(
    org: Org, cursor: Cursor | None = None, name: str = "Opportunity", fields: tuple[str, ...] = FIELDS
) -> PullRequest:
    return PullRequest(name, fields, cursor, org.now())


def pull(org: Org, cursor: Cursor | None = None, name: str = "Opportunity", **settings: Any) -> list[Page]:
    fields = FIELDS if name == "Opportunity" else ()
    with connected(org, **settings) as connector:
        return list(connector.pull(request(org, cursor, name, fields)))


def held(pages: list[Page]) -> dict[str, tuple[Any, ...]]:
    """What one who stores every page holds in the end."""
    rows: dict[str, tuple[Any, ...]] = {}
    for page in pages:
        rows.update({row[0]: row[2:] for row in page.records.select(ID, MODIFIED, *FIELDS).rows()})
        for record_id in page.gone:
            rows.pop(record_id, None)
    return rows


def test_a_year_of_deals_is_read_in_as_few_calls_as_there_are_pages(org: Org) -> None:
    pages = pull(org)
    read = sum(page.records.height + len(page.gone) for page in pages)
    counts = org.counts()
    assert read == pages[0].expected == 90
    assert (counts["query_all"], counts["query_more"]) == (1, ceil(90 / PAGE) - 1)
    assert set(counts) == {"token", "describe", "query_all", "query_more"}


def test_equal_stamps_stand_on_both_sides_of_a_page_border_and_none_is_lost(org: Org) -> None:
    pages = pull(org)
    borders = [
        (before.records[MODIFIED][-1], after.records[MODIFIED][0])
        for before, after in pairwise(pages)
        if before.records.height and after.records.height
    ]
    ids = [record_id for page in pages for record_id in page.records[ID]]
    assert len(ids) == len(set(ids))
    assert borders


MID_RUN: list[dict[str, Any]] = [
    {"kind": "answer", "status": 503, "body": "<html>Service Unavailable</html>", "content_type": "text/html"},
    {"kind": "answer", "status": 500, "body": '[{"errorCode":"UNKNOWN_EXCEPTION","message":"?"}]'},
    {"kind": "answer", "status": 200, "body": "<html>Maintenance</html>", "content_type": "text/html"},
    {"kind": "answer", "status": 401, "body": "<html>Log in</html>", "content_type": "text/html"},
    {
        "kind": "answer",
        "status": 403,
        "body": '[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"ConcurrentRequests Limit exceeded."}]',
    },
    {"kind": "answer", "status": 400, "body": '[{"errorCode":"INVALID_QUERY_LOCATOR","message":"invalid"}]'},
    {"kind": "expire_token"},
    {"kind": "reset"},
    {"kind": "truncate"},
    {"kind": "latency", "latency_ms": 700},
]


def _named(fault: dict[str, Any]) -> str:
    return f"{fault['kind']} {fault.get('status', '')} {fault.get('content_type', '')}"


@pytest.mark.parametrize("fault", MID_RUN, ids=_named)
@pytest.mark.parametrize("page", [0, 3])
def test_a_fault_on_one_page_in_mid_run_loses_nothing(org: Org, fault: dict[str, Any], page: int) -> None:
    whole = held(pull(org))
    org.fault(endpoint="query_more", after=page, **fault)
    pages = pull(org, timeout_seconds=0.4)
    assert held(pages) == whole
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]


@pytest.mark.parametrize("kind", ["reset", "truncate"])
@pytest.mark.parametrize("endpoint", ["token", "describe", "query_all"])
def test_the_first_calls_are_asked_again_too(org: Org, endpoint: str, kind: str) -> None:
    org.fault(endpoint=endpoint, kind=kind)
    assert len(held(pull(org))) > 80


def test_a_run_killed_after_any_page_is_resumed_right_there(org: Org) -> None:
    whole = held(pull(org))
    for kept in range(1, ceil(90 / PAGE)):
        with connected(org) as connector:
            pages = connector.pull(request(org))
            had = [next(pages) for _ in range(kept)]
        org.control("DELETE", "requests")
        rest = pull(org, had[-1].cursor)
        assert held([*had, *rest]) == whole
        assert org.counts()["query_all"] + org.counts().get("query_more", 0) == ceil((90 - kept * PAGE) / PAGE)


def test_a_run_that_ends_by_an_error_leaves_a_cursor_to_go_on_from(org: Org) -> None:
    whole, had = held(pull(org)), list[Page]()
    org.fault(endpoint="query_more", after=1, count=None, kind="answer", status=503, body="")
    with connected(org) as connector, pytest.raises(TryLater, match="HTTP 503"):
        _note(connector.pull(request(org)), had)
    org.control("DELETE", "faults")
    assert held([*had, *pull(org, had[-1].cursor)]) == whole


def _note(pages: Iterator[Page], had: list[Page]) -> None:
    for page in pages:
        had.append(page)


def test_only_what_changed_is_read_again(org: Org) -> None:
    first = pull(org)
    org.later(minutes=30)
    second = pull(org, first[-1].cursor)  # settles what was last
    changed = sorted(held(first))[:7]
    for record_id in changed:
        org.control("PATCH", f"records/Opportunity/{record_id}", {"values": {"Amount": 4711.5}})
    org.control("DELETE", "requests")
    third = pull(org, second[-1].cursor)
    assert {record_id: row[1] for record_id, row in held(third).items()} == dict.fromkeys(changed, "4711.5")
    assert org.counts() == {"token": 1, "describe": 2, "query_all": 1, "deleted": 1}


def test_the_next_read_after_an_hour_brings_nothing(org: Org) -> None:
    cursor = pull(org)[-1].cursor
    org.later(hours=1)
    cursor = pull(org, cursor)[-1].cursor
    org.later(hours=1)
    assert [(page.records.height, page.gone) for page in pull(org, cursor)] == [(0, ())]


def test_deleted_hard_deleted_and_restored_records_are_told_apart(org: Org) -> None:
    first = pull(org)
    soft, hard, back = sorted(held(first))[-3:]
    org.control("DELETE", f"records/Opportunity/{soft}")
    org.control("DELETE", f"records/Opportunity/{hard}?hard=true")
    org.control("DELETE", f"records/Opportunity/{back}")
    org.control("POST", f"records/Opportunity/{back}/undelete")
    after = held([*first, *pull(org, first[-1].cursor)])
    assert set(held(first)) - set(after) == {soft, hard}


def test_users_splits_and_activities_are_read_alike(org: Org) -> None:
    for name in (
        "User",
        "Task",
        "Event",
        "OpportunitySplit",
        "ForecastingQuota",
        "CurrencyType",
        "DatedConversionRate",
    ):
        pages = pull(org, name=name)
        assert pages[-1].last
        assert sum(page.records.height + len(page.gone) for page in pages) == pages[-1].expected


def test_the_allowance_is_watched_over_the_run(salesforce_sandbox: Start) -> None:
    org = Org(salesforce_sandbox(deals=90, activities=0, page_size=PAGE, daily_calls=8).url)
    had: list[Page] = []
    with connected(org) as connector, pytest.raises(TryLater, match=r"daily_share = 0\.5") as caught:
        _note(connector.pull(request(org)), had)
    assert caught.value.retry_after == timedelta(hours=1)
    assert sum(count for name, count in org.counts().items() if name != "token") == 4


def test_records_are_fetched_by_id(org: Org) -> None:
    rows = held(pull(org))
    wanted = sorted(rows)[:5]
    with connected(org) as connector:
        (page,) = connector.fetch("Opportunity", [*wanted, "006000000000000AAA", wanted[0][:15]], FIELDS)
    assert {row[0]: row[2:] for row in page.records.rows()} == {record_id: rows[record_id] for record_id in wanted}
    assert page.gone == ("006000000000000AAA",)


def living(org: Org, count: int) -> list[str]:
    return sorted(held(pull(org)))[:count]


def write(record_id: str, value: str) -> Write:
    return Write(record_id, {"NextStep": value, "Amount": Decimal("1234.56")})


def push(org: Org, writes: list[Write], **settings: Any) -> dict[str, Outcome]:
    with connected(org, **settings) as connector:
        return {outcome.record_id: outcome for outcome in connector.push("Opportunity", writes)}


def next_steps(org: Org, ids: list[str]) -> set[Any]:
    return {org.control("GET", f"records/Opportunity/{record_id}")["NextStep"] for record_id in ids}


def test_values_are_written_and_confirmed_in_one_call(org: Org) -> None:
    ids = living(org, 30)
    org.control("DELETE", "requests")
    outcomes = push(org, [write(record_id, "called") for record_id in ids])
    assert {outcome.state for outcome in outcomes.values()} == {"confirmed"}
    assert next_steps(org, ids) == {"called"}
    assert org.counts() == {"token": 1, "collections": 1}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset"},  # done, the answer lost
        {"kind": "reset", "handled": False},  # not done, the answer lost
        {"kind": "truncate"},
        {"kind": "answer", "status": 200, "body": "<html>?</html>", "content_type": "text/html"},
        {"kind": "answer", "status": 200, "body": "<html>?</html>", "content_type": "text/html", "handled": True},
        {"kind": "answer", "status": 503, "body": ""},
        {"kind": "latency", "latency_ms": 700},
        {"kind": "expire_token"},
    ],
    ids=str,
)
def test_a_write_whose_answer_is_lost_ends_confirmed(org: Org, fault: dict[str, Any]) -> None:
    ids = living(org, 5)
    org.fault(endpoint="collections", **fault)
    outcomes = push(org, [write(record_id, str(fault)[:200]) for record_id in ids], timeout_seconds=0.4)
    assert {record_id: outcome.state for record_id, outcome in outcomes.items()} == dict.fromkeys(ids, "confirmed")
    assert next_steps(org, ids) == {str(fault)[:200]}


def test_each_row_has_its_own_outcome(org: Org) -> None:
    ids = living(org, 4)
    org.fault(endpoint="collections", kind="reject_rows", ids=[ids[0]], code="UNABLE_TO_LOCK_ROW", message="locked")
    outcomes = push(
        org, [write(ids[0], "x"), write(ids[1], "y" * 300), write("006000000000000AAA", "x"), write(ids[3], "x")]
    )
    assert [(outcomes[i].state, outcomes[i].code) for i in (ids[0], ids[1], ids[3])] == [
        ("retry", "UNABLE_TO_LOCK_ROW"),
        ("rejected", "STRING_TOO_LONG"),
        ("confirmed", ""),
    ]
    assert outcomes["006000000000000AAA"].state == "rejected"


def test_a_field_that_is_not_there_stops_the_writing_by_name(org: Org) -> None:
    with connected(org) as connector, pytest.raises(FixSettings, match="Nope__c"):
        list(connector.push("Opportunity", [Write(living(org, 1)[0], {"Nope__c": "x"})]))


SPECS = [
    FieldSpec("Opportunity", "Attain_Credited__c", "Credited", FieldKind.NUMBER),
    FieldSpec("Opportunity", "Attain_Why__c", "Why", FieldKind.TEXT, length=4000),
    FieldSpec("Opportunity", "Attain_Note__c", "Note", FieldKind.TEXT, length=80),
    FieldSpec("User", "Attain_Updated_At__c", "Updated at", FieldKind.DATETIME, description="Set by Attain"),
    FieldSpec("User", "Attain_On__c", "On", FieldKind.BOOLEAN),
    FieldSpec("User", "Attain_Day__c", "Day", FieldKind.DATE),
]


def test_fields_are_made_seen_and_made_only_once(salesforce_sandbox: Start) -> None:
    org = Org(salesforce_sandbox(deals=5, activities=0).url)
    with connected(org) as connector:
        planned = connector.provision(SPECS, dry_run=True)
        assert {(step.action, step.done) for step in planned} == {("create", False), ("grant", False)}
        assert "Attain_Credited__c" not in connector.describe("Opportunity").fields
        assert not {"create_field", "create", "update"} & set(connector.calls())

        done = connector.provision(SPECS, dry_run=False)
        assert [(step.target, step.action) for step in done] == [
            (step.target.replace("user None", "user"), step.action) for step in planned
        ]
        assert all(step.done for step in done)
        for spec in SPECS:
            field = connector.describe(spec.object_name).fields[spec.name]
            assert (field.kind, field.writable) == (spec.kind, True)

        again = connector.provision(SPECS, dry_run=False)
        assert {(step.action, step.done) for step in again} == {("exists", True)}
        deal = living(org, 1)[0]
        assert [
            o.state for o in connector.push("Opportunity", [Write(deal, {"Attain_Credited__c": Decimal("0.10")})])
        ] == ["confirmed"]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (FieldSpec("Opportunity", "Name", "Name", FieldKind.NUMBER), "is a text field and not a number field"),
        (
            FieldSpec("Opportunity", "Probability", "P", FieldKind.NUMBER),
            "3 digits and 0 decimals, 16 and 2 are needed",
        ),
        (FieldSpec("Opportunity", "NextStep", "N", FieldKind.TEXT, length=4000), "255 characters, 4000 are needed"),
        (FieldSpec("Opportunity", "Attain", "A", FieldKind.TEXT), "only fields ending in __c"),
    ],
)
def test_a_field_that_cannot_take_the_values_is_a_conflict(org: Org, spec: FieldSpec, told: str) -> None:
    with connected(org) as connector:
        (step,) = connector.provision([spec], dry_run=False)
        assert (step.action, step.done) == ("conflict", False)
        assert told in step.message
        assert "create" not in connector.calls()


def test_the_org_answers_who_it_is(org: Org) -> None:
    with connected(org) as connector:
        account, problems = connector.check()
    assert problems == []
    assert account is not None
    assert (account.account_id[:3], account.timezone, account.currency) == ("00D", "GMT", "USD")
    assert account.calls_left_today is not None


def refused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"client_secret": "wrong"}, "invalid_client", "client_secret"),
        ({"client_id": "wrong"}, "invalid_client_id", "client_id"),
        ({"auth": "token", "session_id": "wrong"}, "does not accept the session id", "session_id"),
        ({"api_version": "99.0"}, "no REST API of version 99.0", "api_version"),
        ({"instance_url": f"http://127.0.0.1:{refused_port()}"}, "cannot be reached", "instance_url"),
        ({"instance_url": "https"}, "speaks no TLS", "instance_url"),
    ],
)
def test_what_is_wrong_with_the_settings_is_told_with_the_next_step(
    org: Org, settings: dict[str, str], message: str, hint: str
) -> None:
    if settings.get("instance_url") == "https":
        settings = {"instance_url": org.url.replace("http:", "https:")}
    with connected(org, **settings) as connector:
        account, problems = connector.check()
    assert account is None
    (problem,) = problems
    assert problem.where == "connections.acme"
    assert message in problem.message
    assert hint in problem.hint
    assert "wrong" not in str(problem).replace("settings are wrong", "").replace("it is wrong", "")


def test_a_session_id_given_is_used(salesforce_sandbox: Start) -> None:
    org = Org(salesforce_sandbox(deals=5, activities=0).url)
    assert pull(org, auth="token", session_id="sandbox-session")[-1].last
    assert "token" not in org.counts()


def test_a_signed_jwt_signs_in(salesforce_sandbox: Start) -> None:
    from cryptography.hazmat.primitives import serialization

    key = pem()
    public = serialization.load_pem_private_key(key.encode(), None).public_key()
    text = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    org = Org(salesforce_sandbox(deals=5, activities=0, jwt_public_key=text, today=datetime.now(UTC).date()).url)
    jwt = {"auth": "jwt", "username": "integration@sandbox.example"}
    with connected(org, private_key=key, **jwt) as connector:
        assert connector.check()[1] == []
    with connected(org, private_key=pem(), **jwt) as connector:
        (problem,) = connector.check()[1]
    assert "invalid_grant" in problem.message
