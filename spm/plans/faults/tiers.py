"""Tiers follow each other from 0 upwards, without gaps unless `in_gap` says what a gap pays."""

from __future__ import annotations

from collections.abc import Iterator

from spm.plans.document import ComponentSection
from spm.plans.faults.finding import Finding, Path
from spm.plans.rate_keys import InGap, TierMode, TierSection
from spm.plans.tiering import Bounds, bounds, rate_of
from spm.plans.values import fits

_FILL = "or say what it pays with in_gap = zero, lower_tier or higher_tier."


def tier_findings(component: ComponentSection, path: Path) -> Iterator[Finding]:
    """Gaps, overlaps, order, and what a tier pays."""
    if not component.tiers:
        return
    within = (*path, "tiers")
    known = bounds(component.tiers)
    if component.in_gap in {None, InGap.REFUSE}:
        yield from _ends(known, within)
        yield from _gaps(known, within)
    yield from _order(known, within)
    yield from _paying(component, path)
    if component.tier_mode is TierMode.BASE_PLUS_TOP and len(component.tiers) < 2:
        message = "base_plus_top pays one rate in the first tier and another above it; there is one tier."
        yield Finding((*path, "tier_mode"), message, "Add a tier, or write rate alone.")


def _ends(known: list[Bounds], path: Path) -> Iterator[Finding]:
    if known[0][0] != 0:
        message = f"nothing is said for what lies below {known[0][0]}."
        hint = f"Let the first tier start at 0, with rate = 0 if it pays nothing, {_FILL}"
        yield Finding((*path, 0, "from"), message, hint)
    if known[-1][1] is not None:
        message = f"nothing is said for what lies above {known[-1][1]}."
        hint = f"Leave out `to` of the last tier, add a tier above it, {_FILL}"
        yield Finding((*path, len(known) - 1, "to"), message, hint)


def _gaps(known: list[Bounds], path: Path) -> Iterator[Finding]:
    for number in range(1, len(known)):
        end, start = known[number - 1][1], known[number][0]
        if end is not None and start is not None and start > end:
            message = f"a tier ends at {end} and the next starts at {start}: a gap."
            hint = f"Write from = {end}, or change `to` of the tier before, {_FILL}"
            yield Finding((*path, number, "from"), message, hint)


def _order(known: list[Bounds], path: Path) -> Iterator[Finding]:
    for number, (start, end) in enumerate(known):
        before = known[number - 1][1] if number else start
        if before is None or start is None:
            message = "it is not said where the tier before ends and this one starts."
            yield Finding((*path, number), message, "Write `from` here.")
        elif start < before:
            message = f"a tier ends at {before} and the next starts at {start}: an overlap."
            hint = f"Write from = {before}, or change `to` of the tier before."
            yield Finding((*path, number, "from"), message, hint)
        if start is not None and end is not None and end <= start:
            message = f"the tier from {start} to {end} holds nothing."
            yield Finding((*path, number), message, "Put the tiers in order, each `to` above its `from`.")


def _paying(component: ComponentSection, path: Path) -> Iterator[Finding]:
    for number, tier in enumerate(component.tiers):
        where: Path = (*path, "tiers", number)
        if (tier.rate is None) == (tier.multiplier is None):
            message = "a tier has either a rate or a multiplier of the base_rate."
            yield Finding(
                where, message, "Write rate = 0 for a tier that pays nothing." if _silent(tier) else "Keep one."
            )
        if not fits(rate_of(tier, component.base_rate)):
            message = "base_rate x multiplier has more than ten places."
            yield Finding((*where, "multiplier"), message, "Write the rate itself, rounded as you mean it.")
    multiplied = any(tier.multiplier is not None for tier in component.tiers)
    if multiplied != (component.base_rate is not None):
        hint = "Write base_rate = 0.06 beside the tiers." if multiplied else "Remove it, or write multipliers."
        yield Finding((*path, "base_rate"), "base_rate and a multiplier in the tiers go together.", hint)


def _silent(tier: TierSection) -> bool:
    return tier.rate is None and tier.multiplier is None
