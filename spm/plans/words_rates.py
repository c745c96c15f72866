"""Rates in plain language: `6 % of new business up to 100 % of quota, then 9 %`. Each function returns sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from spm.plans.model import (
    AtBound,
    BasePlusTop,
    Below,
    Beyond,
    Curve,
    CurveShape,
    Divided,
    FlatRate,
    MarginalTiers,
    Matrix,
    Pays,
    Plan,
    Point,
    Pool,
    Span,
    Steps,
    StepsPay,
    Tier,
    TierBasis,
    WholeAmountTiers,
)
from spm.plans.phrases import Part, by, each_span, listed, part_named
from spm.wording import percent


def rate_words(part: Part, plan: Plan) -> list[str]:
    """How the component pays, the rule at a bound and between bounds included."""
    rate = part.component.rate
    if isinstance(rate, FlatRate):
        return [f"{part.rate(rate.rate)}{part.of_noun}." if rate.rate else f"Nothing for {part.noun}."]
    if isinstance(rate, MarginalTiers):
        return _marginal(part, rate)
    if isinstance(rate, WholeAmountTiers):
        return _whole_amount(part, rate)
    if isinstance(rate, BasePlusTop):
        return _base_plus_top(part, rate)
    if isinstance(rate, Curve):
        return _curve(part, rate)
    if isinstance(rate, Steps):
        return _steps(part, rate)
    return _matrix(part, rate, plan) if isinstance(rate, Matrix) else _pool(part, rate)


def _marginal(part: Part, rate: MarginalTiers) -> list[str]:
    over = each_span(part.component.accumulate)
    what = f"the part of {over}'s total that lies in a tier earns the rate of that tier"
    if part.component.accumulate is Span.DEAL:
        what = f"the part of a {part.record} that lies in a tier earns the rate of that tier"
    elif rate.basis is TierBasis.COUNT:
        what = f"{part.records} are counted over {over}; each earns the rate of the tier that its number is in"
    return [f"{_capital(_then(part, rate.tiers, rate.basis))}.", f"Marginal tiers: {what}."]


def _then(part: Part, tiers: Sequence[Tier], basis: TierBasis) -> str:
    """`6 % of new business up to 100 % of quota, then 9 %`."""
    told = _named(part, [tier.rate for tier in tiers])
    for number, tier in enumerate(tiers):
        if tier.end is not None:
            told[number] += f" up to {part.bound(tier.end, basis, of_quota=number == 0)}"
    return ", then ".join(told)


def _named(part: Part, rates: Sequence[Decimal]) -> list[str]:
    """The rates in words; the first that pays says of what."""
    first = next((number for number, rate in enumerate(rates) if rate), None)
    return [f"{part.rate(rate)}{part.of_noun if number == first else ''}" for number, rate in enumerate(rates)]


def _whole_amount(part: Part, rate: WholeAmountTiers) -> list[str]:
    told = [
        f"{_one_rate(part, rate.basis)}: {_reached(part, rate.tiers, rate.basis, rate.at_bound)}.",
        _at_bound(rate.at_bound),
    ]
    again = "Whole-amount tiers: when another tier is reached, what was credited before is paid again at its rate."
    return told if part.component.accumulate is Span.DEAL else [*told, again]


def _one_rate(part: Part, basis: TierBasis) -> str:
    if part.component.accumulate is Span.DEAL:
        return f"One rate for all of a {part.record}, by its size"
    return f"One rate for everything in {each_span(part.component.accumulate)}, by {by(basis)}"


def _reached(part: Part, tiers: Sequence[Tier], basis: TierBasis, at_bound: AtBound) -> str:
    """`4 % of sales below 20,000 USD, 6 % from 20,000 USD, 8 % from 60,000 USD`."""
    below, above = ("below", "from") if at_bound is AtBound.HIGHER_TIER else ("up to", "above")
    rates = _named(part, [tier.rate for tier in tiers])
    words = [below, *[above] * (len(tiers) - 1)]
    bounds = [tiers[0].end, *(tier.start for tier in tiers[1:])]
    told = zip(rates, words, bounds, strict=True)
    return ", ".join(rate if at is None else f"{rate} {word} {part.bound(at, basis)}" for rate, word, at in told)


def _at_bound(at_bound: AtBound) -> str:
    return f"Exactly on a bound the {'higher' if at_bound is AtBound.HIGHER_TIER else 'lower'} tier counts."


def _base_plus_top(part: Part, rate: BasePlusTop) -> list[str]:
    base, *above = rate.tiers
    first = f"{part.rate(base.rate)}{part.of_noun}" if base.rate else "Nothing"
    start = part.bound(above[0].start, rate.basis)
    if len(above) == 1:
        return [f"{first} up to {start}, then {part.rate(above[0].rate)} of all that is over it."]
    return [
        f"{first} up to {start}; all that is over it earns one rate, by {by(rate.basis)}: {_tops(part, above, rate)}.",
        _at_bound(rate.at_bound),
        "Base plus top tier: when another tier is reached, what is over the first one is paid again at its rate.",
    ]


def _tops(part: Part, above: Iterable[Tier], rate: BasePlusTop) -> str:
    word = "from" if rate.at_bound is AtBound.HIGHER_TIER else "above"
    return ", ".join(f"{part.rate(tier.rate)} {word} {part.bound(tier.start, rate.basis)}" for tier in above)


def _curve(part: Part, rate: Curve) -> list[str]:
    paid = {
        Pays.TARGET: f"A share of {part.target()}, by {by(rate.basis)}",
        Pays.RATE: _one_rate(part, rate.basis),
        Pays.AMOUNT: f"An amount for {each_span(part.component.accumulate)}, by {by(rate.basis)}",
    }[rate.pays]
    points = _points(part, rate.points, rate.basis, rate.pays)
    return [f"{paid}: {points}.", curve_shape(rate.shape, rate.below, rate.beyond)]


def _points(part: Part, points: Sequence[Point], basis: TierBasis, pays: Pays) -> str:
    paid = [part.value(point.pays, pays) for point in points]
    if pays is Pays.RATE:
        paid = _named(part, [point.pays for point in points])
    return listed([f"{value} at {part.bound(point.at, basis)}" for value, point in zip(paid, points, strict=True)])


def curve_shape(shape: CurveShape, below: Below, beyond: Beyond) -> str:
    """What a curve is between, before and after its points."""
    between = "In a straight line from point to point" if shape is CurveShape.LINEAR else "Each holds up to the next"
    before = "below the first, nothing" if below is Below.ZERO else "below the first, as at the first"
    after = "beyond the last, no more" if beyond is Beyond.FLAT else "beyond the last, on with the same slope"
    return f"{between}; {before}; {after}."


def _steps(part: Part, rate: Steps) -> list[str]:
    steps = _points(part, rate.steps, rate.basis, rate.pays)
    what = f"a share of {part.target()}: " if rate.pays is Pays.TARGET else ""
    which = "the steps reached add up" if rate.which is StepsPay.EACH else "only the highest step reached is paid"
    return [f"A bonus, once in {each_span(part.component.accumulate)}: {what}{steps}; {which}."]


def _matrix(part: Part, rate: Matrix, plan: Plan) -> list[str]:
    other = part_named(plan, rate.other) or part
    over = each_span(part.component.accumulate)
    paid = {
        Pays.TARGET: f"A share of {part.target()}",
        Pays.RATE: f"One rate for everything in {over}",
        Pays.AMOUNT: f"An amount for {over}",
    }[rate.pays]
    told = [f"{paid}, by {by(rate.basis)} and by {by(rate.other_basis)} of {other.noun}:"]
    for row, values in zip(rate.rows, rate.values, strict=True):
        pairs = zip(rate.columns, values, strict=True)
        cells = [f"{part.value(value, rate.pays)} with {other.bound(at, rate.other_basis)}" for at, value in pairs]
        told.append(f"- from {part.bound(row, rate.basis)}: {', '.join(cells)} of {other.noun} or more;")
    return [*told, "- nothing below the first of either. A result counts for the bound it has reached."]


def _pool(part: Part, rate: Pool) -> list[str]:
    how = "equally" if rate.divided is Divided.EQUALLY else "by what each is credited"
    fixed = part.money(rate.amount or Decimal(0))
    what = fixed if rate.rate is None else f"{part.rate(rate.rate)} of its {part.noun}"
    when = "" if rate.at_least is None else f" once it has reached {percent(rate.at_least)} of its quota"
    return [f"A team shares {what} of {each_span(part.component.accumulate)}{when}, divided among its members {how}."]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
