"""Rates: from the keys of a component to one of the kinds of `Rate`, and from it to the keys that say it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel

from spm.plans.document import ComponentSection
from spm.plans.model import (
    AtBound,
    BasePlusTop,
    Below,
    Beyond,
    Curve,
    CurveShape,
    FlatRate,
    MarginalTiers,
    Matrix,
    Pays,
    Point,
    Pool,
    Rate,
    Steps,
    StepsPay,
    Tier,
    TierBasis,
    WholeAmountTiers,
)
from spm.plans.rate_keys import MatrixSection, PointSection, PoolSection, TierMode
from spm.plans.tiering import tiers_of
from spm.plans.values import text_of

Made = TypeVar("Made")


def made(kind: Callable[..., Made], section: BaseModel, **others: Any) -> Made:
    """The value whose fields are those of the section; `others` stand in the place of the section's."""
    return kind(**{name: getattr(section, name) for name in type(section).model_fields} | others)


def keys_of(section: type[BaseModel], value: object) -> dict[str, Any]:
    """The keys of that section that say `value`, as JSON has them; what is as by default is left out."""
    told = {}
    for name, info in section.model_fields.items():
        given = getattr(value, name)
        if given != info.get_default(call_default_factory=True):
            told[info.alias or name] = plain(given)
    return told


def plain(given: Any) -> Any:
    """The value as JSON has it; numbers are text, so that they stay exact."""
    if isinstance(given, Decimal):
        return text_of(given)
    if isinstance(given, date):
        return given.isoformat()
    if isinstance(given, tuple):
        return [plain(each) for each in given]
    if isinstance(given, Mapping):
        return {key: plain(each) for key, each in given.items()}
    return given


def rate_from(section: ComponentSection) -> Rate:
    """The rate of a checked component."""
    flat = section.rate if section.rate is not None else section.per_unit
    if flat is not None:
        return FlatRate(flat)
    if section.curve:
        return _curve(section)
    if section.steps:
        pays = Pays(section.steps_pays or Pays.AMOUNT)
        basis = section.steps_by or TierBasis.ATTAINMENT
        return Steps(basis, points(section.steps), pays, section.which or StepsPay.EACH)
    if section.matrix:
        return made(Matrix, section.matrix)
    return made(Pool, section.pool) if section.pool else _tiers(section)


def points(sections: Iterable[PointSection]) -> tuple[Point, ...]:
    """The points in their order."""
    return tuple(Point(section.at, section.pays) for section in sections)


def _curve(section: ComponentSection) -> Curve:
    return Curve(
        section.curve_by or TierBasis.ATTAINMENT,
        points(section.curve),
        section.curve_pays or Pays.TARGET,
        section.shape or CurveShape.LINEAR,
        section.below or Below.ZERO,
        section.beyond or Beyond.FLAT,
    )


def _tiers(section: ComponentSection) -> Rate:
    tiers = tiers_of(section.tiers, section.base_rate, section.in_gap)
    basis = section.tier_by or TierBasis.ATTAINMENT
    if section.tier_mode is TierMode.MARGINAL:
        return MarginalTiers(basis, tiers)
    kind = BasePlusTop if section.tier_mode is TierMode.BASE_PLUS_TOP else WholeAmountTiers
    return kind(basis, tiers, section.at_bound or AtBound.HIGHER_TIER)


def keys_of_rate(rate: Rate) -> dict[str, Any]:
    """The keys of a component that say this rate, defaults written out."""
    if isinstance(rate, FlatRate):
        return {"rate": text_of(rate.rate)}
    if isinstance(rate, Matrix):
        return {"matrix": keys_of(MatrixSection, rate)}
    if isinstance(rate, Pool):
        return {"pool": keys_of(PoolSection, rate)}
    if isinstance(rate, Curve):
        return _curve_keys(rate)
    if isinstance(rate, Steps):
        steps = [keys_of(PointSection, step) for step in rate.steps]
        return {"steps": steps, "steps_by": rate.basis, "steps_pays": rate.pays, "which": rate.which}
    return _tier_keys(rate)


def _curve_keys(curve: Curve) -> dict[str, Any]:
    return {
        "curve": [keys_of(PointSection, point) for point in curve.points],
        "curve_by": curve.basis,
        "curve_pays": curve.pays,
        "shape": curve.shape,
        "below": curve.below,
        "beyond": curve.beyond,
    }


def _tier_keys(rate: MarginalTiers | WholeAmountTiers | BasePlusTop) -> dict[str, Any]:
    keys = {"tier_by": rate.basis, "tiers": [_tier(tier) for tier in rate.tiers]}
    if isinstance(rate, MarginalTiers):
        return {"tier_mode": TierMode.MARGINAL, **keys}
    mode = TierMode.BASE_PLUS_TOP if isinstance(rate, BasePlusTop) else TierMode.WHOLE_AMOUNT
    return {"tier_mode": mode, "at_bound": rate.at_bound, **keys}


def _tier(tier: Tier) -> dict[str, str]:
    end = {} if tier.end is None else {"to": text_of(tier.end)}
    return {"from": text_of(tier.start), "rate": text_of(tier.rate)} | end
