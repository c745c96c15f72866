"""The rows of quota, assignment and rate files as values, checked against themselves."""

from __future__ import annotations

import calendar
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from problems import Problem
from spm.store.assigned import EVERYBODY, TEAM
from spm.store.rule_files import Columns, Row, read_rows
from spm.store.rule_sets import Placed, overlaps, twice

QUOTA_FILE = Columns(("email", "starts_on", "amount"), ("measure", "ends_on", "currency"))
ASSIGNMENT_FILE = Columns(("who", "plan", "starts_on"), ("ends_on",))
RATE_FILE = Columns(("base", "currency", "rate"), ("starts_on",))


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """A target of a person or of a team, both days inclusive; without a currency it is in the plan's."""

    email: str | None
    team: str | None
    measure: str
    starts_on: date
    ends_on: date
    amount: Decimal
    currency: str | None

    @property
    def of(self) -> Hashable:
        """Whose quota of what."""
        return self.email, self.team, self.measure


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """Who (email, team:NAME or *) is on which plan."""

    who: str
    plan: str
    starts_on: date
    ends_on: date | None

    @property
    def of(self) -> Hashable:
        """Who."""
        return self.who


@dataclass(frozen=True, slots=True)
class RateRule:
    """Units of `currency` for one of `base` from a day on, None: always."""

    base: str
    currency: str
    rate: Decimal
    starts_on: date | None


def read_quotas(paths: Sequence[Path]) -> tuple[Placed[QuotaRule], list[Problem]]:
    """The quotas of these files. Two that overlap for one person and measure are a problem: they would add up."""
    rows, problems = read_rows(paths, QUOTA_FILE)
    rules = [(row.where, rule) for row in rows if (rule := _quota(row)) is not None]
    return rules, problems + overlaps(rules, "quotas of the same person and measure")


def _quota(row: Row) -> QuotaRule | None:
    before = len(row.problems)
    said, starts_on, amount = _who(row, "email", "Write an email or team:NAME."), row.first_day(), _amount(row)
    ends_on = row.last_day(starts_on) or (starts_on and _end_of_month(starts_on))
    currency = row.currency("currency")
    if starts_on is None or ends_on is None or amount is None or len(row.problems) > before:
        return None
    team = said.removeprefix(TEAM) if said.startswith(TEAM) else None
    email, measure = None if team else said, row.values.get("measure") or "bookings"
    return QuotaRule(email, team, measure, starts_on, ends_on, amount, currency)


def read_assignments(paths: Sequence[Path]) -> tuple[Placed[AssignmentRule], list[Problem]]:
    """Who is on which plan by these files. Two plans at once by the same words are a problem."""
    rows, problems = read_rows(paths, ASSIGNMENT_FILE)
    rules = [(row.where, rule) for row in rows if (rule := _assignment(row)) is not None]
    return rules, problems + overlaps(rules, "assignments of the same people")


def _assignment(row: Row) -> AssignmentRule | None:
    before = len(row.problems)
    everybody = row.values.get("who") == EVERYBODY
    who = EVERYBODY if everybody else _who(row, "who", "Write an email, team:NAME, or * for everybody.")
    plan, starts_on = row.text("plan"), row.first_day()
    ends_on = row.last_day(starts_on)
    if starts_on is None or len(row.problems) > before:
        return None
    return AssignmentRule(who, plan, starts_on, ends_on)


def _who(row: Row, column: str, hint: str) -> str:
    """An email, or the name of a team after `team:`."""
    said = row.values.get(column, "")
    if not said.startswith(TEAM):
        return row.email(column, hint)
    team = said.removeprefix(TEAM).strip()
    if not team:
        row.wrong(column, f"{said!r} names no team.", hint)
    return TEAM + team


def read_rates(paths: Sequence[Path]) -> tuple[Placed[RateRule], list[Problem]]:
    """The exchange rates of these files. Two of one pair from the same day on are a problem."""
    rows, problems = read_rows(paths, RATE_FILE)
    rules = [(row.where, rule) for row in rows if (rule := _rate(row)) is not None]
    keyed = [(where, (rule.base, rule.currency, rule.starts_on)) for where, rule in rules]
    return rules, problems + twice(keyed, "starts_on", "the same rate is set in {earlier}.", "Keep one of them.")


def _rate(row: Row) -> RateRule | None:
    before = len(row.problems)
    base, currency, rate = row.currency("base"), row.currency("currency"), row.number("rate")
    for column in ("base", "currency", "rate"):
        row.text(column)
    if rate is not None and rate <= 0:
        row.wrong("rate", f"{rate} is no rate.", "Write how many units of `currency` one unit of `base` is worth.")
    if base is not None and base == currency:
        row.wrong("currency", "is the base itself.", "Take the row out.")
    starts_on = row.day("starts_on")
    if base is None or currency is None or rate is None or len(row.problems) > before:
        return None
    return RateRule(base, currency, rate, starts_on)


def _amount(row: Row) -> Decimal | None:
    row.text("amount")
    amount = row.number("amount")
    if amount is not None and amount < 0:
        row.wrong("amount", f"{amount} is below zero.", "Write the target itself.")
    return amount


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
