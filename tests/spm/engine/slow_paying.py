"""What is paid when, once more, slowly: holds, clawbacks and draws upon what slow_modifiers earns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.spm.engine.slow_modifiers import Earning, Key, Line, Part, cents


@dataclass
class Slow(Earning):
    """What all lines come to."""

    draw: dict[str, Any] | None = None

    def sums(self) -> dict[Key, Fraction]:
        """What all lines add up to, without zeros."""
        lines = [line for part in self.parts for line in self.settled(part)]
        if self.draw:
            lines += self.drawn(lines)
        found: dict[Key, Fraction] = defaultdict(Fraction)
        for line in lines:
            found[line.person, line.component, line.cause, line.period] += line.amount
        return {key: amount for key, amount in found.items() if amount}

    def settled(self, part: Part) -> list[Line]:
        lines, rules = self.earned(part), part.rules
        back = self.taken_back(lines, rules["clawback"]) if "clawback" in rules else []
        return lines + back + (self.held(lines, rules) if "hold" in rules else [])

    def events(self, deal: dict[str, Any], clawback: dict[str, Any]) -> Iterator[tuple[int, Fraction]]:
        """Period and fraction taken back so far."""
        last, window = self.period(self.today), clawback.get("within_days")
        if clawback["on"] != "refund":
            day = deal["churned_on"]
            if day and self.period(day) <= last:
                after = max((day - deal["on"]).days, 0)
                if window is None or after <= window:
                    part = clawback.get("amount") == "pro_rata" and window
                    yield self.period(day), Fraction(window - after, window) if part else Fraction(1)
            return
        for day, fraction in self.paid(deal, "refund"):
            if self.period(day) <= last and (window is None or (day - deal["on"]).days <= window):
                yield self.period(day), fraction

    def paid(self, deal: dict[str, Any], kind: str) -> Iterator[tuple[date, Fraction]]:
        rows = [row for row in self.payments if row["deal"] == deal["id"] and row["kind"] == kind]
        total = Fraction(0)
        for row in sorted(rows, key=lambda row: (row["on"], row["id"])):
            total += row["amount"]
            yield row["on"], min(Fraction(1), total / deal["amount"]) if deal["amount"] > 0 else Fraction(1)

    def taken(
        self, deal: dict[str, Any], amount: Fraction, start: int, clawback: dict[str, Any]
    ) -> dict[int, Fraction]:
        """What is taken back of a line by the end of each period."""
        last = self.period(self.today)
        found = dict.fromkeys(range(last + 1), Fraction(0))
        for at, fraction in self.events(deal, clawback):
            for period in range(max(at, start), last + 1):
                found[period] = cents(amount * fraction)
        return found

    def taken_back(self, lines: list[Line], clawback: dict[str, Any]) -> list[Line]:
        made = []
        for deal in self.deals:
            own = [each for each in lines if each.deal == deal["id"] and each.cause != "floor"]
            if sum(each.amount for each in own) <= 0:
                continue
            for each in own:
                before = Fraction(0)
                for period, due in self.taken(deal, each.amount, each.period, clawback).items():
                    made.append(Line(each.person, each.component, "clawback", period, before - due, each.deal))
                    before = due
        return made

    def held(self, lines: list[Line], rules: dict[str, Any]) -> list[Line]:
        """The sums of hold and release are told as one, `hold`: what is on hold, less."""
        hold, clawback, made = rules["hold"], rules.get("clawback"), []
        for deal in self.deals:
            own = [each for each in lines if each.deal == deal["id"]]
            clawed = sum(each.amount for each in own if each.cause != "floor") > 0
            for kept in (False, True):
                lot = [each for each in own if (each.cause == "floor") is kept]
                if not lot:
                    continue
                amount, start = sum((each.amount for each in lot), Fraction(0)), lot[0].period
                held, before = cents(amount * hold["share"]), Fraction(0)
                made.append(self.about(lot[0], "hold", -held))
                for period in range(start, self.period(self.today) + 1):
                    free = cents(held * self.free(deal, period, hold))
                    taken = Fraction(0)
                    if clawback and clawed and not kept:
                        taken = sum(
                            (self.taken(deal, each.amount, start, clawback)[period] for each in lot), Fraction(0)
                        )
                    now = self.freed(amount, held, free, taken, by_refund=(clawback or {}).get("on") == "refund")
                    made.append(Line(lot[0].person, lot[0].component, "hold", period, now - before, deal["id"]))
                    before = now
        return made

    def free(self, deal: dict[str, Any], period: int, hold: dict[str, Any]) -> Fraction:
        found = Fraction(0)
        for day, fraction in self.paid(deal, hold["release"]):
            later = day + timedelta(days=hold.get("after_days", 0))
            if later.year == 2026 and self.period(later) <= period:
                found = fraction if hold.get("pro_rata", True) else Fraction(1)
        return found

    def freed(self, amount: Fraction, held: Fraction, free: Fraction, taken: Fraction, *, by_refund: bool) -> Fraction:
        if amount < 0:
            return -self.freed(-amount, -held, -free, -taken, by_refund=by_refund)
        if by_refund:
            return max(free, held - max(amount - taken, Fraction(0)))
        if not taken:
            return free
        return held - cents((held - free) * (amount - taken) / amount)

    def drawn(self, lines: list[Line]) -> list[Line]:
        made, draw = [], self.draw or {}
        for person in self.people:
            owed = Fraction(0)
            for number, period in enumerate(self.periods(person)):
                earned = sum(
                    (each.amount for each in lines if (each.person, each.period) == (person, period)), Fraction(0)
                )
                drawing = number < draw.get("periods", 99)
                limit = draw["amount"] if drawing else Fraction(0)
                back = min(owed, max(earned - limit, Fraction(0))) if draw["recoverable"] else Fraction(0)
                added = (
                    limit if draw["mode"] == "on_top" else max(limit - earned, Fraction(0)) if drawing else Fraction(0)
                )
                owed += added - back
                made.append(Line(person, "Draw", "draw", period, added))
                made.append(Line(person, "Draw", "recovery", period, -back))
        return made
