"""The modifiers once more, slowly, with lists, loops and fractions, from docs/plans.md alone.

Flat rates, one credit a deal, one year of months. spm.engine shares nothing with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "plan": 100}
Key = tuple[int, str, str, int]
"""Person, component, cause, number of the statement period."""


def cents(amount: Fraction) -> Fraction:
    """Rounded to two places, half a cent away from zero."""
    size = (abs(amount) * 100 + Fraction(1, 2)) // 1
    return Fraction(size if amount >= 0 else -size, 100)


@dataclass
class Part:
    """A component: `rules` as the plan file has them, with fractions."""

    name: str
    rate: Fraction
    span: str
    takes: Callable[[dict[str, Any]], bool]
    rules: dict[str, Any] = field(default_factory=dict)


@dataclass
class Line:
    person: int
    component: str
    cause: str
    period: int
    amount: Fraction
    deal: int | None = None
    on: date | None = None


def _of_deals(rules: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [rule for rule in rules.get(kind, []) if rule["over"] == "deal"]


def _of_periods(rules: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [rule for rule in rules.get(kind, []) if rule["over"] != "deal"]


@dataclass
class Earning:
    """`deals`: id, owner, amount, on, churned_on; `payments`: deal, kind, on, amount; `people`: first and last day."""

    statement: str
    parts: list[Part]
    deals: list[dict[str, Any]]
    payments: list[dict[str, Any]]
    people: dict[int, tuple[date, date]]
    today: date

    def period(self, day: date) -> int:
        return (day.month - 1) // MONTHS[self.statement]

    def credits(self, part: Part) -> list[dict[str, Any]]:
        last = self.period(self.today)
        rows = [
            row
            for row in self.deals
            if part.takes(row) and self.period(row["on"]) <= last and self.there(row["owner"], row["on"])
        ]
        return sorted(rows, key=lambda row: (row["on"], row["id"]))

    def there(self, person: int, day: date) -> bool:
        first, last = self.people[person]
        return first <= day <= last

    def periods(self, person: int) -> Iterator[int]:
        first, last = self.people[person]
        for number in range(self.period(first), self.period(min(last, date(2026, 12, 31))) + 1):
            if number <= self.period(self.today):
                yield number

    def earned(self, part: Part) -> list[Line]:
        """What a component earns, before anything of it is taken back or held."""
        lines = self.of_deals(part)
        rules = part.rules
        for rule in rules.get("multipliers", []):
            lines += self.multiplied(part, lines, rule)
        for rule in rules.get("gates", []):
            lines += self.gated(part, lines, rule)
        for rule in _of_periods(rules, "caps"):
            lines += self.cap(part, lines, rule)
        for rule in _of_periods(rules, "floors"):
            lines += self.floor(part, lines, rule)
        return lines + (self.budget(lines, rules["budget"]) if "budget" in rules else [])

    def of_deals(self, part: Part) -> list[Line]:
        lines = [
            Line(
                row["owner"],
                part.name,
                "credit",
                self.period(row["on"]),
                cents(row["amount"] * part.rate),
                row["id"],
                row["on"],
            )
            for row in self.credits(part)
        ]
        for rule in _of_deals(part.rules, "caps"):
            for row in self.credits(part):
                own = [line for line in lines if line.deal == row["id"]]
                total = sum((line.amount for line in own), Fraction(0))
                lines.append(self.about(own[0], "cap", min(total, rule["amount"]) - total))
        for rule in _of_deals(part.rules, "floors"):
            lines += self.deal_floor(part, lines, rule["amount"])
        return lines

    def cap(self, part: Part, lines: list[Line], rule: dict[str, Any]) -> list[Line]:
        most = rule["amount"]
        return self.by_rule(part, lines, rule["over"], "cap", lambda total, *_: min(total, most))

    def about(self, line: Line, cause: str, amount: Fraction) -> Line:
        return Line(line.person, line.component, cause, line.period, amount, line.deal, line.on)

    def deal_floor(self, part: Part, lines: list[Line], least: Fraction) -> list[Line]:
        made = []
        for row in self.credits(part):
            own = [line for line in lines if line.deal == row["id"]]
            if row["amount"] > 0 and own:
                made.append(self.about(own[0], "floor", max(least - sum(line.amount for line in own), Fraction(0))))
        return made

    def spans(self, period: int, kind: str) -> list[int]:
        """The spans of a kind that lie in a statement period, or the one that it lies in."""
        first, count = period * MONTHS[self.statement], MONTHS[self.statement]
        return sorted({month // MONTHS[kind] for month in range(first, first + count)})

    def span_of(self, line: Line, kind: str) -> int:
        month = (line.period + 1) * MONTHS[self.statement] - 1
        if line.on and self.period(line.on) == line.period:
            month = line.on.month - 1
        return month // MONTHS[kind]

    def by_rule(
        self, part: Part, lines: list[Line], kind: str, cause: str, due: Callable[[Fraction, int, int, int], Fraction]
    ) -> list[Line]:
        made: list[Line] = []
        for person in self.people:
            for period in range(self.period(self.today) + 1):
                for span in self.spans(period, kind):
                    of = [each for each in lines if each.person == person and self.span_of(each, kind) == span]
                    total = sum((each.amount for each in of if each.period <= period), Fraction(0))
                    before = sum(
                        (each.amount for each in made if (each.person, each.deal) == (person, span)), Fraction(0)
                    )
                    amount = due(total, person, period, span) - total - before
                    made.append(Line(person, part.name, cause, period, amount, span))  # the span for a while
        for each in made:
            each.deal = None
        return [each for each in made if each.amount]

    def result(self, part: Part, person: int, kind: str, month: int) -> Fraction:
        """The total of credits in the span of that kind that holds `month`, up to its end or the end of the period."""
        end = (month // MONTHS[self.statement] + 1) * MONTHS[self.statement] - 1
        rows = [row for row in self.credits(part) if row["owner"] == person]
        inside = [row for row in rows if (row["on"].month - 1) // MONTHS[kind] == month // MONTHS[kind]]
        return sum((row["amount"] for row in inside if row["on"].month - 1 <= end), Fraction(0))

    def gated(self, part: Part, lines: list[Line], rule: dict[str, Any]) -> list[Line]:
        of = next(each for each in self.parts if each.name == rule.get("of", part.name))
        kind = rule.get("over", part.span)

        def due(total: Fraction, person: int, period: int, span: int) -> Fraction:
            met = self.result(of, person, kind, self.month_in(period, kind, span)) >= rule["at_least"]
            return total if met else cents(total * rule.get("otherwise", Fraction(0)))

        return self.by_rule(part, lines, kind, "gate", due)

    def month_in(self, period: int, kind: str, span: int) -> int:
        """A month that lies in the period and in the span."""
        first, count = period * MONTHS[self.statement], MONTHS[self.statement]
        return max(month for month in range(first, first + count) if month // MONTHS[kind] == span)

    def multiplied(self, part: Part, lines: list[Line], rule: dict[str, Any]) -> list[Line]:
        of = next(each for each in self.parts if each.name == rule["of"])
        kind = min(part.span, of.span, key=MONTHS.__getitem__)

        def due(total: Fraction, person: int, period: int, span: int) -> Fraction:
            at = self.result(of, person, of.span, self.month_in(period, kind, span))
            factor = rule["points"][0][1]
            for bound, times in rule["points"]:
                factor = times if at >= bound else factor
            return cents(total * factor)

        return self.by_rule(part, lines, kind, "multiplier", due)

    def floor(self, part: Part, lines: list[Line], rule: dict[str, Any]) -> list[Line]:
        kind, least = rule["over"], rule["amount"]

        def due(total: Fraction, person: int, period: int, span: int) -> Fraction:
            first, last = self.people[person]
            months = [month for month in range(12) if month // MONTHS[kind] == span]
            inside = [month for month in months if first.month - 1 <= month <= min(last, date(2026, 12, 31)).month - 1]
            if MONTHS[kind] < MONTHS[self.statement]:
                return max(total, least) if inside else total
            # periods are on the plan as a whole
            there = [number for number in range(12 // MONTHS[self.statement]) if number in self.all_periods(person)]
            there = [number for number in there if span in self.spans(number, kind)]
            return max(total, least) if there and period >= max(there) else total

        return self.by_rule(part, lines, kind, "floor", due)

    def all_periods(self, person: int) -> range:
        first, last = self.people[person]
        return range(self.period(first), self.period(min(last, date(2026, 12, 31))) + 1)

    def budget(self, lines: list[Line], budget: Fraction) -> list[Line]:
        made, total, cut = [], Fraction(0), Fraction(0)
        amounts: dict[tuple[date, bool, int, int], tuple[Line, Fraction]] = {}
        for line in lines:
            end = (line.period + 1) * MONTHS[self.statement]
            last = date(2026, 12, 31) if end == 12 else date(2026, end + 1, 1) - timedelta(days=1)
            key = (line.on or last, line.deal is None, line.deal or 0, line.person)
            before = amounts.get(key, (line, Fraction(0)))
            amounts[key] = (before[0], before[1] + line.amount)
        for key in sorted(amounts):
            line, amount = amounts[key]
            total += amount
            now = min(Fraction(0), budget - total)
            made.append(self.about(line, "budget", now - cut))
            cut = now
        return made
