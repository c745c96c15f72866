"""What holds for every rate that pays for a whole span, whatever is credited in whatever order: exact by fractions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spm.engine import base_plus_top, curves, steps
from spm.engine.tiers import with_bounds
from spm.frames import MONEY
from spm.plans.model import (
    BasePlusTop,
    Below,
    Beyond,
    Curve,
    CurveShape,
    Pays,
    Point,
    Rounding,
    Steps,
    StepsPay,
    Tier,
    TierBasis,
)

_SOME = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
_QUOTA, _TARGET = Decimal(900), Decimal(3000)
_CREDITS = st.lists(
    st.sampled_from([-300, 100, 150, 225, 450, 900]).map(Decimal)
    | st.integers(-40_000, 90_000).filter(bool).map(lambda cents: Decimal(cents) / 100),
    min_size=1,
    max_size=8,
)
_SHARES = st.integers(0, 40).map(lambda number: Decimal(number) / 20)
_ATS = st.lists(st.integers(0, 30).map(lambda number: Decimal(number) / 20), min_size=1, max_size=4, unique=True)
_BASES = st.sampled_from([TierBasis.ATTAINMENT, TierBasis.AMOUNT, TierBasis.COUNT])
_SCALE = {TierBasis.ATTAINMENT: Decimal(1), TierBasis.AMOUNT: Decimal(900), TierBasis.COUNT: Decimal(4)}


@st.composite
def _points(draw: st.DrawFn, basis: TierBasis) -> tuple[Point, ...]:
    return tuple(Point(at * _SCALE[basis], draw(_SHARES)) for at in sorted(draw(_ATS)))


@st.composite
def _curves(draw: st.DrawFn) -> Curve:
    basis = draw(_BASES)
    return Curve(
        basis,
        draw(_points(basis)),
        draw(st.sampled_from(Pays)),
        draw(st.sampled_from(CurveShape)),
        draw(st.sampled_from(Below)),
        draw(st.sampled_from(Beyond)),
    )


@st.composite
def _steps(draw: st.DrawFn) -> Steps:
    basis = draw(_BASES)
    return Steps(
        basis, draw(_points(basis)), draw(st.sampled_from([Pays.TARGET, Pays.AMOUNT])), draw(st.sampled_from(StepsPay))
    )


def _booked(credits_: Sequence[Decimal]) -> pl.DataFrame:
    """All of one person and span."""
    size = len(credits_)
    columns = {"row": range(size), "participant_id": [1] * size, "period": [0] * size, "span": [0] * size}
    frame = pl.DataFrame(columns).with_columns(pl.Series("credited", credits_, dtype=MONEY))
    return frame.with_columns(
        quota=pl.lit(_QUOTA, dtype=MONEY), target=pl.lit(_TARGET, dtype=MONEY), row=pl.col("row").cast(pl.UInt32)
    )


def _reached(basis: TierBasis, credits_: Sequence[Decimal]) -> Fraction:
    if basis is TierBasis.COUNT:
        return Fraction(sum(1 if credit > 0 else -1 for credit in credits_))
    whole = Fraction(sum(credits_))
    return whole / Fraction(_QUOTA) if basis is TierBasis.ATTAINMENT else whole


def _multiplied(pays: Pays, credits_: Sequence[Decimal]) -> Fraction:
    return Fraction({Pays.TARGET: _TARGET, Pays.RATE: sum(credits_), Pays.AMOUNT: 1}[pays])


def _value(curve: Curve, at: Fraction) -> Fraction:
    points = curve.points
    if at < points[0].at:
        return Fraction(points[0].pays) if curve.below is Below.FLAT else Fraction(0)
    here = max(number for number, point in enumerate(points) if at >= point.at)
    last = here == len(points) - 1
    if curve.shape is CurveShape.STEP or (last and (curve.beyond is Beyond.FLAT or len(points) == 1)):
        return Fraction(points[here].pays)
    low, high = points[here - 1 if last else here], points[here if last else here + 1]
    slope = Fraction(high.pays - low.pays) / Fraction(high.at - low.at)
    return Fraction(low.pays) + (at - Fraction(low.at)) * slope


def _cents(number: Fraction) -> Decimal:
    """Rounded half away from zero."""
    cents = (abs(number) * 100 + Fraction(1, 2)) // 1
    return (Decimal(int(cents)) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP) * (1 if number >= 0 else -1)


@_SOME
@given(_curves(), _CREDITS)
def test_the_lines_of_a_curve_add_up_to_its_rounded_value_after_every_credit(
    curve: Curve, credits_: list[Decimal]
) -> None:
    paid = curves.earn(_booked(credits_), curve, Rounding())["amount"].cum_sum().to_list()
    for count in range(1, len(credits_) + 1):
        so_far = credits_[:count]
        worth = _multiplied(curve.pays, so_far) * _value(curve, _reached(curve.basis, so_far))
        assert paid[count - 1] == _cents(worth)


@_SOME
@given(_steps(), _CREDITS)
def test_the_lines_of_steps_add_up_to_the_steps_reached(rate: Steps, credits_: list[Decimal]) -> None:
    at = _reached(rate.basis, credits_)
    passed = [Fraction(step.pays) for step in rate.steps if at >= step.at]
    value = sum(passed) if rate.which is StepsPay.EACH else (passed or [Fraction(0)])[-1]
    lines = steps.earn(_booked(credits_), rate, Rounding())
    assert lines["amount"].sum() == _cents(_multiplied(rate.pays, credits_) * value)
    assert (lines["amount"] != 0).all()


@_SOME
@given(_CREDITS, st.permutations(range(8)), _curves(), _steps())
def test_the_order_of_credits_never_changes_the_sum_of_a_span(
    credits_: list[Decimal], order: list[int], curve: Curve, rate: Steps
) -> None:
    turned = [credits_[place] for place in order if place < len(credits_)]
    for module, kind in ((curves, curve), (steps, rate)):
        sums = [module.earn(_booked(each), kind, Rounding())["amount"].sum() for each in (credits_, turned)]
        assert sums[0] == sums[1]


@_SOME
@given(_CREDITS, st.permutations(range(8)), st.sampled_from([TierBasis.ATTAINMENT, TierBasis.AMOUNT]))
def test_base_plus_top_adds_up_to_its_rounded_worth_in_any_order(
    credits_: list[Decimal], order: list[int], basis: TierBasis
) -> None:
    bounds = [Decimal(0), Decimal("0.5"), Decimal(1)]
    rates = [Decimal("0.0333"), Decimal("0.05"), Decimal("0.1")]
    ends = [*bounds[1:], None]
    scale = _SCALE[basis]
    tiers = tuple(
        Tier(start * scale, None if end is None else end * scale, rate)
        for start, end, rate in zip(bounds, ends, rates, strict=True)
    )
    rate = BasePlusTop(basis, tiers)
    total = Fraction(sum(credits_))
    base = min(total, Fraction(450))
    top = Fraction(rates[2] if total >= 900 else rates[1])
    expected = _cents(base * Fraction(rates[0]) + (total - base) * top)
    for each in (credits_, [credits_[place] for place in order if place < len(credits_)]):
        booked = _booked(each)
        bounded = with_bounds(booked, rate) if basis is TierBasis.ATTAINMENT else booked
        assert base_plus_top.earn(bounded, rate, Rounding())["amount"].sum() == expected
