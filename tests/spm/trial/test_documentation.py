"""docs/trying.md: its examples run, its tables are complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spm.frames import CAUSES, LINES, STATEMENTS
from spm.trial.files import COLUMNS
from spm.trial.plan_tests import run_tests
from tests.spm.trial.folder import Folder

PAGE = (Path(__file__).parents[3] / "docs" / "trying.md").read_text()
PLANS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
TABLES = dict(re.findall(r"```csv (\w+)\n(.*?)```", PAGE, re.DOTALL))


def test_the_example_pays_what_the_page_says(folder: Folder) -> None:
    answer = folder.answer(folder.plan(PLANS[0]), "--as-of", "2026-02-28", **TABLES)
    header, _, *rows = [
        line.strip("| ").split(" | ")
        for line in re.findall(r"^\|.*@.*\||^\| person \|.*|^\|---\|---\|---\|---\|---\|", PAGE, re.MULTILINE)
    ]
    found = [[statement[name] for name in header] for statement in answer["statements"]]
    assert rows == found
    assert [row["deal_id"] for row in answer["estimates"]] == ["4"]


def test_the_test_on_the_page_passes(folder: Folder) -> None:
    assert [one.problems for one in run_tests(Path(folder.plan(PLANS[1])))] == [()]


@pytest.mark.parametrize("table", COLUMNS)
def test_every_column_of_every_table_is_documented(table: str) -> None:
    row = re.search(rf"^\| `--{table.replace('_', '-')}` \|.*$", PAGE, re.MULTILINE)
    assert row, table
    assert [column.name for column in COLUMNS[table] if f"`{column.name}`" not in row.group()] == []


def test_every_figure_and_cause_of_the_answer_is_documented() -> None:
    names = {"participant_id": "person", "from_participant_id": "from_person"}
    words = [names.get(name, name) for name in (*LINES, *STATEMENTS)] + list(CAUSES)
    assert [word for word in words if f"`{word}`" not in PAGE] == []
