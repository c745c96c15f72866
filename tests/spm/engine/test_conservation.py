"""How much of each won deal a component credits, and why it is not all of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from spm import frames
from tests.spm.engine.building import (
    Row,
    World,
    assignment,
    by_amount,
    deal,
    fx,
    item,
    plan,
    reports,
    split,
)

FLAT = '[[components]]\nname = "Sales"\nrate = 0.1\n'
HALVES = [split(1, 1, 1, "0.5"), split(2, 1, 2, "0.5")]
NOW = date(2026, 6, 30)


def checked(folder: Path, world: World, text: str = FLAT) -> list[tuple[int, str, str | None]]:
    """Deal, per cent and why, of each row."""
    found = world.results(plan(folder, text), today=NOW).conservation
    assert dict(found.schema) == frames.CONSERVATION
    rows = found.select("deal_id", "credited_share", "why").iter_rows()
    return [(deal_id, f"{share * 100:.2f}", why) for deal_id, share, why in rows]


def two(row: Row, splits: list[Row], **others: object) -> World:
    return World([row], splits, **({"assignments": [assignment(1), assignment(2)]} | others))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "splits", "share", "why"),
    [
        (deal(1, 1, "9", "2026-01-05"), [], "100.00", None),
        (deal(1, 1, "9", "2026-01-05"), HALVES, "100.00", None),
        (deal(1, 1, "9", "2026-01-05"), [by_amount(1, 1, 1, "3"), by_amount(2, 1, 2, "6")], "100.00", None),
        (deal(1, 1, "9", "2026-01-05"), HALVES[:1], "50.00", "the splits add up to 50.00 %"),
        (deal(1, 1, "9", "2026-01-05"), [*HALVES, split(3, 1, 1, "0.2")], "120.00", "the splits add up to 120.00 %"),
        (deal(1, 1, "9", "2026-01-05"), [HALVES[0], split(2, 1, None, "0.5")], "50.00", "a split is of nobody known"),
        (deal(1, None, "9", "2026-01-05"), [], "0.00", "its owner is no participant"),
        (deal(1, 1, None, "2026-01-05"), [], "0.00", "amount is empty"),
        (deal(1, 1, "9", "2026-01-05", close_date=None), [], "0.00", "close_date is empty"),
        (deal(1, 1, "9", "2026-07-05"), [], "0.00", "it is dated 2026-07-05, after 2026-06-30"),
        (deal(1, 3, "9", "2026-01-05"), [], "0.00", "p3@example.com is not on the plan on 2026-01-05"),
        (
            deal(1, 1, "9", "2026-01-05"),
            [HALVES[0], split(2, 1, 3, "0.5")],
            "50.00",
            "p3@example.com is not on the plan on 2026-01-05",
        ),
        (
            deal(1, 1, "9", "2026-01-05", currency="JPY"),
            [],
            "0.00",
            "it cannot be converted or is beyond reason; its problem says more",
        ),
    ],
)
def test_what_is_not_credited_is_said_with_why(
    tmp_path: Path, row: Row, splits: list[Row], share: str, why: str | None
) -> None:
    assert checked(tmp_path, two(row, splits, others=[3])) == [(1, share, why)]


def test_a_deal_before_the_calendar_is_said(tmp_path: Path) -> None:
    world = World([deal(1, 1, "9", "2025-01-05")], assignments=[assignment(1, first="2025-01-01")])
    assert checked(tmp_path, world) == [(1, "0.00", "no period at hand holds 2025-01-05")]


def test_a_deal_that_the_condition_leaves_out_has_no_row(tmp_path: Path) -> None:
    deals = [deal(1, 1, "9", "2026-01-05", deal_type="New"), deal(2, 1, "9", "2026-01-05", deal_type="Old")]
    deals.append(deal(3, 1, "9", "2026-01-05", deal_type="New", status="lost"))
    assert checked(tmp_path, World(deals), f"{FLAT}condition = \"deal_type = 'New'\"\n") == [(1, "100.00", None)]


def test_overlays_by_rules_are_said(tmp_path: Path) -> None:
    text = FLAT + 'credit = [{ to = "owner" }, { to = "p2@example.com", share = 0.25 }]\n'
    assert checked(tmp_path, two(deal(1, 1, "9", "2026-01-05"), [])) == [(1, "100.00", None)]
    assert checked(tmp_path, two(deal(1, 1, "9", "2026-01-05"), []), text) == [(1, "125.00", "the rules give 125.00 %")]


def test_a_rule_that_reaches_nobody_is_said(tmp_path: Path) -> None:
    text = FLAT + 'credit = [{ to = "owner", condition = "account = \'Acme\'" }]\n'
    assert checked(tmp_path, World([deal(1, 1, "9", "2026-01-05")]), text) == [
        (1, "0.00", "no rule credits anybody known")
    ]


def test_an_overlay_role_shares_out_nothing(tmp_path: Path) -> None:
    assert checked(tmp_path, World([deal(1, 1, "9", "2026-01-05")]), f'{FLAT}role = "overlay"\n') == []


@pytest.mark.parametrize("roll_up", ['to = "manager"', 'to = "manager", own = false', 'to = "team"'])
def test_what_rolls_up_counts_once(tmp_path: Path, roll_up: str) -> None:
    tree = [reports(1, 2, "West"), reports(2, None, "West")]
    world = two(deal(1, 1, "9", "2026-01-05"), [], hierarchy=tree)
    assert checked(tmp_path, world, f"{FLAT}roll_up = {{ {roll_up} }}\n") == [(1, "100.00", None)]


def test_a_pool_shares_out_its_deals_once(tmp_path: Path) -> None:
    text = '[[components]]\nname = "Pool"\naccumulate = "month"\npool = { divided = "equally", rate = 0.1 }\n'
    world = two(deal(1, 1, "9", "2026-01-05"), HALVES, hierarchy=[reports(1, None, "West"), reports(2, None, "West")])
    assert checked(tmp_path, world, text) == [(1, "100.00", None)]


def test_line_items_are_looked_at_by_their_deal(tmp_path: Path) -> None:
    text = f'{FLAT}source = "line_items"\n'
    world = two(deal(1, 1, "9", "2026-01-05"), [split(1, 1, 1, "0.25")], items=[item(1, 1, "4"), item(2, 1, "5")])
    assert checked(tmp_path, world, text) == [(1, "25.00", "the splits add up to 25.00 %")]


def test_a_deal_in_another_currency_is_whole(tmp_path: Path) -> None:
    world = World([deal(1, 1, "9", "2026-01-05", currency="EUR")], fx_rates=[fx("USD", "EUR", "0.9")])
    assert checked(tmp_path, world) == [(1, "100.00", None)]


def test_no_more_than_three_reasons_are_told(tmp_path: Path) -> None:
    splits = [split(number, 1, number, "0.2") for number in (2, 3, 4, 5)]
    world = World([deal(1, 1, "9", "2026-01-05")], splits, others=[2, 3, 4, 5])
    ((_, share, why),) = checked(tmp_path, world)
    assert share == "0.00"
    assert why == "; ".join(f"p{number}@example.com is not on the plan on 2026-01-05" for number in (2, 3, 4))


def test_each_component_has_its_own_row(tmp_path: Path) -> None:
    text = FLAT + '[[components]]\nname = "Bonus"\nrate = 0.1\nrole = "owner"\n'
    found = two(deal(1, 1, "9", "2026-01-05"), HALVES[:1]).results(plan(tmp_path, text)).conservation
    assert found.select("component", "credited_share").rows() == [("Sales", Decimal("0.5")), ("Bonus", 1)]
