"""Estimates under caps, gates and multipliers: what winning the deal today would add to what is earned."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from spm.engine import calculate
from spm.frames import HIERARCHY, NOT_EARNED, Results
from tests.spm.engine.building import Row, World, deal, frame, payment, plan, quota

TODAY = date(2026, 3, 20)
SALES = '[[components]]\nname = "Sales"\naccumulate = "quarter"\nrate = 0.1\n'
RENEWALS = '[[components]]\nname = "Renewals"\nmeasure = "renewals"\naccumulate = "quarter"\n'
RENEWALS += "condition = \"deal_type = 'R'\"\nrate = 0.01\n"
WON = [deal(1, 1, "3000.33", "2026-01-05"), deal(2, 1, "4000.44", "2026-02-05", deal_type="R")]
QUOTAS = [
    quota(1, "10000", "2026-01-01", "2026-03-31"),
    quota(1, "8000", "2026-01-01", "2026-03-31", measure="renewals"),
]
FACTORS = "points = [{ at = 0, times = 0.5 }, { at = 1, times = 1.5 }]"


@pytest.mark.parametrize(
    ("rule", "amount", "adds"),
    [
        ('gates = [{ at_least = "90 %" }]', "1000", "0.00"),  # still shut
        ('gates = [{ at_least = "90 %" }]', "2000", "900.07"),  # opens for all of the quarter
        ('gates = [{ of = "Renewals", at_least = "80 %" }]', "3000", "1000.07"),
        ('caps = [{ amount = 800, over = "quarter" }]', "3000", "99.93"),
        ('caps = [{ amount = 400, over = "deal" }]', "9000", "400.00"),
        ('caps = [{ amount = 310, over = "month", excess = "hold" }]', "9000", "310.00"),
        ('floors = [{ amount = 200, over = "month" }]', "3000", "100.00"),  # the first 200 would be paid anyway
        (f'multipliers = [{{ of = "Renewals", {FACTORS} }}]', "4000", "1300.07"),
        (f'multipliers = [{{ of = "Renewals", {FACTORS}, shape = "linear" }}]', "4000", "950.00"),
        ('hold = { release = "payment" }', "3000", "300.00"),  # when it is paid does not matter
        ("budget = 10", "3000", "300.00"),  # nor what others use up
    ],
)
def test_an_estimate_is_what_winning_adds(tmp_path: Path, rule: str, amount: str, adds: str) -> None:
    """What renewals themselves earn is left out of the figures above."""
    version = plan(tmp_path, SALES + rule + "\n" + RENEWALS)
    before = _won(opened(amount)).results(version, today=TODAY)
    (estimate,) = before.estimates["amount"].to_list()
    renewal = Decimal(amount) / 100
    assert f"{estimate - renewal:.2f}" == adds
    if "budget" not in rule:
        after = _won(deal(3, 1, amount, "2026-03-20", deal_type="R")).results(version, today=TODAY)
        assert estimate == earned(after) - earned(before)


def test_what_a_guarantee_of_the_plan_would_pay_anyway_is_not_in_the_estimate(tmp_path: Path) -> None:
    version = plan(tmp_path, 'floors = [{ amount = 200, over = "month" }]\n' + SALES)
    before = _won(opened("3000")).results(version, today=TODAY)
    assert [f"{amount:.2f}" for amount in before.estimates["amount"]] == ["100.00"]  # 300 instead of 200


def test_a_cap_of_the_plan_is_in_the_estimate(tmp_path: Path) -> None:
    version = plan(tmp_path, 'caps = [{ amount = 800, over = "quarter" }]\n' + SALES + RENEWALS)
    before = _won(opened("3000")).results(version, today=TODAY)
    after = _won(deal(3, 1, "3000", "2026-03-20", deal_type="R")).results(version, today=TODAY)
    assert before.estimates["amount"].to_list() == [earned(after) - earned(before)]
    assert f"{before.estimates['amount'][0]:.2f}" == "59.93"  # 800 less 700.07 and 40


def opened(amount: str) -> Row:
    return deal(3, 1, amount, "2026-09-30", status="open", deal_type="R")


def _won(row: Row) -> World:
    return World([*WON, row], quotas=QUOTAS)


def earned(results: Results) -> Decimal:
    lines = results.lines
    amounts = lines.filter(~lines["cause"].is_in(list(NOT_EARNED)))["amount"]
    return sum(amounts.to_list(), Decimal(0))


@pytest.mark.parametrize(
    "other",
    [
        '[[components]]\nname = "Other"\nsource = "payments"\nrate = 0.1\n',
        '[[components]]\nname = "Other"\npool = { divided = "equally", rate = 0.1 }\n',
        '[[components]]\nname = "Other"\nsource = "earnings"\nearnings_of = "Sales"\nrate = 0.1\n',
    ],
)
def test_what_other_components_pay_already_is_not_in_the_estimate(tmp_path: Path, other: str) -> None:
    version = plan(tmp_path, SALES + 'caps = [{ amount = 5000, over = "quarter" }]\n' + other)
    payments = [payment(1, 1, "1000", "2026-02-01")]
    team = frame(HIERARCHY, [{"participant_id": 1, "team": "East"}])
    facts = replace(World([*WON, opened("3000")], payments=payments).facts(), hierarchy=team)
    before = calculate(facts, [version], today=TODAY)
    assert before.lines.filter(component="Other")["amount"].sum() > 0
    assert [f"{amount:.2f}" for amount in before.estimates["amount"]] == ["300.00"]
