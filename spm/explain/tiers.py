"""How the tiers of a plan are told: ` up to quota`, ` above 150 % of quota`, ` for a total from 20,000.00`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from spm import wording
from spm.plans import PlanVersion
from spm.plans.model import AtBound, BasePlusTop, Component, MarginalTiers, Tier, TierBasis, Unit, WholeAmountTiers

_Tiers = MarginalTiers | WholeAmountTiers | BasePlusTop


@dataclass(frozen=True, slots=True)
class Told:
    """How a component's lines are told: whether it counts pieces and not money, what its bounds are measured in (None:
    it has none), and each of its tiers."""

    pieces: bool = False
    basis: TierBasis | None = None
    tiers: Mapping[int, str] = field(default_factory=dict)

    @property
    def in_money(self) -> bool:
        """Whether the bounds of its lines are amounts of money."""
        return not self.pieces and self.basis is not TierBasis.COUNT

    def bound(self, at: Decimal) -> str:
        """A bound as a line has it: an amount, a number of pieces or of credits."""
        return wording.amount(at) if self.in_money else wording.number(at)


def told_of(version: PlanVersion) -> dict[str, Told]:
    """How each component of the plan is told, by its name."""
    return {component.name: _told(component) for component in version.plan.components}


def labels(version: PlanVersion) -> dict[tuple[str, int], str]:
    """How each tier of each component is told, from ` up to quota` to ` above 150 % of quota`."""
    return {(name, number): label for name, told in told_of(version).items() for number, label in told.tiers.items()}


def _told(component: Component) -> Told:
    rate, pieces = component.rate, component.measure.unit is Unit.NUMBER
    if not isinstance(rate, _Tiers):
        return Told(pieces)
    named = {number: _label(tier, number, rate, pieces=pieces) for number, tier in enumerate(rate.tiers, 1)}
    return Told(pieces, rate.basis, named)


def _label(tier: Tier, number: int, rate: _Tiers, *, pieces: bool) -> str:
    start = _bound(tier.start, rate.basis, pieces=pieces)
    end = "" if tier.end is None else _bound(tier.end, rate.basis, pieces=pieces)
    if isinstance(rate, MarginalTiers):
        return f" up to {end}" if end else f" above {start}" if number > 1 else ""
    higher = rate.at_bound is AtBound.HIGHER_TIER
    if number > 1:
        return f" for a total {'from' if higher else 'above'} {start}"
    return f" for a total {'below' if higher else 'up to'} {end}" if end else ""


def _bound(at: Decimal, basis: TierBasis, *, pieces: bool) -> str:
    if basis is TierBasis.COUNT:
        return f"{wording.number(at)} credit{'' if at == 1 else 's'}"
    if basis is TierBasis.AMOUNT:
        return wording.number(at) if pieces else wording.amount(at)
    return "quota" if at == 1 else f"{wording.percent(at)} of quota"
