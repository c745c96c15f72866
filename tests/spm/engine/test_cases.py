"""Worked examples that others have published, recomputed (tests/cases, one file a subject).

A case's tables: deals as [owner, amount, day, further fields], splits as [deal, person, share], quotas as [person,
amount, first day, last day], rates as [base, currency, rate]. `parts` are the lines of the only deal.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from spm.frames import Results
from spm.plans import PlanVersion, plan_version
from spm.plans.document import PlanFile
from spm.plans.reading import plan_of
from tests.spm.engine.building import World, assignment, deal, fx, quota, split

FOLDER = Path(__file__).parents[2] / "cases"
CASES = [case for path in sorted(FOLDER.glob("*.json")) for case in json.loads(path.read_text())]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_published_example_comes_out_as_published(case: dict[str, Any]) -> None:
    results = _world(case).results(_plan(case), today=date.fromisoformat(case.get("today", "2026-12-31")))
    expected = case["expected"]
    assert not [problem for problem in results.problems if problem.severity == "error"]
    for column in ("payout", "attainment"):
        if column in expected:
            assert _by_person(results, column, expected[column]) == expected[column]
    if "parts" in expected:
        assert [f"{amount:.2f}" for amount in results.lines["amount"]] == expected["parts"]
    if "total" in expected:
        assert f"{results.lines['amount'].sum():.2f}" == expected["total"]


def test_every_case_names_its_source() -> None:
    assert all(case["source"].startswith("https://") and case["why"] for case in CASES)
    assert len({case["id"] for case in CASES}) == len(CASES) == 13


def _plan(case: dict[str, Any]) -> PlanVersion:
    head = {"name": "Test", "currency": "USD", "rounding": case.get("rounding", {})}
    return plan_version(plan_of(PlanFile.model_validate(head | {"components": case["components"]})))


def _world(case: dict[str, Any]) -> World:
    rows = enumerate(case["deals"], 1)
    deals = [
        deal(number, owner, amount, day, **(rest[0] if rest else {})) for number, (owner, amount, day, *rest) in rows
    ]
    splits = [split(number, *row) for number, row in enumerate(case.get("splits", []), 1)]
    people = {row["owner_participant_id"] for row in deals} | {row["participant_id"] for row in splits}
    quotas = [quota(*row) for row in case.get("quotas", [])]
    rates = [fx(*row) for row in case.get("fx_rates", [])]
    return World(deals, splits, quotas, [assignment(person) for person in sorted(people)], rates)


def _by_person(results: Results, column: str, expected: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The figures that are not zero, with as many places as the case gives."""
    places = max(len(text.partition(".")[2]) for figures in expected.values() for text in figures.values())
    found: dict[str, dict[str, str]] = {}
    for row in results.statements.iter_rows(named=True):
        repeated = column == "attainment" and row["period"] not in expected[str(row["participant_id"])]
        if row[column] and not repeated:
            found.setdefault(str(row["participant_id"]), {})[row["period"]] = f"{row[column]:.{places}f}"
    return found
