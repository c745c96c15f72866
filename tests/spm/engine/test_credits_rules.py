"""Credit by rules, splits by amount, roll-ups by hierarchy, and the cents that splitting leaves over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from spm.frames import Results
from tests.spm.engine.building import (
    Row,
    World,
    activity,
    assignment,
    by_amount,
    deal,
    fx,
    payment,
    plan,
    quota,
    reports,
    said,
    split,
)

FLAT = '[[components]]\nname = "Sales"\nrate = 0.1\n'
RULES = FLAT + "credit = [{}]\n"
UP = FLAT + "roll_up = {{ {} }}\n"


def world(people: int = 3, **others: object) -> World:
    given = {"assignments": [assignment(number) for number in range(1, people + 1)]} | others
    return World(**given)  # type: ignore[arg-type]


def pay(results: Results) -> dict[int, str]:
    """What each person is paid in all."""
    sums = results.lines.group_by("participant_id").agg(pl.col("amount").sum()).sort("participant_id")
    return {person: f"{amount:.2f}" for person, amount in sums.iter_rows()}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("amount", {1: "70.00", 2: "30.00"}),  # 700 and 300 of 1000
        ("amount * 2", {1: "140.00", 2: "60.00"}),  # the same parts of what counts
        ("arr", {1: "8.40", 2: "3.60"}),  # 70 % and 30 % of 120
    ],
)
def test_a_split_by_amount_is_that_part_of_the_deal(tmp_path: Path, value: str, expected: dict[int, str]) -> None:
    row = deal(1, 1, "1000", "2026-01-05", arr=Decimal(120))
    made = world(deals=[row], splits=[by_amount(1, 1, 1, "700"), by_amount(2, 1, 2, "300")])
    results = made.results(plan(tmp_path, f'{FLAT}value = "{value}"\n'))
    assert pay(results) == expected
    assert results.lines["share"].to_list() == [Decimal("0.7"), Decimal("0.3")]
    assert not results.problems


def test_an_amount_is_credited_to_the_last_place_whatever_its_share(tmp_path: Path) -> None:
    splits = [by_amount(1, 1, 1, "333333333.33"), by_amount(2, 1, 2, "666666666.67")]
    lines = world(deals=[deal(1, 1, "1000000000", "2026-01-05")], splits=splits).results(plan(tmp_path, FLAT)).lines
    assert lines["credited"].to_list() == [Decimal("333333333.33"), Decimal("666666666.67")]
    assert lines["share"].to_list() == [Decimal("0.3333333333"), Decimal("0.6666666667")]


def test_an_amount_is_in_the_currency_of_its_deal(tmp_path: Path) -> None:
    row = deal(1, 1, "1000", "2026-01-05", currency="EUR")
    made = world(deals=[row], splits=[by_amount(1, 1, 1, "800")], fx_rates=[fx("USD", "EUR", "0.8")])
    assert pay(made.results(plan(tmp_path, FLAT))) == {1: "100.00"}


def test_an_amount_counts_and_not_the_share_beside_it(tmp_path: Path) -> None:
    splits = [{**by_amount(1, 1, 1, "250"), "share": Decimal(1)}, split(2, 1, 2, "0.75")]
    made = world(deals=[deal(1, 1, "1000", "2026-01-05")], splits=splits)
    assert pay(made.results(plan(tmp_path, FLAT))) == {1: "25.00", 2: "75.00"}


@pytest.mark.parametrize(
    ("amount", "part", "expected"),
    [
        ("1000", "900", "add up to 90.00 %, not 100 %"),
        ("0", "900", "a share of the deal is missing"),  # no part of nothing
        ("1000", "1e15", "a share of the deal is missing"),
        ("0.0000000001", "900000000000000", "a share of the deal is missing"),
    ],
)
def test_an_amount_that_cannot_be_right_is_reported(tmp_path: Path, amount: str, part: str, expected: str) -> None:
    made = world(deals=[deal(1, 1, amount, "2026-01-05")], splits=[by_amount(1, 1, 1, part)])
    results = made.results(plan(tmp_path, FLAT))
    assert any(expected in text for text in said(results)), said(results)


def test_a_payment_on_a_deal_split_by_amount_is_split_alike(tmp_path: Path) -> None:
    splits = [by_amount(1, 1, 1, "300"), by_amount(2, 1, 2, "600")]
    made = world(deals=[deal(1, 1, "900", "2026-01-05")], splits=splits, payments=[payment(1, 1, "90", "2026-02-05")])
    assert pay(made.results(plan(tmp_path, f'{FLAT}source = "payments"\n'))) == {1: "3.00", 2: "6.00"}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ('{ to = "owner" }', {1: "100.00"}),
        ('{ to = "owner" }, { to = "p2@example.com", share = 0.5 }', {1: "100.00", 2: "50.00"}),  # an overlay
        ('{ to = "P2@Example.com" }', {2: "100.00"}),  # the rules alone credit
        ('{ to = "field:engineer", share = 0.2 }', {3: "20.00"}),
        ('{ to = "field:engineer_id", share = 0.2 }', {2: "20.00"}),  # by the id of an owner
        ('{ to = "team:West", share = 0.1 }', {2: "10.00", 3: "10.00"}),  # each of its members
        ('{ to = "owner", condition = "region = \'EMEA\'" }', {1: "60.00"}),  # deal 1 only
        ('{ to = "p3@example.com", condition = "region like \'US%\'" }', {3: "40.00"}),  # a territory
        ('{ to = "owner", share = 0.5 }, { to = "p1@example.com", share = 0.25 }', {1: "75.00"}),  # both
    ],
)
def test_rules_credit_whom_they_name(tmp_path: Path, rules: str, expected: dict[int, str]) -> None:
    engineer = {"engineer": " P3@example.com ", "engineer_id": "005b"}
    deals = [
        deal(1, 1, "600", "2026-01-05", region="EMEA", owner_id="005a", **engineer),
        deal(2, 1, "400", "2026-01-06", region="US West", owner_id="005a", **engineer),
        deal(3, 2, "999", "2026-01-06", owner_id="005b", status="lost"),
    ]
    splits = [split(1, 1, 2, "1")]  # rules take the place of roles
    made = world(deals=deals, splits=splits, hierarchy=[reports(2, None, "West"), reports(3, None, "West")])
    assert pay(made.results(plan(tmp_path, RULES.format(rules)))) == expected


def test_the_role_of_a_rule_is_on_its_line(tmp_path: Path) -> None:
    rules = '{ to = "owner", role = "hunter" }, { to = "owner", share = 0.5, role = "farmer" }'
    lines = world(deals=[deal(1, 1, "100", "2026-01-05")]).results(plan(tmp_path, RULES.format(rules))).lines
    assert lines.select("role", "share").rows() == [("hunter", 1), ("farmer", Decimal("0.5"))]


def test_a_team_is_credited_with_the_members_of_the_day(tmp_path: Path) -> None:
    tree = [reports(1, None, "West", last="2026-01-31"), reports(2, None, "West", first="2026-02-01")]
    deals = [deal(1, 3, "100", "2026-01-31"), deal(2, 3, "200", "2026-02-01")]
    results = world(deals=deals, hierarchy=tree).results(plan(tmp_path, RULES.format('{ to = "team:West" }')))
    assert pay(results) == {1: "10.00", 2: "20.00"}


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("nobody@example.com", "a rule credits nobody@example.com, who is no participant; the rule credits nobody."),
        ("team:North", "a rule credits the team North, which nobody is in; the rule credits nobody."),
        ("field:engineer", "the field engineer of 1 record says bob, who is no participant"),
        ("field:enginer", "there is no deal field 'enginer'. Did you mean 'engineer'?"),
        ("field:arr", "arr holds no text, so it names nobody."),
    ],
)
def test_a_rule_that_names_nobody_is_reported(tmp_path: Path, to: str, expected: str) -> None:
    row = deal(1, 1, "100", "2026-01-05", engineer="bob", arr=Decimal(1))
    results = world(deals=[row]).results(plan(tmp_path, RULES.format(f'{{ to = "{to}" }}')))
    assert not pay(results)
    assert any(expected in text for text in said(results)), said(results)


def test_rules_credit_activities_too(tmp_path: Path) -> None:
    rules = 'credit = [{ to = "owner", share = 0.5 }, { to = "team:West", share = 0.5 }]\n'
    text = f'[[components]]\nname = "Calls"\nsource = "activities"\nper_unit = 10\n{rules}'
    made = world(activities=[activity(1, 1, "2026-01-05")], hierarchy=[reports(2, None, "West")])
    assert pay(made.results(plan(tmp_path, text))) == {1: "5.00", 2: "5.00"}


CHAIN = [reports(1, 2), reports(2, 3), reports(3, None)]


@pytest.mark.parametrize(
    ("roll_up", "expected"),
    [
        ('to = "manager"', {1: "10.00", 2: "30.00", 3: "60.00"}),  # 2 has its own and 1's, 3 its own and 2's
        ('to = "manager", own = false', {2: "10.00", 3: "20.00"}),
        ('to = "manager", levels = 2, own = false', {2: "10.00", 3: "30.00"}),
        ('to = "manager", levels = "all", own = false', {2: "10.00", 3: "30.00"}),
    ],
)
def test_credits_roll_up_to_managers(tmp_path: Path, roll_up: str, expected: dict[int, str]) -> None:
    deals = [deal(1, 1, "100", "2026-01-05"), deal(2, 2, "200", "2026-01-06"), deal(3, 3, "400", "2026-01-07")]
    results = world(deals=deals, hierarchy=CHAIN).results(plan(tmp_path, UP.format(roll_up)))
    assert pay(results) == expected


def test_a_line_says_whose_credit_rolled_up(tmp_path: Path) -> None:
    made = world(deals=[deal(1, 1, "100", "2026-01-05")], hierarchy=CHAIN)
    lines = made.results(plan(tmp_path, UP.format('to = "manager"'))).lines
    assert lines.select("participant_id", "from_participant_id", "share", "deal_amount").rows() == [
        (1, None, 1, 100),
        (2, 1, 1, 100),
    ]


def test_a_rep_need_not_be_on_any_plan(tmp_path: Path) -> None:
    made = World([deal(1, 1, "100", "2026-01-05")], assignments=[assignment(2)], others=[1], hierarchy=CHAIN)
    assert pay(made.results(plan(tmp_path, UP.format('to = "manager"')))) == {2: "10.00"}


def test_the_manager_of_the_day_is_credited(tmp_path: Path) -> None:
    tree = [reports(1, 2, last="2026-01-31"), reports(1, 3, first="2026-02-01")]
    deals = [deal(1, 1, "100", "2026-01-31"), deal(2, 1, "200", "2026-02-01")]
    results = world(deals=deals, hierarchy=tree).results(plan(tmp_path, UP.format('to = "manager", own = false')))
    assert pay(results) == {2: "10.00", 3: "20.00"}


def test_a_chain_holds_on_the_days_that_all_of_it_holds(tmp_path: Path) -> None:
    tree = [reports(1, 2), reports(2, 3, first="2026-02-01"), reports(2, 4, last="2026-01-31")]
    deals = [deal(1, 1, "100", "2026-01-31"), deal(2, 1, "200", "2026-02-01")]
    text = UP.format('to = "manager", levels = "all", own = false')
    assert pay(world(4, deals=deals, hierarchy=tree).results(plan(tmp_path, text))) == {
        2: "30.00",
        3: "20.00",
        4: "10.00",
    }


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ([reports(1, 1)], {}),  # one's own manager
        ([reports(1, 2), reports(2, 1)], {2: "10.00"}),  # back to the rep
        ([reports(1, 2), reports(2, 3), reports(3, 2)], {2: "10.00", 3: "10.00"}),  # a ring above the rep
    ],
)
def test_a_ring_of_managers_ends_the_roll_up_and_is_reported(
    tmp_path: Path, tree: list[Row], expected: dict[int, str]
) -> None:
    made = world(deals=[deal(1, 1, "100", "2026-01-05")], hierarchy=tree)
    results = made.results(plan(tmp_path, UP.format('to = "manager", levels = "all", own = false')))
    assert pay(results) == expected
    assert any("leads back to the same person; credit rolls up no further there." in text for text in said(results))


def test_two_managers_on_one_day_are_reported(tmp_path: Path) -> None:
    made = world(deals=[deal(1, 1, "100", "2026-01-05")], hierarchy=[reports(1, 2), reports(1, 3)])
    results = made.results(plan(tmp_path, UP.format('to = "manager", own = false')))
    assert not pay(results)
    assert "p1@example.com (manager): has two managers or teams on one day" in said(results)[0]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("true", {1: "30.00", 2: "30.00", 3: "40.00"}),
        ("false", {1: "20.00", 2: "10.00"}),
    ],
)
def test_credits_roll_up_to_every_member_of_the_team(tmp_path: Path, own: str, expected: dict[int, str]) -> None:
    tree = [reports(1, None, "West"), reports(2, None, "West"), reports(3, None, "East")]
    deals = [deal(1, 1, "100", "2026-01-05"), deal(2, 2, "200", "2026-01-06"), deal(3, 3, "400", "2026-01-06")]
    results = world(deals=deals, hierarchy=tree).results(plan(tmp_path, UP.format(f'to = "team", own = {own}')))
    assert pay(results) == expected


def test_what_rolls_up_counts_for_the_managers_own_quota(tmp_path: Path) -> None:
    made = world(
        deals=[deal(1, 1, "100", "2026-01-05")],
        hierarchy=CHAIN,
        quotas=[quota(2, "400", "2026-01-01", "2026-12-31")],
    )
    statements = made.results(plan(tmp_path, UP.format('to = "manager"'))).statements
    assert statements.filter(participant_id=2, period="2026-01")["attainment"].to_list() == [Decimal("0.25")]


def test_an_open_deal_is_estimated_for_the_manager_too(tmp_path: Path) -> None:
    made = world(deals=[deal(1, 1, "100", "2026-09-05", status="open")], hierarchy=CHAIN)
    results = made.results(plan(tmp_path, UP.format('to = "manager"')), today=date(2026, 2, 1))
    assert results.estimates.select("participant_id", "amount").rows() == [(1, 10), (2, 10)]


def test_an_open_deal_is_estimated_by_the_rules(tmp_path: Path) -> None:
    made = world(deals=[deal(1, 1, "100", "2026-09-05", status="open")])
    rules = RULES.format('{ to = "owner" }, { to = "p2@example.com", share = 0.5 }')
    results = made.results(plan(tmp_path, rules), today=date(2026, 2, 1))
    assert results.estimates.select("participant_id", "amount").rows() == [(1, 10), (2, 5)]


THIRDS = [split(number, 1, number, "0.3333333333") for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("residual", "owner", "expected"),
    [
        ("first", 2, ["33.34", "33.33", "33.33"]),
        ("last", 2, ["33.33", "33.33", "33.34"]),
        ("largest", 2, ["33.34", "33.33", "33.33"]),  # all alike: the first by email
        ("smallest", 2, ["33.34", "33.33", "33.33"]),
        ("owner", 2, ["33.33", "33.34", "33.33"]),
        ("owner", 9, ["33.34", "33.33", "33.33"]),  # no part of the owner's: the largest
    ],
)
def test_the_residual_cent_goes_where_the_rule_says(
    tmp_path: Path, residual: str, owner: int, expected: list[str]
) -> None:
    text = f'splits = {{ places = 2, residual = "{residual}" }}\n{FLAT}'
    lines = world(deals=[deal(1, owner, "100", "2026-01-05")], splits=THIRDS).results(plan(tmp_path, text)).lines
    assert [f"{credited:.2f}" for credited in lines["credited"]] == expected
    assert lines["credited"].sum() == 100


@pytest.mark.parametrize(
    ("residual", "expected"),
    [
        ("first", {1: "33.33", 2: "33.33", 3: "33.34"}),  # as the CRM lists them
        ("last", {1: "33.33", 2: "33.34", 3: "33.33"}),
        ("largest", {1: "33.34", 2: "33.33", 3: "33.33"}),  # of one size: by email
    ],
)
def test_splits_stand_as_they_are_listed(tmp_path: Path, residual: str, expected: dict[int, str]) -> None:
    text = f'splits = {{ residual = "{residual}" }}\n{FLAT}'.replace("0.1", "1")
    listed = [split(number, 1, person, "0.3333333333") for number, person in enumerate((3, 1, 2), 1)]
    assert pay(world(deals=[deal(1, 2, "100", "2026-01-05")], splits=listed).results(plan(tmp_path, text))) == expected


@pytest.mark.parametrize(
    ("residual", "expected"),
    [
        ("largest", ["0.53", "0.26", "0.26"]),  # 0.525, 0.2625, 0.2625 round to 0.53, 0.26, 0.26: nothing is left
        ("smallest", ["0.53", "0.26", "0.26"]),
    ],
)
def test_parts_that_round_to_the_whole_stay(tmp_path: Path, residual: str, expected: list[str]) -> None:
    text = f'splits = {{ residual = "{residual}" }}\n{FLAT}'
    splits = [split(1, 1, 1, "0.5"), split(2, 1, 2, "0.25"), split(3, 1, 3, "0.25")]
    lines = world(deals=[deal(1, 1, "1.05", "2026-01-05")], splits=splits).results(plan(tmp_path, text)).lines
    assert [f"{credited:.2f}" for credited in lines["credited"]] == expected


def test_the_part_of_somebody_unknown_takes_part_in_the_rounding(tmp_path: Path) -> None:
    text = f'splits = {{ residual = "last" }}\n{FLAT}'
    splits = [split(1, 1, None, "0.3333333333"), *THIRDS[1:]]
    lines = world(deals=[deal(1, 1, "100", "2026-01-05")], splits=splits).results(plan(tmp_path, text)).lines
    assert [f"{credited:.2f}" for credited in lines["credited"]] == ["33.33", "33.34"]


def test_parts_that_do_not_make_the_whole_are_not_rounded(tmp_path: Path) -> None:
    text = f'splits = {{ residual = "first" }}\n{FLAT}'
    lines = world(deals=[deal(1, 1, "100", "2026-01-05")], splits=THIRDS[:2]).results(plan(tmp_path, text)).lines
    assert lines["credited"].to_list() == [Decimal("33.33333333")] * 2


def test_parts_are_rounded_in_the_currency_of_the_deal(tmp_path: Path) -> None:
    text = f'splits = {{ residual = "first" }}\n{FLAT}'
    row = deal(1, 1, "100", "2026-01-05", currency="EUR")
    made = world(deals=[row], splits=THIRDS, fx_rates=[fx("USD", "EUR", "0.8")])
    lines = made.results(plan(tmp_path, text)).lines
    assert lines["credited"].to_list() == [Decimal("41.675"), Decimal("41.6625"), Decimal("41.6625")]


def test_shares_of_rules_that_make_the_whole_are_rounded(tmp_path: Path) -> None:
    rules = '{ to = "owner", share = 0.3333333333 }, { to = "p2@example.com", share = 0.6666666667 }'
    text = f'splits = {{ residual = "smallest" }}\n{RULES.format(rules)}'
    lines = world(deals=[deal(1, 1, "100.01", "2026-01-05")]).results(plan(tmp_path, text)).lines
    assert lines["credited"].to_list() == [Decimal("33.34"), Decimal("66.67")]


def test_a_rounded_part_rolls_up_as_it_is(tmp_path: Path) -> None:
    text = 'splits = { residual = "first" }\n' + UP.format('to = "manager", own = false')
    tree = [reports(number, 4) for number in (1, 2, 3)]
    made = world(4, deals=[deal(1, 1, "100", "2026-01-05")], splits=THIRDS, hierarchy=tree)
    lines = made.results(plan(tmp_path, text)).lines
    assert lines.select("from_participant_id", "credited").rows() == [
        (1, Decimal("33.34")),
        (2, Decimal("33.33")),
        (3, Decimal("33.33")),
    ]
