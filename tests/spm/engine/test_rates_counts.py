"""Tiers by how many credits there are, pieces, and spans that are one deal or all the time on a plan."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from spm.frames import Results
from tests.spm.engine.building import World, deal, paid, plan, said

BY_COUNT = """
[[components]]
name = "Sales"
accumulate = "quarter"
tier_mode = "{mode}"
tier_by = "count"
tiers = [{{ to = 2, rate = 0.1 }}, {{ from = 2, rate = 0.2 }}]
"""
MARGINAL = BY_COUNT.format(mode="marginal")
WHOLE = BY_COUNT.format(mode="whole_amount")


def lines(folder: Path, text: str, *amounts: str) -> Results:
    deals = [deal(number, 1, amount, "2026-01-05") for number, amount in enumerate(amounts, 1)]
    return World(deals).results(plan(folder, text))


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (["100", "100"], [(1, 10), (1, 10)]),  # the second is the last of the first tier
        (["100", "100", "100"], [(1, 10), (1, 10), (2, 20)]),  # the third is wholly in the second
        (["100", "100", "100", "-100"], [(1, 10), (1, 10), (2, 20), (2, -20)]),  # a refund takes the third away
        (["100", "100", "-100", "300"], [(1, 10), (1, 10), (1, -10), (1, 30)]),  # and makes room for another second
        (["100", "0", "100"], [(1, 10), (1, 10)]),  # nothing is no credit
        (["-100", "100"], [(1, -10), (1, 10)]),  # below the first is the lowest tier
    ],
)
def test_the_number_of_a_credit_says_its_tier(
    tmp_path: Path, amounts: list[str], expected: list[tuple[int, int]]
) -> None:
    assert lines(tmp_path, MARGINAL, *amounts).lines.select("tier", "amount").rows() == expected


@pytest.mark.parametrize(
    ("amounts", "options", "expected"),
    [
        (["100"], "", "10.00"),
        (["100", "100"], "", "40.00"),  # two have reached the second tier
        (["100", "100"], 'at_bound = "lower_tier"', "20.00"),
        (["100", "100", "-50"], "", "15.00"),  # the refund takes one away: 150 at 10 %
    ],
)
def test_how_many_credits_there_are_says_the_rate_of_all(
    tmp_path: Path, amounts: list[str], options: str, expected: str
) -> None:
    assert paid(lines(tmp_path, WHOLE + options, *amounts)) == {"2026-01": expected}


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("per_unit = 50", "175.00"),  # 3.5 pieces
        (
            'tier_mode = "marginal"\ntier_by = "amount"\ntiers = [{ to = 2, rate = 50 }, { from = 2, rate = 80 }]',
            "220.00",  # 2 x 50 + 1.5 x 80: bounds in pieces
        ),
        (
            'tier_mode = "whole_amount"\ntier_by = "amount"\ntiers = [{ to = 2, rate = 50 }, { from = 2, rate = 80 }]',
            "280.00",
        ),
    ],
)
def test_pieces_earn_an_amount_each(tmp_path: Path, rate: str, expected: str) -> None:
    text = f'[[components]]\nname = "Units"\nunit = "number"\nvalue = "amount"\n{rate}\n'
    assert paid(lines(tmp_path, text, "1", "2.5")) == {"2026-01": expected}


def test_a_credit_too_large_for_its_price_is_reported_and_stops_nobody_else(tmp_path: Path) -> None:
    text = '[[components]]\nname = "Units"\nunit = "number"\nvalue = "amount"\nper_unit = 5000\n'
    found = lines(tmp_path, text, "999999999999999", "2")
    assert paid(found) == {"2026-01": "10000.00"}
    assert ["a credit that is too large to be right" in problem for problem in said(found)] == [True]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("deal", {"2026-01": "200.00", "2026-02": "50.00", "2027-01": "50.00"}),  # each deal fills the tiers anew
        ("year", {"2026-01": "200.00", "2026-02": "100.00", "2027-01": "50.00"}),
        ("plan", {"2026-01": "200.00", "2026-02": "100.00", "2027-01": "100.00"}),  # a new year changes nothing
    ],
)
def test_tiers_fill_up_over_their_span(tmp_path: Path, span: str, expected: dict[str, str]) -> None:
    text = (
        f'[[components]]\nname = "Sales"\naccumulate = "{span}"\ntier_mode = "marginal"\ntier_by = "amount"\n'
        "tiers = [{ to = 1000, rate = 0.05 }, { from = 1000, rate = 0.1 }]"
    )
    amounts = [("2500", "2026-01-05"), ("1000", "2026-02-05"), ("1000", "2027-01-05")]
    deals = [deal(number, 1, amount, day) for number, (amount, day) in enumerate(amounts, 1)]
    world = World(deals, years=(2026, 2027))
    assert paid(world.results(plan(tmp_path, text), today=date(2027, 1, 31))) == expected
