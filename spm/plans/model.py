"""What a plan says, as values: who is credited for what, at which rate, how it is rounded.

A component joins one measure (what counts), one role (for whom), one span it accumulates over and one rate. The
kinds of rate are the members of `Rate`; the engine has one module for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

OWNER = "owner"
REVENUE = "revenue"


class Span(StrEnum):
    """The kinds of fiscal period, by the name the calendar gives them."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class RoundingRule(StrEnum):
    """What happens to the part of an earning below the last place."""

    HALF_UP = "half_up"  # half of the last place goes away from zero: 0.125 is 0.13, -0.125 is -0.13
    HALF_EVEN = "half_even"  # half of the last place goes to the even neighbour
    DOWN = "down"  # cut off, towards zero


class TierBasis(StrEnum):
    """What the bounds of tiers are measured in."""

    ATTAINMENT = "attainment"  # credited / quota of the accumulation span
    AMOUNT = "amount"  # credited, in the plan's currency


class AtBound(StrEnum):
    """Which rate a total exactly on a bound gets, where the whole amount gets one rate."""

    HIGHER_TIER = "higher_tier"
    LOWER_TIER = "lower_tier"


@dataclass(frozen=True, slots=True)
class Rounding:
    """How an earning is rounded: to so many places, by which rule."""

    places: int = 2
    rule: RoundingRule = RoundingRule.HALF_UP


@dataclass(frozen=True, slots=True)
class Measure:
    """What counts: `value` of the deals that meet `condition` (SQL over deal fields), on the day in the field `date`.

    `name` is the name that quotas give it.
    """

    name: str
    value: str
    condition: str | None
    date: str


@dataclass(frozen=True, slots=True)
class Tier:
    """What lies from `start` up to `end` (None: and beyond) earns `rate`, a fraction.

    Bounds are attainments (1 is 100 %) or amounts. The lowest tier starts at 0 and takes what is below it, too.
    """

    start: Decimal
    end: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class FlatRate:
    """Every credit earns the same fraction of it."""

    rate: Decimal


@dataclass(frozen=True, slots=True)
class MarginalTiers:
    """Each slice of what is accumulated earns the rate of the tier it lies in."""

    basis: TierBasis
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class WholeAmountTiers:
    """All that is accumulated earns the rate of the tier that the total has reached; earlier credits are made up."""

    basis: TierBasis
    tiers: tuple[Tier, ...]
    at_bound: AtBound = AtBound.HIGHER_TIER


Rate = FlatRate | MarginalTiers | WholeAmountTiers


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a plan. `role`: `owner`, `revenue` (splits, or else the owner) or another split role."""

    name: str
    measure: Measure
    role: str
    accumulate: Span
    rate: Rate

    @property
    def needs_quota(self) -> bool:
        """Whether nothing can be earned without a quota."""
        return not isinstance(self.rate, FlatRate) and self.rate.basis is TierBasis.ATTAINMENT


@dataclass(frozen=True, slots=True)
class Plan:
    """What people are paid by. Amounts, bounds and earnings are in `currency`; `statement` is how often it pays."""

    name: str
    currency: str
    statement: Span
    rounding: Rounding
    components: tuple[Component, ...]
