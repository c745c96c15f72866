"""The rows of quota, assignment and rate files as values, checked against themselves."""

from __future__ import annotations

import calendar
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Protocol, TypeVar

from problems import Problem
from spm.store.assigned import EVERYBODY, TEAM
from spm.store.rule_files import Columns, Row, read_rows

QUOTA_FILE = Columns(("email", "starts_on", "amount"), ("measure", "ends_on", "currency"))
ASSIGNMENT_FILE = Columns(("who", "plan", "starts_on"), ("ends_on",))
RATE_FILE = Columns(("base", "currency", "rate"), ("starts_on",))


class Spanning(Protocol):
    """A rule that holds for a span of days for somebody or something."""

    @property
    def of(self) -> Hashable: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """A target, both days inclusive; without a currency it is in the plan's."""

    email: str
    measure: str
    starts_on: date
    ends_on: date
    amount: Decimal
    currency: str | None

    @property
    def of(self) -> Hashable:
        """Whose quota of what."""
        return self.email, self.measure


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


_Rule = TypeVar("_Rule")
_Spanning = TypeVar("_Spanning", bound=Spanning)
Placed = list[tuple[str, _Rule]]
"""Rules with the place each stands at."""


def read_quotas(paths: Sequence[Path]) -> tuple[Placed[QuotaRule], list[Problem]]:
    """The quotas of these files. Two that overlap for one person and measure are a problem: they would add up."""
    rows, problems = read_rows(paths, QUOTA_FILE)
    rules = [(row.where, rule) for row in rows if (rule := _quota(row)) is not None]
    return rules, problems + _overlaps(rules, "quotas of the same person and measure")


def _quota(row: Row) -> QuotaRule | None:
    before = len(row.problems)
    email, starts_on, amount = _email(row, "email"), _first_day(row), _amount(row)
    ends_on = row.day("ends_on") or (starts_on and _end_of_month(starts_on))
    currency = row.currency("currency")
    if starts_on is None or ends_on is None or amount is None:
        return None
    _in_order(row, starts_on, ends_on)
    if len(row.problems) > before:
        return None
    return QuotaRule(email, row.values.get("measure") or "bookings", starts_on, ends_on, amount, currency)


def read_assignments(paths: Sequence[Path]) -> tuple[Placed[AssignmentRule], list[Problem]]:
    """Who is on which plan by these files. Two plans at once by the same words are a problem."""
    rows, problems = read_rows(paths, ASSIGNMENT_FILE)
    rules = [(row.where, rule) for row in rows if (rule := _assignment(row)) is not None]
    return rules, problems + _overlaps(rules, "assignments of the same people")


def _assignment(row: Row) -> AssignmentRule | None:
    before = len(row.problems)
    who, plan, starts_on, ends_on = _who(row), row.text("plan"), _first_day(row), row.day("ends_on")
    if starts_on is None:
        return None
    _in_order(row, starts_on, ends_on)
    return AssignmentRule(who, plan, starts_on, ends_on) if len(row.problems) == before else None


def _who(row: Row) -> str:
    said = row.values.get("who", "")
    if said == EVERYBODY:
        return said
    if said.startswith(TEAM):
        return TEAM + said.removeprefix(TEAM).strip()
    return _email(row, "who")


def read_rates(paths: Sequence[Path]) -> tuple[Placed[RateRule], list[Problem]]:
    """The exchange rates of these files. Two of one pair from the same day on are a problem."""
    rows, problems = read_rows(paths, RATE_FILE)
    rules = [(row.where, rule) for row in rows if (rule := _rate(row)) is not None]
    first: dict[Hashable, str] = {}
    for where, rule in rules:
        earlier = first.setdefault((rule.base, rule.currency, rule.starts_on), where)
        if earlier != where:
            problems.append(Problem(where, "starts_on", f"the same rate is set in {earlier}.", "Keep one of them."))
    return rules, problems


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


def _email(row: Row, column: str) -> str:
    said = row.text(column).lower()
    if said and "@" not in said:
        hint = "Write an email." if column == "email" else "Write an email, team:NAME, or * for everybody."
        row.wrong(column, f"{said!r} is no email.", hint)
    return said


def _first_day(row: Row) -> date | None:
    row.text("starts_on")
    return row.day("starts_on")


def _amount(row: Row) -> Decimal | None:
    row.text("amount")
    amount = row.number("amount")
    if amount is not None and amount < 0:
        row.wrong("amount", f"{amount} is below zero.", "Write the target itself.")
    return amount


def _in_order(row: Row, starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on < starts_on:
        row.wrong("ends_on", f"{ends_on} is before {starts_on}, the first day.", "Correct one of the two days.")


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _overlaps(rules: Placed[_Spanning], what: str) -> list[Problem]:
    problems = []
    latest: dict[Hashable, tuple[date, str]] = {}
    for where, rule in sorted(rules, key=lambda placed: (placed[1].starts_on, placed[0])):
        reach, earlier = latest.get(rule.of, (None, ""))
        if reach is not None and rule.starts_on <= reach:
            message = f"overlaps {earlier}: two {what} cannot hold on one day."
            problems.append(Problem(where, "starts_on", message, "End one before the other starts."))
        last = rule.ends_on or date.max
        if reach is None or last > reach:
            latest[rule.of] = (last, where)
    return problems
