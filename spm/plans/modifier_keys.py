"""What stands inside the keys that change what a component earned, or when it is paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from spm.plans.model import (
    ONE,
    Below,
    Beyond,
    ClawbackAmount,
    CurveShape,
    Excess,
    Restate,
    Span,
    TierBasis,
)
from spm.plans.values import AmountOrMeasure, Exact, Name, Section

Days = Annotated[int, Field(ge=0, le=36500)]


class GateSection(Section):
    """One entry of `gates`."""

    at_least: Exact
    basis: Annotated[TierBasis, Field(alias="by")] = TierBasis.ATTAINMENT
    of: Name | None = None
    over: Span | None = None
    otherwise: Exact = Decimal(0)


class FactorSection(Section):
    """One entry of a multiplier's `points`."""

    at: Exact
    times: Exact


class MultiplierSection(Section):
    """One entry of `multipliers`."""

    of: Name
    basis: Annotated[TierBasis, Field(alias="by")] = TierBasis.ATTAINMENT
    points: Annotated[tuple[FactorSection, ...], Field(min_length=1, max_length=100)]
    shape: CurveShape = CurveShape.STEP
    below: Below = Below.FLAT
    beyond: Beyond = Beyond.FLAT


class CapSection(Section):
    """One entry of `caps`: `amount`, or `times_target` of the component's target incentive."""

    amount: Exact | None = None
    times_target: Exact | None = None
    over: Span
    excess: Excess = Excess.CUT


class FloorSection(Section):
    """One entry of `floors`."""

    amount: AmountOrMeasure
    over: Span


class HoldSection(Section):
    """`hold`."""

    release: Name
    share: Exact = ONE
    pro_rata: bool = True
    after_days: Days = 0


class ClawbackSection(Section):
    """`clawback`."""

    on: Name
    within_days: Days | None = None
    amount: ClawbackAmount = ClawbackAmount.WHOLE
    where: Restate = Restate.OPEN_PERIOD
