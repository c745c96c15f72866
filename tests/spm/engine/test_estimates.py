"""What an open deal would add if it were won today."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from spm.frames import Results
from tests.spm.engine.building import Row, World, assignment, deal, fx, plan, quota, said, split

TODAY = date(2026, 3, 20)
TIERED = """
[[components]]
name = "Sales"
accumulate = "quarter"
tier_mode = "{mode}"
tier_by = "{by}"
tiers = [{{ from = 0, to = {bound}, rate = 0.1 }}, {{ from = {bound}, rate = 0.2 }}]
"""
MARGINAL = TIERED.format(mode="marginal", by="amount", bound=1000)
WHOLE = TIERED.format(mode="whole_amount", by="amount", bound=1000)
FLAT = '[[components]]\nname = "Sales"\nrate = 0.1'


def estimates(results: Results) -> list[tuple[int, int, str, str]]:
    rows = results.estimates.iter_rows()
    return [(number, person, f"{credit:.2f}", f"{amount:.2f}") for number, person, credit, amount, _ in rows]


def opened(number: int, amount: str | None, **others: object) -> Row:
    return deal(number, 1, amount, "2026-09-30", status="open", **others)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FLAT, "60.00"),
        (MARGINAL, "90.00"),  # 300 at 10 % up to the bound, 300 at 20 %
        (WHOLE, "190.00"),  # 600 at 20 %, and 700 earlier ones lifted by 10 %
    ],
)
def test_the_whole_plan_is_applied(tmp_path: Path, text: str, expected: str) -> None:
    world = World([deal(1, 1, "300", "2026-01-05"), deal(2, 1, "400", "2026-03-05"), opened(3, "600")])
    assert estimates(world.results(plan(tmp_path, text), today=TODAY)) == [(3, 1, "600.00", expected)]


def test_what_is_estimated_is_what_winning_adds(tmp_path: Path) -> None:
    won = [deal(1, 1, "300.33", "2026-01-05"), deal(2, 1, "400.44", "2026-03-05")]
    version = plan(tmp_path, WHOLE)
    before = World([*won, opened(3, "600.55")]).results(version, today=TODAY)
    after = World([*won, deal(3, 1, "600.55", "2026-03-20")]).results(version, today=TODAY)
    added = after.statements["payout"].sum() - before.statements["payout"].sum()
    assert before.estimates["amount"].to_list() == [added]


def test_each_deal_is_estimated_on_its_own(tmp_path: Path) -> None:
    world = World([opened(1, "600"), opened(2, "600")])
    found = estimates(world.results(plan(tmp_path, MARGINAL), today=TODAY))
    assert found == [(1, 1, "600.00", "60.00"), (2, 1, "600.00", "60.00")]


@pytest.mark.parametrize(("text", "expected"), [(MARGINAL, "150.00"), (WHOLE, "240.00")])
def test_two_shares_of_one_person_count_together(tmp_path: Path, text: str, expected: str) -> None:
    world = World([opened(1, "1200")], [split(1, 1, 1, "0.5"), split(2, 1, 1, "0.5")])
    expected = "140.00" if text == MARGINAL else expected  # 1000 at 10 % and 200 at 20 %
    assert estimates(world.results(plan(tmp_path, text), today=TODAY)) == [(1, 1, "1200.00", expected)]


def test_everybody_who_would_be_credited_has_an_estimate(tmp_path: Path) -> None:
    splits = [split(1, 1, 1, "0.6"), split(2, 1, 2, "0.4"), split(3, 1, None, "0")]
    world = World([opened(1, "100")], splits, assignments=[assignment(1), assignment(2)])
    found = estimates(world.results(plan(tmp_path, FLAT), today=TODAY))
    assert found == [(1, 1, "60.00", "6.00"), (1, 2, "40.00", "4.00")]


def test_components_add_up_and_the_first_that_credits_is_named(tmp_path: Path) -> None:
    both = '[[components]]\nname = "A"\nrate = 0.1\nvalue = "amount * 0.5"\n[[components]]\nname = "B"\nrate = 0.1'
    assert estimates(World([opened(1, "100")]).results(plan(tmp_path, both), today=TODAY)) == [(1, 1, "50.00", "15.00")]


def test_conditions_see_the_deal_as_won_today(tmp_path: Path) -> None:
    text = FLAT + "\ncondition = \"status = 'won' and close_date <= date '2026-03-31'\""
    assert estimates(World([opened(1, "100")]).results(plan(tmp_path, text), today=TODAY)) == [
        (1, 1, "100.00", "10.00")
    ]


def test_the_plan_of_today_decides(tmp_path: Path) -> None:
    second = plan(tmp_path, FLAT.replace("0.1", "0.3"), "Second")
    spells = [assignment(1, last="2026-03-19"), assignment(1, "Second", "2026-03-20")]
    results = World([opened(1, "100")], assignments=spells).results(plan(tmp_path, FLAT), second, today=TODAY)
    assert estimates(results) == [(1, 1, "100.00", "30.00")]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (opened(1, None), FLAT),  # no amount
        (opened(1, "100", currency="JPY"), FLAT),  # no rate today
        (opened(1, "100"), TIERED.format(mode="marginal", by="attainment", bound=1)),  # no quota
        (opened(1, "100"), FLAT + TIERED.format(mode="marginal", by="attainment", bound=1).replace("Sales", "Two")),
    ],
)
def test_an_estimate_that_cannot_be_made_is_left_out(tmp_path: Path, row: Row, text: str) -> None:
    assert World([row]).results(plan(tmp_path, text), today=TODAY).estimates.is_empty()


def test_a_missing_rate_of_an_open_deal_is_a_warning(tmp_path: Path) -> None:
    results = World([opened(1, "100", currency="JPY")]).results(plan(tmp_path, FLAT), today=TODAY)
    assert [problem.severity for problem in results.problems] == ["warning"]
    assert "its commission is not estimated" in said(results)[0]


def test_tiers_by_attainment_use_the_quota_of_today(tmp_path: Path) -> None:
    text = TIERED.format(mode="marginal", by="attainment", bound=1)
    world = World([opened(1, "300")], quotas=[quota(1, "100", "2026-01-01", "2026-03-31")])
    assert estimates(world.results(plan(tmp_path, text), today=TODAY)) == [(1, 1, "300.00", "50.00")]


def test_an_estimate_is_converted_at_the_rate_of_today(tmp_path: Path) -> None:
    rates = [fx("USD", "EUR", "0.8"), fx("USD", "EUR", "0.5", "2026-09-01")]
    world = World([opened(1, "100", currency="EUR")], fx_rates=rates)
    assert estimates(world.results(plan(tmp_path, FLAT), today=TODAY)) == [(1, 1, "125.00", "12.50")]
