"""At which rate a deal's money becomes the plan's: the policy is named, and a missing rate stops the deal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.spm.engine.building import World, deal, fx, paid, payment, plan, said

FLAT = '[[components]]\nname = "Sales"\nrate = 0.1\n'
RATES = [fx("USD", "EUR", "0.5"), fx("USD", "EUR", "0.8", "2026-02-01"), fx("USD", "EUR", "0.4", "2026-03-01")]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ('policy = "counting_date"', "12.50"),  # 100 / 0.8: it counts in February
        ('policy = "close_date"', "12.50"),
        ('policy = "booked_on"', "20.00"),  # 100 / 0.5
        ('policy = "paid_on"', "25.00"),  # 100 / 0.4
        ('policy = "plan_rate"\nrates = { EUR = 1.1 }', "11.00"),  # whatever the day
    ],
)
def test_the_plan_names_the_day_of_the_rate(tmp_path: Path, policy: str, expected: str) -> None:
    days = {"booked_on": date(2026, 1, 31), "paid_on": date(2026, 3, 1)}
    row = deal(1, 1, "100", "2026-02-05", currency="EUR", **days)
    text = f"{FLAT}\n[exchange]\n{policy}\n"
    assert paid(World([row], fx_rates=RATES).results(plan(tmp_path, text))) == {"2026-02": expected}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ('policy = "booked_on"', "booked_on is empty, on which the rate of EUR is taken; it is not credited."),
        ('policy = "signed_on"', "signed_on is empty, on which the rate of EUR is taken; it is not credited."),
        ('policy = "early_on"', "no rate from EUR to USD on 2025-12-31 (early_on); it is not credited."),
        (
            'policy = "plan_rate"\nrates = { GBP = 1.1 }',
            "the plan has no rate from EUR to USD; it is not credited. Add EUR to exchange.rates of the plan.",
        ),
    ],
)
def test_a_rate_that_the_policy_cannot_find_stops_that_deal_alone(tmp_path: Path, policy: str, expected: str) -> None:
    days = {"booked_on": None, "early_on": date(2025, 12, 31)}
    text = f"{FLAT}\n[exchange]\n{policy}\n"
    row = deal(1, 1, "100", "2026-02-05", currency="EUR", **days)
    home = deal(2, 1, "300", "2026-02-05", booked_on=date(2026, 1, 1))
    late = [fx("USD", "EUR", "0.5", "2026-01-01")]
    results = World([row, home], fx_rates=late).results(plan(tmp_path, text))
    assert paid(results) == {"2026-02": "30.00"}
    assert len(said(results)) == 1
    assert expected in said(results)[0]
    assert said(results)[0].startswith("acme deal 006001 (currency): Deal 1: ")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("counting_date", "20.00"),  # of the payment's own day
        ("close_date", "12.50"),  # of the deal's
    ],
)
def test_a_payment_is_converted_by_the_policy(tmp_path: Path, policy: str, expected: str) -> None:
    text = f'{FLAT}source = "payments"\n\n[exchange]\npolicy = "{policy}"\n'
    row = deal(1, 1, "100", "2026-02-05", currency="EUR")
    world = World([row], payments=[payment(1, 1, "100", "2026-01-05")], fx_rates=RATES)
    assert paid(world.results(plan(tmp_path, text))) == {"2026-01": expected}


def test_pieces_are_never_converted(tmp_path: Path) -> None:
    text = '[[components]]\nname = "Deals"\nper_unit = 7\n'
    row = deal(1, 1, "100", "2026-02-05", currency="JPY")
    results = World([row]).results(plan(tmp_path, text))
    assert paid(results) == {"2026-02": "7.00"}
    assert results.lines.select("deal_currency", "fx_rate").rows() == [(None, 1)]
    assert not results.problems


def test_an_open_deal_without_the_day_of_the_policy_is_estimated_at_todays_rate(tmp_path: Path) -> None:
    text = f'{FLAT}\n[exchange]\npolicy = "booked_on"\n'
    row = deal(1, 1, "100", "2026-09-05", currency="EUR", status="open", booked_on=None)
    dated = deal(2, 1, "100", "2026-09-05", currency="EUR", status="open", booked_on=date(2026, 1, 5))
    results = World([row, dated], fx_rates=RATES).results(plan(tmp_path, text), today=date(2026, 2, 15))
    assert results.estimates["amount"].to_list() == [Decimal("12.5"), 20]
