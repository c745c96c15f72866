"""What a component counts over which span, and what can be asked of records of that source."""

from __future__ import annotations

from collections.abc import Iterator

from spm.plans.document import ComponentSection
from spm.plans.faults.finding import Finding, Path
from spm.plans.fields import ON_A_DEAL
from spm.plans.model import REVENUE, Pays, Source, Span, TierBasis, Unit
from spm.plans.rate_keys import StepsPays

_NEEDS_DEAL = {
    "hold": "what is held is released by what happens to a deal",
    "clawback": "what is taken back was paid for a deal",
}


def span_findings(component: ComponentSection, path: Path) -> Iterator[Finding]:
    """Spans, days, and keys that mean nothing for the source."""
    if component.starts_on and component.ends_on and component.ends_on < component.starts_on:
        message = f"it ends on {component.ends_on}, before it starts on {component.starts_on}."
        yield Finding((*path, "ends_on"), message, "Write the later day.")
    if component.accumulate is Span.DEAL:
        yield from _one_deal(component, path)
    yield from _units(component, path)
    yield from _source(component, path)
    yield from _team(component, path)


def _one_deal(component: ComponentSection, path: Path) -> Iterator[Finding]:
    where = (*path, "accumulate")
    hint = 'Write tier_by = "amount" (curve_by, steps_by), or another span.'
    bases = {component.tier_by, component.curve_by, component.steps_by}
    if TierBasis.ATTAINMENT in bases:
        yield Finding(where, "there is no quota for one deal, so it has no attainment.", hint)
    if TierBasis.COUNT in bases:
        yield Finding(where, "one deal alone is always the first, so a count says nothing.", hint)
    if component.matrix:
        yield Finding(where, "a matrix is about results of a period, not of one deal.", "Write another span.")
    if component.pool:
        yield Finding(where, "a team shares what a period brings, not one deal.", "Write another span.")
    if component.curve_pays is Pays.TARGET or component.steps_pays is StepsPays.TARGET:
        yield Finding(
            where, "there is no target incentive for one deal.", "Pay amounts or rates, or write another span."
        )


def _units(component: ComponentSection, path: Path) -> Iterator[Finding]:
    if component.per_unit is not None and component.unit is Unit.MONEY:
        hint = "Remove unit, or write rate for a share of the money."
        yield Finding((*path, "unit"), "an amount a piece needs pieces, not money.", hint)
    if component.unit is Unit.MONEY and component.source is Source.ACTIVITIES:
        yield Finding((*path, "unit"), "activities have no currency.", "Remove unit.")
    if component.unit is Unit.NUMBER and component.source is Source.EARNINGS:
        yield Finding((*path, "unit"), "earnings are money.", "Remove unit.")


def _source(component: ComponentSection, path: Path) -> Iterator[Finding]:
    if component.source is Source.ENTRIES and "measure" not in component.model_fields_set:
        message = "entries are counted by the measure they name, and none is named here."
        yield Finding((*path, "measure"), message, 'Write measure = "mbo", as the entries have it.')
    if component.source in ON_A_DEAL:
        return
    what = component.source.value
    for key, why in _NEEDS_DEAL.items():
        if getattr(component, key):
            yield Finding((*path, key), f"{what} are no deals: {why}.", "Remove it.")
    if component.role != REVENUE:
        yield Finding((*path, "role"), f"{what} are credited to whom they belong, without roles.", "Remove it.")
    if component.source is Source.EARNINGS:
        for key in ("credit", "budget", "pool"):
            if getattr(component, key):
                yield Finding((*path, key), f"{key} means nothing where others' earnings are counted.", "Remove it.")


def _team(component: ComponentSection, path: Path) -> Iterator[Finding]:
    pool = component.pool
    if not pool:
        return
    if (pool.rate is None) == (pool.amount is None):
        yield Finding(
            (*path, "pool"), "a pool is either a rate of what the team sold or an amount.", "Keep one of the two."
        )
    if pool.at_least is not None and pool.amount is None:
        yield Finding(
            (*path, "pool", "at_least"),
            "at_least says from where an amount is there; a rate is shared from the first deal on.",
            "Remove at_least, or write gates = [{ at_least = ... }] for the component.",
        )
    if component.roll_up:
        yield Finding((*path, "roll_up"), "a pool already counts what the whole team sold.", "Remove roll_up.")
    if component.budget is not None:
        yield Finding((*path, "budget"), "a pool is bounded by its own amount.", "Remove budget.")
