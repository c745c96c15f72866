"""The participants that were asked for, as a condition."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql


def among(column: str, participants: Sequence[int] | None) -> sql.Composable:
    """The condition that a column (`name` or `table.name`) names one of these participants; None is all."""
    if participants is None:
        return sql.SQL("true")
    return sql.SQL("{} = ANY({})").format(sql.Identifier(*column.split(".")), sql.Literal(list(participants)))
