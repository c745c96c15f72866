"""Gates, multipliers, caps, floors, holds and clawbacks in plain language. Each function returns sentences."""

from __future__ import annotations

from spm.plans.model import (
    ONE,
    Cap,
    Clawback,
    ClawbackAmount,
    Excess,
    Floor,
    Gate,
    Hold,
    Multiplier,
    Plan,
    Restate,
    Span,
)
from spm.plans.phrases import Part, a_span, by, listed, money, part_named, span
from spm.plans.words_rates import curve_shape
from spm.wording import percent


def modifier_words(part: Part, plan: Plan) -> list[str]:
    """What changes the component's earnings, in the order in which it is applied."""
    component = part.component
    bounds = [(cap.over, cap_words(cap, plan.currency)) for cap in component.caps]
    bounds += [(floor.over, floor_words(floor, plan.currency)) for floor in component.floors]
    told = [words for over, words in bounds if over is Span.DEAL]
    told += [_multiplier(each, part, plan) for each in component.multipliers]
    told += [_gate(gate, part, plan) for gate in component.gates]
    told += [words for over, words in bounds if over is not Span.DEAL]
    told += [_clawback(component.clawback)] if component.clawback else []
    return [*told, *([_hold(component.hold)] if component.hold else [])]


def _gate(gate: Gate, part: Part, plan: Plan) -> str:
    of = (part_named(plan, gate.of) if gate.of else None) or part
    within = f" in the {span(gate.over)}" if gate.over else ""
    otherwise = f"Only {percent(gate.otherwise)} of it" if gate.otherwise else "Nothing"
    verb = "reach" if of.noun.endswith("s") else "reaches"
    reached = f"{of.noun} {verb} {of.bound(gate.at_least, gate.basis)}{within}"
    return f"{otherwise} is paid unless {reached}; once that is reached, what was kept back is paid."


def _multiplier(multiplier: Multiplier, part: Part, plan: Plan) -> str:
    of = part_named(plan, multiplier.of) or part
    pairs = [f"x {point.pays.normalize():f} at {of.bound(point.at, multiplier.basis)}" for point in multiplier.points]
    shape = curve_shape(multiplier.shape, multiplier.below, multiplier.beyond)
    return f"What is earned is multiplied by {by(multiplier.basis)} of {of.noun}: {listed(pairs)}. {shape}"


def cap_words(cap: Cap, currency: str) -> str:
    """A cap of a component or a plan."""
    times = cap.amount.normalize()
    most = f"{times:f} times the target incentive" if cap.of_target else money(cap.amount, currency)
    excess = "what is above is not paid" if cap.excess is Excess.CUT else "what is above is held for review"
    return f"At most {most} {a_span(cap.over)}; {excess}."


def floor_words(floor: Floor, currency: str) -> str:
    """A floor of a component, a guarantee of a plan."""
    least = f"each one's {floor.amount}" if isinstance(floor.amount, str) else money(floor.amount, currency)
    return f"At least {least} {a_span(floor.over)}."


def _hold(hold: Hold) -> str:
    share = "It" if hold.share == ONE else f"{percent(hold.share)} of it"
    event = {"payment": "the customer's payment"}.get(hold.release, hold.release.replace("_", " "))
    when = f"{hold.after_days} days after {event}" if hold.after_days else f"on {event}"
    parts = "in step with partial payments" if hold.pro_rata else "all at once"
    return f"{share} is paid {when}, {parts}; amount and rate are fixed when it is earned."


def _clawback(clawback: Clawback) -> str:
    event = "a refund" if clawback.on == "refund" else clawback.on.replace("_", " ")
    within = "" if clawback.within_days is None else f" within {clawback.within_days} days of the day it counted"
    how = {
        ClawbackAmount.WHOLE: "What a deal paid is taken back",
        ClawbackAmount.PRO_RATA: "The part of what a deal paid that falls to the days left is taken back",
    }[clawback.amount]
    where = {
        Restate.OPEN_PERIOD: "in the period in which that happens",
        Restate.RESTATE: "as if the deal had never counted",
    }[clawback.where]
    return f"{how} on {event}{within}, {where}."
