"""Holds and clawbacks: what is earned and paid later, and what is taken back of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from spm.frames import MONEY
from spm.wording import amounts, each_amount
from tests.spm.engine.building import Row, World, assignment, deal, fx, paid, payment, plan, said, told

SALES = '[[components]]\nname = "Sales"\naccumulate = "quarter"\nrate = 0.1\n'
OTHER = '[[components]]\nname = "Other"\naccumulate = "quarter"\nrate = 0\n'
TODAY = date(2026, 7, 15)
HALVES = [payment(1, 1, "500", "2026-02-03"), payment(2, 1, "500", "2026-04-03")]


def sold(amount: str = "1000", **others: Any) -> list[Row]:
    return [deal(1, 1, amount, "2026-01-05", **others)]


@pytest.mark.parametrize(
    ("hold", "payments", "expected"),
    [
        ('release = "payment"', HALVES, {"2026-02": "50.00", "2026-04": "50.00"}),
        ('release = "payment", share = 0.5', HALVES, {"2026-01": "50.00", "2026-02": "25.00", "2026-04": "25.00"}),
        ('release = "payment", pro_rata = false', HALVES, {"2026-02": "100.00"}),  # the first one releases all
        ('release = "payment", after_days = 30', HALVES, {"2026-03": "50.00", "2026-05": "50.00"}),
        ('release = "invoice"', HALVES, {}),  # payments of another kind
        ('release = "payment"', [payment(1, 1, None, "2026-03-03")], {"2026-03": "100.00"}),  # all of it
        ('release = "payment"', [payment(1, 1, "5000", "2026-03-03")], {"2026-03": "100.00"}),  # no more than all
        ('release = "payment"', [payment(1, 1, "1000", "2025-12-03")], {"2026-01": "100.00"}),  # paid before it counted
        ('release = "payment"', [payment(1, 1, "1000", "2026-08-01")], {}),  # after the period with today
        ('release = "payment"', [payment(1, 1, "1000", "2026-07-31")], {"2026-07": "100.00"}),  # later in it
        ('release = "go_live"', [], {"2026-03": "100.00"}),  # a date field of the deal
    ],
)
def test_what_is_held_is_released(tmp_path: Path, hold: str, payments: list[Row], expected: dict[str, str]) -> None:
    version = plan(tmp_path, SALES + f"hold = {{ {hold} }}\n")
    world = World(sold(go_live=date(2026, 3, 9)), payments=payments, years=(2025, 2026))
    assert paid(world.results(version, today=TODAY)) == expected


def test_what_is_released_so_far_is_rounded_as_a_whole(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'hold = { release = "payment" }\n')
    thirds = [payment(number, 1, "3.33", f"2026-0{number + 1}-03") for number in (1, 2)] + [
        payment(3, 1, "3.34", "2026-04-03")
    ]
    world = World(sold("10.00"), payments=thirds)
    assert paid(world.results(version, today=TODAY)) == {"2026-02": "0.33", "2026-03": "0.34", "2026-04": "0.33"}


def test_hold_and_release_say_what_for(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'hold = { release = "payment", share = 0.5 }\n')
    results = World(sold(), payments=HALVES[:1]).results(version, today=TODAY)
    assert told(results, "hold", "release") == [
        ("2026-01", "-50.00", "50 % of it is held until payment"),
        ("2026-02", "25.00", "payment on 2026-02-03: 500.00 of 1,000.00 USD"),
    ]
    assert [f"{held:.0f}" for held in results.statements["held"]] == ["50", "25", "25", "25", "25", "25", "25"]
    assert [f"{earned:.0f}" for earned in results.statements["earned"]] == ["100", "0", "0", "0", "0", "0", "0"]


def test_a_negative_deal_is_held_and_released_alike(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'hold = { release = "payment" }\n')
    results = World(sold("-1000"), payments=[payment(1, 1, None, "2026-03-03")]).results(version, today=TODAY)
    assert paid(results) == {"2026-03": "-100.00"}


def test_what_is_released_after_somebody_left_has_a_statement(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'hold = { release = "payment" }\n')
    world = World(sold(), payments=HALVES, assignments=[assignment(1, last="2026-02-20")])
    results = world.results(version, today=TODAY)
    assert results.statements["period"].to_list() == ["2026-01", "2026-02", "2026-04"]
    assert paid(results) == {"2026-02": "50.00", "2026-04": "50.00"}


def test_a_statement_of_a_later_plan_pays_what_the_earlier_one_releases(tmp_path: Path) -> None:
    old = plan(tmp_path, SALES + 'hold = { release = "payment" }\n', "Old")
    new = plan(tmp_path, SALES, "New")
    assigned = [assignment(1, "Old", last="2026-02-28"), assignment(1, "New", first="2026-03-01")]
    results = World(sold(), payments=HALVES, assignments=assigned).results(old, new, today=TODAY)
    april = results.statements.filter(period="2026-04")
    assert april["plan"].to_list() == ["New"]
    assert f"{april['payout'][0]:.2f}" == "50.00"


def test_a_payment_in_another_currency_is_converted_on_its_day(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'hold = { release = "payment" }\n')
    euros = [payment(1, 1, "200", "2026-02-03", currency="EUR"), payment(2, 1, "200", "2026-03-03", currency="EUR")]
    rates = [fx("USD", "EUR", "0.5", "2026-02-01"), fx("USD", "EUR", "0.8", "2026-03-01")]
    results = World(sold(), payments=euros, fx_rates=rates).results(version, today=TODAY)
    assert paid(results) == {"2026-02": "40.00", "2026-03": "25.00"}


def test_a_payment_without_a_rate_releases_nothing_and_is_reported(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'hold = { release = "payment" }\n')
    results = World(sold(), payments=[payment(1, 1, "200", "2026-02-03", currency="EUR")]).results(version, today=TODAY)
    assert paid(results) == {}
    assert any("no rate from EUR to USD on 2026-02-03; a payment does not count" in text for text in said(results))


def test_what_a_gate_keeps_back_is_not_held_twice(tmp_path: Path) -> None:
    """What was earned and kept back comes to nothing, also when the deal is paid; then it is paid as its deals were."""
    rules = 'gates = [{ at_least = 1500, by = "amount" }]\nhold = { release = "payment" }\n'
    version = plan(tmp_path, SALES + rules)
    deals = [*sold(), deal(2, 1, "1000", "2026-03-05")]
    world = World(deals, payments=[payment(1, 1, None, "2026-02-03"), payment(2, 2, None, "2026-04-03")])
    results = world.results(version, today=TODAY)
    assert paid(results) == {"2026-03": "100.00", "2026-04": "100.00"}
    assert f"{results.statements['held'][-1]:.2f}" == "0.00"


def test_what_a_multiplier_adds_is_released_in_step_with_the_deals(tmp_path: Path) -> None:
    double = 'multipliers = [{ of = "Other", by = "count", points = [{ at = 1, times = 2 }] }]\n'
    version = plan(tmp_path, SALES + double + 'hold = { release = "payment" }\n' + OTHER)
    assert paid(World(sold(), payments=HALVES).results(version, today=TODAY)) == {
        "2026-02": "100.00",
        "2026-04": "100.00",
    }


CHURNED: dict[str, Any] = {"churned_on": date(2026, 3, 1)}


@pytest.mark.parametrize(
    ("clawback", "expected"),
    [
        ('on = "churned_on"', "-100.00"),
        ('on = "churned_on", within_days = 55', "-100.00"),  # on the last day of the window
        ('on = "churned_on", within_days = 54', "0.00"),
        ('on = "churned_on", within_days = 110, amount = "pro_rata"', "-50.00"),
        ('on = "churned_on", within_days = 90, amount = "pro_rata"', "-38.89"),  # 35 / 90 of 100
        ('on = "churned_on", amount = "pro_rata"', "-100.00"),  # a window without end has no part
    ],
)
def test_what_a_deal_paid_is_taken_back(tmp_path: Path, clawback: str, expected: str) -> None:
    version = plan(tmp_path, SALES + f"clawback = {{ {clawback} }}\n")
    found = paid(World(sold(**CHURNED)).results(version, today=TODAY))
    assert (found.pop("2026-01"), found.pop("2026-03", "0.00"), found) == ("100.00", expected, {})


def test_a_clawback_says_what_happened_when(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'clawback = { on = "churned_on", within_days = 90 }\n')
    assert told(World(sold(**CHURNED)).results(version, today=TODAY), "clawback") == [
        ("2026-03", "-100.00", "churned on 2026-03-01, 55 days after 2026-01-05")
    ]


def test_each_line_is_taken_back_at_its_own_rate_and_a_floor_stays(tmp_path: Path) -> None:
    """Published: 5 % of 100 with a minimum of 10; 5 is taken back (claw-004)."""
    five = SALES.replace("0.1", "0.05") + 'floors = [{ amount = 10, over = "deal" }]\n'
    version = plan(tmp_path, five + 'clawback = { on = "churned_on" }\n')
    assert paid(World(sold("100", **CHURNED)).results(version, today=TODAY)) == {"2026-01": "10.00", "2026-03": "-5.00"}


def test_a_lift_that_comes_after_the_event_is_taken_back_when_it_comes(tmp_path: Path) -> None:
    tiers = '[[components]]\nname = "Sales"\naccumulate = "half"\ntier_mode = "whole_amount"\ntier_by = "amount"\n'
    tiers += 'tiers = [{ to = 1500, rate = 0.1 }, { from = 1500, rate = 0.2 }]\nclawback = { on = "churned_on" }\n'
    deals = [*sold(**CHURNED), deal(2, 1, "1000", "2026-04-05")]
    results = World(deals).results(plan(tmp_path, tiers), today=TODAY)
    assert paid(results) == {"2026-01": "100.00", "2026-03": "-100.00", "2026-04": "200.00"}
    assert told(results, "clawback")[-1][:2] == ("2026-04", "-100.00")


def refund(number: int, amount: str | None, on: str) -> Row:
    return payment(number, 1, amount, on, kind="refund")


@pytest.mark.parametrize(
    ("refunds", "expected"),
    [
        ([refund(1, "250", "2026-02-03")], {"2026-02": "-25.00"}),
        ([refund(1, "250", "2026-02-03"), refund(2, "250", "2026-02-04")], {"2026-02": "-50.00"}),
        (
            [refund(1, "600", "2026-02-03"), refund(2, "600", "2026-03-03"), refund(3, "600", "2026-04-03")],
            {"2026-02": "-60.00", "2026-03": "-40.00"},  # never more than all of it
        ),
        ([refund(1, None, "2026-02-03")], {"2026-02": "-100.00"}),
        ([refund(1, "100", "2026-02-03"), refund(2, "100", "2026-07-03")], {"2026-02": "-10.00"}),  # outside the window
    ],
)
def test_refunds_take_back_their_part_once(tmp_path: Path, refunds: list[Row], expected: dict[str, str]) -> None:
    version = plan(tmp_path, SALES + 'clawback = { on = "refund", within_days = 120 }\n')
    assert paid(World(sold(), payments=refunds).results(version, today=TODAY)) == {"2026-01": "100.00"} | expected


def test_only_what_was_paid_is_taken_back_and_the_rest_is_never_released(tmp_path: Path) -> None:
    """Two instalments of 500, of which one was paid when the customer left (claw-003)."""
    rules = 'hold = { release = "payment" }\nclawback = { on = "churned_on" }\n'
    halves = [payment(1, 1, "5000", "2026-02-03"), payment(2, 1, "5000", "2026-04-03")]
    results = World(sold("10000", **CHURNED), payments=halves).results(plan(tmp_path, SALES + rules), today=TODAY)
    assert paid(results) == {"2026-02": "500.00", "2026-03": "-500.00"}
    assert told(results, "release") == [("2026-02", "500.00", "payment on 2026-02-03: 5,000.00 of 10,000.00 USD")]
    assert f"{results.statements['held'][-1]:.2f}" == f"{results.statements['earned'].sum():.2f}" == "0.00"


def test_nothing_is_taken_back_of_what_was_never_paid(tmp_path: Path) -> None:
    rules = 'hold = { release = "payment" }\nclawback = { on = "churned_on" }\n'
    results = World(sold(**CHURNED)).results(plan(tmp_path, SALES + rules), today=TODAY)
    assert paid(results) == {}
    assert f"{results.statements['held'][-1]:.2f}" == "0.00"


def test_a_refund_comes_out_of_what_was_paid_first(tmp_path: Path) -> None:
    rules = 'hold = { release = "payment" }\nclawback = { on = "refund" }\n'
    payments = [*HALVES, refund(3, "500", "2026-03-03"), refund(4, "500", "2026-05-03")]
    results = World(sold(), payments=payments).results(plan(tmp_path, SALES + rules), today=TODAY)
    assert paid(results) == {"2026-02": "50.00", "2026-03": "-50.00", "2026-04": "50.00", "2026-05": "-50.00"}


def test_a_clawback_after_leaving_has_a_statement(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'clawback = { on = "churned_on" }\n')
    world = World(sold(**CHURNED), assignments=[assignment(1, last="2026-01-31")])
    assert paid(world.results(version, today=TODAY)) == {"2026-01": "100.00", "2026-03": "-100.00"}


@pytest.mark.parametrize(
    ("rule", "before"),
    [
        ('gates = [{ at_least = 5000, by = "amount", otherwise = 0.25 }]\n', "25.00"),
        ('caps = [{ amount = 60, over = "quarter" }]\n', "60.00"),
        ('multipliers = [{ of = "Other", by = "count", points = [{ at = 1, times = 3 }] }]\n', "300.00"),
    ],
)
def test_only_what_gates_caps_and_multipliers_left_is_taken_back(tmp_path: Path, rule: str, before: str) -> None:
    version = plan(tmp_path, SALES + rule + 'clawback = { on = "churned_on" }\n' + OTHER)
    found = paid(World(sold(**CHURNED)).results(version, today=TODAY))
    assert found == {"2026-01": before, "2026-03": f"-{before}"}


def test_a_gate_met_later_gives_nothing_back_for_a_deal_that_was_taken_back(tmp_path: Path) -> None:
    rules = 'gates = [{ at_least = 1500, by = "amount", over = "half" }]\nclawback = { on = "churned_on" }\n'
    version = plan(tmp_path, SALES.replace("quarter", "half") + rules)
    deals = [*sold(**CHURNED), deal(2, 1, "1000", "2026-04-05")]
    assert paid(World(deals).results(version, today=TODAY)) == {"2026-04": "100.00"}


@pytest.mark.parametrize(("payments", "found"), [([], {}), (HALVES[:1], {"2026-02": "12.50", "2026-03": "-12.50"})])
def test_gate_hold_and_clawback_together_take_back_what_was_paid(
    tmp_path: Path, payments: list[Row], found: dict[str, str]
) -> None:
    rules = 'gates = [{ at_least = 5000, by = "amount", otherwise = 0.25 }]\nhold = { release = "payment" }\n'
    version = plan(tmp_path, SALES + rules + 'clawback = { on = "churned_on" }\n')
    results = World(sold(**CHURNED), payments=payments).results(version, today=TODAY)
    assert paid(results) == found
    assert [f"{figure:.2f}" for figure in results.statements.tail(1).select("held").row(0)] == ["0.00"]


def test_a_clawback_on_a_field_that_deals_lack_is_reported(tmp_path: Path) -> None:
    version = plan(tmp_path, SALES + 'clawback = { on = "churned_at" }\n')
    results = World(sold(**CHURNED)).results(version, today=TODAY)
    assert any("there is no date field 'churned_at' of deals; nothing is taken back" in text for text in said(results))


def test_amounts_are_worded_alike_one_by_one_and_as_a_column() -> None:
    figures = ["0", "-0.004", "0.005", "-1234.5", "999.995", "1000000", "123456789012345678.12"]
    column = pl.Series("amount", [Decimal(text) for text in figures], dtype=MONEY)
    assert each_amount(column).to_list() == column.to_frame().select(amounts(pl.col("amount"))).to_series().to_list()
