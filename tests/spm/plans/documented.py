"""The examples of docs/plans.md: a plan, the facts around it, and what the page says they pay.

Small examples have one deal a row, with what it pays beside it; the others have CSV blocks as `attain plan try` takes
them, and a table of statements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from spm.frames import Results
from spm.plans import load_plan, plan_version
from spm.plans.checks import PLAN_FIELDS
from spm.trial import Tried, Wanted, read_tables, tried
from tests.spm.engine.building import World, assignment, deal, fx, quota, split

PAGE = (Path(__file__).parents[3] / "docs" / "plans.md").read_text()
_BLOCK = re.compile(r"```toml(?P<wrong> wrong)?\n(?P<text>.*?)```\n(?P<after>.*?)(?=\n#|```toml|\Z)", re.DOTALL)
_CSV = re.compile(r"```csv (?P<name>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
_TABLE = re.compile(r"(?:^\|.*\n?)+", re.MULTILINE)
_FIGURES = {"pays": "payout"}
"""What a column of a table of statements is called in frames.STATEMENTS, where not the same."""

Row = dict[str, str]


@dataclass(frozen=True)
class Example:
    """One plan of the page and what follows it."""

    text: str
    wrong: bool
    after: str

    @property
    def name(self) -> str:
        """What the test is called: the first component, or the first thing that is wrong."""
        found = re.search(r'\[\[components\]\]\nname = "(.*?)"', self.text)
        return found[1] if found else "plan"

    @property
    def tables(self) -> dict[str, str]:
        """The CSV blocks by name."""
        return {found["name"]: found["text"] for found in _CSV.finditer(self.after)}

    @property
    def rows(self) -> list[Row]:
        """The table of what is paid: the first that follows."""
        table = _TABLE.search(_CSV.sub("", self.after))
        lines = table.group().splitlines() if table else []
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        return [dict(zip(cells[0], each, strict=True)) for each in cells[2:]] if cells else []

    def path(self, folder: Path) -> Path:
        """The file, with the name and the currency that the page leaves out."""
        top = "\n" + self.text.split("[[components]]", maxsplit=1)[0].split("\n[", maxsplit=1)[0]
        left_out = (("name", "Doc"), ("currency", "USD"))
        head = "".join(f'{key} = "{value}"\n' for key, value in left_out if f"\n{key} =" not in top)
        path = folder / "plan.toml"
        path.write_text(head + self.text)
        return path

    def tried(self, folder: Path) -> Tried:
        """The plan on the CSV blocks."""
        files = {name: folder / f"{name}.csv" for name in self.tables}
        for name, path in files.items():
            path.write_text(self.tables[name])
        tables, problems = read_tables(files)
        assert problems == []
        as_of = re.search(r"^As of ([\d-]+)\.", self.after, re.MULTILINE)
        return tried([self.path(folder)], tables, Wanted(as_of=date.fromisoformat(as_of[1]) if as_of else None))

    def world(self, plan: str) -> World:
        """The deals of the table, and what the sentences before it say."""
        rows = enumerate(self.rows, 1)
        deals = [deal(number, 1, row["amount"], row["day"], **_fields(row)) for number, row in rows]
        quotas = [quota(1, *found) for found in re.findall(r"quota of (\d+) from (\S+) to ([\d-]+)", self.after)]
        rates = [fx("USD", code, rate) for rate, code in re.findall(r"1 USD = ([\d.]+) ([A-Z]{3})", self.after)]
        shares = re.findall(r"(\d+) % to person (\d)", self.after)
        splits = [split(n, 1, int(who), str(Decimal(share) / 100)) for n, (share, who) in enumerate(shares, 1)]
        return World(deals, splits, quotas, [assignment(1, plan), assignment(2, plan)], rates)


def _fields(row: Row) -> dict[str, Any]:
    return {name: text for name, text in row.items() if name in PLAN_FIELDS and name != "amount"}


def examples(page: str = PAGE) -> list[Example]:
    """All of them, in the order of the page."""
    return [Example(found["text"], bool(found["wrong"]), found["after"]) for found in _BLOCK.finditer(page)]


def check(example: Example, folder: Path) -> None:
    """Raises AssertionError where the example does not pay what the page says."""
    assert example.rows
    if "person" in example.rows[0]:
        _check_statements(example, folder)
    else:
        _check_deals(example, folder)


def _check_statements(example: Example, folder: Path) -> None:
    done = example.tried(folder)
    assert done.results is not None, done.problems
    assert done.trial is not None
    assert [problem for problem in done.problems if problem.severity == "error"] == []
    emails = done.trial.emails
    statements = {(emails[each["participant_id"]], each["period"]): each for each in done.results.statements.to_dicts()}
    told = {(row.pop("person"), row.pop("period")): row for row in example.rows}
    said = {key: {name: Decimal(text) for name, text in row.items()} for key, row in told.items()}
    found = {key: {name: statements[key][_FIGURES.get(name, name)] for name in row} for key, row in said.items()}
    assert found == said
    assert {key: each["payout"] for key, each in statements.items() if key not in told and each["payout"]} == {}


def _check_deals(example: Example, folder: Path) -> None:
    loaded = load_plan(example.path(folder), own_fields={})
    assert loaded.plan, loaded.problems
    results = example.world(loaded.plan.name).results(plan_version(loaded.plan))
    for number, row in enumerate(example.rows, 1):
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
