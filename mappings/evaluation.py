"""Expressions that fail on a page: the records that make them fail are found, the others keep their values.

A division by zero or a product too large to be exact fails in Polars for the whole page. Halving finds the records
at fault in a handful of further runs.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

Failures = Mapping[int, str]
"""Why an expression could not be calculated, by row."""

BY_ZERO = "it divides by zero"
_REASONS = {  # what Polars says -> what happened; its own texts name values and are not shown
    "division by zero": BY_ZERO,
    "overflow": "the result has too many digits",
    "out of range": "the result has too many digits",
    "conversion from": "a value cannot be converted",
}


def one_by_one(frame: pl.DataFrame, expressions: Mapping[str, pl.Expr]) -> tuple[pl.DataFrame, dict[str, Failures]]:
    """`frame` with every expression as a column of its name, null where it fails; and where each one fails."""
    failures: dict[str, Failures] = {}
    columns: list[pl.Series] = []
    for name, expression in expressions.items():
        failed: dict[int, str] = {}
        pieces = _halved(frame, expression.alias(name), 0, failed)
        columns.append(pl.concat(pieces).alias(name))
        failures[name] = failed
    return frame.with_columns(columns), failures


def _halved(frame: pl.DataFrame, expression: pl.Expr, offset: int, failed: dict[int, str]) -> list[pl.Series]:
    try:
        return [_run(frame, expression)]
    except pl.exceptions.PolarsError as error:
        if frame.height == 1:
            failed[offset] = _said(error)
            empty = _run(frame.clear(), expression)
            return [pl.Series(empty.name, [None], dtype=empty.dtype)]
    half = frame.height // 2
    return [
        *_halved(frame.head(half), expression, offset, failed),
        *_halved(frame.tail(-half), expression, offset + half, failed),
    ]


def _run(frame: pl.DataFrame, expression: pl.Expr) -> pl.Series:
    """The values, as many as there are rows."""
    return frame.with_columns(expression)[expression.meta.output_name()]


def _said(error: Exception) -> str:
    text = str(error).lower()
    return next((plain for sign, plain in _REASONS.items() if sign in text), "it fails on this record")
