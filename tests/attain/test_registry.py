"""Connectors are found by entry point; one that cannot be loaded takes down nothing but itself."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from attain.registry import GROUP, discover

GOOD = """
from pydantic import BaseModel
class Plugin:
    kind = "good"
    settings = BaseModel
    def open(self, name, settings): ...
PLUGIN = Plugin()
"""


@pytest.fixture
def entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def _make(name: str, code: str) -> EntryPoint:
        module = f"attain_test_connector_{len(made)}"
        made.append(module)
        (tmp_path / f"{module}.py").write_text(code)
        return EntryPoint(name, f"{module}:PLUGIN", GROUP)

    yield _make
    for module in made:
        sys.modules.pop(module, None)


def test_both_shipped_connectors_are_found_by_their_entry_points() -> None:
    registry = discover()
    assert {"salesforce", "hubspot"} <= set(registry.plugins)
    assert registry.problems == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise RuntimeError('needs a licence')", "RuntimeError: needs a licence"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit: 3"),  # importing must not end Attain
        ("def (", "SyntaxError"),
        ("OTHER = 1", "AttributeError"),  # nothing of that name in the module
        ("PLUGIN = object()", "no `kind` and `open`"),
        ("class PLUGIN:\n kind = 'x'\n settings = dict\n open = print", "no Pydantic model"),
    ],
)
def test_connector_that_cannot_be_used_says_why_and_leaves_the_others(entry_point, code: str, said: str) -> None:
    registry = discover([entry_point("bad", code), entry_point("good", GOOD)])
    assert set(registry.plugins) == {"good"}
    assert set(registry.broken) == {"bad"}
    problem = registry.problems[0]
    assert problem.where == "connector bad"
    assert said in problem.message
    assert "Install" in problem.hint


def test_module_that_is_not_there_is_a_problem_too() -> None:
    registry = discover([EntryPoint("gone", "attain_no_such_module:PLUGIN", GROUP)])
    assert set(registry.broken) == {"gone"}


def test_second_connector_of_one_kind_is_left_out(entry_point) -> None:
    registry = discover([entry_point("a", GOOD), entry_point("b", GOOD)])
    assert set(registry.plugins) == {"good"}
    assert "already" in registry.problems[0].message
