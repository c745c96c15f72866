"""TOML files that people write, with the line of everything in them.

Numbers with a point are read as exact decimals, so that a rate or an amount never meets a float.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path as FilePath
from typing import Any

from problems import Problem
from problems.toml_lines import Path, key_lines
from problems.validation import problems_from

__all__ = ["Document", "TomlError", "parse_toml", "problems_from", "read_toml"]

_POSITION = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_PLAINLY = {  # what the reader says -> what a person understands
    "Cannot overwrite a value": "this key is given twice",
    "Cannot declare": "this table is given twice",
    "Invalid value": "the value cannot be read: text stands in quotes, numbers and true/false without",
    "Unclosed array": "an array is not closed with ]",
    "Unterminated string": "a string is not closed with a quote",
}


class TomlError(Exception):
    """The file cannot be read as TOML; `problem` says why, and on which line."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Document:
    """What a TOML file says (`data`), and where it says it. `name` is the file as problems show it."""

    name: str
    data: dict[str, Any]
    text: str = field(repr=False)
    lines: dict[Path, int] = field(repr=False, default_factory=dict)

    def line_of(self, path: Sequence[str | int]) -> int | None:
        """The line of a key, or of the innermost thing around it that stands in the file; None where nothing does."""
        inner = tuple(path)
        while inner and inner not in self.lines:
            inner = inner[:-1]
        return self.lines.get(inner)

    def where(self, path: Sequence[str | int]) -> str:
        """`file.toml:12`, or the file alone where no line is known."""
        line = self.line_of(path)
        return f"{self.name}:{line}" if line else self.name


def read_toml(path: FilePath, *, name: str = "") -> Document:
    """Read a TOML file (UTF-8). Problems call it `name`, by default the path as given.

    Raises TomlError where it is not there, cannot be opened, or is not TOML.
    """
    shown = name or str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")  # editors on Windows write the mark
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise TomlError(
            Problem(f"{shown}:{line}", "", "the file is not UTF-8 text.", "Save it with the encoding UTF-8.")
        ) from error
    except OSError as error:
        raise TomlError(_unreadable(shown, error)) from error
    return parse_toml(text, name=shown)


def parse_toml(text: str, *, name: str) -> Document:
    """Read TOML text that problems call `name`. Raises TomlError where it is not TOML."""
    text = text.replace("\r\n", "\n")
    try:
        return Document(name, tomllib.loads(text, parse_float=_exact), text, key_lines(text))
    except ValueError as error:
        raise TomlError(_not_toml(name, text, str(error))) from error
    except RecursionError as error:
        hint = "Write it with fewer brackets inside each other."
        raise TomlError(Problem(name, "", "arrays or tables are nested too deeply.", hint)) from error


def _exact(number: str) -> Decimal:
    try:
        return Decimal(number)
    except InvalidOperation as error:
        raise ValueError("a number is out of every bound") from error


def _unreadable(name: str, error: OSError) -> Problem:
    if isinstance(error, FileNotFoundError):
        return Problem(name, "", "there is no such file.", "Create it, or correct the path.")
    if isinstance(error, IsADirectoryError):
        return Problem(name, "", "this is a folder, not a file.", "Name the file in it.")
    return Problem(name, "", f"the file cannot be read: {error.strerror}.", "Let the user who runs Attain read it.")


def _not_toml(name: str, text: str, message: str) -> Problem:
    position = _POSITION.search(message)
    line = int(position["line"] or text.rstrip().count("\n") + 1) if position else None
    said = message[: position.start()] if position else message
    plain = next((ours for theirs, ours in _PLAINLY.items() if said.startswith(theirs)), said[:1].lower() + said[1:])
    column = f" (column {position['column']})" if position and position["column"] else ""
    return Problem(
        f"{name}:{line}" if line else name, "", f"not valid TOML: {plain}{column}.", "Correct the file at that line."
    )
