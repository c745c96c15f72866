"""Quotas, proration, floors and draws a second time: day after day, with fractions, from docs/plans.md alone.

Plans are read as they stand in their files (mappings), facts as rows of plain tables. One currency; a component has a
rate, marginal tiers or a curve.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

Row = Mapping[str, Any]
F = Fraction
DAYS = [date(2024, 1, 1) + timedelta(days=number) for number in range(4 * 366)]
_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
LENGTH = ["deal", "month", "quarter", "half", "year", "plan"]


def rounded(number: F) -> F:
    """To the cent, half away from zero."""
    return F(math.floor(abs(number) * 100 + F(1, 2)), 100) * (1 if number >= 0 else -1)


def ten_places(number: F) -> F:
    """As amounts are kept."""
    return F(round(number * 10**10), 10**10)


@dataclass
class Fiscal:
    """Fiscal years that begin with a month (1 to 12); a span is its kind and its number."""

    first: int = 1

    def month(self, day: date) -> int:
        return day.year * 12 + day.month - self.first

    def span(self, kind: str, day: date) -> int:
        return 0 if kind == "plan" else self.month(day) // _MONTHS[kind]

    def name(self, kind: str, day: date) -> str:
        if kind == "month":
            return f"{day:%Y-%m}"
        month = self.month(day)
        year = month // 12 + (self.first > 1)
        place = {"quarter": f"-Q{month % 12 // 3 + 1}", "half": f"-H{month % 12 // 6 + 1}", "year": ""}[kind]
        return f"{year}{place}"


@dataclass
class Facts:
    """Rows of the tables, as `attain plan try` takes them."""

    today: date
    people: Sequence[Row]
    assignments: Sequence[Row]
    deals: Sequence[Row] = ()
    quotas: Sequence[Row] = ()
    absences: Sequence[Row] = ()
    fiscal: Fiscal = field(default_factory=Fiscal)

    def stays(self, person: str, plan: str) -> set[date]:
        """The days on the plan."""
        rows = [row for row in self.assignments if (row["who"], row["plan"]) == (person, plan)]
        return {day for row in rows for day in DAYS if row["starts_on"] <= day <= (row["ends_on"] or DAYS[-1])}

    def person(self, email: str) -> Row:
        return next(row for row in self.people if row["email"] == email)


@dataclass
class Credit:
    """What one record is for one person, in the plan's currency or pieces."""

    person: str
    day: date
    amount: F


@dataclass
class Line:
    person: str
    period: int
    amount: F
    component: str = ""
    day: date | None = None  # of its credit


@dataclass
class OnePlan:
    """A plan on the facts: lines by statement period, and the quotas of people."""

    plan: Row
    facts: Facts

    def __post_init__(self) -> None:
        self.statement = self.plan.get("statement", "month")
        self.fiscal = self.facts.fiscal
        self.emails = [row["email"] for row in self.facts.people]
        self.on = {email: self.facts.stays(email, self.plan["name"]) for email in self.emails}
        self.now = self.period(self.facts.today)
        self.end = max(day for day in DAYS if self.period(day) == self.now)

    def period(self, day: date) -> int:
        return self.fiscal.span(self.statement, day)

    # Days

    def counting(self, what: str, days: Sequence[date]) -> list[date]:
        """The days that a row or a period is measured in."""
        rule = self.prorated(what)
        if rule is None or rule.get("by") != "working_days":
            return list(days)
        return [day for day in days if day.weekday() < 5 and day not in rule.get("holidays", ())]

    def prorated(self, what: str) -> Row | None:
        rule: Row | None = self.plan.get("proration")
        return rule if rule is not None and what in rule.get("of", ["quota", "target", "draw", "floor"]) else None

    def there(self, what: str, email: str, day: date) -> bool:
        rule = self.prorated(what)
        if rule is None:
            return True
        person = self.facts.person(email)
        if day < (person.get("hire_date") or DAYS[0]) or day > (person.get("leave_date") or DAYS[-1]):
            return False
        away = [row for row in self.facts.absences if row["email"] == email] if rule.get("leave", True) else []
        return day in self.on[email] and not any(row["starts_on"] <= day <= row["ends_on"] for row in away)

    # Quotas

    def quota(self, what: str, email: str, measure: str, kind: str, span: int, whose: str = "") -> F:
        """What the rows of a measure come to in a span; `whose`: the team whose rows count instead."""
        total = F(0)
        for row in self.facts.quotas:
            if (row["email"], row["measure"]) == (whose or email, measure):
                total += sum((self.part(what, email, measure, kind, span, piece) for piece in self.pieces(row)), F(0))
        return total

    def has_rows(self, email: str, measure: str, kind: str, span: int) -> bool:
        rows = [row for row in self.facts.quotas if (row["email"], row["measure"]) == (email, measure)]
        days = [day for day in DAYS if self.fiscal.span(kind, day) == span]
        return any(row["starts_on"] <= day <= row["ends_on"] for row in rows for day in days)

    def pieces(self, row: Row) -> list[tuple[F, list[date]]]:
        """The row, or its months by the shares of the season where it is whole fiscal years."""
        days = [day for day in DAYS if row["starts_on"] <= day <= row["ends_on"]]
        shares = self.plan.get("seasonality", {}).get(row["measure"])
        whole = self.fiscal.month(days[0]) % 12 == 0 and days[0].day == 1
        whole &= self.fiscal.month(days[-1] + timedelta(days=1)) % 12 == 0 and (days[-1] + timedelta(days=1)).day == 1
        if not shares or not whole:
            return [(F(row["amount"]), days)]
        months = list(dict.fromkeys(map(self.fiscal.month, days)))
        years = len(months) // 12
        return [
            (F(row["amount"]) * F(shares[month % 12]) / years, [d for d in days if self.fiscal.month(d) == month])
            for month in months
        ]

    def part(self, what: str, email: str, measure: str, kind: str, span: int, piece: tuple[F, list[date]]) -> F:
        amount, days = piece
        days = self.counting(what, days)
        inside = [day for day in days if self.fiscal.span(kind, day) == span and self.there(what, email, day)]
        if kind == "plan":
            inside = [day for day in inside if day in self.on[email]]
        return amount * sum((self.ramp(email, measure, day) for day in inside), F(0)) / len(days) if days else F(0)

    def ramp(self, email: str, measure: str, day: date) -> F:
        for rule in self.plan.get("ramps", ()):
            if rule["measure"] == measure and self.on[email]:
                start = max(min(self.on[email]), self.facts.person(email).get("hire_date") or DAYS[0])
                number = self.fiscal.month(day) - self.fiscal.month(start)
                if 0 <= number < len(rule["shares"]):
                    return F(rule["shares"][number])
        return F(1)

    def amount(self, what: str, said: str, email: str, kind: str, span: int) -> F:
        """A target, draw or floor of a span: an amount prorated, or the rows of the quota that it names."""
        if said[0].isalpha():
            return self.quota(what, email, said, kind, span)
        if kind == "plan":
            return F(said)
        days = self.counting(what, [day for day in DAYS if self.fiscal.span(kind, day) == span])
        return F(said) * sum(self.there(what, email, day) for day in days) / len(days) if days else F(0)

    # Rates

    def credits(self, rule: Row) -> list[Credit]:
        found = [
            Credit(row["owner"], row["close_date"], ten_places(F(row["amount"])))
            for row in sorted(self.facts.deals, key=lambda row: (row["close_date"], row["deal_id"]))
            if row["close_date"] <= self.end and row["close_date"] in self.on[row["owner"]]
        ]
        return [credit for credit in found if credit.amount]

    def lines(self) -> list[Line]:
        found = []
        for rule in self.plan["components"]:
            own = self.rated(rule, self.credits(rule))
            for floor in rule.get("floors", ()):
                own += self.floored(own, floor)
            found += own
        for floor in self.plan.get("floors", ()):
            found += self.floored(found, floor)
        return found

    def rated(self, rule: Row, booked: Sequence[Credit]) -> list[Line]:
        kind, found = rule.get("accumulate", "year"), []
        for person in self.emails:
            mine = [credit for credit in booked if credit.person == person]
            for span in sorted({self.fiscal.span(kind, credit.day) for credit in mine}):
                inside = [credit for credit in mine if self.fiscal.span(kind, credit.day) == span]
                found += self.rated_span(rule, kind, person, span, inside)
        return found

    def rated_span(self, rule: Row, kind: str, person: str, span: int, booked: Sequence[Credit]) -> list[Line]:
        quota = self.quota_of(rule, person, kind, span)
        found, before = [], F(0)
        by = rule.get("tier_by", rule.get("curve_by"))
        if by == "attainment" and not quota:
            return []
        unit = quota if by == "attainment" else F(1)
        for credit in booked:
            after = before + credit.amount
            if "rate" in rule:
                earned = [rounded(credit.amount * F(rule["rate"]))]
            elif "tiers" in rule:
                earned = [rounded(each) for each in slices(rule["tiers"], unit, before, after)]
            else:
                target = F(1)
                if rule["curve_pays"] == "target":
                    target = self.amount("target", rule["target"], person, kind, span)
                ends = [rounded(curve_at(rule["curve"], end / unit) * target) for end in (before, after)]
                earned = [ends[1] - ends[0]]
            found += [Line(person, self.period(credit.day), each, rule["name"]) for each in earned]
            before = after
        return found

    def quota_of(self, rule: Row, person: str, kind: str, span: int) -> F:
        measure = rule.get("measure", "bookings")
        if rule.get("roll_up", {}).get("to") != "team":
            return self.quota("quota", person, measure, kind, span)
        return self.quota("quota", person, measure, kind, span, "team:" + self.facts.person(person)["team"])

    def floored(self, lines: Sequence[Line], floor: Row) -> list[Line]:
        """Due in the statement period of the last day on the plan in the span."""
        kind, found = floor["over"], []
        for person in self.emails:
            for span in sorted({self.fiscal.span(kind, day) for day in self.on[person]}):
                stay = [day for day in self.on[person] if self.fiscal.span(kind, day) == span]
                if max(stay) == DAYS[-1] or self.period(max(stay)) > self.now:
                    continue
                periods = {self.period(day) for day in DAYS if self.fiscal.span(kind, day) == span}
                sum_ = sum((x.amount for x in lines if x.person == person and x.period in periods), F(0))
                due = rounded(self.amount("floor", floor["amount"], person, kind, span))
                if sum_ < due and (floor["amount"][0].isdigit() or self.has_rows(person, floor["amount"], kind, span)):
                    found.append(Line(person, self.period(max(stay)), due - sum_))
        return found

    # Statements

    def statements(self) -> dict[tuple[str, str], dict[str, F | None]]:
        """Figures by person and name of the period."""
        lines, found = self.lines(), {}
        for person in self.emails:
            balance = F(0)
            days = sorted(self.on[person])
            for number, period in enumerate(dict.fromkeys(map(self.period, days))):
                if period > self.now:
                    break
                earned = sum((x.amount for x in lines if (x.person, x.period) == (person, period)), F(0))
                given, back = self.drawn(person, period, number, earned, balance)
                balance += given - back if self.plan.get("draw", {}).get("recoverable") else 0
                last = max(day for day in DAYS if self.period(day) == period)
                name = self.fiscal.name(self.statement, last)
                figures: dict[str, F | None] = {
                    "payout": earned + given - back,
                    "earned": earned,
                    "draw_balance": balance,
                }
                found[person, name] = figures | self.first(person, last)
        return found

    def first(self, person: str, last: date) -> dict[str, F | None]:
        """Quota, credited and attainment of the first component."""
        rule = self.plan["components"][0]
        kind = max(rule.get("accumulate", "year"), self.statement, key=LENGTH.index)
        span = self.fiscal.span(kind, last)
        mine = [
            x for x in self.own(rule, person, kind, span) if x.day <= last and self.fiscal.span(kind, x.day) == span
        ]
        credited = sum((x.amount for x in mine), F(0))
        quota = self.quota_of(rule, person, kind, span)
        return {"quota": quota or None, "credited": credited, "attainment": credited / quota if quota else None}

    def own(self, rule: Row, person: str, kind: str, span: int) -> Sequence[Credit]:
        """The credits that a person's result is made of."""
        return [credit for credit in self.credits(rule) if credit.person == person]

    def drawn(self, person: str, period: int, number: int, earned: F, balance: F) -> tuple[F, F]:
        """What the draw of a period gives, and what it takes back."""
        draw = self.plan.get("draw")
        if draw is None:
            return F(0), F(0)
        runs = number < draw.get("periods", 10**6)
        if draw["amount"][0].isalpha():  # without a row for it there is no draw
            runs = runs and self.has_rows(person, draw["amount"], self.statement, period)
        amount = rounded(self.amount("draw", draw["amount"], person, self.statement, period)) if runs else F(0)
        on_top = draw.get("mode", "against") == "on_top"
        given = F(0) if not runs else amount if on_top else max(F(0), amount - earned)
        return given, min(balance, max(F(0), earned - amount)) if draw["recoverable"] else F(0)


def slices(tiers: Sequence[Row], unit: F, before: F, after: F) -> list[F]:
    """What a credit earns in each marginal tier that it touches."""
    found = []
    for place, tier in enumerate(tiers):
        ends = [before, after]
        if place:
            ends = [max(end, F(tier["from"]) * unit) for end in ends]
        if "to" in tier:
            ends = [min(end, F(tier["to"]) * unit) for end in ends]
        if ends[0] != ends[1]:
            found.append((ends[1] - ends[0]) * F(tier["rate"]))
    return found


def curve_at(points: Sequence[Row], x: F) -> F:
    """Linear, zero before the first point and flat after the last."""
    if x < F(points[0]["at"]):
        return F(0)
    for low, high in pairwise(points):
        if x < F(high["at"]):
            part = (x - F(low["at"])) / (F(high["at"]) - F(low["at"]))
            return F(low["pays"]) + part * (F(high["pays"]) - F(low["pays"]))
    return F(points[-1]["pays"])
