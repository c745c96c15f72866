"""A plan in plain language, written from its rules: what a rep reads, and what an administrator checks.

New business
  6 % of new business up to 100 % of quota, then 9 %.
  Marginal tiers: the part of each quarter's total that lies in a tier earns the rate of that tier.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from spm.plans.model import (
    DaysBy,
    Draw,
    DrawMode,
    Plan,
    Proration,
    Rounding,
    RoundingRule,
    Span,
    SplitResidual,
    SplitRounding,
    Unit,
)
from spm.plans.phrases import Part, a_span, listed, money
from spm.plans.words_credit import counting_words, crediting_words, span_words
from spm.plans.words_modifiers import cap_words, floor_words, modifier_words
from spm.plans.words_rates import rate_words
from spm.wording import percent

_ROUNDED = {
    RoundingRule.HALF_UP: "half of the last place away from zero",
    RoundingRule.HALF_EVEN: "half of the last place to the even neighbour",
    RoundingRule.DOWN: "the rest cut off",
}
_RESIDUAL = {
    SplitResidual.LARGEST: "the largest part",
    SplitResidual.SMALLEST: "the smallest part",
    SplitResidual.FIRST: "the first part",
    SplitResidual.LAST: "the last part",
    SplitResidual.OWNER: "the owner's part",
}


def plan_words(plan: Plan) -> str:
    """The whole plan: a paragraph for each component, then what belongs to all of it. Ends with a line break."""
    paragraphs = [[plan.name, *_head(plan)]]
    paragraphs += [[part.component.name, *_component(part, plan)] for part in _parts(plan)]
    whole = _whole(plan)
    paragraphs += [["The whole plan", *whole]] if whole else []
    return "\n".join(_paragraph(lines) for lines in paragraphs)


def _paragraph(lines: list[str]) -> str:
    head, *others = lines
    return "\n".join([head, *(f"  {line}" for line in others), ""])


def _parts(plan: Plan) -> list[Part]:
    return [Part(component, plan.currency) for component in plan.components]


def _component(part: Part, plan: Plan) -> list[str]:
    said = [rate_words(part, plan), span_words(part), counting_words(part), crediting_words(part)]
    return [*(line for lines in said for line in lines), *modifier_words(part, plan)]


def _head(plan: Plan) -> list[str]:
    paid = plan.pay_currency
    into = {None: "", "participant": ", converted into each one's own currency"}.get(paid, f", paid in {paid}")
    last = " at the rate of the period's last day" if paid else ""
    return [f"Pays every {_statement(plan)}, in {plan.currency}{into}{last}. {_rounding(plan.rounding)}"]


def _statement(plan: Plan) -> str:
    return "half-year" if plan.statement is Span.HALF else plan.statement.value


def _rounding(rounding: Rounding) -> str:
    places = "whole units" if rounding.places == 0 else f"{rounding.places} place{'s' * (rounding.places > 1)}"
    return f"Each earning is rounded to {places}, {_ROUNDED[rounding.rule]}."


def _whole(plan: Plan) -> list[str]:
    told = [cap_words(cap, plan.currency) for cap in plan.caps]
    told += [floor_words(floor, plan.currency) for floor in plan.floors]
    told += [_draw(plan.draw, plan)] if plan.draw else []
    told += [_proration(plan.proration)] if plan.proration else []
    told += [_season(measure, shares) for measure, shares in plan.seasonality.items()]
    for ramp in plan.ramps:
        shares = listed([percent(share) for share in ramp.shares])
        told.append(f"In the first months on the plan the quota for {ramp.measure} is {shares} of the full one.")
    told += [_splits(plan.splits)] if plan.splits else []
    return [*told, *_exchange(plan)]


def _season(measure: str, shares: Sequence[Decimal]) -> str:
    told = ", ".join(percent(share) for share in shares)
    return f"A quota for {measure} falls on the fiscal months of its year by {told}."


def _draw(draw: Draw, plan: Plan) -> str:
    amount = f"each one's {draw.amount}" if isinstance(draw.amount, str) else money(draw.amount, plan.currency)
    every = a_span(plan.statement)
    how = {
        DrawMode.AGAINST: "earnings below it are filled up to it",
        DrawMode.ON_TOP: "it is paid besides what is earned",
    }[draw.mode]
    later = "what was advanced is taken back later from what is earned above it"
    back = later if draw.recoverable else "it is never taken back"
    periods = f", for the first {draw.periods} {plan.statement.value}s" if draw.periods else ""
    return f"A draw of {amount} {every}{periods}: {how}, and {back}."


def _proration(proration: Proration) -> str:
    days = "calendar days" if proration.by is DaysBy.CALENDAR_DAYS else "working days (Monday to Friday"
    if proration.by is DaysBy.WORKING_DAYS:
        days += f", without {len(proration.holidays)} holidays)" if proration.holidays else ")"
    leave = " Days of leave do not count." if proration.leave else ""
    return f"Prorated by {days} on the plan: {listed(proration.of)}.{leave}"


def _splits(splits: SplitRounding) -> str:
    places = "whole units" if splits.places == 0 else f"{splits.places} places"
    to = _RESIDUAL[splits.residual]
    return f"The parts of a split deal are rounded to {places}; what that leaves over goes to {to}."


def _exchange(plan: Plan) -> list[str]:
    if all(part.measure.unit is Unit.NUMBER for part in plan.components):
        return []
    exchange = plan.exchange
    if exchange.rates:
        rates = listed(
            [f"1 {code} = {rate.normalize():f} {plan.currency}" for code, rate in sorted(exchange.rates.items())]
        )
        return [f"Other currencies are converted at the plan's own rates: {rates}."]
    if exchange.policy == "counting_date":
        return [f"Other currencies are converted into {plan.currency} at the rate of the day a deal counts on."]
    return [f"Other currencies are converted into {plan.currency} at the rate of the day in {exchange.policy}."]
