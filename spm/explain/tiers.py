"""How the tiers of a plan are told: ` up to quota`, ` above 150 % of quota`, ` for a total from 20,000.00`."""

from __future__ import annotations

from decimal import Decimal

from spm import wording
from spm.plans import PlanVersion
from spm.plans.model import AtBound, FlatRate, MarginalTiers, Tier, TierBasis, WholeAmountTiers

_Tiers = MarginalTiers | WholeAmountTiers


def labels(version: PlanVersion) -> dict[tuple[str, int], str]:
    """How each tier of each component is told, from ` up to quota` to ` above 150 % of quota`."""
    told: dict[tuple[str, int], str] = {}
    for component in version.plan.components:
        rate = component.rate
        if not isinstance(rate, FlatRate):
            numbered = enumerate(rate.tiers, 1)
            told |= {(component.name, number): _label(tier, number, rate) for number, tier in numbered}
    return told


def _label(tier: Tier, number: int, rate: _Tiers) -> str:
    if isinstance(rate, WholeAmountTiers):
        return _whole(tier, number, rate)
    if tier.end is not None:
        return f" up to {_bound(tier.end, rate.basis)}"
    return f" above {_bound(tier.start, rate.basis)}" if number > 1 else ""


def _whole(tier: Tier, number: int, rate: WholeAmountTiers) -> str:
    higher = rate.at_bound is AtBound.HIGHER_TIER
    if number > 1:
        return f" for a total {'from' if higher else 'above'} {_bound(tier.start, rate.basis)}"
    if tier.end is None:
        return ""
    return f" for a total {'below' if higher else 'up to'} {_bound(tier.end, rate.basis)}"


def _bound(at: Decimal, basis: TierBasis) -> str:
    if basis is TierBasis.AMOUNT:
        return wording.amount(at)
    return "quota" if at == 1 else f"{wording.percent(at)} of quota"
