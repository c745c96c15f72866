"""Draws: advances of four kinds, what is owed of them, and how it is recovered."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.spm.engine.building import World, assignment, deal, paid, plan, quota, told

SALES = '[[components]]\nname = "Sales"\naccumulate = "quarter"\nrate = 1\n'
JUNE = date(2026, 6, 30)


def earning(*amounts: int) -> World:
    """A world in which person 1 earns these amounts from January on."""
    return World([deal(n, 1, str(amount), f"2026-{n:02}-05") for n, amount in enumerate(amounts, 1) if amount])


@pytest.mark.parametrize(
    ("draw", "earned", "pays", "owed"),
    [
        (  # published (draw-003): recovered only from what exceeds the draw
            "recoverable = true",
            (2750, 3000, 1500, 2375, 3000, 2750),
            (2750, 3000, 2000, 2000, 2875, 2750),
            (0, 0, 500, 125, 0, 0),
        ),
        (  # published (draw-004): 800 earned, 1,200 on top of it
            "recoverable = false",
            (800, 2500, 0, 2000, -100, 2001),
            (2000, 2500, 2000, 2000, 2000, 2001),
            (0, 0, 0, 0, 0, 0),
        ),
        (
            'recoverable = true, mode = "on_top"',
            (500, 3000, 2000, 9000, 0, 0),
            (2500, 4000, 4000, 6000, 2000, 2000),
            (2000, 3000, 5000, 2000, 4000, 6000),
        ),
        (
            'recoverable = false, mode = "on_top"',
            (500, 3000, 0, 0, 0, -100),
            (2500, 5000, 2000, 2000, 2000, 1900),
            (0, 0, 0, 0, 0, 0),
        ),
        (  # after its last period all that is earned recovers it
            "recoverable = true, periods = 2",
            (0, 500, 1000, 4000, -300, 100),
            (2000, 2000, 0, 1500, -300, 100),
            (2000, 3500, 2500, 0, 0, 0),
        ),
        (  # what is taken back does not take the draw away
            "recoverable = true",
            (-500, 2600, 4000, 0, 0, 0),
            (2000, 2000, 2100, 2000, 2000, 2000),
            (2500, 1900, 0, 2000, 4000, 6000),
        ),
    ],
)
def test_a_draw_and_what_is_owed_of_it(
    tmp_path: Path, draw: str, earned: tuple[int, ...], pays: tuple[int, ...], owed: tuple[int, ...]
) -> None:
    version = plan(tmp_path, f"draw = {{ amount = 2000, {draw} }}\n" + SALES)
    statements = earning(*earned).results(version, today=JUNE).statements
    assert [int(amount) for amount in statements["payout"]] == list(pays)
    assert [int(amount) for amount in statements["draw_balance"]] == list(owed)
    assert [int(amount) for amount in statements["earned"]] == list(earned)


def test_draw_and_recovery_say_their_figures(tmp_path: Path) -> None:
    version = plan(tmp_path, "draw = { amount = 2000, recoverable = true }\n" + SALES)
    results = earning(1500, 2375).results(version, today=date(2026, 2, 28))
    assert told(results, "draw", "recovery") == [
        ("2026-01", "500.00", "draw of 2,000.00 USD less 1,500.00 earned"),
        ("2026-02", "-375.00", "recovered of 500.00 USD drawn before, from what is earned above the draw of 2,000.00"),
    ]
    assert results.lines.filter(cause="draw")["component"].to_list() == ["Draw"]


def test_a_draw_is_prorated_where_the_plan_prorates(tmp_path: Path) -> None:
    """Published: 4,000 from 15 January on is 4,000 x 17 / 31 (draw-002)."""
    draw = 'draw = { amount = 4000, recoverable = false }\nproration = { by = "calendar_days" }\n'
    world = World([], assignments=[assignment(1, first="2026-01-15")])
    assert paid(world.results(plan(tmp_path, draw + SALES), today=date(2026, 1, 31))) == {"2026-01": "2193.55"}


def test_a_draw_is_paid_only_while_on_the_plan_and_what_is_owed_stays_owed(tmp_path: Path) -> None:
    version = plan(tmp_path, "draw = { amount = 100, recoverable = true }\n" + SALES)
    spells = [assignment(1, first="2026-02-01", last="2026-02-28"), assignment(1, first="2026-04-01")]
    world = World([deal(1, 1, "150", "2026-04-05")], assignments=spells)
    results = world.results(version, today=date(2026, 4, 30))
    assert paid(results) == {"2026-02": "100.00", "2026-04": "100.00"}
    assert [int(amount) for amount in results.statements["draw_balance"]] == [100, 50]


def test_a_draw_can_be_each_ones_own(tmp_path: Path) -> None:
    version = plan(tmp_path, 'draw = { amount = "advance", recoverable = false }\n' + SALES)
    world = World([], quotas=[quota(1, "70", "2026-02-01", "2026-02-28", measure="advance")])
    assert paid(world.results(version, today=JUNE)) == {"2026-02": "70.00"}


def test_what_is_on_hold_is_no_pay_and_the_draw_fills_it_up(tmp_path: Path) -> None:
    version = plan(
        tmp_path, "draw = { amount = 100, recoverable = true }\n" + SALES + 'hold = { release = "payment" }\n'
    )
    assert paid(earning(300).results(version, today=date(2026, 1, 31))) == {"2026-01": "100.00"}
