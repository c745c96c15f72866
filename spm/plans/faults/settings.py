"""Settings of the whole plan: shares of a year, exchange rates, proration, draw."""

from __future__ import annotations

from collections.abc import Iterator

from spm.plans.document import PlanFile
from spm.plans.faults.finding import Finding
from spm.plans.model import ONE
from spm.plans.values import ZERO, text_of

PLAN_RATE = "plan_rate"


def setting_findings(plan: PlanFile) -> Iterator[Finding]:
    """What the plan's own tables say that cannot be meant."""
    yield from _seasonality(plan)
    yield from _exchange(plan)
    if plan.draw and plan.draw.amount == 0:
        yield Finding(("draw", "amount"), "a draw of 0 pays nothing.", "Write its amount, or remove [draw].")
    if plan.proration and not plan.proration.of:
        message = "it is not said what is prorated."
        yield Finding(("proration", "of"), message, "Leave out `of` for all of it, or remove [proration].")
    measures = [ramp.measure for ramp in plan.ramps]
    for number, measure in enumerate(measures):
        if measure in measures[:number]:
            message = f"there are two ramps for the measure {measure!r}."
            yield Finding(("ramps", number, "measure"), message, "Keep one of them.")


def _seasonality(plan: PlanFile) -> Iterator[Finding]:
    for measure, shares in plan.seasonality.items():
        if len(shares) != 12:
            message = f"a year has 12 months, and there are {len(shares)} shares."
            yield Finding(("seasonality", measure), message, "Write one for each fiscal month, from the first.")
        elif sum(shares, ZERO) != ONE:
            message = f"the shares of the months add up to {text_of(sum(shares, ZERO) * 100)} %, not 100 %."
            yield Finding(("seasonality", measure), message, "Change them until they add up to 1.")


def _exchange(plan: PlanFile) -> Iterator[Finding]:
    exchange = plan.exchange
    if exchange.policy == PLAN_RATE and not exchange.rates:
        hint = "Write rates = { EUR = 1.25 }: units of the plan's currency for one of the other."
        yield Finding(("exchange", "rates"), "the plan's own rates are to be used, and there are none.", hint)
    if exchange.policy != PLAN_RATE and exchange.rates:
        hint = f'Write policy = "{PLAN_RATE}", or remove them.'
        yield Finding(("exchange", "rates"), "the plan's own rates are not used by this policy.", hint)
    for currency, rate in exchange.rates.items():
        if currency == plan.currency:
            yield Finding(("exchange", "rates", currency), "this is the plan's own currency.", "Remove it.")
        elif rate == 0:
            yield Finding(("exchange", "rates", currency), "a rate of 0 makes nothing of every deal.", "Correct it.")
