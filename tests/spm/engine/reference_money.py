"""Deals in several currencies a second time, from docs/plans.md alone: dated rates, policies, pay currencies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tests.spm.engine.reference_quotas import DAYS, Credit, F, Facts, Line, OnePlan, Row, ten_places


def round_by(rule: Row, number: F) -> F:
    """By the plan's places and rule."""
    scaled = abs(number) * 10 ** rule.get("places", 2)
    kind = rule.get("rule", "half_up")
    whole = {"half_up": math.floor(scaled + F(1, 2)), "half_even": round(scaled), "down": math.floor(scaled)}[kind]
    return F(whole, 10 ** rule.get("places", 2)) * (1 if number >= 0 else -1)


@dataclass
class MoneyFacts(Facts):
    """Facts with splits, entries and exchange rates."""

    splits: Sequence[Row] = ()
    entries: Sequence[Row] = ()
    fx_rates: Sequence[Row] = ()

    def units(self, currency: str, day: date) -> F | None:
        """Units of a currency for one of the base, by the latest rate that starts on or before the day."""
        if any(row["base"] == currency for row in self.fx_rates):
            return F(1)
        rows = [row for row in self.fx_rates if row["currency"] == currency and row["starts_on"] <= day]
        return F(max(rows, key=lambda row: row["starts_on"])["rate"]) if rows else None

    def rate(self, of: str, to: str, day: date) -> F | None:
        """Units of `to` for one `of`, to twenty places."""
        if of == to:
            return F(1)
        above, below = self.units(to, day), self.units(of, day)
        return None if above is None or below is None else F(round(above / below * 10**20), 10**20)


@dataclass
class MoneyPlan(OnePlan):
    """A plan with one component: a rate, an amount a piece, or marginal tiers."""

    facts: MoneyFacts

    def exchange(self, currency: str, day: date, row: Row) -> F | None:
        """The plan's rate for a record of that day."""
        rule = self.plan.get("exchange", {})
        policy = rule.get("policy", "counting_date")
        own = self.plan["currency"]
        if currency == own:
            return F(1)
        if policy == "plan_rate":
            rate = rule["rates"].get(currency)
            return None if rate is None else F(rate)
        if policy != "counting_date" and "deal_id" in row:
            day = row[policy]
        return self.facts.rate(currency, own, day) if day else None

    def credits(self, rule: Row) -> list[Credit]:
        found = []
        for day, _, row, value, parts in sorted(self.records(rule), key=lambda each: each[:2]):
            rate = F(1) if "per_unit" in rule else self.exchange(row["currency"] or self.plan["currency"], day, row)
            if rate is None or day > self.end:
                continue
            ordered = sorted(parts, key=lambda part: (-part[1], part[0]))
            found += [
                Credit(who, day, ten_places(value * share * rate)) for who, share in ordered if day in self.on[who]
            ]
        return [credit for credit in found if credit.amount]

    def records(self, rule: Row) -> list[tuple[date, str, Row, F, list[tuple[str, F]]]]:
        """Day, id, row, value and parts of each."""
        if rule.get("source") == "entries":
            return [
                (row["on"], row["item"], row, F(row["value"]), [(row["email"], F(1))]) for row in self.facts.entries
            ]
        found = []
        for row in self.facts.deals:
            parts = [
                (each["email"], F(each["share"])) for each in self.facts.splits if each["deal_id"] == row["deal_id"]
            ]
            value = F(1) if "per_unit" in rule else F(row["amount"])
            found.append((row["close_date"], row["deal_id"], row, value, parts or [(row["owner"], F(1))]))
        return found

    def quota(self, what: str, email: str, measure: str, kind: str, span: int, whose: str = "") -> F:
        """As in OnePlan; each row at the rate of its first day."""
        total = F(0)
        for row in self.facts.quotas:
            if (row["email"], row["measure"]) == (email, measure):
                days = [day for day in DAYS if row["starts_on"] <= day <= row["ends_on"]]
                inside = sum(self.fiscal.span(kind, day) == span for day in days)
                currency = row["currency"] or self.plan["currency"]
                rate = self.quota_rate(currency, row["starts_on"])
                total += F(row["amount"]) * (rate or 0) * inside / len(days)
        return total

    def quota_rate(self, currency: str, day: date) -> F | None:
        if "per_unit" in self.plan["components"][0]:
            return F(1)
        if self.plan.get("exchange", {}).get("policy") == "plan_rate":
            return self.exchange(currency, day, {})
        return self.facts.rate(currency, self.plan["currency"], day)

    def rated_span(self, rule: Row, kind: str, person: str, span: int, booked: Sequence[Credit]) -> list[Line]:
        rounding, found, before = self.plan.get("rounding", {}), [], F(0)
        unit = self.quota_of(rule, person, kind, span) if rule.get("tier_by") == "attainment" else F(1)
        for credit in booked if unit else ():
            after = before + credit.amount
            tiers = rule.get("tiers") or [{"rate": rule.get("rate", rule.get("per_unit"))}]
            for place, tier in enumerate(tiers):
                ends = [max(end, ten_places(F(tier["from"]) * unit)) if place else end for end in (before, after)]
                ends = [min(end, ten_places(F(tier["to"]) * unit)) if "to" in tier else end for end in ends]
                amount = round_by(rounding, (ends[1] - ends[0]) * F(tier["rate"]))
                found.append(Line(person, self.period(credit.day), amount, rule["name"]))
            before = after
        return found

    def paid(self) -> dict[tuple[str, str], F | None]:
        """What each statement pays in the currency it is paid in; None: there is no rate."""
        found: dict[tuple[str, str], F | None] = {}
        for (person, name), figures in self.statements().items():
            last = max(day for day in DAYS if self.fiscal.name(self.statement, day) == name)
            to = self.plan.get("pay_currency", self.plan["currency"])
            to = (self.facts.person(person)["currency"] or self.plan["currency"]) if to == "participant" else to
            rate = self.facts.rate(self.plan["currency"], to, last)
            payout = figures["payout"] or F(0)
            rounding = self.plan.get("rounding", {})
            found[person, name] = None if rate is None else round_by(rounding, ten_places(payout * rate))
        return found
