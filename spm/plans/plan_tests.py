"""`[[tests]]` of a plan file: facts in, the pay expected of them. Tests are no part of the plan's text or version.

The tables of facts are lists of rows with the columns that the CSV files of `attain plan try` have (docs/trying.md);
spm.trial runs them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from spm.calendar import Calendar, Pattern, YearRule, calendar_from
from spm.plans.values import Day, Name, Section, exact

FIGURES = ("payout", "earned", "attainment", "credited", "quota", "held", "draw_balance")
"""What may be expected of a statement."""

Rows = Annotated[tuple[dict[str, Any], ...], Field(max_length=10_000)]


def _signed(given: Any) -> Decimal:
    """An exact number, which may be negative."""
    if isinstance(given, str) and given.strip().startswith("-"):
        return -exact(given.strip()[1:])
    if isinstance(given, int | Decimal) and not isinstance(given, bool) and given < 0:
        return -exact(-given)
    return exact(given)


Signed = Annotated[Decimal | None, BeforeValidator(_signed)]


class ExpectSection(Section):
    """One entry of `expect`: figures of a person's statement in `period`; without one, of all their statements."""

    person: Name
    period: Name | None = None
    payout: Signed = None
    earned: Signed = None
    attainment: Signed = None
    credited: Signed = None
    quota: Signed = None
    held: Signed = None
    draw_balance: Signed = None

    @property
    def figures(self) -> dict[str, Decimal]:
        """What is expected, by name."""
        said = {name: getattr(self, name) for name in FIGURES}
        return {name: number for name, number in said.items() if number is not None}

    @model_validator(mode="after")
    def _expects_something(self) -> ExpectSection:
        if not self.figures:
            raise ValueError(f"should say what is expected: {', '.join(FIGURES)}")
        return self


class PlanTestSection(Section):
    """One `[[tests]]`."""

    name: Name
    as_of: Day | None = None
    calendar: Pattern = "months"
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] | Day | None = None
    week_53: YearRule = YearRule.NEAREST_MONTH_END
    deals: Rows = ()
    splits: Rows = ()
    quotas: Rows = ()
    payments: Rows = ()
    entries: Rows = ()
    activities: Rows = ()
    items: Rows = ()
    people: Rows = ()
    assignments: Rows = ()
    hierarchy: Rows = ()
    absences: Rows = ()
    fx_rates: Rows = ()
    adjustments: Rows = ()
    periods: Rows = ()
    expect: Annotated[tuple[ExpectSection, ...], Field(min_length=1, max_length=1000)]

    @property
    def own_calendar(self) -> Calendar:
        """The fiscal calendar of the test."""
        return calendar_from(self.calendar, self.fiscal_year_start, self.week_53)

    @model_validator(mode="after")
    def _has_a_calendar(self) -> PlanTestSection:
        _ = self.own_calendar
        return self
