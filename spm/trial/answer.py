"""What a trial found, by names: people as emails, deals by the ids of their file, exact numbers as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from spm.explain.line import Names, words
from spm.frames import CONSERVATION, ESTIMATES, LINES, STATEMENTS, Results
from spm.plans import PlanVersion
from spm.trial.facts import Trial

_PEOPLE = {"participant_id": "person", "from_participant_id": "from_person"}
_CENT = -2
_BEYOND = r"(\.\d{2}\d*?)0+$"
"""The zeros after the cent, and what stands before them."""


def figure(value: Any) -> Any:
    """A number as exact text, without zeros beyond the cent: 0.06, 12.50, 0.065; a day as 2026-01-31."""
    if isinstance(value, Decimal):
        exact = value.normalize()
        exponent = exact.as_tuple().exponent
        return f"{exact:f}" if isinstance(exponent, int) and exponent < _CENT else f"{exact:.2f}"
    return value.isoformat() if isinstance(value, date | datetime) else value


def document(trial: Trial, results: Results, versions: Sequence[PlanVersion]) -> dict[str, Any]:
    """The answer for `--json`: statements, totals, lines, estimates and conservation (docs/trying.md)."""
    return {
        "as_of": trial.as_of.isoformat(),
        "plans": [{"name": version.name, "version": version.hash} for version in versions],
        "statements": _records(results.statements.select(*STATEMENTS), trial),
        "totals": totals(trial, results),
        "lines": lines(trial, results, versions),
        "estimates": _records(results.estimates.select(*ESTIMATES), trial),
        "conservation": _records(results.conservation.select(*CONSERVATION), trial),
    }


def totals(trial: Trial, results: Results) -> list[dict[str, Any]]:
    """What each person is paid in all periods, by currency."""
    summed = results.statements.group_by("participant_id", "currency").agg(pl.col("payout").sum())
    ordered = summed.sort("participant_id", "currency")
    return _records(ordered.select("participant_id", "payout", "currency"), trial)


def lines(trial: Trial, results: Results, versions: Sequence[PlanVersion]) -> list[dict[str, Any]]:
    """Every line with its words."""
    named = dict(trial.facts.deals.select("deal_id", "name").iter_rows())
    names = Names.of(named, trial.emails, versions)
    ordered = results.lines.select(*LINES).sort("participant_id", "period", "line_no")
    records = _records(ordered, trial)
    for row, record in zip(ordered.iter_rows(named=True), records, strict=True):
        record["deal"] = named.get(row["deal_id"])
        record["words"] = words(row, names)
    return records


def _records(frame: pl.DataFrame, trial: Trial) -> list[dict[str, Any]]:
    """The rows as they stand in JSON."""
    numbers = [name for name, kind in frame.schema.items() if kind.is_decimal()]
    texts = frame.with_columns(
        *(pl.col(name).cast(pl.String).str.replace(_BEYOND, "${1}") for name in numbers),
        *(_named(name, trial.emails) for name in _PEOPLE if name in frame.columns),
        *(_named(name, trial.deal_ids) for name in ("deal_id",) if name in frame.columns),
    )
    return texts.rename(_PEOPLE, strict=False).to_dicts()


def _named(column: str, names: Mapping[int, str]) -> pl.Expr:
    return pl.col(column).replace_strict(dict(names), default=None, return_dtype=pl.String)
