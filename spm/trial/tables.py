"""Tables of text with the line of every row: from CSV files, or from the inline tables of a plan file's tests.

Both are read by the same rules afterwards (`columns`), so a case in a plan file means what it means in files.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from problems import Problem

_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text. `frame` has one text column for each name of the header, null where nothing is said; `lines` the
    line of each row in the file that problems call `name`."""

    name: str
    frame: pl.DataFrame
    lines: Sequence[int]

    def where(self, row: int) -> str:
        """`deals.csv:12`, for the row of that index."""
        return f"{self.name}:{self.lines[row]}" if self.lines[row] else self.name

    @property
    def header(self) -> str:
        """Where the names of the columns stand."""
        return f"{self.name}:1" if self.lines and self.lines[0] > 1 else self.name


def read_csv(path: Path) -> tuple[Table | None, list[Problem]]:
    """The table in a CSV file: UTF-8 with or without a mark, fields in quotes, any line ends; separated by commas,
    semicolons or tabs. None where the file cannot be read as a table at all."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if "\0" in text:
            return None, [Problem(str(path), "", "the file is not text.", "Save it as CSV with the encoding UTF-8.")]
        return _table(str(path), text)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        said = "the file is not UTF-8 text."
        return None, [Problem(f"{path}:{line}", "", said, "Save it with the encoding UTF-8.")]
    except FileNotFoundError:
        return None, [Problem(str(path), "", "there is no such file.", "Create it, or correct the path.")]
    except OSError as error:
        said = f"the file cannot be read: {error.strerror}."
        return None, [Problem(str(path), "", said, "Name a CSV file that the user who runs Attain may read.")]
    except csv.Error as error:
        return None, [
            Problem(str(path), "", f"the file is no CSV: {error}.", "Save it as CSV with the encoding UTF-8.")
        ]


def _table(name: str, text: str) -> tuple[Table | None, list[Problem]]:
    rows = _rows(text)
    first = next(rows, None)
    if first is None:
        return None, [Problem(name, "", "the file is empty.", "The first row names the columns.")]
    header = [_column_name(cell) for cell in first[1]]
    while header and not header[-1]:
        header.pop()  # a comma at the end of the row names nothing
    if problems := _header_problems(f"{name}:{first[0]}", header):
        return None, problems
    return _body(name, header, rows)


def _body(name: str, header: list[str], rows: Iterator[tuple[int, list[str]]]) -> tuple[Table, list[Problem]]:
    width, lines, kept = len(header), list[int](), list[list[str | None]]()
    problems = []
    for line, cells in rows:
        values = [cell.strip() or None for cell in cells]
        if not any(values) or _is_comment(values):
            continue
        if any(values[width:]):
            hint = "Put text with a comma in double quotes."
            problems.append(Problem(f"{name}:{line}", "", "has more values than there are columns.", hint))
            continue
        lines.append(line)
        kept.append((values + [None] * width)[:width])
    columns = zip(*kept, strict=True) if kept else [()] * width
    frame = pl.DataFrame([pl.Series(name, cells, dtype=pl.String) for name, cells in zip(header, columns, strict=True)])
    return Table(name, frame, lines), problems


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Every row with the line it begins on."""
    first = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1


def _column_name(cell: str) -> str:
    return "_".join(cell.split())


def _is_comment(values: Sequence[str | None]) -> bool:
    first = values[0] or ""
    return first.startswith("#") and (first.startswith("# ") or not any(values[1:]))


def _header_problems(where: str, header: Sequence[str]) -> list[Problem]:
    lowered = [name.lower() for name in header]
    twice = [
        Problem(where, name, "the column is there twice.", "Keep one of them.")
        for name in dict.fromkeys(lowered)
        if name and lowered.count(name) > 1
    ]
    unnamed = [
        Problem(where, "", f"column {number} has no name.", "Name it, or take it out.")
        for number, name in enumerate(header, 1)
        if not name
    ]
    ours = [
        Problem(where, name, "is a name that Attain uses itself.", "Give the column another name.")
        for name in header
        if name.startswith("$")
    ]
    return [*unnamed, *twice, *ours]


def from_rows(name: str, rows: Sequence[Mapping[str, Any]], lines: Sequence[int]) -> tuple[Table, list[Problem]]:
    """The table that these rows of plain values (as TOML has them) make; `lines` are theirs in the file `name`."""
    header = list(dict.fromkeys(_column_name(key) for row in rows for key in row))
    texts = [{_column_name(key): _text(value) for key, value in row.items()} for row in rows]
    problems = [
        Problem(f"{name}:{line}", key, "is neither a text, a number, a day nor true or false.", "Write one value.")
        for row, line in zip(rows, lines, strict=True)
        for key, value in row.items()
        if isinstance(value, list | Mapping)
    ]
    columns = [pl.Series(key, [row.get(key) for row in texts], dtype=pl.String) for key in header]
    return Table(name, pl.DataFrame(columns, height=len(rows)), lines), problems


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):  # a moment is one, too
        return value.isoformat()
    return None if isinstance(value, list | Mapping) else str(value).strip() or None
