"""The plan file as it is written: keys, types, defaults. What the parts mean together is checked in `checks`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spm.plans.model import (
    ONE,
    REVENUE,
    AtBound,
    Below,
    Beyond,
    CurveShape,
    DaysBy,
    DrawMode,
    Pays,
    RollUpTo,
    RoundingRule,
    Source,
    Span,
    SplitResidual,
    StepsPay,
    TierBasis,
    Unit,
)
from spm.plans.modifier_keys import (
    CapSection,
    ClawbackSection,
    FloorSection,
    GateSection,
    HoldSection,
    MultiplierSection,
)
from spm.plans.plan_tests import PlanTestSection
from spm.plans.rate_keys import InGap, MatrixSection, PointSection, PoolSection, StepsPays, TierMode, TierSection
from spm.plans.values import AmountOrMeasure, Currency, Day, Exact, Levels, Name, Section, Text

Period = Literal[Span.MONTH, Span.QUARTER, Span.HALF, Span.YEAR]
Points = Annotated[tuple[PointSection, ...], Field(max_length=100)]
Few = Field(max_length=20)


class RoundingSection(Section):
    """`[rounding]`."""

    places: Annotated[int, Field(ge=0, le=6)] = 2
    rule: RoundingRule = RoundingRule.HALF_UP


class CreditSection(Section):
    """One `[[components.credit]]`."""

    to: Name
    share: Exact = ONE
    condition: Text | None = None
    role: Name = "rule"


class RollUpSection(Section):
    """`roll_up`."""

    to: RollUpTo
    levels: Levels = 1
    own: bool = True


class ComponentSection(Section):
    """One `[[components]]` with one kind of rate: `rate`, `per_unit`, `tiers`, `curve`, `steps`, `matrix`, `pool`."""

    name: Name
    measure: Name = "bookings"
    source: Source = Source.DEALS
    value: Text | None = None
    unit: Unit | None = None
    weight: Text | None = None
    condition: Text | None = None
    date: Name | None = None
    role: Name = REVENUE
    credit: Annotated[tuple[CreditSection, ...], Field(max_length=100)] = ()
    roll_up: RollUpSection | None = None
    earnings_of: Name | None = None
    accumulate: Span = Span.YEAR
    starts_on: Day | None = None
    ends_on: Day | None = None
    budget: Exact | None = None
    target: AmountOrMeasure | None = None
    rate: Exact | None = None
    per_unit: Exact | None = None
    tiers: Annotated[tuple[TierSection, ...], Field(max_length=100)] = ()
    tier_mode: TierMode | None = None
    tier_by: TierBasis | None = None
    at_bound: AtBound | None = None
    in_gap: InGap | None = None
    base_rate: Exact | None = None
    curve: Points = ()
    curve_by: TierBasis | None = None
    curve_pays: Pays | None = None
    shape: CurveShape | None = None
    below: Below | None = None
    beyond: Beyond | None = None
    steps: Points = ()
    steps_by: TierBasis | None = None
    steps_pays: StepsPays | None = None
    which: StepsPay | None = None
    matrix: MatrixSection | None = None
    pool: PoolSection | None = None
    gates: Annotated[tuple[GateSection, ...], Few] = ()
    multipliers: Annotated[tuple[MultiplierSection, ...], Few] = ()
    caps: Annotated[tuple[CapSection, ...], Few] = ()
    floors: Annotated[tuple[FloorSection, ...], Few] = ()
    hold: HoldSection | None = None
    clawback: ClawbackSection | None = None


class ExchangeSection(Section):
    """`[exchange]`."""

    policy: Name = "counting_date"
    rates: dict[Currency, Exact] = Field(default_factory=dict)


class SplitsSection(Section):
    """`[splits]`."""

    places: Annotated[int, Field(ge=0, le=6)] = 2
    residual: SplitResidual


class ProrationSection(Section):
    """`[proration]`."""

    by: DaysBy = DaysBy.CALENDAR_DAYS
    holidays: tuple[Day, ...] = ()
    leave: bool = True
    of: tuple[Literal["quota", "target", "draw", "floor"], ...] = ("quota", "target", "draw", "floor")


class RampSection(Section):
    """One `[[ramps]]`."""

    measure: Name
    shares: Annotated[tuple[Exact, ...], Field(min_length=1, max_length=60)]


class DrawSection(Section):
    """`[draw]`."""

    amount: AmountOrMeasure
    recoverable: bool
    mode: DrawMode = DrawMode.AGAINST
    periods: Annotated[int, Field(ge=1, le=600)] | None = None


class PlanFile(Section):
    """A whole plan file."""

    name: Name
    currency: Currency
    pay_currency: Annotated[str, Field(pattern="^([A-Z]{3}|participant)$")] | None = None
    statement: Period = Span.MONTH
    rounding: RoundingSection = RoundingSection()
    exchange: ExchangeSection = ExchangeSection()
    splits: SplitsSection | None = None
    proration: ProrationSection | None = None
    seasonality: dict[Name, Annotated[tuple[Exact, ...], Field(max_length=12)]] = Field(default_factory=dict)
    ramps: Annotated[tuple[RampSection, ...], Few] = ()
    draw: DrawSection | None = None
    caps: Annotated[tuple[CapSection, ...], Few] = ()
    floors: Annotated[tuple[FloorSection, ...], Few] = ()
    components: Annotated[tuple[ComponentSection, ...], Field(min_length=1, max_length=100)]
    tests: Annotated[tuple[PlanTestSection, ...], Field(max_length=1000)] = ()
