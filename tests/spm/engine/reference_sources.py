"""Credits of every source, rules, roll-ups, matrices, pools and budgets a second time, from docs/plans.md alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from tests.spm.engine.reference_quotas import DAYS, Credit, F, Facts, Line, OnePlan, Row, rounded, ten_places

CONDITIONS: dict[str, Callable[[Row], bool]] = {
    "deal_type = 'New'": lambda row: row["deal_type"] == "New",
    "deal_type = 'Renewal'": lambda row: row["deal_type"] == "Renewal",
    "family = 'Cloud'": lambda row: row["family"] == "Cloud",
    "kind = 'payment'": lambda row: row["kind"] == "payment",
    "type = 'meeting' and done": lambda row: row["type"] == "meeting" and row["done"] == "true",
    "amount >= 400": lambda row: F(row["amount"]) >= 400,
}


@dataclass
class ManyFacts(Facts):
    """Facts with the tables of all sources."""

    splits: Sequence[Row] = ()
    items: Sequence[Row] = ()
    activities: Sequence[Row] = ()
    entries: Sequence[Row] = ()
    payments: Sequence[Row] = ()
    hierarchy: Sequence[Row] = ()

    def above(self, email: str, day: date) -> str | None:
        """The manager on that day."""
        return self.place(email, day).get("manager")

    def team(self, email: str, day: date) -> str | None:
        return self.place(email, day).get("team")

    def place(self, email: str, day: date) -> Row:
        rows = [row for row in self.hierarchy if row["email"] == email]
        if not rows:
            return self.person(email)
        at = [row for row in rows if row["starts_on"] <= day <= (row["ends_on"] or DAYS[-1])]
        return at[0] if at else {}

    def members(self, team: str | None, day: date) -> list[str]:
        return [row["email"] for row in self.people if team and self.team(row["email"], day) == team]


@dataclass
class Full(Credit):
    """A credit with what orders it: the deal (or item), the share, and whose it was."""

    deal: str = ""
    item: str = ""
    share: F = field(default_factory=lambda: F(1))
    whose: str = ""


@dataclass
class Record:
    """What a component counts: a row with its own fields first, its day, value and owner."""

    row: Row
    day: date
    value: F
    owner: str
    deal: str = ""
    item: str = ""
    deal_amount: F | None = None


@dataclass
class Sourced(OnePlan):
    """A plan with components of every source."""

    facts: ManyFacts
    earned: dict[str, list[tuple[Line, date]]] = field(default_factory=dict)

    # Records

    def records(self, rule: Row) -> Iterable[Record]:
        of = {"deals": self._deals, "line_items": self._items, "activities": self._activities}
        of |= {"entries": self._entries, "payments": self._payments, "earnings": self._earnings}
        for record in of[rule.get("source", "deals")](rule):
            if "condition" in rule and not CONDITIONS[rule["condition"]](record.row):
                continue
            if record.day <= self.end and rule.get("starts_on", DAYS[0]) <= record.day <= rule.get("ends_on", DAYS[-1]):
                half = "weight" in rule and record.row["deal_type"] == "Renewal"
                yield replace(record, value=record.value / 2) if half else record

    def _deals(self, rule: Row) -> Iterable[Record]:
        for row in self.facts.deals:
            value = F(1) if "per_unit" in rule else F(row["amount"])
            yield Record(row, row["close_date"], value, row["owner"], row["deal_id"], deal_amount=F(row["amount"]))

    def deal(self, deal_id: str) -> Row:
        return next(row for row in self.facts.deals if row["deal_id"] == deal_id)

    def _items(self, rule: Row) -> Iterable[Record]:
        for row in self.facts.items:
            deal = self.deal(row["deal_id"])
            amount = F(row["quantity"]) * F(row["price"])
            value = F(row["quantity"]) if "per_unit" in rule else amount
            fields = {**deal, **row, "amount": amount}
            yield Record(
                fields, deal["close_date"], value, deal["owner"], row["deal_id"], row["item"], F(deal["amount"])
            )

    def _activities(self, rule: Row) -> Iterable[Record]:
        for row in self.facts.activities:
            yield Record(row, row["happened_on"], F(1), row["owner"], item=row["id"])

    def _entries(self, rule: Row) -> Iterable[Record]:
        for row in self.facts.entries:
            if row["measure"] == rule.get("measure", "bookings"):
                yield Record(row, row["on"], F(row["value"]), row["email"], item=row["item"])

    def _payments(self, rule: Row) -> Iterable[Record]:
        for row in self.facts.payments:
            deal = self.deal(row["deal_id"])
            amount = F(row["amount"] if row["amount"] is not None else deal["amount"])
            value = F(1) if "per_unit" in rule else amount
            fields = {**deal, **row, "amount": amount}
            yield Record(fields, row["on"], value, deal["owner"], row["deal_id"], row["item"], F(deal["amount"]))

    def _earnings(self, rule: Row) -> Iterable[Record]:
        names = [rule["earnings_of"]] if "earnings_of" in rule else list(self.earned)
        for name in names:
            for number, (line, day) in enumerate(self.earned[name]):
                yield Record({}, day, line.amount, line.person, item=f"{name}{number:04}")

    # Credits

    def credits(self, rule: Row) -> list[Full]:  # type: ignore[override]
        return [credit for credit in self.everybody(rule) if credit.day in self.on[credit.person]]

    def everybody(self, rule: Row) -> list[Full]:
        """Credits of people on the plan or not, in the order in which they count."""
        found = [
            replace(base, person=person, whose=base.person if person != base.person else "")
            for record in self.records(rule)
            for base in self.bases(rule, record)
            for person in self.receivers(rule, base.person, record.day)
        ]
        return sorted(
            (each for each in found if each.amount),
            key=lambda each: (each.day, each.deal, each.item, -each.share, each.whose),
        )

    def bases(self, rule: Row, record: Record) -> list[Full]:
        """Who is credited before any roll-up."""
        if rule.get("credit"):
            parts = [part for each in rule["credit"] for part in self.by_rule(each, record)]
        else:
            parts = self.by_role(rule, record)
        found = [
            Full(email, record.day, ten_places(record.value * share), record.deal, record.item, share)
            for email, share in parts
        ]
        splits = self.plan.get("splits")
        if splits and record.deal and sum(share for _, share in parts) == 1 and len(found) > 1:
            found = rounded_parts(found, record, splits)
        return found

    def by_rule(self, each: Row, record: Record) -> list[tuple[str, F]]:
        if "condition" in each and not CONDITIONS[each["condition"]](record.row):
            return []
        share, to = F(each.get("share", 1)), each["to"]
        if to == "owner":
            return [(record.owner, share)]
        if to.startswith("team:"):
            return [(email, share) for email in self.facts.members(to[5:], record.day)]
        who = record.row.get(to[6:]) if to.startswith("field:") else to
        return [(who, share)] if who else []

    def by_role(self, rule: Row, record: Record) -> list[tuple[str, F]]:
        role = rule.get("role", "revenue")
        rows = [
            row for row in self.facts.splits if record.deal and (row["deal_id"], row["role"]) == (record.deal, role)
        ]
        if role == "owner" or (role == "revenue" and not rows):
            return [(record.owner, F(1))]
        total = record.deal_amount or F(1)
        return [(row["email"], F(row["share"]) if row["share"] else F(row["amount"]) / total) for row in rows]

    def receivers(self, rule: Row, email: str, day: date) -> list[str]:
        roll_up = rule.get("roll_up")
        found = [email] if roll_up is None or roll_up.get("own", True) else []
        if roll_up is None:
            return found
        if roll_up["to"] == "team":
            return found + [each for each in self.facts.members(self.facts.team(email, day), day) if each != email]
        levels, seen = roll_up.get("levels", 1), {email}
        above = self.facts.above(email, day)
        while above and above not in seen and (levels == "all" or len(seen) <= levels):
            found.append(above)
            seen.add(above)
            above = self.facts.above(above, day)
        return found

    # Rates

    def lines(self) -> list[Line]:
        found = []
        self.earned = {}
        for rule in sorted(self.plan["components"], key=lambda each: each.get("source") == "earnings"):
            booked = self.credits(rule)
            if "matrix" in rule:
                own = self.crossed(rule)
            elif "pool" in rule:
                own = self.shared(rule)
            elif rule.get("accumulate") == "deal":
                own = self.each_deal(rule, booked)
            else:
                own = self.rated(rule, booked)
            if "budget" in rule:
                own = self.within(rule, booked)
            if rule.get("source") != "earnings":
                self.earned[rule["name"]] = [(line, self.day_of(line)) for line in own]
            found += own
        return found

    def day_of(self, line: Line) -> date:
        """That of its credit, which the period of a line without one ends with."""
        return line.day or max(day for day in DAYS if self.period(day) == line.period)

    def rated_span(self, rule: Row, kind: str, person: str, span: int, booked: Sequence[Credit]) -> list[Line]:
        if "per_unit" in rule:
            rule = {**rule, "rate": rule["per_unit"]}
        found = []
        for line in super().rated_span(rule, kind, person, span, booked):
            found.append(line)
        if "rate" in rule:  # one line for each credit
            for line, credit in zip(found, booked, strict=True):
                line.day = credit.day
        return [line for line in found if line.amount]

    def each_deal(self, rule: Row, booked: Sequence[Full]) -> list[Line]:
        found = []
        for person in self.emails:
            mine = [credit for credit in booked if credit.person == person]
            for stands in dict.fromkeys(credit.deal or credit.item for credit in mine):
                inside = [credit for credit in mine if (credit.deal or credit.item) == stands]
                found += self.rated_span(rule, "plan", person, 0, inside)
        return found

    def quota_of(self, rule: Row, person: str, kind: str, span: int) -> F:
        if rule.get("roll_up", {}).get("to") != "team" and "pool" not in rule:
            return super().quota_of(rule, person, kind, span)
        team = self.team_in(person, kind, span)
        measure = rule.get("measure", "bookings")
        return self.quota("quota", person, measure, kind, span, f"team:{team}") if team else F(0)

    def team_in(self, person: str, kind: str, span: int) -> str | None:
        days = [day for day in self.on[person] if self.fiscal.span(kind, day) == span and day <= self.end]
        return self.facts.team(person, max(days)) if days else None

    # Matrices

    def result(self, rule: Row, person: str, by: str, last: date) -> F | None:
        """What a component has come to at the end of a statement period, over its own span."""
        kind = rule.get("accumulate", "year")
        kind = self.statement if kind == "deal" else kind
        span = self.fiscal.span(kind, last)
        mine = self.own(rule, person, kind, span)
        inside = [c.amount for c in mine if c.day <= last and self.fiscal.span(kind, c.day) == span]
        if by == "count":
            return F(sum((each > 0) - (each < 0) for each in inside))
        if by == "amount":
            return sum(inside, F(0))
        quota = self.quota_of(rule, person, kind, span)
        return sum(inside, F(0)) / quota if quota else None

    def own(self, rule: Row, person: str, kind: str, span: int) -> Sequence[Credit]:
        """The credits that a person's result is made of; of a pool they are those of a roll-up to teams."""
        if "pool" in rule:
            rule = {**rule, "roll_up": {"to": "team"}}
        return [c for c in self.credits(rule) if c.person == person]

    def crossed(self, rule: Row) -> list[Line]:
        matrix, kind, found = rule["matrix"], rule.get("accumulate", "year"), []
        other = next(each for each in self.plan["components"] if each["name"] == matrix["other"])
        for person in self.emails:
            paid: dict[int, F] = {}
            for period in sorted({self.period(day) for day in self.on[person] if self.period(day) <= self.now}):
                last = max(day for day in DAYS if self.period(day) == period)
                span = self.fiscal.span(kind, last)
                results = (
                    self.result(rule, person, matrix.get("by", "attainment"), last),
                    self.result(other, person, matrix.get("other_by", "attainment"), last),
                )
                if None in results:
                    continue  # not known: nothing is paid and nothing taken back
                row, column = (
                    reached(matrix[by], result) for by, result in zip(("rows", "columns"), results, strict=True)
                )
                value = F(matrix["values"][row][column]) if row >= 0 and column >= 0 else F(0)
                if matrix["pays"] == "rate":
                    value *= self.result(rule, person, "amount", last) or 0
                if matrix["pays"] == "target":
                    value *= self.amount("target", rule["target"], person, kind, span)
                due = rounded(value)
                if due != paid.get(span, F(0)):
                    found.append(Line(person, period, due - paid.get(span, F(0)), rule["name"]))
                paid[span] = due
        return found

    # Pools

    def shared(self, rule: Row) -> list[Line]:
        booked = [c for c in self.everybody(rule) if self.counts_for_team(c)]
        pool, kind, found = rule["pool"], rule.get("accumulate", "year"), []
        periods = sorted(
            {self.period(day) for days in self.on.values() for day in days if self.period(day) <= self.now}
        )
        for team in sorted({row["team"] for row in [*self.facts.people, *self.facts.hierarchy] if row.get("team")}):
            paid: dict[int, F] = {}
            got: dict[int, list[Line]] = {}
            for period in periods:
                last = max(day for day in DAYS if self.period(day) == period)
                span = self.fiscal.span(kind, last)
                members = [each for each in self.facts.members(team, last) if last in self.on[each]]
                so_far = [
                    c
                    for c in booked
                    if c.day <= last
                    and self.fiscal.span(kind, c.day) == span
                    and self.facts.team(c.person, c.day) == team
                ]
                if not any(self.period(c.day) == period for c in so_far):
                    continue
                due = self.pooled(rule, team, kind, span, so_far)
                add = due - paid.get(span, F(0))
                if not members or not add:
                    continue
                if "amount" in pool and add < 0:
                    own = [replace(line, period=period, amount=-line.amount) for line in got[span]]
                else:
                    by = so_far if "amount" in pool else [c for c in so_far if self.period(c.day) == period]
                    own = self.parts(rule, members, period, add, by)
                paid[span], got[span] = due, own
                found += own
        return found

    def counts_for_team(self, credit: Full) -> bool:
        """Whether somebody of the team was on the plan that day."""
        members = self.facts.members(self.facts.team(credit.person, credit.day), credit.day)
        return any(credit.day in self.on[each] for each in members)

    def parts(self, rule: Row, members: list[str], period: int, add: F, by: Sequence[Full]) -> list[Line]:
        """What a period adds to a pool, divided."""
        pool = rule["pool"]
        weights = [sum((c.amount for c in by if c.person == each), F(0)) for each in members]
        if "amount" in pool:
            weights = [max(each, F(0)) for each in weights]
        if pool["divided"] == "equally" or not sum(weights):
            exact = [add / len(members) for _ in members]
        elif min(weights) < 0 < max(weights):
            own = [each * F(pool["rate"]) for each in weights]
            exact = [each + (add - sum(own)) / len(members) for each in own]
        else:
            exact = [add * each / sum(weights) for each in weights]
        return [
            Line(each, period, part, rule["name"])
            for each, part in zip(members, divided(add, exact), strict=True)
            if part
        ]

    def pooled(self, rule: Row, team: str, kind: str, span: int, booked: Sequence[Full]) -> F:
        pool, credited = rule["pool"], sum((c.amount for c in booked), F(0))
        if not booked:
            return F(0)
        if "at_least" in pool:
            quota = self.team_quota(rule, team, kind, span)
            if not quota or credited / quota < F(pool["at_least"]):
                return F(0)
        return rounded(F(pool["amount"]) if "amount" in pool else F(pool["rate"]) * credited)

    def team_quota(self, rule: Row, team: str, kind: str, span: int) -> F:
        total = F(0)
        for row in self.facts.quotas:
            if (row["email"], row["measure"]) == (f"team:{team}", rule.get("measure", "bookings")):
                days = [day for day in DAYS if row["starts_on"] <= day <= row["ends_on"]]
                total += F(row["amount"]) * sum(self.fiscal.span(kind, day) == span for day in days) / len(days)
        return total

    # Budgets

    def within(self, rule: Row, booked: Sequence[Full]) -> list[Line]:
        """What a rate pays until the budget is used up."""
        sum_, found, rate = F(0), [], F(rule.get("rate", rule.get("per_unit")))
        for credit in sorted(booked, key=lambda c: (c.day, c.deal, c.item, -c.share, c.person)):
            before = min(sum_, F(rule["budget"]))
            sum_ += rounded(credit.amount * rate)
            paid = min(sum_, F(rule["budget"])) - before
            line = Line(credit.person, self.period(credit.day), paid, rule["name"])
            line.day = credit.day
            found.append(line)
        return found


def reached(bounds: Sequence[str], value: F | None) -> int:
    """The place of the last bound reached; -1 below the first."""
    return -1 if value is None else sum(value >= F(bound) for bound in bounds) - 1


def divided(whole: F, parts: Sequence[F]) -> list[F]:
    """Cut to cents; the cents left over go one by one to the largest remainders, of equal ones to the first."""
    cut: list[Any] = [math.trunc(each * 100) for each in parts]
    left = whole * 100 - sum(cut)
    sign = 1 if left > 0 else -1
    order = sorted(range(len(parts)), key=lambda place: (-(parts[place] * 100 - cut[place]) * sign, place))
    for place in order[: int(abs(left))]:
        cut[place] += sign
    return [F(each, 100) for each in cut]


def rounded_parts(found: list[Full], record: Record, splits: Row) -> list[Full]:
    """Parts of a deal to the cent; one takes the rest."""
    parts = [replace(each, amount=rounded(each.amount)) for each in found]
    rest = record.value - sum(each.amount for each in parts)
    rule = splits["residual"]
    order = sorted(range(len(parts)), key=lambda place: (-parts[place].share, parts[place].person))
    own = [place for place in order if parts[place].person == record.owner]
    places = {"first": 0, "last": len(parts) - 1, "largest": order[0]}
    places["smallest"] = min(order, key=lambda place: (parts[place].share, parts[place].person))
    places["owner"] = own[0] if own else order[0]
    parts[places[rule]].amount += rest
    return parts
