"""Quotas of random plans, people and calendars, against a day-by-day reckoning with fractions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spm.calendar import Calendar, Months, Weeks
from spm.engine import quotas
from spm.plans.model import DaysBy, Plan, Proration, Ramp, Span
from tests.spm.engine.allotting import PLAN, World, over
from tests.spm.engine.building import Row, assignment, quota

pytestmark = pytest.mark.slow  # make test-slow

FIRST, LAST = date(2025, 1, 1), date(2027, 1, 31)
KINDS = (Span.MONTH, Span.QUARTER, Span.HALF, Span.YEAR, Span.PLAN)
SEASON = tuple(Decimal(share) / 100 for share in (5, 5, 10, 5, 5, 10, 5, 5, 10, 10, 10, 20))
CALENDARS: list[Calendar] = [Months(), Months(2), Weeks((4, 4, 5), date(2026, 2, 1))]


@dataclass(frozen=True)
class Slow:
    """One person, day by day."""

    plan: Plan
    world: World
    rows: list[Row]  # periods at hand

    @cached_property
    def stays(self) -> list[tuple[date, date]]:
        return [(row["starts_on"], row["ends_on"] or date.max) for row in self.world.assignments]

    def on_plan(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.stays)

    def active(self, day: date) -> bool:
        hired, left = (
            date.fromisoformat(text) for text in (self.world.hired or "0001-01-01", self.world.left or "9999-12-31")
        )
        away = any(date.fromisoformat(first) <= day <= date.fromisoformat(last) for first, last in self.world.absences)
        assert self.plan.proration
        return hired <= day <= left and self.on_plan(day) and not (away and self.plan.proration.leave)

    def works(self, day: date) -> bool:
        rule = self.plan.proration
        return rule is None or rule.by is DaysBy.CALENDAR_DAYS or (day.weekday() < 5 and day not in rule.holidays)

    def period(self, kind: str, day: date) -> Row | None:
        return next(
            (row for row in self.rows if row["kind"] == kind and row["starts_on"] <= day <= row["ends_on"]), None
        )

    def months(self, first: date, last: date) -> list[Row]:
        return [row for row in self.rows if row["kind"] == "month" and first <= row["starts_on"] <= last]

    def share(self, day: date) -> Fraction:
        """Of the ramp."""
        if not self.plan.ramps:
            return Fraction(1)
        start = max(min(first for first, _ in self.stays), date.fromisoformat(self.world.hired or "0001-01-01"))
        month = self.period("month", day)
        begun = self.period("month", start)
        if begun is None or month is None:
            return Fraction(1)
        nth = len(self.months(begun["starts_on"], day))
        return (
            Fraction(self.plan.ramps[0].shares[nth - 1]) if 1 <= nth <= len(self.plan.ramps[0].shares) else Fraction(1)
        )

    def cut(self, row: Row) -> list[tuple[date, date, Fraction]]:
        amount = Fraction(row["amount"])
        year = self.period("year", row["starts_on"])
        if (
            self.plan.seasonality
            and year
            and (year["starts_on"], year["ends_on"]) == (row["starts_on"], row["ends_on"])
        ):
            months = self.months(year["starts_on"], year["ends_on"])
            return [
                (month["starts_on"], month["ends_on"], amount * Fraction(share))
                for month, share in zip(months, SEASON, strict=True)
            ]
        return [(row["starts_on"], row["ends_on"], amount)]

    def quota(self, inside: list[date]) -> Fraction:
        """Of a span with these days."""
        total = Fraction(0)
        for first, last, amount in [part for row in self.world.quotas for part in self.cut(row)]:
            days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
            whole = sum(map(self.works, days)) if self.plan.proration else len(days)
            counted = [day for day in inside if first <= day <= last]
            if self.plan.proration:
                counted = [day for day in counted if self.works(day) and self.active(day)]
            total += sum((amount * self.share(day) / whole for day in counted), Fraction(0))
        return total


DAYS = st.dates(date(2025, 6, 1), date(2026, 12, 31))


@st.composite
def spans(draw: st.DrawFn) -> tuple[date, date]:
    first = draw(DAYS)
    return first, min(first + timedelta(days=draw(st.integers(0, 400))), LAST)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Plan, World]:
    calendar = draw(st.sampled_from(CALENDARS))
    years = calendar.periods(FIRST, LAST).filter(kind="year").select("starts_on", "ends_on").rows()
    rows = [draw(st.one_of(spans(), st.sampled_from(years))) for _ in range(draw(st.integers(1, 3)))]
    first, last = draw(spans())
    stays = [assignment(1, first=f"{first}", last=f"{last}")]
    if draw(st.booleans()):
        stays.append(assignment(1, first=f"{last + timedelta(days=40)}"))
    by, leave = draw(st.sampled_from(DaysBy)), draw(st.booleans())
    holidays = tuple(draw(st.lists(DAYS, max_size=3)))
    plan = replace(
        PLAN,
        proration=draw(st.sampled_from([None, Proration(by, holidays, leave)])),
        ramps=draw(st.sampled_from([(), (Ramp("bookings", (Decimal("0.25"), Decimal("0.5"))),)])),
        seasonality=draw(st.sampled_from([{}, {"bookings": SEASON}])),
    )
    world = World(
        [
            quota(1, draw(st.sampled_from(["1000", "0.01", "123456789.99"])), f"{start}", f"{end}")
            for start, end in rows
        ],
        stays,
        draw(st.sampled_from([None, "2025-12-17", "2026-03-02"])),
        draw(st.sampled_from([None, "2026-09-11"])),
        [(f"{start}", f"{end}") for start, end in draw(st.lists(spans(), max_size=2))],
        calendar=calendar,
        years=(2025, 2026),
    )
    return plan, world


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(cases(), st.sampled_from(KINDS))
def test_a_quota_is_the_sum_of_its_days(case: tuple[Plan, World], kind: Span) -> None:
    plan, world = over(kind, case[0]), case[1]
    inputs = world.inputs(plan)
    found, _ = quotas.for_component(inputs, plan, plan.components[0])
    amounts = dict(found.select("span", "quota").iter_rows())
    periods = inputs.days.periods
    slow = Slow(plan, world, periods.to_dicts())
    days = inputs.days.days["on"].to_list()
    around = [date(2024, 12, 1) + timedelta(days=number) for number in range(1500)]
    held = {0: [day for day in around if slow.on_plan(day)]} if kind is Span.PLAN else {}
    for row in periods.filter(pl.col("kind") == kind.value).iter_rows(named=True):
        held[row["number"]] = [day for day in days if row["starts_on"] <= day <= row["ends_on"]]
    assert set(amounts) <= set(held)
    for span, inside in held.items():
        assert abs(slow.quota(inside) - Fraction(amounts.get(span, 0))) < Fraction(1, 10**8), (span, amounts.get(span))
