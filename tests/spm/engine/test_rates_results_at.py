"""What a component has come to by the end of each statement period."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from spm.engine.credits import won_credits
from spm.engine.inputs import prepared
from spm.engine.results_at import Basis, reached, results_at
from spm.plans import PlanVersion
from spm.plans.model import Span, TierBasis
from tests.spm.engine.building import World, assignment, deal, plan, quota

FLAT = '[[components]]\nname = "Sales"\naccumulate = "quarter"\nrate = 0.05'
DEALS = [
    deal(1, 1, "300", "2026-01-05"),
    deal(2, 1, "-100", "2026-01-06"),
    deal(3, 1, "300", "2026-03-05"),
    deal(4, 1, "7", "2026-04-01"),
]
QUOTA = [quota(1, "1000", "2026-01-01", "2026-03-31")]


def at(
    world: World, version: PlanVersion, by: TierBasis, span: Span | None = None, today: date = date(2026, 4, 30)
) -> pl.DataFrame:
    inputs, _ = prepared(world.facts(), [version], today)
    part = version.plan.components[0]
    credits_ = won_credits(inputs, version.plan, part).rows
    return results_at(inputs, version.plan, Basis(part, credits_, by, span))[0]


@pytest.mark.parametrize(
    ("by", "span", "expected"),
    [
        (TierBasis.AMOUNT, None, ["200", "200", "500", "7"]),  # its own span; February has no credits
        (TierBasis.AMOUNT, Span.MONTH, ["200", "0", "300", "7"]),
        (TierBasis.AMOUNT, Span.YEAR, ["200", "200", "500", "507"]),
        (TierBasis.AMOUNT, Span.PLAN, ["200", "200", "500", "507"]),
        (TierBasis.AMOUNT, Span.DEAL, ["200", "0", "300", "7"]),  # there is none per deal: the statement period
        (TierBasis.COUNT, None, ["0", "0", "1", "1"]),  # one below zero takes one away
        (TierBasis.ATTAINMENT, None, ["0.2", "0.2", "0.5", None]),  # no quota in the second quarter
    ],
)
def test_a_result_adds_up_over_its_span(
    tmp_path: Path, by: TierBasis, span: Span | None, expected: list[str | None]
) -> None:
    rows = at(World(DEALS, quotas=QUOTA), plan(tmp_path, FLAT), by, span)
    assert rows["result"].to_list() == [None if text is None else Decimal(text) for text in expected]


def test_spans_within_one_period_have_a_row_each(tmp_path: Path) -> None:
    version = plan(tmp_path, 'statement = "quarter"\n' + FLAT)
    rows = at(World(DEALS), version, TierBasis.AMOUNT, Span.MONTH)
    assert rows.select("period", "span", "total").rows() == [
        (0, 0, Decimal(200)),
        (0, 1, Decimal(0)),
        (0, 2, Decimal(300)),
        (1, 3, Decimal(7)),
        (1, 4, Decimal(0)),
        (1, 5, Decimal(0)),
    ]


def test_nobody_has_a_result_in_a_period_off_the_plan(tmp_path: Path) -> None:
    spells = [assignment(1, first="2026-01-01", last="2026-01-20"), assignment(1, first="2026-04-02")]
    world = World(DEALS, assignments=spells)
    rows = at(world, plan(tmp_path, FLAT), TierBasis.AMOUNT, Span.YEAR)
    assert rows.select("period", "total").rows() == [(0, Decimal(200)), (3, Decimal(200))]


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        ("0.5", [False, False, True, False]),  # 500 of 1000 is exactly the bound
        ("0.5000000001", [False, False, False, False]),
        ("0.2", [True, True, True, False]),  # without a quota nothing is reached
    ],
)
def test_a_bound_is_reached_exactly(tmp_path: Path, bound: str, expected: list[bool]) -> None:
    rows = at(World(DEALS, quotas=QUOTA), plan(tmp_path, FLAT), TierBasis.ATTAINMENT)
    assert rows.select(reached(Decimal(bound))).to_series().to_list() == expected


def test_a_third_of_a_quota_is_reached_exactly(tmp_path: Path) -> None:
    world = World([deal(1, 1, "0.1", "2026-01-05")], quotas=[quota(1, "0.3", "2026-01-01", "2026-03-31")])
    rows = at(world, plan(tmp_path, FLAT), TierBasis.ATTAINMENT, today=date(2026, 1, 31))
    assert rows["result"].to_list() == [Decimal("0.33333333333333333333")]
    thirds = [Decimal("0.3333333333"), Decimal("0.3333333334")]
    assert [rows.select(reached(third)).item() for third in thirds] == [True, False]


def test_the_order_of_credits_does_not_matter(tmp_path: Path) -> None:
    world, version = World(DEALS, quotas=QUOTA), plan(tmp_path, FLAT)
    turned = replace(world, deals=DEALS[::-1])
    assert at(world, version, TierBasis.AMOUNT).equals(at(turned, version, TierBasis.AMOUNT))
