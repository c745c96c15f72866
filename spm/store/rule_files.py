"""CSV files people keep by hand: quotas, assignments, payments, ... Every mistake is named with file and line.

The first row names the columns, in any order. Text is UTF-8. Numbers are exact: digits with a point, no thousands
separators, no currency signs. Days are written 2026-01-31. Empty rows and rows that begin with # are passed over.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from problems import Problem, did_you_mean

_Value = TypeVar("_Value")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"-?[0-9]{1,28}(\.[0-9]{1,10})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file's header must and may name."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its place, its text by column (empty where the file says nothing), and where its problems go."""

    where: str
    values: Mapping[str, str]
    problems: list[Problem]

    def text(self, column: str) -> str:
        """What the row says; nothing is a problem."""
        said = self.values.get(column, "")
        if not said:
            self.wrong(column, "is empty.", "Fill it in, or take the row out.")
        return said

    def day(self, column: str) -> date | None:
        """A day, None where the row says nothing."""
        return self._read(column, _day, "is no day.", "Write days as 2026-01-31.")

    def number(self, column: str) -> Decimal | None:
        """An exact number, None where the row says nothing."""
        hint = "Write digits with a point, such as 1250000.50: no separators, no currency sign."
        return self._read(column, _number, "is no number that can be kept exactly.", hint)

    def currency(self, column: str) -> str | None:
        """A currency, None where the row says nothing."""
        return self._read(column, _currency, "is no currency.", "Write its three capital letters, such as EUR.")

    def email(self, column: str = "email", hint: str = "Write an email.") -> str:
        """An email in lower case; nothing, or no email, is a problem."""
        said = self.text(column).lower()
        if said and "@" not in said:
            self.wrong(column, f"{said!r} is no email.", hint)
        return said

    def first_day(self, column: str = "starts_on") -> date | None:
        """A day that has to be there; nothing is a problem."""
        self.text(column)
        return self.day(column)

    def last_day(self, starts_on: date | None) -> date | None:
        """What `ends_on` says, None where it says nothing; a day before the first is a problem."""
        ends_on = self.day("ends_on")
        if starts_on is not None and ends_on is not None and ends_on < starts_on:
            self.wrong("ends_on", f"{ends_on} is before {starts_on}, the first day.", "Correct one of the two days.")
        return ends_on

    def _read(self, column: str, read: Callable[[str], _Value], message: str, hint: str) -> _Value | None:
        said = self.values.get(column, "")
        if not said:
            return None
        try:
            return read(said)
        except ValueError:
            self.wrong(column, f"{said!r} {message}", hint)
            return None

    def wrong(self, column: str, message: str, hint: str) -> None:
        """Note an error of this row."""
        self.problems.append(Problem(self.where, column, message, hint))


def _day(said: str) -> date:
    if not _DAY.fullmatch(said):
        raise ValueError(said)
    return date.fromisoformat(said)


def _number(said: str) -> Decimal:
    if not _NUMBER.fullmatch(said):
        raise ValueError(said)
    return Decimal(said)


def _currency(said: str) -> str:
    if not _CURRENCY.fullmatch(said):
        raise ValueError(said)
    return said


def read_rows(paths: Sequence[Path], columns: Columns) -> tuple[list[Row], list[Problem]]:
    """Every row of these files whose header is right, and the list that all problems go to, those of headers first."""
    problems: list[Problem] = []
    rows = [row for path in paths for row in _file(path, columns, problems)]
    return rows, problems


def _file(path: Path, columns: Columns, problems: list[Problem]) -> Iterator[Row]:
    try:
        rows = _numbered(path.read_bytes().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        said = f"cannot be read: {_reason(error)}."
        problems.append(Problem(str(path), "", said, "Correct the file, or its name in [plans]."))
        return
    header = [name.lower() for name in rows[0][1]] if rows else []
    if found := _header_problems(f"{path}:1", header, columns):
        problems += found
        return
    for line, values in rows[1:]:
        if not any(values) or values[0].startswith("#"):
            continue
        if len(values) > len(header):
            hint = "Put text with a comma in double quotes."
            problems.append(Problem(f"{path}:{line}", "", "has more values than there are columns.", hint))
            continue
        yield Row(f"{path}:{line}", dict(zip(header, values, strict=False)), problems)


def _numbered(text: str) -> list[tuple[int, list[str]]]:
    """Every row, with the line it begins on. Raises csv.Error where the text is no table that can be stored."""
    if "\0" in text:
        raise csv.Error("it has a NUL character")  # which PostgreSQL cannot hold
    reader = csv.reader(io.StringIO(text, newline=""))
    rows, begins = [], 1
    for values in reader:
        rows.append((begins, [value.strip() for value in values]))
        begins = reader.line_num + 1
    return rows


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return str(error.strerror if isinstance(error, OSError) else error)


def _header_problems(where: str, header: Sequence[str], columns: Columns) -> list[Problem]:
    known = (*columns.required, *columns.optional)
    row = f"The first row names the columns: {','.join(known)}."
    unknown = [
        Problem(where, name, f"{name!r} is no column of this file.", did_you_mean(name, known, row))
        for name in header
        if name not in known
    ]
    missing = [Problem(where, name, "the column is missing.", row) for name in columns.required if name not in header]
    twice = [
        Problem(where, name, "the column is there twice.", "Keep one of them.")
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]
    return [*unknown, *missing, *twice]
