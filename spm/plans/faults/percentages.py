"""Numbers that look like a percentage written as a whole number: a rate of 6, an attainment of 100, a share of 50."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from spm.plans.building import measure_of
from spm.plans.document import ComponentSection, PlanFile
from spm.plans.faults.finding import Finding, Path
from spm.plans.model import ONE, Pays, TierBasis, Unit
from spm.plans.rate_keys import StepsPays
from spm.plans.values import text_of

Places = Iterator[tuple[Path, Decimal | None]]

_LIMIT = Decimal(10)


def percentage_findings(component: ComponentSection, path: Path) -> Iterator[Finding]:
    """Rates above 1 where money is counted; attainments and shares of 10 and more."""
    if measure_of(component).unit is Unit.MONEY:
        yield from (_rate((*path, *key), rate) for key, rate in _rates(component) if rate and rate > ONE)
    yield from (_attainment((*path, *key), bound) for key, bound in _bounds(component) if bound and bound >= _LIMIT)
    yield from (_share((*path, *key), share) for key, share in _shares(component) if share and share >= _LIMIT)


def plan_percentage_findings(plan: PlanFile) -> Iterator[Finding]:
    """Shares of ramps."""
    for number, ramp in enumerate(plan.ramps):
        for place, share in enumerate(ramp.shares):
            if share >= _LIMIT:
                yield _share(("ramps", number, "shares", place), share)


def _rate(path: Path, rate: Decimal) -> Finding:
    said, fraction, whole = text_of(rate), text_of(rate / 100), text_of(rate * 100)
    message = f"a rate of {said} pays more than the deal; it looks like a percentage."
    hint = f'Write {fraction} or "{said} %" for {said} %, and "{whole} %" for {said} times the amount.'
    return Finding(path, message, hint, guess=True)


def _attainment(path: Path, bound: Decimal) -> Finding:
    said, fraction = text_of(bound), text_of(bound / 100)
    message = f"an attainment of {said} is {text_of(bound * 100)} % of quota; it looks like a percentage or an amount."
    by = 'by = "amount" (tier_by, curve_by, steps_by)'
    return Finding(
        path, message, f'Write {fraction} or "{said} %" for {said} % of quota; for amounts write {by}.', guess=True
    )


def _share(path: Path, share: Decimal) -> Finding:
    said, fraction = text_of(share), text_of(share / 100)
    message = f"a share of {said} is {text_of(share * 100)} %; it looks like a percentage."
    return Finding(path, message, f'Write {fraction} or "{said} %" for {said} %.', guess=True)


def _rates(component: ComponentSection) -> Places:
    yield ("rate",), component.rate
    yield ("base_rate",), component.base_rate
    for number, tier in enumerate(component.tiers):
        yield ("tiers", number, "rate"), tier.rate
    yield from _values(component, Pays.RATE)
    if component.pool:
        yield ("pool", "rate"), component.pool.rate


def _values(component: ComponentSection, pays: Pays) -> Places:
    """What curves, steps and matrices pay, where that is a rate or a share of the target."""
    if component.curve_pays is pays:
        yield from ((("curve", number, "pays"), point.pays) for number, point in enumerate(component.curve))
    if component.steps_pays is StepsPays.TARGET and pays is Pays.TARGET:
        yield from ((("steps", number, "pays"), step.pays) for number, step in enumerate(component.steps))
    if component.matrix and component.matrix.pays is pays:
        for number, row in enumerate(component.matrix.values):
            yield from ((("matrix", "values", number, place), value) for place, value in enumerate(row))


def _bounds(component: ComponentSection) -> Places:
    attainment = TierBasis.ATTAINMENT
    if component.tier_by is attainment:
        for number, tier in enumerate(component.tiers):
            yield ("tiers", number, "from"), tier.start
            yield ("tiers", number, "to"), tier.end
    if component.curve_by is attainment:
        yield from ((("curve", number, "at"), point.at) for number, point in enumerate(component.curve))
    if component.steps_by is attainment:
        yield from ((("steps", number, "at"), step.at) for number, step in enumerate(component.steps))
    yield from _of_others(component)


def _of_others(component: ComponentSection) -> Places:
    attainment = TierBasis.ATTAINMENT
    for number, gate in enumerate(component.gates):
        if gate.basis is attainment:
            yield ("gates", number, "at_least"), gate.at_least
    for number, multiplier in enumerate(component.multipliers):
        if multiplier.basis is attainment:
            points = enumerate(multiplier.points)
            yield from ((("multipliers", number, "points", place, "at"), point.at) for place, point in points)
    if component.pool:
        yield ("pool", "at_least"), component.pool.at_least
    if component.matrix and component.matrix.basis is attainment:
        yield from ((("matrix", "rows", place), bound) for place, bound in enumerate(component.matrix.rows))
    if component.matrix and component.matrix.other_basis is attainment:
        yield from ((("matrix", "columns", place), bound) for place, bound in enumerate(component.matrix.columns))


def _shares(component: ComponentSection) -> Places:
    yield from _values(component, Pays.TARGET)
    yield from ((("tiers", number, "multiplier"), tier.multiplier) for number, tier in enumerate(component.tiers))
    yield from ((("credit", number, "share"), rule.share) for number, rule in enumerate(component.credit))
    yield from ((("gates", number, "otherwise"), gate.otherwise) for number, gate in enumerate(component.gates))
    yield from ((("caps", number, "times_target"), cap.times_target) for number, cap in enumerate(component.caps))
    for number, multiplier in enumerate(component.multipliers):
        points = enumerate(multiplier.points)
        yield from ((("multipliers", number, "points", place, "times"), point.times) for place, point in points)
    if component.hold:
        yield ("hold", "share"), component.hold.share
