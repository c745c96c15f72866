"""The small phrases that plans in plain language are made of: amounts, shares, bounds, nouns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from spm.plans.model import Component, Pays, Plan, Source, Span, TierBasis, Unit
from spm.wording import amount, percent

_SPANS = {
    Span.DEAL: "deal",
    Span.MONTH: "month",
    Span.QUARTER: "quarter",
    Span.HALF: "half-year",
    Span.YEAR: "year",
    Span.PLAN: "whole time on the plan",
}
_PIECES = {Source.DEALS: "deal", Source.LINE_ITEMS: "line item", Source.ACTIVITIES: "activity"} | {
    Source.ENTRIES: "entry",
    Source.PAYMENTS: "payment",
    Source.EARNINGS: "earning",
}
_PLURALS = {"activity": "activities", "entry": "entries"}


@dataclass(frozen=True, slots=True)
class Part:
    """A component of a plan, and what its figures are called."""

    component: Component
    currency: str

    @property
    def noun(self) -> str:
        """What it is about, in the middle of a sentence: `new business`, `SPIF March`."""
        name = self.component.name
        proper = len(name) < 2 or name[1].isupper() or not name[1].isalpha()
        return name if proper else name[0].lower() + name[1:]

    @property
    def of_noun(self) -> str:
        """What follows its rate: ` of new business`; nothing where the rate says it itself."""
        measure = self.component.measure
        return "" if measure.unit is Unit.NUMBER and measure.value == "value" else f" of {self.noun}"

    @property
    def record(self) -> str:
        """What it counts one of: `deal`, `line item`."""
        return _PIECES[self.component.measure.source]

    @property
    def records(self) -> str:
        """What it counts many of."""
        return plural(self.record)

    @property
    def span(self) -> str:
        """What it adds up over: `quarter`, `whole time on the plan`."""
        return span(self.component.accumulate)

    def money(self, number: Decimal) -> str:
        """An amount in the plan's currency, without cents where there are none: `1,500 USD`."""
        return money(number, self.currency)

    def rate(self, number: Decimal) -> str:
        """What a rate pays: `6 %`, `50 USD a deal`, `nothing`."""
        if number == 0:
            return "nothing"
        if self.component.measure.unit is Unit.MONEY:
            return percent(number)
        value = self.component.measure.value
        if value == "value":
            return f"{self.money(number)} times the value entered for {self.component.measure.name}"
        piece = {"1": self.record, "quantity": "piece"}.get(value, "unit")
        return f"{self.money(number)} {'an' if piece[0] in 'aeiou' and piece != 'unit' else 'a'} {piece}"

    def bound(self, at: Decimal, basis: TierBasis, *, of_quota: bool = True) -> str:
        """A bound of tiers, a point of a curve: `100 % of quota`, `20,000 USD`, `5 deals`."""
        if basis is TierBasis.ATTAINMENT:
            return f"{percent(at)} of quota" if of_quota else percent(at)
        if basis is TierBasis.COUNT:
            return f"{number_of(at)} {self.record if at == 1 else self.records}"
        return self.money(at) if self.component.measure.unit is Unit.MONEY else number_of(at)

    def value(self, number: Decimal, pays: Pays) -> str:
        """A value of a curve, a matrix or a step: `50 %`, `1,000 USD`."""
        if pays is Pays.RATE:
            return self.rate(number)
        return percent(number) if pays is Pays.TARGET else self.money(number)

    def target(self) -> str:
        """The target incentive: `the target incentive (10,000 USD a quarter)`."""
        target = self.component.target
        if isinstance(target, str):
            return f"the target incentive (each one's {target})"
        return f"the target incentive ({self.money(target or Decimal(0))} {a_span(self.component.accumulate)})"


def part_named(plan: Plan, name: str) -> Part | None:
    """The component of that name."""
    return next((Part(each, plan.currency) for each in plan.components if each.name == name), None)


def money(number: Decimal, currency: str) -> str:
    """`1,500 USD`, `0.50 USD`."""
    return f"{number_of(number) if number == int(number) else amount(number)} {currency}"


def number_of(number: Decimal) -> str:
    """A number with as many places as it needs: `12`, `1,000.5`."""
    return amount(number).rstrip("0").rstrip(".")


def span(of: Span) -> str:
    """`quarter`, `half-year`, `deal`."""
    return _SPANS[of]


def a_span(of: Span) -> str:
    """`a quarter`, `over the whole time on the plan`."""
    return f"over the {_SPANS[of]}" if of is Span.PLAN else f"a {_SPANS[of]}"


def each_span(of: Span) -> str:
    """`each quarter`, `the whole time on the plan`."""
    return f"the {_SPANS[of]}" if of is Span.PLAN else f"each {_SPANS[of]}"


def plural(noun: str) -> str:
    """`deals`, `activities`."""
    return _PLURALS.get(noun, f"{noun}s")


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def by(basis: TierBasis) -> str:
    """What a bound is measured in: `quota attainment`."""
    return {
        TierBasis.ATTAINMENT: "quota attainment",
        TierBasis.AMOUNT: "the total credited",
        TierBasis.COUNT: "the number of credits",
    }[basis]
