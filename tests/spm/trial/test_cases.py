"""Worked examples that others have published, recomputed: tests/cases, each a plan file whose tests are the figures.

The first lines of each are comments: its name, where it is from, and what it shows in our words.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from spm.plans import load_plan
from spm.trial.plan_tests import run_tests

CASES = sorted((Path(__file__).parents[2] / "cases").glob("*.toml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_published_example_comes_out_as_published(case: Path) -> None:
    assert load_plan(case).problems == ()
    runs = run_tests(case)
    assert runs
    assert [str(problem) for one in runs for problem in one.problems] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_case_names_its_source_and_says_what_it_shows(case: Path) -> None:
    name, source, words, *_ = case.read_text(encoding="utf-8").splitlines()
    assert name == f"# {case.stem}"
    assert source.startswith("# source: https://")
    assert words.startswith("# ")


def test_every_example_at_hand_is_a_case() -> None:
    assert len({case.stem.removesuffix("-months") for case in CASES}) == 30
