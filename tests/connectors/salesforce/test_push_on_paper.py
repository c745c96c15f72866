"""Every write has an outcome, in as few calls as there can be, and a lost answer is settled by reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest
import requests

from connectors.base import ConnectorError, FixSettings, Outcome, TryLater, Write
from tests.connectors.salesforce.paper import CUT, HTML, PaperOrg, Reply, answer, connected, deal, described, error

FIELDS = [
    described("Id", "id"),
    described("SystemModstamp", "datetime"),
    described("IsDeleted", "boolean"),
    described("Credited__c", "currency"),
    described("Note__c"),
    described("Won__c", "boolean"),
    described("At__c", "datetime"),
]


def org_of(count: int) -> PaperOrg:
    empty = {"Credited__c": None, "Note__c": None, "Won__c": False, "At__c": None}
    return PaperOrg({"Opportunity": [deal(n, 0, **empty) for n in range(count)]}, fields={"Opportunity": FIELDS})


def write(number: int, **values: Any) -> Write:
    return Write(f"006{number:015d}", values or {"Credited__c": Decimal("1500.10")})


def push(org: PaperOrg, writes: Sequence[Write]) -> list[Outcome]:
    with connected(org) as watched:
        return list(watched.connector.push("Opportunity", writes))


def states(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {outcome.record_id: outcome.state for outcome in outcomes}


@pytest.mark.parametrize(
    ("records", "collections", "composites"),
    [(1, 1, 0), (200, 1, 0), (201, 0, 1), (1000, 0, 1), (1001, 1, 1), (2400, 0, 3)],
)
def test_a_thousand_records_go_in_one_call(records: int, collections: int, composites: int) -> None:
    org = org_of(records)
    outcomes = push(org, [write(n) for n in range(records)])
    assert states(outcomes) == {row["Id"]: "confirmed" for row in org.rows["Opportunity"]}
    assert (org.count("composite/sobjects"), org.count("composite")) == (collections, collections + composites)


def test_nothing_to_write_is_no_call() -> None:
    org = org_of(1)
    assert push(org, []) == []
    assert org.calls == []


@pytest.mark.parametrize("amount", ["12345678901234567.10", "0.10", "-5", "0"])
def test_amounts_go_over_the_wire_digit_for_digit(amount: str) -> None:
    org = org_of(1)
    push(org, [write(0, Credited__c=Decimal(amount))])
    assert f'"Credited__c":{amount}}}'.encode() in org.raw[-1]


def test_rows_go_in_the_order_of_their_ids_and_each_once() -> None:
    org = org_of(3)
    outcomes = push(org, [write(2), write(0, Note__c="first"), write(1), write(0, Note__c="last", Won__c=True)])
    records = org.bodies[-1]["records"]
    assert [record["id"][-1] for record in records] == ["0", "1", "2"]
    assert (records[0]["Note__c"], records[0]["Won__c"]) == ("last", True)
    assert len(outcomes) == 4  # one for each write, also where two were joined


def test_null_clears_the_field() -> None:
    org = org_of(1)
    org.rows["Opportunity"][0]["Note__c"] = "old"
    push(org, [write(0, Note__c=None)])
    assert org.rows["Opportunity"][0]["Note__c"] is None


def test_a_write_without_values_and_one_that_is_no_number_are_not_sent() -> None:
    org = org_of(2)
    outcomes = push(org, [Write("006000000000000000", {}), write(1, Credited__c=Decimal("NaN"))])
    assert [(o.state, o.code) for o in outcomes] == [("confirmed", ""), ("rejected", "NOT_A_NUMBER")]
    assert org.count("composite") == 0


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("UNABLE_TO_LOCK_ROW", "retry"),
        ("QUERY_TIMEOUT", "retry"),
        ("SERVER_UNAVAILABLE", "retry"),
        ("REQUEST_RUNNING_TOO_LONG", "retry"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "rejected"),
        ("REQUIRED_FIELD_MISSING", "rejected"),
        ("INSUFFICIENT_ACCESS_OR_READONLY", "rejected"),
        ("ENTITY_IS_DELETED", "rejected"),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "rejected"),
        ("NUMBER_OUTSIDE_VALID_RANGE", "rejected"),
        ("A_CODE_NOBODY_KNOWS", "rejected"),  # parked, where a person sees it
    ],
)
def test_each_record_has_the_outcome_its_code_deserves(code: str, state: str) -> None:
    org = org_of(3)
    org.rejects["006000000000000001"] = {"statusCode": code, "fields": ["Credited__c"]}
    outcomes = push(org, [write(n) for n in range(3)])
    assert [(o.state, o.code) for o in outcomes] == [("confirmed", ""), (state, code), ("confirmed", "")]
    assert outcomes[1].message == "said the CRM (Credited__c)"


def test_a_refused_part_of_a_composite_leaves_the_others_alone() -> None:
    org = org_of(401)
    parts = [
        {"referenceId": "part1", "httpStatusCode": 503, "body": [{"errorCode": "SERVER_UNAVAILABLE", "message": "no"}]},
        *(
            {"referenceId": f"part{part}", "httpStatusCode": 200, "body": [{"id": "x", "success": True}] * size}
            for part, size in ((0, 200), (2, 1))
        ),
    ]
    org.replies = [("composite", answer({"compositeResponse": parts}))]
    outcomes = push(org, [write(n) for n in range(401)])
    assert [o.state for o in outcomes] == ["confirmed"] * 200 + ["retry"] * 200 + ["confirmed"]


def test_one_bad_record_does_not_spoil_the_collection_it_is_in() -> None:
    org = org_of(8)
    real = org.answer

    def judged(request: requests.PreparedRequest) -> Any:
        if "006000000000000005" in str(request.body):
            org.replies = [("composite", error("JSON_PARSER_ERROR"))]
        return real(request)

    org.answer = judged  # type: ignore[method-assign]
    outcomes = push(org, [write(n) for n in range(8)])
    assert [o.record_id[-1] for o in outcomes if o.state == "rejected"] == ["5"]
    assert len(outcomes) == 8


def caught(org: PaperOrg, writes: Sequence[Write], kind: type[Exception]) -> list[Outcome]:
    """The outcomes given before the error."""
    had: list[Outcome] = []
    with connected(org) as watched, pytest.raises(kind, match="acme: "):
        _note(watched.connector.push("Opportunity", writes), had)
    return had


def _note(outcomes: Iterator[Outcome], had: list[Outcome]) -> None:
    for outcome in outcomes:
        had.append(outcome)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (error("INVALID_FIELD", "No such column 'Credited__c' on sobject of type Opportunity"), FixSettings),
        (error("API_DISABLED_FOR_ORG", status=403), FixSettings),
        (error("NOT_FOUND", status=404), FixSettings),
        (error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403), TryLater),
    ],
)
def test_what_concerns_the_connection_is_raised_after_the_outcomes_had(
    reply: Reply, kind: type[ConnectorError]
) -> None:
    org = org_of(1001)
    org.replies = [("composite/sobjects", reply)]
    had = caught(org, [write(n) for n in range(1001)], kind)
    assert [o.state for o in had] == ["confirmed"] * 1000


LOST = [
    requests.exceptions.ReadTimeout(),
    requests.exceptions.ConnectionError("Connection aborted."),
    requests.exceptions.ChunkedEncodingError(),
    HTML,
    CUT,
    (504, {"Content-Type": "text/html"}, "<html>Gateway Time-out</html>"),
    answer([{"success": True}]),  # fewer results than records
]


def losing(org: PaperOrg, reply: Reply, *, times: int, done: Callable[[int], bool]) -> None:
    """The org does what is asked for the records `done` names, and its answer is lost."""
    real, left = org.answer, iter(range(times))

    def answered(request: requests.PreparedRequest) -> Any:
        if request.method == "PATCH" and next(left, None) is not None:
            before = {row["Id"]: dict(row) for row in org.rows["Opportunity"]}
            real(request)
            for number, row in enumerate(org.rows["Opportunity"]):
                if not done(number):
                    row.update(before[row["Id"]])
            if isinstance(reply, Exception):
                raise reply
            return reply
        return real(request)

    org.answer = answered  # type: ignore[method-assign]


@pytest.mark.parametrize("reply", LOST, ids=str)
def test_a_lost_answer_to_what_was_done_is_confirmed_by_reading_and_not_sent_again(reply: Reply) -> None:
    org = org_of(3)
    losing(org, reply, times=1, done=lambda number: True)
    assert states(push(org, [write(n) for n in range(3)])) == {
        row["Id"]: "confirmed" for row in org.rows["Opportunity"]
    }
    assert (org.count("composite"), org.count("query")) == (1, 1)


@pytest.mark.parametrize("reply", LOST, ids=str)
def test_what_was_not_done_when_the_answer_was_lost_is_sent_again(reply: Reply) -> None:
    org = org_of(3)
    losing(org, reply, times=1, done=lambda number: number == 1)
    assert states(push(org, [write(n) for n in range(3)])) == {
        row["Id"]: "confirmed" for row in org.rows["Opportunity"]
    }
    assert [record["id"][-1] for record in org.bodies[-1]["records"]] == ["0", "2"]


def test_what_is_lost_twice_is_unknown() -> None:
    org = org_of(2)
    losing(org, requests.exceptions.ReadTimeout(), times=2, done=lambda number: number == 1)
    outcomes = push(org, [write(n) for n in range(2)])
    assert {o.record_id[-1]: (o.state, o.code) for o in outcomes} == {
        "1": ("confirmed", ""),
        "0": ("unknown", "ANSWER_LOST"),
    }


def test_a_record_that_went_away_meanwhile_is_rejected() -> None:
    org = org_of(1)
    losing(org, requests.exceptions.ReadTimeout(), times=1, done=lambda number: False)
    org.rows["Opportunity"][0]["IsDeleted"] = True
    assert [(o.state, o.code) for o in push(org, [write(0)])] == [("rejected", "ENTITY_IS_DELETED")]


def test_an_answer_lost_that_cannot_be_settled_is_unknown_before_the_error() -> None:
    org = org_of(1)
    losing(org, requests.exceptions.ReadTimeout(), times=9, done=lambda number: True)
    org.replies = [("queryAll", error("SERVER_UNAVAILABLE", status=503))] * 9
    assert [o.state for o in caught(org, [write(0)], TryLater)] == ["unknown"]


@pytest.mark.parametrize(
    ("sent", "held", "confirmed"),
    [
        ({"Credited__c": Decimal("1500.105")}, {"Credited__c": 1500.11}, True),  # rounded to the field's scale
        ({"Credited__c": Decimal("1500.10")}, {"Credited__c": 1500.1}, True),  # the CRM drops zeros
        ({"Credited__c": Decimal("1500.10")}, {"Credited__c": 1500.2}, False),
        ({"Credited__c": None}, {"Credited__c": None}, True),
        ({"Note__c": ""}, {"Note__c": None}, True),  # an empty text is none
        ({"Note__c": " won "}, {"Note__c": "won"}, True),  # blanks around a text are dropped
        ({"Note__c": "x"}, {"Note__c": None}, False),
        ({"Won__c": True}, {"Won__c": True}, True),
        ({"Won__c": True}, {"Won__c": False}, False),
        ({"At__c": "2026-11-23T12:00:00+00:00"}, {"At__c": "2026-11-23T12:00:00.000+0000"}, True),
        ({"At__c": "2026-11-23T12:00:00+00:00"}, {"At__c": "2026-11-23T13:00:00.000+0000"}, False),
    ],
)
def test_values_are_compared_as_the_crm_keeps_them(sent: dict[str, Any], held: dict[str, Any], confirmed: bool) -> None:
    org = org_of(1)
    losing(org, requests.exceptions.ReadTimeout(), times=1, done=lambda number: False)
    org.rows["Opportunity"][0].update(held)
    push(org, [write(0, **sent)])
    assert org.count("composite") == (1 if confirmed else 2)


def test_a_call_that_never_left_is_made_again_without_reading() -> None:
    org = org_of(1)
    org.replies = [
        ("composite", requests.exceptions.ConnectTimeout()),
        ("composite", error("SERVER_UNAVAILABLE", status=503)),
    ]
    assert states(push(org, [write(0)])) == {"006000000000000000": "confirmed"}
    assert org.count("query") == 0
