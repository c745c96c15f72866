"""Which conditions of a plan hold for none of the records at hand: usually a word that the CRM spells otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from spm.engine.inputs import Inputs, prepared
from spm.engine.sources import of_won, on_deals
from spm.frames import Facts
from spm.plans import PlanVersion
from spm.plans.expressions import Refused, parse
from spm.plans.fields import ON_A_DEAL
from spm.plans.model import Component, Source

Path = tuple[str | int, ...]


def unmatched(facts: Facts, version: PlanVersion, today: date) -> Iterator[tuple[Path, str]]:
    """The place in the plan and the text of each condition that holds for no record, open ones too."""
    inputs, _ = prepared(facts, [version], today)
    for number, component in enumerate(version.plan.components):
        records = _records(inputs, component)
        if records.height:
            for path, condition in _conditions(component, ("components", number)):
                if _holds_for(records, condition) == 0:
                    yield path, condition


def _records(inputs: Inputs, component: Component) -> pl.DataFrame:
    source = component.measure.source
    if source is Source.EARNINGS:
        return pl.DataFrame()  # not known before a calculation
    return on_deals(inputs, inputs.deals, source) if source in ON_A_DEAL else of_won(inputs, component)


def _conditions(component: Component, path: Path) -> Iterator[tuple[Path, str]]:
    if component.measure.condition:
        yield (*path, "condition"), component.measure.condition
    for number, rule in enumerate(component.credit):
        if rule.condition:
            yield (*path, "credit", number, "condition"), rule.condition


def _holds_for(records: pl.DataFrame, condition: str) -> int | None:
    """For how many records it holds; None where it cannot be asked of them."""
    try:
        return records.filter(parse(condition)).height
    except (Refused, pl.exceptions.PolarsError):
        return None
