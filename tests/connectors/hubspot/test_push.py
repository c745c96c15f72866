"""Writing: every write has its outcome, and one bad record costs the others nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import CrmField, FieldKind, FixSettings, Outcome, TryLater, Value, Write
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.push import as_written
from tests.connectors.hubspot.clock import TestClock
from tests.connectors.hubspot.conftest import Connect
from tests.connectors.hubspot.portal import Portal, failed
from tests.connectors.hubspot.wire import Asked, Said, Wire


@pytest.fixture
def deals(portal: Portal) -> Portal:
    for number in range(1, 251):
        portal.add("deals", number, amount="1")
    return portal


def amounts(count: int, amount: str = "5") -> list[Write]:
    return [Write(str(number), {"amount": Decimal(amount)}) for number in range(1, count + 1)]


def states(outcomes: list[Outcome]) -> dict[str, str]:
    return {outcome.record_id: outcome.state for outcome in outcomes}


def held(portal: Portal, record_id: int, name: str = "amount") -> Any:
    return portal.records["deals"][record_id]["properties"].get(name)


def updates(wire: Wire) -> list[Asked]:
    return [asked for asked in wire.asked if asked.path.endswith("/batch/update")]


def on_update(portal: Portal, answer: Callable[[Asked], Said | None]) -> None:
    portal.before.append(lambda asked: answer(asked) if asked.path.endswith("/batch/update") else None)


def test_a_hundred_records_go_in_a_call(deals: Portal, connector: HubSpotConnector, wire: Wire) -> None:
    outcomes = list(connector.push("deals", amounts(250)))
    assert [len(asked.body["inputs"]) for asked in updates(wire)] == [100, 100, 50]
    assert set(states(outcomes).values()) == {"confirmed"}
    assert len(outcomes) == 250
    assert held(deals, 250) == "5"


def test_nothing_to_write_is_no_call(connector: HubSpotConnector) -> None:
    assert list(connector.push("deals", [])) == []
    assert connector.calls() == {}


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (Decimal("1234.50"), "number", "1234.50"),
        (Decimal("1E+3"), "number", "1000"),  # no exponent
        (Decimal("-0.00000001"), "number", "-0.00000001"),
        (None, "number", ""),  # clears
        (True, "bool", "true"),
        (False, "bool", "false"),
        ("a;b", "text", "a;b"),
        ("", "date", ""),
        ("2026-11-02", "date", "2026-11-02"),  # a day is midnight UTC to HubSpot
        ("2026-11-02T00:00:00+00:00", "date", "2026-11-02"),
        ("2026-11-02T10:00:00+01:00", "datetime", "2026-11-02T09:00:00.000Z"),
        ("2026-11-02", "datetime", "2026-11-02T00:00:00.000Z"),
        ("2026-11-02T10:00:00+01:00", "text", "2026-11-02T10:00:00+01:00"),  # text stays as it is
        ("soon", "date", "soon"),  # HubSpot will say what is wrong
    ],
)
def test_values_are_written_as_hubspot_reads_them(value: Value, kind: str, text: str) -> None:
    kinds = {"bool": FieldKind.BOOLEAN}
    assert as_written(value, CrmField("x", kinds.get(kind) or FieldKind(kind))) == text


def test_number_of_a_field_not_described_is_written_as_well() -> None:
    assert as_written(Decimal("0.10"), None) == "0.10"


def test_writes_to_one_record_become_one_and_each_has_its_outcome(
    deals: Portal, connector: HubSpotConnector, wire: Wire
) -> None:
    writes = [Write("1", {"amount": Decimal(1)}), Write("1", {"dealname": "x"}), Write("1", {"amount": Decimal(2)})]
    assert [outcome.state for outcome in connector.push("deals", writes)] == ["confirmed"] * 3
    assert updates(wire)[0].body["inputs"] == [
        {"id": "1", "objectWriteTraceId": "1", "properties": {"amount": "2", "dealname": "x"}}
    ]


def test_record_that_is_gone_is_rejected_and_the_others_are_written(
    deals: Portal, connector: HubSpotConnector, wire: Wire
) -> None:
    deals.archive("deals", 42)
    outcomes = list(connector.push("deals", amounts(100)))
    assert [outcome for outcome in outcomes if outcome.state != "confirmed"] == [
        Outcome("42", "rejected", "OBJECT_NOT_FOUND", "Could not get some")
    ]
    assert len(updates(wire)) == 1


def test_error_that_names_ids_instead_of_trace_ids_is_understood(deals: Portal, connector: HubSpotConnector) -> None:
    error = {"category": "VALIDATION_ERROR", "message": "no", "context": {"ids": ["1"]}}
    on_update(deals, lambda asked: Said(207, {"results": [{"id": "2"}], "errors": [error]}))
    assert states(list(connector.push("deals", amounts(2)))) == {"1": "rejected", "2": "confirmed"}


def test_error_that_will_pass_is_worth_another_try(deals: Portal, connector: HubSpotConnector) -> None:
    error = {"category": "RATE_LIMITS", "message": "slow down", "context": {"objectWriteTraceId": ["1"]}}
    on_update(deals, lambda asked: Said(207, {"results": [], "errors": [error]}))
    assert states(list(connector.push("deals", amounts(1)))) == {"1": "retry"}


def refusing(bad: set[str]) -> Callable[[Asked], Said | None]:
    text = 'Property values were not valid: [{"isValid":false,"error":"INVALID_DATE","name":"closedate"}]'

    def answer(asked: Asked) -> Said | None:
        has_bad = any(entry["id"] in bad for entry in asked.body["inputs"])
        return failed(400, "VALIDATION_ERROR", text) if has_bad else None

    return answer


@pytest.mark.parametrize(
    ("bad", "most_calls"),
    [
        ({"42"}, 15),  # 1 and two for each halving
        ({"1", "100"}, 29),
        ({str(number) for number in range(1, 101)}, 199),  # all of them: every call there is
    ],
)
def test_refused_batch_is_halved_until_the_bad_records_are_found(
    deals: Portal, connector: HubSpotConnector, wire: Wire, bad: set[str], most_calls: int
) -> None:
    on_update(deals, refusing(bad))
    outcomes = list(connector.push("deals", amounts(100)))
    assert {outcome.record_id for outcome in outcomes if outcome.state == "rejected"} == bad
    assert {outcome.code for outcome in outcomes if outcome.state == "rejected"} == {"INVALID_DATE"}
    assert sum(outcome.state == "confirmed" for outcome in outcomes) == 100 - len(bad)
    assert len(updates(wire)) <= most_calls


def test_refused_batch_that_names_the_bad_record_needs_no_halving(
    deals: Portal, connector: HubSpotConnector, wire: Wire
) -> None:
    def answer(asked: Asked) -> Said | None:
        if all(entry["id"] != "42" for entry in asked.body["inputs"]):
            return None
        return failed(400, "VALIDATION_ERROR", "no", errors=[{"context": {"objectWriteTraceId": ["42"]}}])

    on_update(deals, answer)
    assert sum(outcome.state == "confirmed" for outcome in connector.push("deals", amounts(100))) == 99
    assert len(updates(wire)) == 3


def test_property_that_is_not_there_stops_the_write_at_once(
    deals: Portal, connector: HubSpotConnector, wire: Wire
) -> None:
    writes = [Write(str(number), {"attain_payout": Decimal(1)}) for number in range(1, 101)]
    with pytest.raises(FixSettings) as caught:
        list(connector.push("deals", writes))
    assert "attain_payout" in caught.value.hint
    assert "attain provision" in caught.value.hint
    assert len(updates(wire)) == 1


@pytest.mark.parametrize("lost", [Said(breaks="reset"), Said(504, {}), Said(text="<html>", content_type="text/html")])
def test_lost_answer_of_a_write_that_arrived_is_settled_by_reading(
    deals: Portal, connector: HubSpotConnector, wire: Wire, lost: Said
) -> None:
    def answer(asked: Asked) -> Said | None:
        deals._update(asked, "deals")
        return lost

    on_update(deals, answer)
    outcomes = list(connector.push("deals", amounts(100, "5.50")))
    assert set(states(outcomes).values()) == {"confirmed"}
    assert len(updates(wire)) == 1


def test_lost_answer_of_a_write_that_did_not_arrive_is_sent_again(
    deals: Portal, connector: HubSpotConnector, wire: Wire
) -> None:
    faults = [Said(breaks="reset")]
    on_update(deals, lambda asked: faults.pop() if faults else None)
    assert set(states(list(connector.push("deals", amounts(100)))).values()) == {"confirmed"}
    assert connector.calls()["batch_read"] == 1
    assert len(updates(wire)) == 2


def test_only_what_did_not_arrive_is_sent_again(deals: Portal, connector: HubSpotConnector, wire: Wire) -> None:
    faults = [Said(breaks="reset")]

    def answer(asked: Asked) -> Said | None:
        if not faults:
            return None
        first_half = {"inputs": asked.body["inputs"][:50]}
        deals._update(Asked(asked.method, asked.path, asked.query, asked.headers, first_half), "deals")
        return faults.pop()

    on_update(deals, answer)
    assert set(states(list(connector.push("deals", amounts(100)))).values()) == {"confirmed"}
    assert [len(asked.body["inputs"]) for asked in updates(wire)] == [100, 50]


def test_write_that_never_arrives_is_left_for_later(deals: Portal, connector: HubSpotConnector, wire: Wire) -> None:
    on_update(deals, lambda asked: Said(breaks="reset"))
    assert states(list(connector.push("deals", amounts(3)))) == {"1": "retry", "2": "retry", "3": "retry"}
    assert len(updates(wire)) == 3


def test_lost_answer_that_cannot_be_read_back_is_unknown(deals: Portal, connector: HubSpotConnector) -> None:
    deals.before.append(lambda asked: Said(504, {}) if "/batch/" in asked.path else None)
    outcomes = list(connector.push("deals", amounts(2)))
    assert states(outcomes) == {"1": "unknown", "2": "unknown"}


def test_record_gone_after_a_lost_answer_is_rejected(deals: Portal, connector: HubSpotConnector) -> None:
    deals.archive("deals", 1)
    on_update(deals, lambda asked: Said(breaks="reset"))
    assert states(list(connector.push("deals", amounts(1)))) == {"1": "rejected"}


def test_answer_that_is_silent_about_a_record_is_settled_by_reading(deals: Portal, connector: HubSpotConnector) -> None:
    def answer(asked: Asked) -> Said | None:
        deals._update(asked, "deals")
        return Said(data={"results": [{"id": "1"}]})

    on_update(deals, answer)
    assert states(list(connector.push("deals", amounts(2)))) == {"1": "confirmed", "2": "confirmed"}


@pytest.mark.parametrize(
    ("name", "wanted", "kept"),
    [
        ("amount", Decimal("5.50"), "5.5"),
        ("closedate", "2026-11-02T10:00:00+01:00", "2026-11-02T09:00:00Z"),
        ("day", "2026-11-02", "2026-11-02T00:00:00Z"),
        ("dealname", None, None),
    ],
)
def test_value_read_back_in_another_form_is_the_same(
    deals: Portal, connector: HubSpotConnector, name: str, wanted: Value, kept: str | None
) -> None:
    def answer(asked: Asked) -> Said | None:
        deals.edit("deals", 1, **{name: kept})
        return Said(breaks="reset")

    on_update(deals, answer)
    assert states(list(connector.push("deals", [Write("1", {name: wanted})]))) == {"1": "confirmed"}


@pytest.mark.parametrize("busy", [Said(503, {}), Said(423, {}), Said(429, {"policyName": "TEN_SECONDLY_ROLLING"})])
def test_write_that_was_turned_away_is_sent_again(
    deals: Portal, connector: HubSpotConnector, wire: Wire, busy: Said
) -> None:
    faults = [busy]
    on_update(deals, lambda asked: faults.pop() if faults else None)
    assert set(states(list(connector.push("deals", amounts(3)))).values()) == {"confirmed"}
    assert "batch_read" not in connector.calls()


def test_limit_in_the_middle_raises_after_the_outcomes_had(deals: Portal, connector: HubSpotConnector) -> None:
    answers = [None, failed(429, "", "You have reached your daily limit.", policyName="DAILY")]
    on_update(deals, lambda asked: answers.pop(0))
    had: list[Outcome] = []
    with pytest.raises(TryLater):
        had.extend(connector.push("deals", amounts(250)))
    assert states(had) == {str(number): "confirmed" for number in range(1, 101)}


def test_users_are_written_as_any_object(portal: Portal, connector: HubSpotConnector) -> None:
    portal.add("users", 9)
    assert states(list(connector.push("users", [Write("9", {"attain_payout": Decimal("12.30")})]))) == {
        "9": "confirmed"
    }
    assert portal.records["users"][9]["properties"]["attain_payout"] == "12.30"


def test_owners_cannot_be_written(connector: HubSpotConnector) -> None:
    with pytest.raises(FixSettings, match="owners"):
        list(connector.push("owners", [Write("1", {"email": "x"})]))


def test_refusal_for_want_of_a_scope_names_it(deals: Portal, connect: Connect, clock: TestClock) -> None:
    on_update(deals, lambda asked: Said(403, {"status": "error"}))
    with pytest.raises(FixSettings) as caught:
        list(connect().push("deals", amounts(1)))
    assert "crm.objects.deals.write" in caught.value.hint
