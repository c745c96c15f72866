"""Matrices: pay by this component's result and another one's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from spm.frames import Results
from tests.spm.engine.building import World, deal, paid, plan, quota, said

NEW, OLD = "New", "Renewal"
TEXT = """
[[components]]
name = "Growth"
measure = "growth"
condition = "deal_type = 'New'"
accumulate = "quarter"
target = 1000
[components.matrix]
by = "attainment"
rows = ["50 %", "100 %"]
other = "Renewals"
other_by = "{by}"
columns = {columns}
values = [["20 %", "40 %"], ["50 %", "120 %"]]
pays = "target"

[[components]]
name = "Renewals"
measure = "renewals"
condition = "deal_type = 'Renewal'"
accumulate = "quarter"
rate = 0
"""
MATRIX = TEXT.format(by="attainment", columns='[0, "90 %"]')
QUOTAS = [
    quota(1, "1000", "2026-01-01", "2026-03-31", measure="growth"),
    quota(1, "500", "2026-01-01", "2026-03-31", measure="renewals"),
]


def results(folder: Path, text: str, *sold: tuple[str, str, str]) -> Results:
    deals = [deal(number, 1, amount, day, deal_type=kind) for number, (amount, day, kind) in enumerate(sold, 1)]
    return World(deals, quotas=QUOTAS).results(plan(folder, text))


@pytest.mark.parametrize(
    ("sold", "expected"),
    [
        ([("499.99", "2026-01-05", NEW)], {}),  # below the first row
        ([("500", "2026-01-05", NEW)], {"2026-01": "200.00"}),  # hit exactly; nothing renewed is the first column
        ([("1000", "2026-01-05", NEW), ("450", "2026-01-06", OLD)], {"2026-01": "1200.00"}),
        # the other result moves the pay in a month without a deal of its own
        ([("1000", "2026-01-05", NEW), ("450", "2026-03-06", OLD)], {"2026-01": "500.00", "2026-03": "700.00"}),
        # and back again
        (
            [("1000", "2026-01-05", NEW), ("450", "2026-01-06", OLD), ("-1", "2026-02-06", OLD)],
            {"2026-01": "1200.00", "2026-02": "-700.00"},
        ),
    ],
)
def test_a_matrix_pays_what_stands_at_the_crossing(
    tmp_path: Path, sold: list[tuple[str, str, str]], expected: dict[str, str]
) -> None:
    assert paid(results(tmp_path, MATRIX, *sold)) == expected


def test_a_matrix_line_names_both_results_and_no_deal(tmp_path: Path) -> None:
    found = results(
        tmp_path, MATRIX, ("600", "2026-01-05", NEW), ("1200", "2026-02-05", NEW), ("450", "2026-02-06", OLD)
    )
    lines = found.lines.filter(component="Growth")
    assert lines["reason"].to_list() == [
        "60 %, Renewals 0 %: 20 % of the target 1,000.00",
        "180 %, Renewals 90 %: 120 % of the target 1,000.00 = 1,200.00, less 200.00 before",
    ]
    assert lines["deal_id"].null_count() == lines.height == 2


def test_a_matrix_may_pay_a_rate_by_the_other_count(tmp_path: Path) -> None:
    text = TEXT.format(by="count", columns="[0, 2]").replace('"target"', '"rate"').replace("target = 1000\n", "")
    found = results(tmp_path, text, ("600", "2026-01-05", NEW), ("1", "2026-01-06", OLD), ("1", "2026-02-06", OLD))
    assert paid(found) == {"2026-01": "120.00", "2026-02": "120.00"}  # 20 % of 600, then 40 %


def test_a_matrix_without_the_other_quota_pays_nothing_and_says_so(tmp_path: Path) -> None:
    world = World([deal(1, 1, "1000", "2026-03-05", deal_type=NEW)], quotas=QUOTAS[:1])
    found = world.results(plan(tmp_path, MATRIX))
    assert paid(found) == {}
    assert ["no quota for renewals in 2026-03; Growth earns nothing there" in each for each in said(found)] == [True]


def test_a_matrix_starts_anew_with_each_span(tmp_path: Path) -> None:
    world = World(
        [deal(1, 1, "1000", "2026-03-31", deal_type=NEW), deal(2, 1, "1000", "2026-04-01", deal_type=NEW)],
        quotas=[{**row, "ends_on": date(2026, 6, 30)} for row in QUOTAS],
    )
    found = world.results(plan(tmp_path, MATRIX))
    assert paid(found) == {"2026-03": "500.00", "2026-04": "500.00"}


def test_an_open_deal_is_estimated_by_the_matrix(tmp_path: Path) -> None:
    world = World(
        [deal(1, 1, "1000", "2026-12-31", deal_type=NEW, status="open")],
        quotas=[
            quota(1, "1000", "2026-10-01", "2026-12-31", measure="growth"),
            quota(1, "500", "2026-10-01", "2026-12-31", measure="renewals"),
        ],
    )
    assert world.results(plan(tmp_path, MATRIX)).estimates["amount"].to_list() == [500]
