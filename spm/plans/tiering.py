"""The tiers of a file with all their bounds: what neighbours leave to each other, and what fills the gaps.

The calculation only ever sees tiers that follow each other from 0 upwards without end; `in_gap` says how a file whose
tiers do not is completed.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from spm.plans.model import Tier
from spm.plans.rate_keys import InGap, TierSection
from spm.plans.values import ZERO

Bounds = tuple[Decimal | None, Decimal | None]


def bounds(tiers: tuple[TierSection, ...]) -> list[Bounds]:
    """From and to of each tier, where one of two neighbours may leave their common bound to the other."""
    ends = [tier.end for tier in tiers]
    starts = [tier.start for tier in tiers]
    before = [ZERO, *ends[:-1]]
    after = [*starts[1:], None]
    return [
        (tier.start if tier.start is not None else before[number], tier.end if tier.end is not None else after[number])
        for number, tier in enumerate(tiers)
    ]


def rate_of(tier: TierSection, base_rate: Decimal | None) -> Decimal:
    """What the tier pays: its rate, or its multiplier of the component's base rate."""
    if tier.rate is not None:
        return tier.rate
    return (tier.multiplier or ZERO) * (base_rate or ZERO)


def tiers_of(sections: tuple[TierSection, ...], base_rate: Decimal | None, in_gap: InGap | None) -> tuple[Tier, ...]:
    """The tiers, contiguous from 0 to without end; they are in order."""
    pairs = zip(sections, bounds(sections), strict=True)
    written = [Tier(start or ZERO, end, rate_of(section, base_rate)) for section, (start, end) in pairs]
    return tuple(_filled(written, in_gap or InGap.REFUSE))


def _filled(tiers: list[Tier], in_gap: InGap) -> Iterator[Tier]:
    """Where a neighbour takes over a gap it grows into it; where none does, or none is there, nothing is paid."""
    at = ZERO
    for number, tier in enumerate(tiers):
        start, end = tier.start, tier.end
        following = tiers[number + 1].start if number + 1 < len(tiers) else None
        if start > at and in_gap is not InGap.HIGHER_TIER:
            yield Tier(at, start, ZERO)
        elif start > at:
            start = at
        if end is not None and end != following and in_gap is InGap.LOWER_TIER:
            end = following
        yield Tier(start, end, tier.rate)
        at = end if end is not None else at
    if tiers[-1].end is not None and in_gap is not InGap.LOWER_TIER:
        yield Tier(at, None, ZERO)
