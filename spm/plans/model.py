"""What a plan says, as values: who is credited for what, at which rate, what changes it afterwards, when it is paid.

A component joins one measure (what counts), crediting (for whom), one span it accumulates over and one rate; modifiers
then gate, multiply, cap and lift what it earned. The plan adds what belongs to the whole statement: draw, guarantee,
proration, exchange. The kinds of rate are the members of `Rate`; the engine has one module for each.
docs/plans.md is the reference of the meaning of every field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

OWNER = "owner"
REVENUE = "revenue"
ONE = Decimal(1)


class Span(StrEnum):
    """What accumulates together: a kind of fiscal period by the name the calendar gives it, one deal, or everything."""

    DEAL = "deal"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    PLAN = "plan"  # the whole time that somebody is on the plan


PERIOD_SPANS = (Span.MONTH, Span.QUARTER, Span.HALF, Span.YEAR)
"""The spans that are periods of the calendar, from the shortest."""


class RoundingRule(StrEnum):
    """What happens to the part of an earning below the last place."""

    HALF_UP = "half_up"  # half of the last place goes away from zero: 0.125 is 0.13, -0.125 is -0.13
    HALF_EVEN = "half_even"  # half of the last place goes to the even neighbour
    DOWN = "down"  # cut off, towards zero


class Source(StrEnum):
    """The records that a measure counts."""

    DEALS = "deals"
    LINE_ITEMS = "line_items"  # products on a deal
    ACTIVITIES = "activities"  # calls, emails, meetings, tasks
    ENTRIES = "entries"  # results entered by hand, such as MBOs
    PAYMENTS = "payments"  # what customers paid on a deal
    EARNINGS = "earnings"  # what other people earned: an override on commission


class Unit(StrEnum):
    """What a measure is counted in."""

    MONEY = "money"  # converted into the plan's currency
    NUMBER = "number"  # pieces, points, meetings: never converted


class TierBasis(StrEnum):
    """What bounds are measured in."""

    ATTAINMENT = "attainment"  # credited / quota of the accumulation span
    AMOUNT = "amount"  # credited, in the plan's currency or in pieces
    COUNT = "count"  # how many credits


class AtBound(StrEnum):
    """Which rate a total exactly on a bound gets, where a total gets one rate."""

    HIGHER_TIER = "higher_tier"
    LOWER_TIER = "lower_tier"


class Pays(StrEnum):
    """What the values of a curve, a matrix or steps are."""

    TARGET = "target"  # a share of the component's target incentive
    RATE = "rate"  # a rate on everything credited in the span
    AMOUNT = "amount"  # an amount in the plan's currency


@dataclass(frozen=True, slots=True)
class Rounding:
    """How an earning is rounded: to so many places, by which rule."""

    places: int = 2
    rule: RoundingRule = RoundingRule.HALF_UP


@dataclass(frozen=True, slots=True)
class Measure:
    """What counts: `value` of the records that meet `condition` (SQL over their fields), on the day in field `date`.

    `name` is the name that quotas give it; `weight` (SQL) multiplies the value, also for the quota.
    """

    name: str
    value: str
    condition: str | None
    date: str
    source: Source = Source.DEALS
    unit: Unit = Unit.MONEY
    weight: str | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """What lies from `start` up to `end` (None: and beyond) earns `rate`: a fraction, or an amount a piece.

    Bounds are attainments (1 is 100 %), amounts or counts. The lowest tier starts at 0 and takes what is below it, too.
    """

    start: Decimal
    end: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class FlatRate:
    """Every credit earns the same fraction of it, or the same amount a piece."""

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


@dataclass(frozen=True, slots=True)
class BasePlusTop:
    """What lies in the first tier earns its rate; all that is over its end earns the rate of the tier reached."""

    basis: TierBasis
    tiers: tuple[Tier, ...]
    at_bound: AtBound = AtBound.HIGHER_TIER


@dataclass(frozen=True, slots=True)
class Point:
    """At `at` (in the curve's basis) a curve has the value `pays`."""

    at: Decimal
    pays: Decimal


class CurveShape(StrEnum):
    """What a curve does between two points."""

    LINEAR = "linear"
    STEP = "step"  # the value of the point last reached


class Beyond(StrEnum):
    """What a curve does after its last point."""

    FLAT = "flat"
    CONTINUE = "continue"  # with the slope of the last piece


class Below(StrEnum):
    """What a curve is before its first point."""

    ZERO = "zero"
    FLAT = "flat"  # the first point's value


@dataclass(frozen=True, slots=True)
class Curve:
    """What the span pays in total is a function of what is accumulated in it."""

    basis: TierBasis
    points: tuple[Point, ...]
    pays: Pays
    shape: CurveShape = CurveShape.LINEAR
    below: Below = Below.ZERO
    beyond: Beyond = Beyond.FLAT


class StepsPay(StrEnum):
    """Which of the steps reached are paid."""

    EACH = "each"  # all of them add up
    HIGHEST = "highest"  # the highest alone


@dataclass(frozen=True, slots=True)
class Steps:
    """Reaching a step pays a fixed amount (or share of the target), once in the span: milestones."""

    basis: TierBasis
    steps: tuple[Point, ...]
    pays: Pays
    which: StepsPay = StepsPay.EACH


@dataclass(frozen=True, slots=True)
class Matrix:
    """The value at the crossing of two results: this component's by rows, another component's by columns.

    `values[row][column]`; a result is in the last row (column) whose bound it has reached, below the first it pays 0.
    """

    basis: TierBasis
    rows: tuple[Decimal, ...]
    other: str
    other_basis: TierBasis
    columns: tuple[Decimal, ...]
    values: tuple[tuple[Decimal, ...], ...]
    pays: Pays


class Divided(StrEnum):
    """How a team's pool is divided."""

    EQUALLY = "equally"
    BY_CREDIT = "by_credit"


@dataclass(frozen=True, slots=True)
class Pool:
    """What a team earns together, divided among its members on the plan: a rate of the team's credits, or an amount
    that is there once the team has reached `at_least` of its quota."""

    divided: Divided
    rate: Decimal | None = None
    amount: Decimal | None = None
    at_least: Decimal | None = None


Rate = FlatRate | MarginalTiers | WholeAmountTiers | BasePlusTop | Curve | Steps | Matrix | Pool


class SplitResidual(StrEnum):
    """Who gets the cents that rounding the parts of a deal leaves over or takes too much."""

    LARGEST = "largest"
    SMALLEST = "smallest"
    FIRST = "first"
    LAST = "last"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class SplitRounding:
    """Parts of a split deal are rounded to so many places, and the residual goes to one of them."""

    places: int
    residual: SplitResidual


@dataclass(frozen=True, slots=True)
class CreditRule:
    """Credit given by the plan: `share` of the records that meet `condition`, to `to`: `owner`, an email,
    `field:NAME` (a field that holds an email or an owner's id) or `team:NAME` (each member)."""

    to: str
    share: Decimal = ONE
    condition: str | None = None
    role: str = "rule"


class RollUpTo(StrEnum):
    """To whom the credits of people roll up."""

    MANAGER = "manager"  # so many levels up
    TEAM = "team"  # to every member of the team of the credited person


@dataclass(frozen=True, slots=True)
class RollUp:
    """Credits of others count for the people on this plan, by the hierarchy of the day. `levels` None: all the way up.
    `own`: whether one's own credits count too."""

    to: RollUpTo
    levels: int | None = 1
    own: bool = True


@dataclass(frozen=True, slots=True)
class Gate:
    """Nothing is paid unless `of` (another component's name, None: this one) reaches `at_least` over `over`.

    Once it is reached, what was kept back in the same span is paid. `otherwise`: the share paid without it.
    """

    at_least: Decimal
    basis: TierBasis = TierBasis.ATTAINMENT
    of: str | None = None
    over: Span | None = None
    otherwise: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Multiplier:
    """What was earned is multiplied by the value of a curve at another component's result in its span."""

    of: str
    basis: TierBasis
    points: tuple[Point, ...]
    shape: CurveShape = CurveShape.STEP
    below: Below = Below.FLAT
    beyond: Beyond = Beyond.FLAT


class Excess(StrEnum):
    """What becomes of that which is above a cap."""

    CUT = "cut"
    HOLD = "hold"  # kept for review


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so much over a span or a deal, in the plan's currency or (`of_target`) of the target incentive."""

    amount: Decimal
    over: Span
    excess: Excess = Excess.CUT
    of_target: bool = False


@dataclass(frozen=True, slots=True)
class Floor:
    """At least so much over a span (or a deal): an amount, or the name of a quota measure that holds each one's."""

    amount: Decimal | str
    over: Span


@dataclass(frozen=True, slots=True)
class Hold:
    """A share of what is earned is paid later: on `release` (`payment`, `invoice` or another kind of payment, or a date
    field of the deal), `after_days` days after it; pro rata to what was paid where `pro_rata`."""

    release: str
    share: Decimal = ONE
    pro_rata: bool = True
    after_days: int = 0


class Restate(StrEnum):
    """Where a clawback falls."""

    OPEN_PERIOD = "open_period"  # in the period of the day it happens; attainment stays
    RESTATE = "restate"  # the deal never counted


class ClawbackAmount(StrEnum):
    """How much of it is taken back."""

    WHOLE = "whole"
    PRO_RATA = "pro_rata"  # by the days of the window that are left; refunds by their part of the deal


@dataclass(frozen=True, slots=True)
class Clawback:
    """What a deal paid is taken back when `on` happens (a date field of the deal, or `refund` for such payments) within
    `within_days` of the day it counted; None is without end."""

    on: str
    within_days: int | None = None
    amount: ClawbackAmount = ClawbackAmount.WHOLE
    where: Restate = Restate.OPEN_PERIOD


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a plan. `role`: `owner`, `revenue` (splits, or else the owner) or another split role.

    `starts_on` and `ends_on` bound the days that count (a SPIF), `budget` what it pays to all together. `target` is the
    target incentive of a span: an amount, or the name of a quota measure that holds each person's.
    """

    name: str
    measure: Measure
    role: str
    accumulate: Span
    rate: Rate
    credit: tuple[CreditRule, ...] = ()
    roll_up: RollUp | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    budget: Decimal | None = None
    target: Decimal | str | None = None
    gates: tuple[Gate, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()
    caps: tuple[Cap, ...] = ()
    floors: tuple[Floor, ...] = ()
    hold: Hold | None = None
    clawback: Clawback | None = None
    earnings_of: str | None = None  # source = earnings: the component whose earnings count; None is all

    @property
    def needs_quota(self) -> bool:
        """Whether nothing can be earned without a quota."""
        return getattr(self.rate, "basis", None) is TierBasis.ATTAINMENT

    @property
    def lasting(self) -> bool:
        """Whether what it earns in one fiscal year may hang on what happened in another."""
        bounds = (*(cap.over for cap in self.caps), *(floor.over for floor in self.floors))
        spans = {self.accumulate, *(gate.over for gate in self.gates), *bounds}
        by_payment = self.measure.source is Source.PAYMENTS and Span.DEAL in spans
        return bool(self.hold or self.clawback) or self.budget is not None or Span.PLAN in spans or by_payment


class DrawMode(StrEnum):
    """How a draw and earnings meet."""

    AGAINST = "against"  # earnings below the draw are filled up to it
    ON_TOP = "on_top"  # the draw is paid besides


@dataclass(frozen=True, slots=True)
class Draw:
    """An advance for each statement period; where `recoverable`, it is taken back from what exceeds the draw later.

    `amount`: an amount, or the name of a quota measure. `periods`: for so many statement periods from the first one on
    the plan; None is for as long as somebody is on it.
    """

    amount: Decimal | str
    recoverable: bool
    mode: DrawMode = DrawMode.AGAINST
    periods: int | None = None


class DaysBy(StrEnum):
    """How part of a period is counted."""

    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"  # Monday to Friday without the plan's holidays


@dataclass(frozen=True, slots=True)
class Proration:
    """Quotas, targets, draws and floors count by the days that somebody is hired, on the plan and not on leave."""

    by: DaysBy = DaysBy.CALENDAR_DAYS
    holidays: tuple[date, ...] = ()
    leave: bool = True
    of: tuple[str, ...] = ("quota", "target", "draw", "floor")


@dataclass(frozen=True, slots=True)
class Ramp:
    """Somebody's first months on the plan have a part of the quota of `measure`: `shares[0]` is of the first month."""

    measure: str
    shares: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """At which rate a deal's money becomes the plan's: of the day in the date field `policy` (`counting_date`: the day
    it counts), or `plan_rate`: `rates`, plan currency for one unit of the other, whatever the day."""

    policy: str = "counting_date"
    rates: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What people are paid by. Amounts, bounds and earnings are in `currency`; `statement` is how often it pays.

    `pay_currency`: None pays in `currency`, `participant` in that of each person, else an ISO code; converted at the
    last day of the statement period.
    """

    name: str
    currency: str
    statement: Span
    rounding: Rounding
    components: tuple[Component, ...]
    pay_currency: str | None = None
    exchange: Exchange = Exchange()
    splits: SplitRounding | None = None
    proration: Proration | None = None
    seasonality: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)
    ramps: tuple[Ramp, ...] = ()
    draw: Draw | None = None
    caps: tuple[Cap, ...] = ()
    floors: tuple[Floor, ...] = ()

    @property
    def shared(self) -> bool:
        """Whether somebody's pay hangs on other people's deals."""
        return self.watches_deals or any(
            part.roll_up
            or part.budget is not None
            or isinstance(part.rate, Pool)
            or part.measure.source is Source.EARNINGS
            for part in self.components
        )

    @property
    def watches_deals(self) -> bool:
        """Whether people are credited by rule for deals that they have no part in."""
        return any(rule.to != OWNER for part in self.components for rule in part.credit)

    @property
    def lasting(self) -> bool:
        """Whether pay hangs on more than the fiscal years that something happens in."""
        return (
            bool(self.draw or self.ramps)
            or Span.PLAN in (*(cap.over for cap in self.caps), *(floor.over for floor in self.floors))
            or any(part.lasting for part in self.components)
        )
