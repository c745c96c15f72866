"""Plans of every kind calculated a second time: credit after credit, with fractions, from docs/plans.md alone.

Rules are read as they stand in a plan file (a mapping), facts as rows of plain tables. One currency, one plan.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

F = Fraction
Row = Mapping[str, Any]
CONDITIONS: dict[str, Callable[[Row], bool]] = {
    "deal_type = 'New'": lambda deal: deal["deal_type"] == "New",
    "deal_type = 'Renewal'": lambda deal: deal["deal_type"] == "Renewal",
    "amount > 200": lambda deal: F(deal["amount"]) > 200,
}
SPANS: dict[str, Callable[[date], str]] = {
    "month": lambda day: f"{day:%Y-%m}",
    "quarter": lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
    "half": lambda day: f"{day.year}-H{1 + (day.month > 6)}",
    "year": lambda day: str(day.year),
    "plan": lambda _: "plan",
}
LENGTH = ["deal", "month", "quarter", "half", "year", "plan"]
YEAR = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]


def rounded(number: F) -> F:
    """To the cent, half away from zero."""
    scaled = abs(number) * 100
    return F(math.floor(scaled + F(1, 2)), 100) * (1 if number >= 0 else -1)


def ten_places(number: F) -> F:
    return F(round(number * 10**10), 10**10)


@dataclass
class Line:
    person: str
    period: str
    cause: str
    amount: F
    deal: str | None = None
    span: str = ""
    credit: int = -1


@dataclass
class Credit:
    person: str
    day: date
    deal: str
    share: F
    amount: F
    span: str
    whose: str


@dataclass
class Part:
    rule: Row
    credits: list[Credit]
    lines: list[Line] = field(default_factory=list)


@dataclass
class Reference:
    """The plan, the tables and the day; `statements` are filled by `run`: (person, period) to figures."""

    plan: Row
    deals: list[Row]
    people: list[str]
    today: date
    splits: list[Row] = field(default_factory=list)
    quotas: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    managers: Mapping[str, str] = field(default_factory=dict)
    statements: dict[tuple[str, str], dict[str, F]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.statement = self.plan.get("statement", "month")
        every = list(dict.fromkeys(SPANS[self.statement](day) for day in YEAR))
        self.periods = every[: every.index(SPANS[self.statement](self.today)) + 1]
        self.end = self.last_day(self.statement, self.periods[-1])
        self.by_id = {deal["deal_id"]: deal for deal in self.deals}

    def last_day(self, kind: str, name: str) -> date:
        return max(day for day in YEAR if SPANS[kind](day) == name)

    def period(self, day: date) -> str:
        return SPANS[self.statement](day)

    # Credits

    def credits(self, rule: Row) -> list[Credit]:
        found = []
        for deal in self.deals:
            day = deal["close_date"]
            if "condition" in rule and not CONDITIONS[rule["condition"]](deal):
                continue
            if not rule.get("starts_on", YEAR[0]) <= day <= min(rule.get("ends_on", YEAR[-1]), self.end):
                continue
            if self.restated(rule, deal):
                continue
            for person, share in self.shares(rule, deal):
                value = F(deal["amount"]) * (F(1, 2) if "weight" in rule and deal["deal_type"] == "Renewal" else 1)
                kind = rule.get("accumulate", "year")
                span = deal["deal_id"] if kind == "deal" else SPANS[kind](day)
                pieces = value / F(deal["amount"]) if F(deal["amount"]) else F(1)
                if "per_unit" in rule and "weight" in rule and deal["deal_type"] == "Renewal":
                    pieces = F(1, 2)
                amount = ten_places((pieces if "per_unit" in rule else value) * share)
                found += [
                    Credit(who, day, deal["deal_id"], share, amount, span, whose)
                    for who, whose in self.credited(rule, person)
                ]
        return sorted(found, key=lambda each: (each.person, each.day, each.deal, -each.share, each.whose))

    def shares(self, rule: Row, deal: Row) -> list[tuple[str, F]]:
        own = [(deal["owner"], F(1))]
        parts = [(row["email"], F(row["share"])) for row in self.splits if row["deal_id"] == deal["deal_id"]]
        return own if rule.get("role") == "owner" or not parts else parts

    def credited(self, rule: Row, person: str) -> Iterable[tuple[str, str]]:
        """Who gets the credit, and whose it was ('' for one's own)."""
        roll_up = rule.get("roll_up")
        if roll_up is None or roll_up.get("own", True):
            yield person, ""
        if roll_up is None:
            return
        levels = roll_up.get("levels", 1)
        above, seen = self.managers.get(person), {person}
        while above and above not in seen and (levels == "all" or levels > 0):
            yield above, person
            seen.add(above)
            above, levels = self.managers.get(above), levels if levels == "all" else levels - 1

    def restated(self, rule: Row, deal: Row) -> bool:
        clawback = rule.get("clawback")
        if not clawback or clawback.get("where") != "restate":
            return False
        day = deal.get(clawback["on"])
        return bool(day) and day <= self.end and self.in_window(clawback, deal, day)

    def in_window(self, clawback: Row, deal: Row, day: date) -> bool:
        within = clawback.get("within_days")
        return within is None or (day - deal["close_date"]).days <= within

    # Quotas

    def quota(self, measure: str, person: str, kind: str, span: str) -> F | None:
        total = F(0)
        for row in self.quotas:
            if (row["email"], row.get("measure") or "bookings") == (person, measure):
                days = [day for day in YEAR if row["starts_on"] <= day <= row["ends_on"]]
                inside = [day for day in days if SPANS[kind](day) == span]
                total += ten_places(F(row["amount"]) * len(inside) / len(days))
        return total or None

    def quota_of(self, rule: Row, person: str, span: str) -> F | None:
        return self.quota(rule.get("measure", "bookings"), person, rule.get("accumulate", "year"), span)

    # Rates

    def rate(self, part: Part) -> None:
        spans: dict[tuple[str, str], list[tuple[int, Credit]]] = defaultdict(list)
        for number, credit in enumerate(part.credits):
            if credit.amount:
                spans[credit.person, credit.span].append((number, credit))
        for (person, span), booked in spans.items():
            rule = part.rule
            quota = self.quota_of(rule, person, span) if self.basis(rule) == "attainment" else None
            if self.basis(rule) == "attainment" and quota is None:
                continue
            if "tiers" in rule and rule["tier_mode"] == "marginal":
                self.marginal(part, booked, quota)
            elif "tiers" in rule and rule["tier_mode"] == "whole_amount":
                self.whole_amount(part, booked, quota)
            elif "rate" in rule or "per_unit" in rule:
                rate = F(rule.get("rate", rule.get("per_unit")))
                for number, credit in booked:
                    self.add(part, number, credit, rounded(credit.amount * rate))
            else:
                self.total(part, booked, self.worth(rule, quota))

    def basis(self, rule: Row) -> str | None:
        for key in ("tier_by", "curve_by", "steps_by"):
            if key in rule:
                return str(rule[key])
        return None

    def add(self, part: Part, number: int, credit: Credit, amount: F, cause: str = "credit", at: str = "") -> None:
        period = at or self.period(credit.day)
        part.lines.append(Line(credit.person, period, cause, amount, credit.deal, credit.span, number))

    def bounds(self, rule: Row, quota: F | None) -> list[tuple[F, F | None, F]]:
        size = quota if rule["tier_by"] == "attainment" and quota is not None else F(1)
        return [
            (
                ten_places(F(tier["from"]) * size),
                ten_places(F(tier["to"]) * size) if "to" in tier else None,
                F(tier["rate"]),
            )
            for tier in rule["tiers"]
        ]

    def marginal(self, part: Part, booked: list[tuple[int, Credit]], quota: F | None) -> None:
        bounds = self.bounds(part.rule, quota)
        before = count = F(0)
        for number, credit in booked:
            if part.rule["tier_by"] == "count":
                count += 1 if credit.amount > 0 else -1
                at = count if credit.amount > 0 else count + 1
                rate = next(rate for low, high, rate in reversed(bounds) if at > low or low == 0)
                self.add(part, number, credit, rounded(credit.amount * rate))
                continue
            for place, (low, high, rate) in enumerate(bounds):
                ends = [before, before + credit.amount]
                clipped = [max(end, low) if place else end for end in ends]
                clipped = [min(end, high) if high is not None else end for end in clipped]
                if clipped[0] != clipped[1]:
                    self.add(part, number, credit, rounded((clipped[1] - clipped[0]) * rate))
            before += credit.amount

    def tier(self, rule: Row, bounds: list[tuple[F, F | None, F]], total: F) -> int:
        higher = rule.get("at_bound", "higher_tier") == "higher_tier"
        return sum(total >= low if higher else total > low for low, _, _ in bounds[1:])

    def whole_amount(self, part: Part, booked: list[tuple[int, Credit]], quota: F | None) -> None:
        bounds = self.bounds(part.rule, quota)
        by_count = part.rule["tier_by"] == "count"
        total, paid = F(0), dict[int, F]()
        for period in self.periods:
            now = [each for each in booked if self.period(each[1].day) == period]
            if not now:
                continue
            total += sum((1 if c.amount > 0 else -1) if by_count else c.amount for _, c in now)
            rate = bounds[self.tier(part.rule, bounds, total)][2]
            for number, credit in booked:
                if self.period(credit.day) in self.periods[: self.periods.index(period) + 1]:
                    due = rounded(credit.amount * rate)
                    first = number not in paid
                    if first or due != paid[number]:
                        cause = "credit" if first else "retroactive"
                        self.add(part, number, credit, due - paid.get(number, F(0)), cause, period)
                    paid[number] = due

    def total(self, part: Part, booked: list[tuple[int, Credit]], worth: Callable[[F, F], F]) -> None:
        """What the whole span pays after a credit less what it paid before it."""
        credited = count = before = F(0)
        for number, credit in booked:
            credited, count = credited + credit.amount, count + (1 if credit.amount > 0 else -1)
            after = rounded(worth(credited, count))
            self.add(part, number, credit, after - before)
            before = after

    def worth(self, rule: Row, quota: F | None) -> Callable[[F, F], F]:
        basis = self.basis(rule)

        def reached(credited: F, count: F) -> F:
            return count if basis == "count" else credited / quota if basis == "attainment" and quota else credited

        def base_plus_top(credited: F, count: F) -> F:
            bounds = self.bounds(rule, quota)
            end = bounds[0][1]
            at = count if basis == "count" else credited
            if end is None or credited <= end:
                return credited * bounds[0][2]
            return end * bounds[0][2] + (credited - end) * bounds[self.tier(rule, bounds, at)][2]

        def curve(credited: F, count: F) -> F:
            value = curve_at(rule, reached(credited, count))
            pays = rule["curve_pays"]
            return value * (F(rule["target"]) if pays == "target" else credited if pays == "rate" else 1)

        def steps(credited: F, count: F) -> F:
            got = [F(step["pays"]) for step in rule["steps"] if reached(credited, count) >= F(step["at"])]
            paid = sum(got, F(0)) if rule.get("which", "each") == "each" else (got or [F(0)])[-1]
            return paid * (F(rule["target"]) if rule["steps_pays"] == "target" else 1)

        return base_plus_top if "tiers" in rule else curve if "curve" in rule else steps

    # Modifiers

    def result(self, part: Part, person: str, basis: str, kind: str, period: str) -> F | None:
        """What a component has come to at the end of a period, over the span of that kind that holds its last day."""
        last = self.last_day(self.statement, period)
        kind = self.statement if kind == "deal" else kind
        span = SPANS[kind](last)
        inside = [c for c in part.credits if c.person == person and SPANS[kind](c.day) == span and c.day <= last]
        if basis == "amount":
            return sum((c.amount for c in inside), F(0))
        if basis == "count":
            return F(sum((c.amount > 0) - (c.amount < 0) for c in inside))
        quota = self.quota(part.rule.get("measure", "bookings"), person, kind, span)
        return None if quota is None else sum((c.amount for c in inside), F(0)) / quota

    def over(self, lines: list[Line], kind: str, cause: str, due: Callable[[str, str, F], F]) -> None:
        """The cumulative rule: each period's line is what the span is due then less what it was due before."""
        people = sorted({line.person for line in lines})
        spans = list(dict.fromkeys(self.span_of(kind, period) for period in self.periods))
        if LENGTH.index(kind) < LENGTH.index(self.statement):
            raise AssertionError("a span shorter than the statement is not tried here")
        for person in people:
            for span in spans:
                sum_, changed = F(0), F(0)
                for period in [each for each in self.periods if self.span_of(kind, each) == span]:
                    sum_ += sum((x.amount for x in lines if (x.person, x.period) == (person, period)), F(0))
                    change = due(person, period, sum_) - sum_ - changed
                    changed += change
                    if change:
                        self.new.append(Line(person, period, cause, change))

    def span_of(self, kind: str, period: str) -> str:
        return SPANS[kind](self.last_day(self.statement, period))

    def modify(self, part: Part, parts: Mapping[str, Part]) -> None:  # noqa: C901 - the order of docs/plans.md
        rule = part.rule
        for cap in rule.get("caps", ()):
            if cap["over"] == "deal":
                self.per_deal(part, lambda sum_, cap=cap: min(sum_, F(cap["amount"])), "cap")
        for floor in rule.get("floors", ()):
            if floor["over"] == "deal":
                self.per_deal(part, lambda sum_, floor=floor: max(sum_, F(floor["amount"])), "floor")
        kind = rule.get("accumulate", "year")
        for multiplier in rule.get("multipliers", ()):
            self.new = []
            other = parts[multiplier["of"]]
            of = other.rule.get("accumulate", "year")
            shorter = min(kind, of, key=LENGTH.index)
            self.over(
                part.lines, self.at_least_statement(shorter), "multiplier", self.multiplied(multiplier, other, of)
            )
            part.lines += self.new
        for gate in rule.get("gates", ()):
            self.new = []
            of_part = parts[gate["of"]] if "of" in gate else part
            self.over(part.lines, self.at_least_statement(kind), "gate", self.gated(gate, of_part, kind))
            part.lines += self.new
        for cap in rule.get("caps", ()):
            if cap["over"] != "deal":
                self.new = []
                cause = "cap_held" if cap.get("excess") == "hold" else "cap"
                self.over(part.lines, cap["over"], cause, lambda _p, _q, sum_, cap=cap: min(sum_, F(cap["amount"])))
                part.lines += self.new
        for floor in rule.get("floors", ()):
            if floor["over"] != "deal":
                part.lines += self.floored(part.lines, floor)
        self.take_back(part)

    def at_least_statement(self, kind: str) -> str:
        return max(kind, self.statement, key=LENGTH.index)

    def multiplied(self, multiplier: Row, other: Part, kind: str) -> Callable[[str, str, F], F]:
        points = {"curve": [{"at": p["at"], "pays": p["times"]} for p in multiplier["points"]]}
        shaped = {"shape": "step", "below": "flat", **multiplier, **points}

        def due(person: str, period: str, sum_: F) -> F:
            result = self.result(other, person, multiplier.get("by", "attainment"), kind, period)
            return sum_ if result is None else rounded(sum_ * curve_at(shaped, result))

        return due

    def gated(self, gate: Row, of: Part, kind: str) -> Callable[[str, str, F], F]:
        def due(person: str, period: str, sum_: F) -> F:
            result = self.result(of, person, gate.get("by", "attainment"), gate.get("over", kind), period)
            met = result is not None and result >= F(gate["at_least"])
            return sum_ if met else rounded(sum_ * F(gate.get("otherwise", 0)))

        return due

    def per_deal(self, part: Part, due: Callable[[F], F], cause: str) -> None:
        """The cumulative rule for each deal and person, over all periods."""
        booked = {(line.person, line.deal) for line in part.lines}
        new = []
        for person, deal in sorted(booked, key=str):
            credit = sum((c.amount for c in part.credits if (c.person, c.deal) == (person, deal)), F(0))
            if cause == "floor" and credit <= 0:
                continue
            sum_, changed = F(0), F(0)
            for period in self.periods:
                lines = [x for x in part.lines if (x.person, x.deal, x.period) == (person, deal, period)]
                sum_ += sum((x.amount for x in lines), F(0))
                if not sum_ and not lines and not changed:
                    continue
                change = due(sum_) - sum_ - changed
                if change and (lines or changed):
                    changed += change
                    new.append(Line(person, period, cause, change, deal))
        part.lines += new

    def floored(self, lines: list[Line], floor: Row) -> list[Line]:
        """Due in the last statement period of the span."""
        new, kind = [], floor["over"]
        for person in self.people:
            for span in dict.fromkeys(self.span_of(kind, period) for period in self.periods):
                inside = [period for period in self.periods if self.span_of(kind, period) == span]
                if self.last_day(kind, span) > self.last_day(self.statement, inside[-1]):
                    continue
                sum_ = sum((x.amount for x in lines if x.person == person and x.period in inside), F(0))
                if sum_ < F(floor["amount"]):
                    new.append(Line(person, inside[-1], "floor", F(floor["amount"]) - sum_))
        return new

    # Clawbacks and holds

    def take_back(self, part: Part) -> None:
        """Clawbacks of what was paid, then what is held and released; both go by the lines of deals."""
        clawback, hold = part.rule.get("clawback"), part.rule.get("hold")
        back = clawback if clawback and clawback.get("where") != "restate" else None
        for line in self.by_credit(part.lines):
            events = self.events(back, line) if back and line.cause != "floor" else []
            paid = self.releases(line, hold) if hold else []
            held = rounded(line.amount * F(hold.get("share", 1))) if hold else F(0)
            taken = F(0)
            for day, share in events:
                period = max(self.period(day), line.period)
                if hold:
                    assert share == 1, "refunds with holds are not tried here"
                    paid = [each for each in paid if each.period <= period]
                    unpaid = held - sum((each.amount for each in paid), F(0))
                    paid.append(Line(line.person, period, "release", unpaid, line.deal))
                due = rounded(line.amount * share)
                part.lines.append(Line(line.person, period, "clawback", taken - due, line.deal))
                taken = due
            if hold:
                part.lines.append(Line(line.person, line.period, "hold", -held, line.deal))
                part.lines += paid

    def by_credit(self, lines: list[Line]) -> list[Line]:
        """What each credit earned in a period, tier slices together."""
        together: dict[tuple[Any, ...], Line] = {}
        for line in [each for each in lines if each.deal]:
            key = (line.person, line.period, line.deal, line.credit, line.cause)
            if key in together:
                together[key] = replace(line, amount=together[key].amount + line.amount)
            else:
                together[key] = line
        return list(together.values())

    def events(self, clawback: Row, line: Line) -> list[tuple[date, F]]:
        """Days on which something is taken back, and how much of all of it is then."""
        deal = self.by_id[str(line.deal)]
        if clawback["on"] != "refund":
            day = deal.get(clawback["on"])
            if not day or day > self.end or not self.in_window(clawback, deal, day):
                return []
            within = clawback.get("within_days")
            days = (day - deal["close_date"]).days
            pro_rata = clawback.get("amount") == "pro_rata"
            return [(day, F(within - days, within) if pro_rata and within else F(1))]
        refunds = sorted((r for r in self.payments if r["kind"] == "refund" and r["deal_id"] == line.deal), key=by_day)
        found, sum_ = [], F(0)
        for row in refunds:
            if row["on"] <= self.end and self.in_window(clawback, deal, row["on"]) and F(deal["amount"]) > 0:
                sum_ += F(row["amount"])
                found.append((row["on"], min(F(1), sum_ / F(deal["amount"]))))
        return found

    def releases(self, line: Line, hold: Row) -> list[Line]:
        deal = self.by_id[str(line.deal)]
        held = rounded(line.amount * F(hold.get("share", 1)))
        after = timedelta(days=hold.get("after_days", 0))
        if hold["release"] == "live_on":
            events = [(deal["live_on"] + after, F(1))] if deal.get("live_on") else []
        else:
            rows = sorted(
                (r for r in self.payments if r["kind"] == hold["release"] and r["deal_id"] == line.deal), key=by_day
            )
            sum_, events = F(0), []
            for row in rows:
                sum_ += F(row["amount"])
                part = min(F(1), sum_ / F(deal["amount"])) if F(deal["amount"]) > 0 else F(1)
                events.append((row["on"] + after, part if hold.get("pro_rata", True) else F(1)))
        found, before = [], F(0)
        for day, part in events:
            due = rounded(held * part)
            if day <= self.end and due != before:
                found.append(Line(line.person, max(self.period(day), line.period), "release", due - before, line.deal))
                before = due
        return found

    # The whole plan

    def run(self) -> Reference:
        parts = {rule["name"]: Part(rule, self.credits(rule)) for rule in self.plan["components"]}
        for part in parts.values():
            self.rate(part)
        for part in parts.values():
            self.modify(part, parts)
        lines = [line for part in parts.values() for line in part.lines]
        for cap in self.plan.get("caps", ()):
            self.new = []
            self.over(earned(lines), cap["over"], "cap", lambda _p, _q, sum_, cap=cap: min(sum_, F(cap["amount"])))
            lines += self.new
        for floor in self.plan.get("floors", ()):
            lines += self.floored(earned(lines), floor)
        lines += self.drawn(lines)
        for person in self.people:
            held = F(0)
            for period in self.periods:
                mine = [x for x in lines if (x.person, x.period) == (person, period)]
                held -= sum((x.amount for x in mine if x.cause in {"hold", "release"}), F(0))
                self.statements[person, period] = {"payout": sum((x.amount for x in mine), F(0)), "held": held}
        return self

    def drawn(self, lines: list[Line]) -> list[Line]:
        draw = self.plan.get("draw")
        if not draw:
            return []
        new = []
        for person in self.people:
            balance = F(0)
            for number, period in enumerate(self.periods):
                earned = sum((x.amount for x in lines if (x.person, x.period) == (person, period)), F(0))
                amount = F(draw["amount"]) if number < draw.get("periods", 99) else F(0)
                on_top = draw.get("mode", "against") == "on_top"
                given = amount if on_top else max(F(0), amount - earned)
                if not on_top and number >= draw.get("periods", 99):
                    given = F(0)
                back = min(balance, max(F(0), earned - amount)) if draw["recoverable"] else F(0)
                balance += given - back
                new += [Line(person, period, "draw", given), Line(person, period, "recovery", -back)]
        return new


def earned(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.cause not in {"hold", "release"}]


def by_day(row: Row) -> Any:
    return row["on"], row.get("item", "")


def curve_at(rule: Row, x: F) -> F:
    points = [(F(point["at"]), F(point["pays"])) for point in rule["curve"]]
    if x < points[0][0]:
        return points[0][1] if rule.get("below", "zero") == "flat" else F(0)
    if x >= points[-1][0]:
        if rule.get("beyond", "flat") == "flat" or rule.get("shape") == "step" or len(points) == 1:
            return points[-1][1]
        (x0, y0), (x1, y1) = points[-2:]
        return y1 + (x - x1) * (y1 - y0) / (x1 - x0)
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= x < x1:
            return y0 if rule.get("shape", "linear") == "step" else y0 + (x - x0) * (y1 - y0) / (x1 - x0)
    raise AssertionError(x)
