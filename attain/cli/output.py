"""What commands print: tables and sentences for people, one JSON document with `--json`, the four exit codes.

Names come from CRMs, where anybody may write anything: nothing in them is markup, and no control character of theirs
reaches a terminal, which could be told by it to show other figures.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from problems import Problem

DONE, PROBLEMS_FOUND, WRONG_USAGE, TRY_LATER, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes, the same for every command; the last is the shell's for Ctrl-C."""

_SHOWN_ALIKE = 5
_JOINERS = "\u200c\u200d"  # parts of words in Persian and Hindi, and of emoji
_WIDTH = 140  # where nobody says how wide the screen is: a log, a pipe


def as_json(value: object) -> Any:
    """JSON values of our types: money and dates as text, exactly."""
    match value:
        case Decimal():
            return format(value, "f")
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case _:
            raise TypeError(f"no JSON form for {type(value).__name__}")


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = _WIDTH
    return console


class Output:
    """Where a command's words go. Data to stdout, progress and problems to stderr."""

    def __init__(self, *, json_wanted: bool = False, lists_all: str = "attain status --json") -> None:
        self.json_wanted = json_wanted
        self.lists_all = lists_all  # the command that shows every problem
        self._begun = False
        self.screen = _console(stderr=False)
        self.aside = _console(stderr=True)

    def say(self, text: str = "") -> None:
        """One line for people; nothing with `--json`."""
        if not self.json_wanted:
            self._begun = True
            self.screen.print(plain(text))

    def heading(self, text: str) -> None:
        """A line that stands out."""
        if not self.json_wanted:
            self.screen.print(Text("\n" * self._begun), plain(text, "bold"), sep="")
            self._begun = True

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = ()) -> None:
        """A table; the columns named in `numbers` are set right. Nothing where there is no row."""
        rows = list(rows)
        if self.json_wanted or not rows:
            return
        self._begun = True
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
        for row in rows:
            table.add_row(*("" if cell is None else plain(str(cell)) for cell in row))
        self.screen.print(table)

    def document(self, data: Mapping[str, Any], *, compact: bool = False) -> None:
        """The one JSON document of `--json`; nothing without it. `compact`: on one line, for a large one."""
        if self.json_wanted:
            text = json.dumps(data, default=as_json, ensure_ascii=False, indent=None if compact else 2)
            # a file's name may hold bytes that are no text: written as \udcff, which is how JSON writes them
            sys.stdout.write(text.encode(errors="backslashreplace").decode() + "\n")

    def problems(self, found: Sequence[Problem]) -> None:
        """Every problem with its next step, errors first; of many alike the first few, and how many more."""
        self.screen.file.flush()  # what was said before stays before, also where both go to one file
        for alike in _alike(found):
            for problem in alike[:_SHOWN_ALIKE]:
                self._problem(problem)
            if alike[0].hint:
                self.aside.print(plain(f"      {alike[0].hint}", "dim"))
            if len(alike) > _SHOWN_ALIKE:
                more = len(alike) - _SHOWN_ALIKE
                self.aside.print(plain(f"      and {more} more like it; `{self.lists_all}` lists them all.", "dim"))

    def _problem(self, problem: Problem) -> None:
        colour = "red" if problem.severity == "error" else "yellow"
        place = f"{problem.where} ({problem.field})" if problem.field else problem.where
        self.aside.print(plain(problem.severity, colour), plain(f"{place}: {problem.message}"))


def plain(text: str, style: str = "") -> Text:
    """The text as it is, every character that would steer the terminal or turn the line around written out."""
    shown = "".join(mark if mark == "\n" or not _steers(mark) else repr(mark)[1:-1] for mark in text)
    return Text(shown, style)


def _steers(mark: str) -> bool:
    return unicodedata.category(mark) in ("Cc", "Cf", "Cs") and mark not in _JOINERS


def _alike(found: Sequence[Problem]) -> list[list[Problem]]:
    """Problems with the same next step together, errors first."""
    groups: dict[tuple[str, str], list[Problem]] = {}
    for problem in sorted(found, key=lambda problem: problem.severity):
        groups.setdefault((problem.severity, problem.hint), []).append(problem)
    return list(groups.values())


class ProgressBars:
    """Draws `sync.progress.Progress` as bars on stderr, gone when done; nothing where stderr is no terminal."""

    def __init__(self, console: Console) -> None:
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> ProgressBars:
        if self._bars.console.is_terminal:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars.console.is_terminal:  # elsewhere there is no bar to take away
            self._bars.stop()

    def begin(self, task: str, total: int | None = None) -> None:
        """A bar appears."""
        self._tasks[task] = self._bars.add_task(escape(task), total=total)

    def advance(self, task: str, done: int, total: int | None = None) -> None:
        """It moves on."""
        if total is not None:
            self._bars.update(self._tasks[task], total=total)
        self._bars.advance(self._tasks[task], done)

    def end(self, task: str) -> None:
        """It goes away."""
        self._bars.remove_task(self._tasks.pop(task))


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`, `1,200 errors`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def money(amount: Decimal | None, currency: str | None = None) -> str:
    """An amount for people: thousands separated, two places, its currency behind."""
    if amount is None:
        return "-"
    text = f"{amount:,.2f}"
    return f"{text} {currency}" if currency else text


def percent(share: Decimal | None) -> str:
    """A fraction as a percentage with one place."""
    return "-" if share is None else f"{share * 100:,.1f} %"


def problems_as_json(found: Iterable[Problem]) -> list[dict[str, str]]:
    """Problems for a JSON document."""
    return [problem.as_dict() for problem in found]
