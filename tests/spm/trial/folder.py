"""A folder with a plan and CSV files, tried."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from attain.cli import main

FLAT = '[[components]]\nname = "Sales"\nrate = "10 %"\n'


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def run(*words: str) -> Said:
    """`attain` with these words."""
    result = CliRunner().invoke(main, list(words))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


@dataclass(frozen=True)
class Folder:
    path: Path

    def plan(self, text: str = FLAT, name: str = "plan") -> str:
        """A plan file with that text; its name and currency are filled in where the text has none."""
        head = "".join(
            f'{key} = "{value}"\n'
            for key, value in (("name", name), ("currency", "USD"))
            if f"\n{key} =" not in "\n" + text.split("[[")[0]
        )
        return self.file(f"{name}.toml", head + text)

    def file(self, name: str, text: str) -> str:
        path = self.path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def tried(self, plan: str | None = None, *options: str, **tables: str) -> Said:
        """`attain plan try` with `--json` on these tables, each the text of a CSV file."""
        files = [
            word
            for name, text in tables.items()
            for word in (f"--{name.replace('_', '-')}", self.file(f"{name}.csv", text))
        ]
        return run("plan", "try", plan or self.plan(), *files, *options, "--json")

    def answer(self, plan: str | None = None, *options: str, **tables: str) -> Any:
        """What it said where all is well."""
        said = self.tried(plan, *options, **tables)
        assert said.code == 0, said.out
        return said.document

    def problems(self, plan: str | None = None, *options: str, **tables: str) -> list[str]:
        """What it found wrong, without the folder."""
        said = self.tried(plan, *options, **tables)
        assert said.code == 1, said.out
        return [
            f"{each['where'].removeprefix(f'{self.path}/')} {each['field']}: {each['message']} {each['hint']}"
            for each in said.document["problems"]
        ]


def paid(answer: Any) -> dict[str, str]:
    """What each person is paid in all periods."""
    return {row["person"]: row["payout"] for row in answer["totals"]}
