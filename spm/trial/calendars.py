"""A fiscal calendar from the periods of a table."""

from __future__ import annotations

import polars as pl

from problems import Problem
from spm.calendar import Custom
from spm.custom_calendar import PeriodRow, calendar_of
from spm.trial.columns import LINE
from spm.trial.tables import Table


def own_calendar(periods: pl.DataFrame, table: Table) -> tuple[Custom | None, list[Problem]]:
    """The calendar that the rows of a table make."""
    columns = (LINE, "period", "kind", "starts_on", "ends_on")
    rows = [PeriodRow(table.where(row), *others) for row, *others in periods.select(columns).iter_rows()]
    return calendar_of(rows)
