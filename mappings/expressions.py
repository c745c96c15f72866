"""Expressions as the files say them: SQL over the fields of one record, giving one value.

They are evaluated by Polars on whole pages. What may stand in one is written down in `mappings.grammar`; what its
functions are, in `mappings.vocabulary`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from mappings.grammar import Reader
from mappings.tokens import ExpressionError

__all__ = ["Expression", "ExpressionError", "parse"]


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that may be used. `text` is what the file says, `sql` what Polars is given, `fields` the names it
    reads, in order. `numbers`, `texts`, `dates` and `booleans` are the parts of `sql` that must be of that kind,
    `alike` pairs of parts that must be of one kind: `mappings.kinds` checks them once the fields' kinds are known."""

    text: str
    sql: str
    fields: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    booleans: tuple[str, ...] = ()
    alike: tuple[tuple[str, str], ...] = ()

    def polars(self) -> pl.Expr:
        """The expression for a frame that has `fields` as columns."""
        return compiled(self.sql)


@lru_cache(maxsize=4096)
def compiled(sql: str) -> pl.Expr:
    """SQL written by the grammar, as Polars has it. Raises ExpressionError where Polars cannot read it."""
    try:
        return pl.sql_expr(sql)
    except pl.exceptions.PolarsError as error:
        raise ExpressionError(f"it cannot be read: {error}.", "Correct it.") from error


@lru_cache(maxsize=1024)
def parse(text: str) -> Expression:
    """Read an expression as it stands in the file. Raises ExpressionError, with what to write instead."""
    reader = Reader(text)
    part = reader.whole_text()
    demands = reader.demands
    compiled(part.sql)
    return Expression(
        text=text,
        sql=part.sql,
        fields=tuple(dict.fromkeys(demands.fields)),
        numbers=tuple(dict.fromkeys(demands.numbers)),
        texts=tuple(dict.fromkeys(demands.texts)),
        dates=tuple(dict.fromkeys(demands.dates)),
        booleans=tuple(dict.fromkeys(demands.booleans)),
        alike=tuple(dict.fromkeys(demands.alike)),
    )
