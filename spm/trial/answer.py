"""What a trial found, by names: people as emails, deals by the ids of their file, exact numbers as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from spm.explain import explain_statement
from spm.frames import CONSERVATION, ESTIMATES, LINES, STATEMENTS, Results
from spm.plans import PlanVersion
from spm.trial.facts import Trial

_PEOPLE = {"participant_id": "person", "from_participant_id": "from_person"}
_CENT = -2


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
        "statements": [*_records(results.statements, STATEMENTS, trial)],
        "totals": totals(trial, results),
        "lines": lines(trial, results, versions),
        "estimates": [*_records(results.estimates, ESTIMATES, trial)],
        "conservation": [*_records(results.conservation, CONSERVATION, trial)],
    }


def totals(trial: Trial, results: Results) -> list[dict[str, Any]]:
    """What each person is paid in all periods, by currency."""
    summed = results.statements.group_by("participant_id", "currency").agg(pl.col("payout").sum())
    ordered = summed.sort("participant_id", "currency")
    return [*_records(ordered, ("participant_id", "payout", "currency"), trial)]


def lines(trial: Trial, results: Results, versions: Sequence[PlanVersion]) -> list[dict[str, Any]]:
    """Every line with its words."""
    names = dict(trial.facts.deals.select("deal_id", "name").iter_rows())
    told = _words(trial, results, versions)
    found = []
    for row in results.lines.sort("participant_id", "period", "line_no").iter_rows(named=True):
        record = _record(row, LINES, trial)
        words = told.get((row["participant_id"], row["period"], row["line_no"]))
        found.append({**record, "deal": names.get(row["deal_id"]), "words": words})
    return found


def _words(trial: Trial, results: Results, versions: Sequence[PlanVersion]) -> Mapping[tuple[int, str, int], str]:
    """What `attain explain` says of each line, by participant, period and number of the line."""
    deals = trial.facts.deals.select("deal_id", "name")
    key = ["participant_id", "period"]
    parts = results.lines.partition_by(key, as_dict=True)
    told: dict[tuple[int, str, int], str] = {}
    for name, statement in results.statements.partition_by(key, as_dict=True).items():
        person, period = name
        of_statement = parts.get(name, results.lines.clear())
        explained = explain_statement(
            statement, of_statement, deals=deals, person=trial.emails[person], plans=versions, people=trial.emails
        )
        for line in explained.figures["lines"]:
            told[person, period, line["line_no"]] = line["words"]
    return told


def _records(frame: pl.DataFrame, columns: Iterable[str], trial: Trial) -> Iterator[dict[str, Any]]:
    return (_record(row, columns, trial) for row in frame.iter_rows(named=True))


def _record(row: Mapping[str, Any], columns: Iterable[str], trial: Trial) -> dict[str, Any]:
    record = {}
    for column in columns:
        value = row.get(column)
        if column in _PEOPLE:
            record[_PEOPLE[column]] = trial.emails.get(value) if value is not None else None
        elif column == "deal_id":
            record[column] = trial.deal_ids.get(value) if value is not None else None
        else:
            record[column] = figure(value)
    return record
