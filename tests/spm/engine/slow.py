"""The calculation a second time: one credit after the other, with fractions, sharing no code with the engine.

It follows docs/plans.md, not spm/engine. Frames come in only to be read row by row.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from spm.frames import Facts

Row = dict[str, Any]


@dataclass(frozen=True)
class SlowComponent:
    name: str
    counts: Callable[[Row], bool]
    factor: Fraction  # value = amount x factor
    role: str
    accumulate: str
    kind: str  # flat, marginal, whole_amount
    by: str  # amount, attainment
    tiers: list[tuple[Fraction, Fraction | None, Fraction]]
    at_bound: str
    measure: str


@dataclass(frozen=True)
class SlowPlan:
    name: str
    currency: str
    statement: str
    places: int
    rule: str
    components: list[SlowComponent]


def half_even(number: Fraction, places: int) -> Fraction:
    return Fraction(round(number * 10**places), 10**places)


def rounded(number: Fraction, plan: SlowPlan) -> Fraction:
    scaled = abs(number) * 10**plan.places
    whole, rest = math.floor(scaled), scaled - math.floor(scaled)
    up = {
        "down": False,
        "half_up": rest >= Fraction(1, 2),
        "half_even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1),
    }[plan.rule]
    return Fraction(whole + up, 10**plan.places) * (-1 if number < 0 else 1)


def quarter(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


NAMES: dict[str, Callable[[date], str]] = {
    "month": lambda day: f"{day:%Y-%m}",
    "quarter": quarter,
    "year": lambda day: str(day.year),
}


class Slow:
    """Everything about one set of facts; `lines` and `estimates` are filled by `run`."""

    def __init__(self, facts: Facts, plans: list[SlowPlan], today: date) -> None:
        self.deals = list(facts.deals.iter_rows(named=True))
        self.splits = list(facts.splits.iter_rows(named=True))
        self.quotas = list(facts.quotas.iter_rows(named=True))
        self.assignments = list(facts.assignments.iter_rows(named=True))
        self.rates = list(facts.fx_rates.iter_rows(named=True))
        self.calendar = list(facts.periods.iter_rows(named=True))
        self.today = today
        self.plans = {plan.name: plan for plan in plans}
        self.lines: list[tuple[Any, ...]] = []
        self.credited: dict[tuple[int, str, str], Fraction] = defaultdict(Fraction)
        self.estimates: dict[tuple[int, int], Fraction] = {}

    def period(self, day: date, kind: str) -> Row | None:
        held = (row for row in self.calendar if row["kind"] == kind and row["starts_on"] <= day <= row["ends_on"])
        return next(held, None)

    def plan_on(self, person: int, day: date) -> str | None:
        for row in self.assignments:
            if row["participant_id"] == person and row["starts_on"] <= day <= (row["ends_on"] or date.max):
                return str(row["plan"])
        return None

    def units(self, base: str, currency: str, day: date) -> Fraction | None:
        if base == currency:
            return Fraction(1)
        held = [
            row
            for row in self.rates
            if (row["base"], row["currency"]) == (base, currency) and (row["starts_on"] or date.min) <= day
        ]
        return Fraction(max(held, key=lambda row: row["starts_on"] or date.min)["rate"]) if held else None

    def cross(self, currency: str, into: str, day: date) -> Fraction | None:
        if currency == into:
            return Fraction(1)
        source, target = self.units("USD", currency, day), self.units("USD", into, day)
        return None if source is None or target is None else target / source

    def people(self, row: Row, role: str) -> list[tuple[int, int, Fraction]]:
        """Split number, person and share of everybody credited."""
        shares = [
            (each["split_id"], each["participant_id"], Fraction(each["share"]))
            for each in self.splits
            if each["deal_id"] == row["deal_id"] and (each["role"] or "revenue") == role
        ]
        if role == "owner" or (role == "revenue" and not shares):
            shares = [(0, row["owner_participant_id"], Fraction(1))]
        return [each for each in shares if each[1] is not None]

    def quota(self, plan: SlowPlan, person: int, measure: str, span: Row) -> Fraction | None:
        total = Fraction(0)
        for row in self.quotas:
            cross = self.cross(row["currency"] or plan.currency, plan.currency, row["starts_on"])
            if (row["participant_id"], row["measure"]) != (person, measure) or cross is None:
                continue
            first, last = max(row["starts_on"], span["starts_on"]), min(row["ends_on"], span["ends_on"])
            if first <= last:
                amount = half_even(Fraction(row["amount"]) * cross, 10)
                days, whole = (last - first).days + 1, (row["ends_on"] - row["starts_on"]).days + 1
                total += half_even(amount * days / whole, 10)
        return total or None

    def credits(self, plan: SlowPlan, part: SlowComponent, status: str) -> list[Row]:
        end = self.period(self.today, plan.statement)
        found = []
        for row in self.deals:
            day = row["close_date"] if status == "won" else self.today
            if row["status"] != status or not part.counts(row) or day is None or end is None or day > end["ends_on"]:
                continue
            for split_id, person, share in self.people(row, part.role):
                period, span = self.period(day, plan.statement), self.period(day, part.accumulate)
                if self.plan_on(person, day) != plan.name or period is None or span is None:
                    continue
                cross = self.cross(row["currency"], plan.currency, day)
                known = row["amount"] is not None and cross is not None
                value = Fraction(row["amount"]) * part.factor * share * cross if known else None
                credit = None if value is None else half_even(value, 10)
                found.append(
                    {**row, "person": person, "split": split_id, "share": share, "day": day, "credit": credit}
                    | {"period": period["period"], "span": span}
                )
        return sorted(found, key=lambda each: (each["person"], each["day"], each["crm_id"], -each["share"]))

    def bounds(self, part: SlowComponent, quota: Fraction | None) -> list[tuple[Fraction | None, Fraction | None]]:
        size = quota if part.by == "attainment" and quota is not None else Fraction(1)
        scaled = [
            (half_even(low * size, 10), None if high is None else half_even(high * size, 10))
            for low, high, _ in part.tiers
        ]
        return [(None, scaled[0][1]), *scaled[1:]]

    def tier(self, part: SlowComponent, total: Fraction, quota: Fraction | None) -> int:
        starts = [low for low, _ in self.bounds(part, quota) if low is not None]
        higher = part.at_bound == "higher_tier"
        return 1 + sum(total >= start if higher else total > start for start in starts)

    def slices(
        self, plan: SlowPlan, part: SlowComponent, before: Fraction, credit: Fraction, quota: Fraction | None
    ) -> list[tuple[int, Fraction, Fraction, Fraction]]:
        """Tier, credit in it, rate and earning."""
        found = []
        for number, ((low, high), (_, _, rate)) in enumerate(zip(self.bounds(part, quota), part.tiers, strict=True), 1):
            ends = [before, before + credit]
            clipped = [max(end, low) if low is not None else end for end in ends]
            clipped = [min(end, high) if high is not None else end for end in clipped]
            if clipped[1] != clipped[0]:
                inside = clipped[1] - clipped[0]
                found.append((number, inside, rate, rounded(inside * rate, plan)))
        return found

    def run(self) -> Slow:
        unknown: set[tuple[int, int]] = set()
        for plan in self.plans.values():
            for number, part in enumerate(plan.components):
                spans = defaultdict(list)
                for credit in self.credits(plan, part, "won"):
                    if credit["credit"] is not None:
                        spans[credit["person"], credit["span"]["period"]].append(credit)
                        if number == 0:
                            self.credited[credit["person"], plan.name, credit["period"]] += credit["credit"]
                for (person, _), booked in spans.items():
                    self.earn(plan, part, person, [each for each in booked if each["credit"]])
                self.estimate(plan, part, spans, unknown)
        self.estimates = {key: value for key, value in self.estimates.items() if key not in unknown}
        return self

    def add(self, plan: SlowPlan, part: SlowComponent, cause: str, credit: Row, period: str, line: Any) -> None:
        tier, inside, rate, amount = line
        key = (credit["person"], period, plan.name, part.name, cause, credit["deal_id"], credit["split"])
        self.lines.append((*key, tier, inside, rate, amount))

    def earn(self, plan: SlowPlan, part: SlowComponent, person: int, booked: list[Row]) -> None:
        if not booked:
            return
        quota = self.quota(plan, person, part.measure, booked[0]["span"]) if part.by == "attainment" else None
        if part.kind != "flat" and part.by == "attainment" and quota is None:
            return
        if part.kind == "whole_amount":
            self.earn_whole(plan, part, booked, quota)
            return
        before = Fraction(0)
        for each in booked:
            rate = part.tiers[0][2]
            flat = [(0, each["credit"], rate, rounded(each["credit"] * rate, plan))]
            lines = flat if part.kind == "flat" else self.slices(plan, part, before, each["credit"], quota)
            for line in lines:
                self.add(plan, part, "credit", each, each["period"], line)
            before += each["credit"]

    def earn_whole(self, plan: SlowPlan, part: SlowComponent, booked: list[Row], quota: Fraction | None) -> None:
        total, rate_before = Fraction(0), None
        for period in sorted({each["period"] for each in booked}):
            total += sum(each["credit"] for each in booked if each["period"] == period)
            tier = self.tier(part, total, quota)
            rate = part.tiers[tier - 1][2]
            for each in booked:
                due = rounded(each["credit"] * rate, plan)
                if each["period"] == period:
                    self.add(plan, part, "credit", each, period, (tier, each["credit"], rate, due))
                elif each["period"] < period and rate != rate_before:
                    assert rate_before is not None
                    change = due - rounded(each["credit"] * rate_before, plan)
                    line = (tier, each["credit"], rate - rate_before, change)
                    self.add(plan, part, "retroactive", each, period, line)
            rate_before = rate

    def estimate(self, plan: SlowPlan, part: SlowComponent, spans: Any, unknown: set[tuple[int, int]]) -> None:
        deals = defaultdict(list)
        for credit in self.credits(plan, part, "open"):
            deals[credit["deal_id"], credit["person"]].append(credit)
        for (deal_id, person), opened in deals.items():
            span = opened[0]["span"]
            quota = self.quota(plan, person, part.measure, span) if part.by == "attainment" else None
            lost = part.kind != "flat" and part.by == "attainment" and quota is None
            if lost or any(each["credit"] is None for each in opened):
                unknown.add((deal_id, person))
                continue
            held = [each["credit"] for each in spans.get((person, span["period"]), [])]
            added = self.added(plan, part, held, [each["credit"] for each in opened], quota)
            self.estimates[deal_id, person] = self.estimates.get((deal_id, person), Fraction(0)) + added

    def added(
        self, plan: SlowPlan, part: SlowComponent, held: list[Fraction], new: list[Fraction], quota: Fraction | None
    ) -> Fraction:
        if part.kind == "flat":
            return sum((rounded(each * part.tiers[0][2], plan) for each in new), Fraction(0))
        if part.kind == "marginal":
            before, total = sum(held, Fraction(0)), Fraction(0)
            for each in new:
                total += sum(line[3] for line in self.slices(plan, part, before, each, quota))
                before += each
            return total

        def all_at(booked: list[Fraction]) -> Fraction:
            rate = part.tiers[self.tier(part, sum(booked, Fraction(0)), quota) - 1][2]
            return sum((rounded(each * rate, plan) for each in booked), Fraction(0))

        return all_at([*held, *new]) - all_at(held)


def as_fraction(number: Decimal | None) -> Fraction | None:
    return None if number is None else Fraction(number)
