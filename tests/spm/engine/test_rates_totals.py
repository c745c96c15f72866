"""Rates that pay for a whole span: curves, steps, base plus top. A credit pays what it changes the span's worth by."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from spm.frames import Results
from tests.spm.engine.building import Row, World, deal, paid, plan, quota, said

SALES = '[[components]]\nname = "Sales"\naccumulate = "quarter"\n'
CURVE = SALES + (
    'target = 10000\ncurve_by = "attainment"\ncurve_pays = "target"\n'
    'curve = [{ at = "50 %", pays = "40 %" }, { at = "100 %", pays = "100 %" }, { at = "150 %", pays = "250 %" }]\n'
)
QUOTA = [quota(1, "100000", "2026-01-01", "2026-03-31")]


def results(folder: Path, text: str, *amounts: str, quotas: Sequence[Row] | None = None) -> Results:
    """What deals of these amounts give, one a month from January on."""
    deals = [deal(number, 1, amount, f"2026-{number:02}-05") for number, amount in enumerate(amounts, 1)]
    return World(deals, quotas=QUOTA if quotas is None else quotas).results(plan(folder, text))


def amounts_of(results: Results) -> list[str]:
    return [f"{amount:.2f}" for amount in results.lines["amount"]]


@pytest.mark.parametrize(
    ("sold", "options", "expected"),
    [
        ("49999.99", "", "0.00"),  # below the first point
        ("50000", "", "4000.00"),  # a bound hit exactly has been reached
        ("75000", "", "7000.00"),  # half way from 40 % to 100 %
        ("100000", "", "10000.00"),
        ("110000", "", "13000.00"),  # a fifth of the way from 100 % to 250 %
        ("100000.01", "", "10000.00"),  # 10000.003
        ("100000.02", "", "10000.01"),  # 10000.006
        ("200000", "", "25000.00"),  # flat beyond the last point
        ("200000", 'beyond = "continue"', "40000.00"),  # 250 % + the last slope of 3 x 50 %
        ("30000", 'below = "flat"', "4000.00"),  # the first point's value
        ("-10", 'below = "flat"', "4000.00"),  # below zero is below the first point, too
        ("-10", "", "0.00"),
        ("75000", 'shape = "step"', "4000.00"),  # the value last reached
        ("99999.99", 'shape = "step"', "4000.00"),
        ("100000", 'shape = "step"', "10000.00"),
    ],
)
def test_a_curve_pays_its_value_of_the_target(tmp_path: Path, sold: str, options: str, expected: str) -> None:
    assert amounts_of(results(tmp_path, CURVE + options, sold)) == [expected]


@pytest.mark.parametrize(
    ("text", "sold", "expected"),
    [
        # published: from 1 % at 1,000 to 3 % at 5,000; at 2,000 it is 1 % + 1000 / 4000 x 2 %
        (
            (
                'curve_by = "amount"\ncurve_pays = "rate"\n'
                "curve = [{ at = 1000, pays = 0.01 }, { at = 5000, pays = 0.03 }]"
            ),
            "2000",
            "30.00",
        ),
        (
            'curve_by = "amount"\ncurve_pays = "amount"\ncurve = [{ at = 0, pays = 0 }, { at = 3, pays = 1 }]',
            "1",
            "0.33",
        ),
        (
            'curve_by = "count"\ncurve_pays = "rate"\ncurve = [{ at = 0, pays = 0.02 }, { at = 4, pays = 0.1 }]',
            "1000",
            "40.00",  # the first of four: 2 % + 1 / 4 x 8 %
        ),
    ],
    ids=["rate by amount", "amount by amount", "rate by count"],
)
def test_a_curve_may_pay_a_rate_or_an_amount(tmp_path: Path, text: str, sold: str, expected: str) -> None:
    assert amounts_of(results(tmp_path, SALES + text, sold)) == [expected]


def test_half_a_cent_of_an_endless_quotient_is_half_a_cent(tmp_path: Path) -> None:
    text = CURVE.replace("10000", "3000").replace('{ at = "50 %", pays = "40 %" }', "{ at = 0, pays = 0 }")
    quotas = [quota(1, "90000", "2026-01-01", "2026-03-31")]
    # 10000.05 / 90000 has no end, but 3000 x 10000.05 / 90000 is 333.335
    assert amounts_of(results(tmp_path, text, "10000.05", quotas=quotas)) == ["333.34"]


def test_a_curve_is_exact_for_a_trillion(tmp_path: Path) -> None:
    text = CURVE.replace("target = 10000", "target = 900000000000.07")
    quotas = [quota(1, "700000000000", "2026-01-01", "2026-03-31")]
    # 900000000000.07 x (0.4 + (623456789012.34 / 700000000000 - 0.5) x 0.6 / 0.5)
    sold = Decimal("623456789012.34")
    expected = Decimal("900000000000.07") * (Decimal("0.4") + (sold / 700000000000 - Decimal("0.5")) * Decimal("1.2"))
    assert amounts_of(results(tmp_path, text, str(sold), quotas=quotas)) == [f"{expected:.2f}"]


def test_a_negative_credit_takes_back_what_the_curve_paid_for_it(tmp_path: Path) -> None:
    found = results(tmp_path, CURVE, "75000", "35000", "-35000")
    assert amounts_of(found) == ["7000.00", "6000.00", "-6000.00"]
    assert found.lines["credited"].to_list() == [75000, 35000, -35000]


def test_a_curve_line_says_what_was_reached_and_what_that_is_worth(tmp_path: Path) -> None:
    assert results(tmp_path, CURVE, "75000", "35000").lines["reason"].to_list() == [
        "75,000.00 of 100,000.00 is 75 %: 70 % of the target 10,000.00",
        "110,000.00 of 100,000.00 is 110 %: 130 % of the target 10,000.00 = 13,000.00, less 7,000.00 before",
    ]


def test_nothing_is_paid_for_a_span_without_credits(tmp_path: Path) -> None:
    assert paid(results(tmp_path, CURVE + 'below = "flat"')) == {}


@pytest.mark.parametrize(
    ("quotas", "text", "message"),
    [
        ([], CURVE, "no quota for bookings in 2026-Q1"),
        ([quota(1, "0", "2026-01-01", "2026-03-31")], CURVE, "no quota for bookings in 2026-Q1"),
        (QUOTA, CURVE.replace("target = 10000", 'target = "incentive"'), "no target for incentive in 2026-Q1"),
    ],
    ids=["no quota", "a quota of zero", "no target"],
)
def test_what_is_missing_pays_nothing_and_is_reported(
    tmp_path: Path, quotas: Sequence[Row], text: str, message: str
) -> None:
    found = results(tmp_path, text, "75000", quotas=quotas)
    assert paid(found) == {}
    assert [message in problem for problem in said(found)] == [True]


def test_a_target_may_stand_among_the_quotas(tmp_path: Path) -> None:
    targets = [*QUOTA, quota(1, "8000", "2026-01-01", "2026-03-31", measure="incentive")]
    text = CURVE.replace("target = 10000", 'target = "incentive"')
    assert amounts_of(results(tmp_path, text, "100000", quotas=targets)) == ["8000.00"]


STEPS = SALES + (
    'steps_by = "amount"\nsteps_pays = "amount"\n'
    "steps = [{ at = 1000, pays = 50 }, { at = 2000, pays = 100 }, { at = 3000, pays = 75.005 }]\n"
)


@pytest.mark.parametrize(
    ("sold", "options", "expected"),
    [
        (["999.99"], "", []),  # no step reached, no line
        (["1000"], "", ["50.00"]),  # hit exactly
        (["2500"], "", ["150.00"]),  # each of two
        (["3000"], "", ["225.01"]),  # rounded once, over all
        (["2500"], 'which = "highest"', ["100.00"]),
        (["600", "600", "100"], "", ["50.00"]),  # once in the span, on the credit that reaches it
        (["1500", "1500"], 'which = "highest"', ["50.00", "25.01"]),  # the highest takes the place of the others
        (["1500", "-600"], "", ["50.00", "-50.00"]),  # fallen below it
        (["1500", "-600", "600"], "", ["50.00", "-50.00", "50.00"]),
        (["-5"], "", []),
    ],
)
def test_a_step_is_paid_once_when_it_is_reached(
    tmp_path: Path, sold: list[str], options: str, expected: list[str]
) -> None:
    assert amounts_of(results(tmp_path, STEPS + options, *sold)) == expected


def test_steps_may_pay_a_share_of_the_target_by_attainment(tmp_path: Path) -> None:
    # published: 36,000 variable a year, a milestone bonus of 9,000 in each quarter
    text = SALES + (
        'target = 36000\nsteps_by = "attainment"\nsteps_pays = "target"\nsteps = [{ at = "100 %", pays = "25 %" }]\n'
    )
    found = results(tmp_path, text, "99999.99", "0.01")
    assert paid(found) == {"2026-02": "9000.00"}
    assert found.lines["reason"].to_list() == [
        "100,000.00 of 100,000.00 is 100 %: step 1, 25 % of the target 36,000.00"
    ]


def test_steps_may_go_by_count(tmp_path: Path) -> None:
    text = STEPS.replace('"amount"\nsteps_pays', '"count"\nsteps_pays').replace("1000", "2").replace("2000", "5")
    found = results(tmp_path, text.replace("3000", "9"), "10", "-3", "10", "10")
    assert paid(found) == {}  # the refund takes one away: 1, 0, 1; April is another quarter


TOP = SALES + (
    'tier_mode = "base_plus_top"\ntier_by = "attainment"\nbase_rate = 0.6\n'
    "tiers = [{ to = 1, multiplier = 1 }, { from = 1, to = 1.25, multiplier = 1.5 },"
    " { from = 1.25, to = 1.5, multiplier = 2 }, { from = 1.5, multiplier = 2.5 }]\n"
)


@pytest.mark.parametrize(
    ("sold", "options", "expected"),
    [
        (["175000"], "", ["172500.00"]),  # published: 100,000 x 60 % + 75,000 x 60 % x 2.5
        (["100000"], "", ["60000.00"]),  # exactly quota: nothing is over
        (["100010"], "", ["60009.00"]),  # published: the 10 over at 1.5
        (["125000"], "", ["90000.00"]),  # the bound has the higher tier: 25,000 x 1.2
        (["125000"], 'at_bound = "lower_tier"', ["82500.00"]),  # 25,000 x 0.9
        (["150000"], "", ["135000.00"]),  # 50,000 x 1.5
        (["110000", "40000"], "", ["69000.00", "66000.00"]),  # what was over is lifted by the tier reached later
        (["150000", "-40000"], "", ["135000.00", "-66000.00"]),  # and lowered again
        (["-100"], "", ["-60.00"]),  # the first tier has no lower end
    ],
)
def test_all_that_is_over_the_first_tier_is_paid_at_the_tier_reached(
    tmp_path: Path, sold: list[str], options: str, expected: list[str]
) -> None:
    assert amounts_of(results(tmp_path, TOP + options, *sold)) == expected


def test_a_ramped_month_pays_double_above_half_the_quota(tmp_path: Path) -> None:
    # published: a quota of 10,000 ramped to 5,000; 5,000 x 10 % + 3,000 x 20 %
    text = TOP.replace("quarter", "month").replace("0.6", "0.1").replace("1.5 }", "2 }")
    quotas = [quota(1, "5000", "2026-01-01", "2026-01-31")]
    assert amounts_of(results(tmp_path, text.replace("2.5 }", "2 }"), "8000", quotas=quotas)) == ["1100.00"]


def test_base_plus_top_says_its_two_parts(tmp_path: Path) -> None:
    found = results(tmp_path, TOP, "90000", "85000")
    assert found.lines["reason"].to_list() == [
        "90,000.00 of 100,000.00 is 90 %: 90,000.00 at 60 %",
        (
            "175,000.00 of 100,000.00 is 175 %: 100,000.00 at 60 % + 75,000.00 over at 150 % = 172,500.00,"
            " less 54,000.00 before"
        ),
    ]
    assert found.lines["tier"].to_list() == [1, 4]


def test_base_plus_top_by_count_goes_by_the_number_of_each_credit(tmp_path: Path) -> None:
    text = SALES + (
        'tier_mode = "base_plus_top"\ntier_by = "count"\n'
        "tiers = [{ to = 1, rate = 0.1 }, { from = 1, to = 3, rate = 0.2 }, { from = 3, rate = 0.3 }]\n"
    )
    same_day = [deal(number, 1, amount, "2026-01-05") for number, amount in enumerate(["100", "200", "50", "-50"], 1)]
    found = World(same_day).results(plan(tmp_path, text))
    # 10; 10 + 200 x 20 %; three reach the last tier: 10 + 250 x 30 %; the refund takes the third away
    assert amounts_of(found) == ["10.00", "40.00", "35.00", "-35.00"]
