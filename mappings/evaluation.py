"""Expressions run on whole pages; where a page fails, the records that make it fail are found and left empty.

A division by zero or a product too large to be exact fails in Polars for the whole page. Halving finds the records
at fault in a handful of further runs; the others keep their values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mappings.expressions import Expression


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The values of one expression, and, by row, why it could not be calculated there."""

    values: pl.Series
    failures: Mapping[int, str]


def evaluate(frame: pl.DataFrame, expressions: Mapping[str, Expression]) -> dict[str, Evaluated]:
    """Every expression on every row of `frame`, all in one pass where nothing fails."""
    try:
        done = frame.with_columns([value.polars().alias(f"={name}") for name, value in expressions.items()])
    except pl.exceptions.PolarsError:
        return {name: _one(frame, name, value) for name, value in expressions.items()}
    return {name: Evaluated(done[f"={name}"], {}) for name in expressions}


def _one(frame: pl.DataFrame, name: str, expression: Expression) -> Evaluated:
    failures: dict[int, str] = {}
    dtype = _run(frame.clear(), name, expression).dtype
    pieces = _halved(frame, name, expression, (0, dtype), failures)
    return Evaluated(pl.concat(pieces) if pieces else pl.Series(f"={name}", [], dtype=dtype), failures)


def _halved(
    frame: pl.DataFrame, name: str, expression: Expression, at: tuple[int, pl.DataType], failures: dict[int, str]
) -> list[pl.Series]:
    offset, dtype = at
    try:
        return [_run(frame, name, expression).cast(dtype)]
    except pl.exceptions.PolarsError as error:
        if frame.height == 1:
            failures[offset] = _said(error)
            return [pl.Series(f"={name}", [None], dtype=dtype)]
    half = frame.height // 2
    return [
        *_halved(frame.head(half), name, expression, at, failures),
        *_halved(frame.tail(-half), name, expression, (offset + half, dtype), failures),
    ]


def _run(frame: pl.DataFrame, name: str, expression: Expression) -> pl.Series:
    return frame.with_columns(expression.polars().alias(f"={name}"))[f"={name}"]


def _said(error: Exception) -> str:
    """Polars' reason in a few plain words; its texts name values, which may not be shown."""
    text = str(error).lower()
    reasons = {"division by zero": "it divides by zero", "overflow": "the result has too many digits"}
    reasons |= {"out of range": "the result has too many digits", "conversion from": "a value cannot be converted"}
    return next((plain for sign, plain in reasons.items() if sign in text), "it fails on this record")
