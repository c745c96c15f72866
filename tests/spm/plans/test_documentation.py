"""docs/plans.md: every example is run, every table of keys is complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from spm.plans import load_plan
from spm.plans.checks import PLAN_FIELDS
from spm.plans.document import ComponentSection, PlanFile
from spm.plans.fields import fields_for
from spm.plans.model import Source
from spm.plans.rate_keys import TierSection
from spm.store.hand_rules import ABSENCE_FILE, ENTRY_FILE, HIERARCHY_FILE, LINE_ITEM_FILE, PAYMENT_FILE
from spm.store.rule_files import Columns
from spm.store.rules import ASSIGNMENT_FILE, QUOTA_FILE, RATE_FILE
from tests.spm.plans.documented import PAGE, Example, check, examples

EXAMPLES = examples()
GOOD = [example for example in EXAMPLES if not example.wrong]
WRONG = [example for example in EXAMPLES if example.wrong]


@pytest.mark.parametrize("example", GOOD, ids=lambda example: example.name)
def test_an_example_pays_what_the_page_says(example: Example, tmp_path: Path) -> None:
    check(example, tmp_path)


@pytest.mark.parametrize("example", WRONG, ids=lambda example: example.name)
def test_a_wrong_example_is_refused_as_the_page_says(example: Example, tmp_path: Path) -> None:
    told = re.findall(r"^    (.*)$", example.after, re.MULTILINE)
    assert [problem.message for problem in load_plan(example.path(tmp_path)).problems] == told


def test_there_are_examples() -> None:
    assert (len(GOOD), len(WRONG)) == (71, 1)


def _listed() -> set[str]:
    """The keys in the first column of every table."""
    rows = re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`(.*?)`", row)}


def _sections(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The model and every table inside it, the plan's tests aside (docs/trying.md)."""
    found = {model}
    for name, info in model.model_fields.items():
        if name != "tests":
            inner = _models(info.annotation)
            found |= {section for each in inner for section in _sections(each)}
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


SECTIONS = sorted(_sections(PlanFile), key=lambda section: section.__name__)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_key_has_a_row(section: type[BaseModel]) -> None:
    inside = {"TierSection", "PointSection", "FactorSection"}  # told in the row of the list that holds them
    keys = [info.alias or name for name, info in section.model_fields.items()]
    rounding = [f"rounding.{key}" for key in keys] if section.__name__ == "RoundingSection" else keys
    if section.__name__ in inside:
        assert [key for key in keys if f"`{key}`" not in PAGE and f" {key}" not in PAGE] == []
    else:
        assert [key for key in rounding if key not in _listed() and key != "rounding"] == []


def test_every_table_of_the_language_is_checked() -> None:
    assert ComponentSection in SECTIONS
    assert len(SECTIONS) == 21


def test_the_keys_of_a_tier_are_named() -> None:
    names = [info.alias or name for name, info in TierSection.model_fields.items()]
    assert ", ".join(f"`{name}`" for name in names) + " of each tier" in PAGE


def test_every_field_that_expressions_may_use_is_named() -> None:
    assert [name for name in PLAN_FIELDS if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("source", Source)
def test_every_field_of_every_source_is_named(source: Source) -> None:
    row = re.search(rf"^\| `{source}` \|.*$", PAGE, re.MULTILINE)
    assert row
    own = fields_for(source, None) if source is not Source.DEALS else {}
    assert [name for name in own if name not in {*PLAN_FIELDS, "deal_amount"} and f"`{name}`" not in row.group()] == []


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("assignments", ASSIGNMENT_FILE),
        ("quotas", QUOTA_FILE),
        ("fx_rates", RATE_FILE),
        ("hierarchy", HIERARCHY_FILE),
        ("absences", ABSENCE_FILE),
        ("entries", ENTRY_FILE),
        ("payments", PAYMENT_FILE),
        ("line_items", LINE_ITEM_FILE),
    ],
)
def test_every_column_of_every_file_is_named(file: str, columns: Columns) -> None:
    row = re.search(rf"^\| `plans.{file}` \| (.*?) \|", PAGE, re.MULTILINE)
    assert row
    required, _, optional = row[1].partition("(")
    assert re.findall("`(.*?)`", required) == list(columns.required)
    assert re.findall("`(.*?)`", optional) == list(columns.optional)
