"""Inputs for what people have of a quota or an amount, with the plan's settings as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from spm import frames
from spm.calendar import Calendar, Months
from spm.engine.inputs import Inputs, prepared
from spm.frames import Facts
from spm.plans import PlanVersion, plan_version
from spm.plans.model import Component, FlatRate, Measure, Plan, Proration, Rounding, Span
from tests.spm.engine.building import Row, assignment, frame

QUOTA = Component(
    "Sales", Measure("bookings", "amount", None, "close_date"), "revenue", Span.MONTH, FlatRate(Decimal(0))
)
PLAN = Plan("Test", "USD", Span.MONTH, Rounding(), (QUOTA,))
BY_DAYS = replace(PLAN, proration=Proration())
TODAY = date(2026, 12, 31)
MONTHS = Months()


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def over(span: Span, plan: Plan = PLAN, **others: Any) -> Plan:
    """The plan with its component accumulating over that span."""
    return replace(plan, components=(replace(plan.components[0], accumulate=span, **others),))


@dataclass(frozen=True)
class World:
    """Rows of facts about people 1, 2, ...; `hired` and `left` are of person 1."""

    quotas: Sequence[Row] = ()
    assignments: Sequence[Row] = field(default_factory=lambda: [assignment(1)])
    hired: str | None = None
    left: str | None = None
    absences: Sequence[tuple[str, str]] = ()
    hierarchy: Sequence[Row] = ()
    rates: Sequence[Row] = ()
    calendar: Calendar = MONTHS
    years: tuple[int, int] = (2026, 2026)

    def inputs(self, plan: Plan, today: date = TODAY) -> Inputs:
        people = sorted({row["participant_id"] for row in self.assignments})
        named = [{"participant_id": person, "email": f"p{person}@example.com"} for person in people]
        named[0] |= {"hire_date": day(self.hired), "leave_date": day(self.left)}
        away = [{"participant_id": 1, "starts_on": day(first), "ends_on": day(last)} for first, last in self.absences]
        facts = Facts(
            frames.empty(frames.DEALS),
            frames.empty(frames.SPLITS),
            frame(frames.PARTICIPANTS, named),
            frame(frames.QUOTAS, self.quotas),
            frame(frames.ASSIGNMENTS, self.assignments),
            frame(frames.FX_RATES, self.rates),
            self.calendar.periods(date(self.years[0], 6, 1), date(self.years[1], 6, 1)),
            hierarchy=frame(frames.HIERARCHY, self.hierarchy),
            absences=frame(frames.ABSENCES, away),
        )
        return prepared(facts, [self.version(plan)], today)[0]

    def version(self, plan: Plan) -> PlanVersion:
        return plan_version(plan)


def by_name(found: pl.DataFrame, inputs: Inputs, kind: Span, column: str, person: int = 1) -> dict[str, str]:
    """Somebody's amounts by the name of the period, with two places, without those of 0."""
    names = inputs.days.of_kind(kind).select(span="number", name="period")
    named = found.filter(participant_id=person).join(names, on="span", how="left", maintain_order="left")
    rows = named.select("name", column).iter_rows()
    return {name or "all": f"{amount.quantize(Decimal('0.01'), 'ROUND_HALF_UP'):f}" for name, amount in rows if amount}
