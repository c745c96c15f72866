"""What a comparison found, by names: who gains and who loses, and what it costs in all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from spm.trial.answer import figure
from spm.trial.comparing import Comparison

_FIGURES = ("before", "after", "before_with_pipeline", "after_with_pipeline")


def people(found: Comparison, emails: Mapping[int, str]) -> list[dict[str, Any]]:
    """Each person's figures in exact text, those who lose most first; `effect` is `gains`, `loses` or `same`."""
    with_differences = _differences(found.people)
    ordered = with_differences.sort("difference_with_pipeline", "participant_id", "currency")
    rows = ordered.iter_rows(named=True)
    return [{"person": emails[row["participant_id"]], **_shown(row), "effect": _effect(row)} for row in rows]


def totals(found: Comparison) -> list[dict[str, Any]]:
    """What it costs in all, and how many gain and lose, by currency."""
    difference = pl.col("difference_with_pipeline")
    summed = (
        _differences(found.people)
        .group_by("currency")
        .agg(
            pl.col(*_FIGURES, "difference", "difference_with_pipeline").sum(),
            gain=(difference > 0).sum(),
            lose=(difference < 0).sum(),
            same=(difference == 0).sum(),
        )
    )
    counts = ("gain", "lose", "same")
    rows = summed.sort("currency").iter_rows(named=True)
    return [{**_shown(row), **{name: row[name] for name in counts}} for row in rows]


def _differences(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(
        difference=pl.col("after") - pl.col("before"),
        difference_with_pipeline=pl.col("after_with_pipeline") - pl.col("before_with_pipeline"),
    )


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("currency", *_FIGURES, "difference", "difference_with_pipeline")
    return {name: figure(row[name]) for name in names}


def _effect(row: Mapping[str, Any]) -> str:
    difference = row["difference_with_pipeline"]
    return "gains" if difference > 0 else "loses" if difference < 0 else "same"
