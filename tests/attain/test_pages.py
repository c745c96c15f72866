"""The documentation says what the code does: commands, model, decisions, links."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from attain.cli import main
from attain.model_page import page

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def commands() -> list[tuple[str, ...]]:
    context = click.Context(main)
    found: list[tuple[str, ...]] = []
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        verbs = list(command.commands) if isinstance(command, click.Group) else [""]
        found += [(name, verb) if verb else (name,) for verb in verbs]
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_is_documented(command: tuple[str, ...]) -> None:
    assert f"`attain {' '.join(command)}" in (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_helps_with_an_example(command: tuple[str, ...]) -> None:
    said = CliRunner().invoke(main, [*command, "--help"]).output
    assert f"Example: attain {' '.join(command)}" in said


def test_the_model_s_page_is_what_the_model_says() -> None:
    assert (ROOT / "docs" / "model.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target
