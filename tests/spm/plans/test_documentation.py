"""docs/plans.md: every example is run, every table of keys is complete."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spm.frames import Results
from spm.plans import load_plan, plan_version
from spm.plans.checks import PLAN_FIELDS
from spm.plans.document import ComponentSection, PlanFile, RoundingSection
from spm.plans.rate_keys import TierSection
from tests.spm.engine.building import World, assignment, deal, fx, quota, split

PAGE = (Path(__file__).parents[3] / "docs" / "plans.md").read_text()
_BLOCK = re.compile(r"```toml(?P<wrong> wrong)?\n(?P<text>.*?)```\n(?P<after>.*?)(?=\n#|```|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Example:
    text: str
    wrong: bool
    after: str
    table: list[dict[str, str]] = field(default_factory=list)

    def path(self, folder: Path) -> Path:
        head = "".join(
            f'{key} = "{value}"\n'
            for key, value in (("name", "Doc"), ("currency", "USD"))
            if f"\n{key} =" not in "\n" + self.text.split("[[")[0]
        )
        path = folder / "plan.toml"
        path.write_text(head + self.text)
        return path

    def world(self, plan: str) -> World:
        rows = enumerate(self.table, 1)
        deals = [deal(number, 1, row["amount"], row["day"], **_fields(row)) for number, row in rows]
        quotas = [quota(1, *found) for found in re.findall(r"quota of (\d+) from (\S+) to ([\d-]+)", self.after)]
        rates = [fx("USD", code, rate) for rate, code in re.findall(r"1 USD = ([\d.]+) ([A-Z]{3})", self.after)]
        shares = re.findall(r"(\d+) % to person (\d)", self.after)
        splits = [split(n, 1, int(who), str(Decimal(share) / 100)) for n, (share, who) in enumerate(shares, 1)]
        return World(deals, splits, quotas, [assignment(1, plan), assignment(2, plan)], rates)


def _fields(row: dict[str, str]) -> dict[str, Any]:
    return {name: text for name, text in row.items() if name in PLAN_FIELDS and name != "amount"}


def _rows(after: str) -> list[dict[str, str]]:
    lines = [line for line in after.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(cells[0], each, strict=True)) for each in cells[2:]]


EXAMPLES = [
    Example(found["text"], bool(found["wrong"]), found["after"], _rows(found["after"]))
    for found in _BLOCK.finditer(PAGE)
]
GOOD = [example for example in EXAMPLES if not example.wrong]


@pytest.mark.parametrize("example", GOOD, ids=range(len(GOOD)))
def test_an_example_pays_what_the_page_says(example: Example, tmp_path: Path) -> None:
    loaded = load_plan(example.path(tmp_path), own_fields={})
    assert loaded.plan, loaded.problems
    assert example.table
    results = example.world(loaded.plan.name).results(plan_version(loaded.plan))
    for number, row in enumerate(example.table, 1):
        told = {1: row.get("pays", row.get("person 1", "0")), 2: row.get("person 2", "0")}
        for person, amount in told.items():
            assert _paid(results, number, person) == Decimal(amount)
        if "in" in row:
            assert _periods(results, number) == row["in"]


def _paid(results: Results, number: int, person: int) -> Decimal:
    return Decimal(results.lines.filter(deal_id=number, participant_id=person)["amount"].sum())


def _periods(results: Results, number: int) -> str:
    rows = results.lines.filter(deal_id=number).select("period", "amount").iter_rows()
    return ", ".join(f"{period}: {amount:.2f}" for period, amount in rows)


@pytest.mark.parametrize("example", [example for example in EXAMPLES if example.wrong], ids=lambda example: "wrong")
def test_a_wrong_example_is_refused_as_the_page_says(example: Example, tmp_path: Path) -> None:
    told = re.findall(r"^    (.*)$", example.after, re.MULTILINE)
    assert [problem.message for problem in load_plan(example.path(tmp_path)).problems] == told


def test_there_are_examples() -> None:
    assert (len(GOOD), len(EXAMPLES)) == (10, 11)


@pytest.mark.parametrize(
    ("keys", "prefix"),
    [(PlanFile, ""), (ComponentSection, ""), (RoundingSection, "rounding.")],
    ids=["plan", "component", "rounding"],
)
def test_every_key_has_a_row(keys: Any, prefix: str) -> None:
    nested = {"rounding"}
    names = [f"{prefix}{name}" for name in keys.model_fields if name not in nested]
    listed = {key for row in re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE) for key in re.findall(r"`(.*?)`", row)}
    assert [name for name in names if name not in listed] == []


def test_the_keys_of_a_tier_are_named() -> None:
    names = [info.alias or name for name, info in TierSection.model_fields.items()]
    assert ", ".join(f"`{name}`" for name in names) + " of each tier" in PAGE


def test_every_field_that_expressions_may_use_is_named() -> None:
    assert [name for name in PLAN_FIELDS if f"`{name}`" not in PAGE] == []
