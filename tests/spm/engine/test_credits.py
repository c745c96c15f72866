"""Who is credited for what, when, and in which currency; what keeps a deal from being credited."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from spm.engine import calculate
from tests.spm.engine.building import TODAY, Row, World, assignment, deal, fx, paid, plan, quota, said, split

FLAT = '[[components]]\nname = "Sales"\nrate = 0.1'


def two(**others: object) -> World:
    return World(assignments=[assignment(1), assignment(2)], **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "first", "second"),
    [
        ("revenue", {"2026-01": "6.00"}, {"2026-01": "4.00"}),  # the splits share the deal
        ("owner", {"2026-01": "10.00"}, {}),  # the owner has all of it, whatever the splits say
        ("overlay", {}, {"2026-01": "5.00"}),  # only the splits of that role
    ],
)
def test_a_role_decides_who_is_credited(tmp_path: Path, role: str, first: Row, second: Row) -> None:
    splits = [split(1, 1, 1, "0.6"), split(2, 1, 2, "0.4"), split(3, 1, 2, "0.5", "overlay")]
    world = two(deals=[deal(1, 1, "100", "2026-01-05")], splits=splits)
    results = world.results(plan(tmp_path, f'{FLAT}\nrole = "{role}"'))
    assert (paid(results, 1), paid(results, 2)) == (first, second)


def test_a_split_without_a_role_shares_revenue(tmp_path: Path) -> None:
    world = two(deals=[deal(1, 1, "100", "2026-01-05")], splits=[split(1, 1, 2, "1", None)])
    results = world.results(plan(tmp_path, FLAT))
    assert (paid(results, 1), paid(results, 2)) == ({}, {"2026-01": "10.00"})


def test_splits_that_do_not_add_up_are_credited_as_they_are_and_reported(tmp_path: Path) -> None:
    world = two(deals=[deal(1, 1, "100", "2026-01-05")], splits=[split(1, 1, 1, "0.6"), split(2, 1, 2, "0.6")])
    results = world.results(plan(tmp_path, FLAT))
    assert (paid(results, 1), paid(results, 2)) == ({"2026-01": "6.00"}, {"2026-01": "6.00"})
    assert said(results) == [
        (
            "acme deal 006001 (deal_split): Deal 1: the revenue splits add up to 120.00 %, not 100 %; credited as they "
            "are. Correct the splits in the CRM."
        )
    ]


def test_thirds_add_up_near_enough(tmp_path: Path) -> None:
    splits = [split(number, 1, 1, "0.3333") for number in (1, 2, 3)]
    world = World([deal(1, 1, "100", "2026-01-05")], splits)
    assert not world.results(plan(tmp_path, FLAT)).problems


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            deal(1, 1, None, "2026-01-05"),
            "acme deal 006001 (amount): Deal 1: won, but amount is empty; it is not credited.",
        ),
        (deal(1, 1, "5", "2026-01-05", close_date=None), "Deal 1: won, but close_date is empty; it is not credited."),
        (deal(1, 1, "5", "2026-01-05", currency="JPY"), "no rate from JPY to USD on 2026-01-05; it is not credited."),
        (deal(1, 1, "5", "2026-01-05", currency=None), "Deal 1: the amount has no currency; it is not credited."),
        (deal(1, 1, "1e15", "2026-01-05"), "is beyond 1,000,000,000,000,000; it is not used."),
        (deal(1, None, "5", "2026-01-05"), "1 won deal, such as Deal 1, belong to an owner who is no participant"),
        (deal(1, 1, "5", "2025-12-31"), "1 won deal(s) lie outside the periods at hand"),
    ],
)
def test_what_keeps_a_deal_from_being_credited_is_said(tmp_path: Path, row: Row, expected: str) -> None:
    world = World([row, deal(2, 1, "100", "2026-01-05")], assignments=[assignment(1, first="2025-01-01")])
    results = world.results(plan(tmp_path, FLAT))
    assert any(expected in text for text in said(results)), said(results)
    assert paid(results) == {"2026-01": "10.00"}  # the other deal is paid all the same


def test_an_unknown_owner_is_reported_once(tmp_path: Path) -> None:
    deals = [deal(number, None, "5", "2026-01-05", owner_id="005x") for number in (1, 2, 3)]
    assert [text for text in said(World(deals).results(plan(tmp_path, FLAT))) if "owner" in text] == [
        (
            "acme deal 006001 (owner_id): 3 won deals, such as Deal 1, belong to an owner 005x who is no participant; "
            "nobody is credited. Give the owner an email in the CRM, and sync users."
        )
    ]


def test_an_unknown_person_in_a_split_is_reported_and_the_others_are_credited(tmp_path: Path) -> None:
    world = World([deal(1, 1, "100", "2026-01-05")], [split(1, 1, 1, "0.5"), split(2, 1, None, "0.5")])
    results = world.results(plan(tmp_path, FLAT))
    assert paid(results) == {"2026-01": "5.00"}
    assert "1 split(s), such as one of Deal 1, name somebody who is no participant." in said(results)[0]


def test_a_share_beyond_reason_is_not_credited(tmp_path: Path) -> None:
    world = World([deal(1, 1, "100", "2026-01-05")], [split(1, 1, 1, "101")])
    results = world.results(plan(tmp_path, FLAT))
    assert not paid(results)
    assert any("a share of the deal is missing, or the credit too large" in text for text in said(results))


def test_only_won_deals_are_credited(tmp_path: Path) -> None:
    deals = [deal(1, 1, "100", "2026-01-05", status="open"), deal(2, 1, "100", "2026-01-05", status="lost")]
    assert not paid(World(deals).results(plan(tmp_path, FLAT)))


def test_a_deal_dated_later_in_the_current_period_counts_already(tmp_path: Path) -> None:
    world = World([deal(1, 1, "100", "2026-03-31")])
    assert paid(world.results(plan(tmp_path, FLAT), today=date(2026, 3, 2))) == {"2026-03": "10.00"}


def test_a_deal_dated_after_the_current_period_waits_for_its_day(tmp_path: Path) -> None:
    world = World([deal(1, 1, "100", "2026-04-01")])
    results = world.results(plan(tmp_path, FLAT), today=date(2026, 3, 31))
    assert not paid(results)
    assert "won, but dated 2026-04-01, after 2026-03-31; it is credited from that period on." in said(results)[0]


def test_a_measure_may_count_on_another_day(tmp_path: Path) -> None:
    row = deal(1, 1, "100", "2026-01-05", start_date=date(2026, 2, 1))
    version = plan(tmp_path, f'{FLAT}\ndate = "start_date"')
    assert paid(World([row]).results(version)) == {"2026-02": "10.00"}


def test_a_value_may_be_an_exact_expression_over_own_fields(tmp_path: Path) -> None:
    row = deal(1, 1, "100", "2026-01-05", region="EMEA")
    weighted = FLAT + "\nvalue = \"amount * case when region = 'EMEA' then 0.335 else 1 end\""
    assert paid(World([row]).results(plan(tmp_path, weighted))) == {"2026-01": "3.35"}


def test_a_field_that_the_deals_lack_stops_its_component_only(tmp_path: Path) -> None:
    both = FLAT + '\n[[components]]\nname = "Regional"\nrate = 0.1\ncondition = "regoin = 1"'
    results = World([deal(1, 1, "100", "2026-01-05", region="EMEA")]).results(plan(tmp_path, both))
    assert paid(results) == {"2026-01": "10.00"}
    assert said(results) == ["plan Test, component Regional: there is no deal field 'regoin'. Did you mean 'region'?"]


def test_a_value_beyond_what_is_exact_stops_its_component_only(tmp_path: Path) -> None:
    both = FLAT + '\n[[components]]\nname = "Square"\nrate = 0.1\nvalue = "amount * amount * amount"'
    results = World([deal(1, 1, "100000000000000", "2026-01-05")]).results(plan(tmp_path, both))
    assert paid(results) == {"2026-01": "10000000000000.00"}
    assert "plan Test, component Square: cannot be calculated on these deals" in said(results)[0]


def test_a_field_of_floats_is_refused(tmp_path: Path) -> None:
    row = deal(1, 1, "100", "2026-01-05", weight=0.5)
    results = World([row]).results(plan(tmp_path, f'{FLAT}\nvalue = "amount * weight"'))
    assert "floating-point" in said(results)[0]


def test_a_date_field_that_is_no_date_stops_the_component(tmp_path: Path) -> None:
    row = deal(1, 1, "100", "2026-01-05", start_date="soon")
    results = World([row]).results(plan(tmp_path, f'{FLAT}\ndate = "start_date"'))
    assert "'start_date' is no date field of these deals." in said(results)[0]


@pytest.mark.parametrize(
    ("currency", "into", "day", "expected"),
    [
        ("EUR", "USD", "2026-01-05", "11.1111111111"),  # 10 / 0.9
        ("EUR", "USD", "2026-06-01", "12.5000000000"),  # 10 / 0.8 from June on
        ("USD", "EUR", "2026-05-31", "9.0000000000"),  # 10 x 0.9
        ("GBP", "EUR", "2026-01-05", "12.0000000000"),  # 10 x 0.9 / 0.75, through the base
        ("EUR", "EUR", "2020-01-05", "10.0000000000"),  # no rate needed
    ],
)
def test_a_deal_is_converted_at_the_rate_of_its_day(
    tmp_path: Path, currency: str, into: str, day: str, expected: str
) -> None:
    rates = [fx("USD", "EUR", "0.9"), fx("USD", "EUR", "0.8", "2026-06-01"), fx("USD", "GBP", "0.75")]
    row = deal(1, 1, "10", day, currency=currency)
    world = World([row], fx_rates=rates, assignments=[assignment(1, first="2020-01-01")], years=(2020, 2026))
    lines = world.results(plan(tmp_path, f'currency = "{into}"\n{FLAT}')).lines
    assert [f"{credited}" for credited in lines["credited"]] == [expected]


def test_a_weak_currency_keeps_its_cents(tmp_path: Path) -> None:
    row = deal(1, 1, "1000000000", "2026-01-05", currency="JPY")
    world = World([row], fx_rates=[fx("USD", "JPY", "150.25")])
    lines = world.results(plan(tmp_path, FLAT)).lines
    assert f"{lines['credited'][0]}" == "6655574.0432612313"  # not 6655574.00, from a rate of ten places


def test_a_rate_is_never_borrowed_from_a_later_day(tmp_path: Path) -> None:
    world = World([deal(1, 1, "10", "2026-01-05", currency="EUR")], fx_rates=[fx("USD", "EUR", "0.9", "2026-01-06")])
    assert not paid(world.results(plan(tmp_path, FLAT)))


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([fx("USD", "EUR", "0")], "rate USD/EUR (rate): 0E-10 EUR for one USD is no usable rate; it is left out."),
        ([fx("USD", "EUR", "0.9"), fx("USD", "EUR", "0.8")], "there are several different rates for this day"),
    ],
)
def test_a_rate_that_cannot_be_right_is_not_used(tmp_path: Path, rates: list[Row], expected: str) -> None:
    results = World([deal(1, 1, "10", "2026-01-05", currency="EUR")], fx_rates=rates).results(plan(tmp_path, FLAT))
    assert not paid(results)
    assert any(expected in text for text in said(results)), said(results)


def test_a_way_through_one_of_the_two_currencies_is_preferred(tmp_path: Path) -> None:
    rates = [fx("CHF", "USD", "1"), fx("CHF", "EUR", "1"), fx("USD", "EUR", "0.5")]
    results = World([deal(1, 1, "10", "2026-01-05", currency="EUR")], fx_rates=rates).results(plan(tmp_path, FLAT))
    assert paid(results) == {"2026-01": "2.00"}


def test_every_tier_line_says_its_whole_cause(tmp_path: Path) -> None:
    tiers = "tiers = [{ from = 0, to = 0.5, rate = 0.04 }, { from = 0.5, rate = 0.06 }]"
    keys = 'name = "Sales"\naccumulate = "quarter"\ntier_mode = "marginal"\ntier_by = "attainment"'
    text = f"[[components]]\n{keys}\n{tiers}"
    world = World(
        [deal(1, 1, "1000", "2026-01-05", currency="EUR")],
        [split(1, 1, 1, "1", "revenue")],
        [quota(1, "1000", "2026-01-01", "2026-03-31")],
        fx_rates=[fx("USD", "EUR", "0.8")],
    )
    version = plan(tmp_path, text)
    line = world.results(version).lines.row(1, named=True)
    shown = {name: str(value) for name, value in line.items() if isinstance(value, str | int) or value is None}
    assert shown == {
        "participant_id": "1",
        "period": "2026-01",
        "line_no": "2",
        "plan": "Test",
        "plan_version": version.hash,
        "component": "Sales",
        "cause": "credit",
        "deal_id": "1",
        "role": "revenue",
        "deal_currency": "EUR",
        "tier": "2",
        "tier_to": "None",
        "from_participant_id": "None",
        "item": "None",
        "reason": "None",
        "currency": "USD",
    }
    numbers = ("share", "deal_amount", "fx_rate", "credited", "tier_from", "rate", "amount")
    expected = ["1", "1000", "1.25", "750", "500", "0.06", "45"]
    assert [f"{line[name].normalize():f}" for name in numbers] == expected


def test_a_line_names_a_type_for_every_column(tmp_path: Path) -> None:
    lines = World([deal(1, 1, "10", "2026-01-05")]).results(plan(tmp_path, FLAT)).lines
    assert lines.schema["rate"] == pl.Decimal(38, 10)


TIERS = """
[[components]]
name = "Sales"
tier_mode = "marginal"
tier_by = "amount"
tiers = [{ from = 0, to = 100, rate = 0.1 }, { from = 100, rate = 0.2 }]
"""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"crm_id": "006A"}, {"crm_id": "006B"}),  # by id
        ({"crm_id": "999"}, {"crm_id": "1000"}),  # ids that are numbers, as numbers
        ({"connection": "acme", "crm_id": "9"}, {"connection": "hub", "crm_id": "1"}),  # by connection first
    ],
)
def test_deals_of_one_day_reach_a_tier_in_the_same_order_in_every_database(
    tmp_path: Path, one: Row, other: Row
) -> None:
    version = plan(tmp_path, TIERS)
    for first, second in ((1, 2), (2, 1)):  # our own numbers: which of them was read first
        deals = [deal(first, 1, "100", "2026-01-05", **one), deal(second, 1, "100", "2026-01-05", **other)]
        earned = dict(World(deals=deals).results(version).lines.select("deal_id", "amount").iter_rows())
        assert {number: f"{amount:.2f}" for number, amount in earned.items()} == {first: "10.00", second: "20.00"}


def test_two_shares_of_one_person_reach_a_tier_in_the_same_order_in_every_database(tmp_path: Path) -> None:
    version = plan(tmp_path, TIERS)
    for first, second in ((1, 2), (2, 1)):
        splits = [split(first, 1, 1, "0.25"), split(second, 1, 1, "0.75")]
        lines = World(deals=[deal(1, 1, "200", "2026-01-05")], splits=splits).results(version).lines
        assert [f"{share:.2f}" for share in lines["share"]] == ["0.75", "0.75", "0.25"]


def test_a_component_without_a_condition_counts_any_number_of_deals(tmp_path: Path) -> None:
    world = World([deal(1, 1, "10", "2026-01-05")])
    facts = world.facts()
    count = 200_000  # enough for several threads
    many = pl.concat([facts.deals] * count).with_columns(deal_id=pl.int_range(count, dtype=pl.Int64))
    version = plan(tmp_path, '[[components]]\nname = "Sales"\nrate = 0.1')
    results = calculate(replace(facts, deals=many), [version], today=TODAY)
    assert (results.lines.height, results.statements["payout"].sum(), results.problems) == (count, count, ())
