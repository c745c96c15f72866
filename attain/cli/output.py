"""What commands print: tables and sentences for people, one JSON document with `--json`, the four exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from problems import Problem

DONE, PROBLEMS_FOUND, WRONG_USAGE, TRY_LATER = 0, 1, 2, 3
"""Exit codes, the same for every command."""


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


class Output:
    """Where a command's words go. Data to stdout, progress and problems to stderr."""

    def __init__(self, *, json_wanted: bool = False) -> None:
        self.json_wanted = json_wanted
        self.screen = Console(highlight=False, soft_wrap=True)
        self.aside = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str = "") -> None:
        """One line for people; nothing with `--json`."""
        if not self.json_wanted:
            self.screen.print(escape(text))

    def heading(self, text: str) -> None:
        """A line that stands out."""
        if not self.json_wanted:
            self.screen.print(f"\n[bold]{escape(text)}[/bold]")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = ()) -> None:
        """A table; the columns named in `numbers` are set right."""
        if self.json_wanted:
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
        for row in rows:
            table.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
        self.screen.print(table)

    def document(self, data: Mapping[str, Any]) -> None:
        """The one JSON document of `--json`; nothing without it."""
        if self.json_wanted:
            sys.stdout.write(json.dumps(data, default=as_json, ensure_ascii=False, indent=2) + "\n")

    def problems(self, found: Sequence[Problem], *, limit: int = 50) -> None:
        """Every problem with its next step, errors first; more than `limit` are counted."""
        ordered = sorted(found, key=lambda problem: problem.severity)
        for problem in ordered[:limit]:
            colour = "red" if problem.severity == "error" else "yellow"
            place = f"{problem.where} ({problem.field})" if problem.field else problem.where
            self.aside.print(f"[{colour}]{problem.severity}[/{colour}] {escape(place)}: {escape(problem.message)}")
            if problem.hint:
                self.aside.print(f"      [dim]{escape(problem.hint)}[/dim]")
        if len(ordered) > limit:
            self.aside.print(f"... and {len(ordered) - limit} more; `attain status --json` lists them all.")


class ProgressBars:
    """Draws `sync.progress.Progress` as bars on stderr, gone when done."""

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
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
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
