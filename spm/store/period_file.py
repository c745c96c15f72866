"""The file of a company's own calendar: one row a period, with its kind and its days."""

from __future__ import annotations

from pathlib import Path

from problems import Problem
from spm.calendar import Custom
from spm.custom_calendar import PeriodRow, calendar_of
from spm.store.rule_files import Columns, Row, read_rows

PERIOD_FILE = Columns(("period", "kind", "starts_on", "ends_on"))


def read_periods(path: Path) -> tuple[Custom | None, list[Problem]]:
    """The calendar of a CSV file (`period,kind,starts_on,ends_on`), or everything that is wrong with it, with lines."""
    rows, problems = read_rows([path], PERIOD_FILE)
    periods = [period for row in rows if (period := _period(row)) is not None]
    if problems:
        return None, problems
    return calendar_of(periods) if periods else (None, [_empty(path)])


def _period(row: Row) -> PeriodRow | None:
    name, kind, first, last = row.text("period"), row.text("kind").lower(), row.text("starts_on"), row.text("ends_on")
    starts_on, ends_on = row.day("starts_on"), row.day("ends_on")
    if not (name and kind and first and last) or starts_on is None or ends_on is None:
        return None
    return PeriodRow(row.where, name, kind, starts_on, ends_on)


def _empty(path: Path) -> Problem:
    return Problem(str(path), "", "has no period.", "Add a row for each period: its name, its kind, its two days.")
