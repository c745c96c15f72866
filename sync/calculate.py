"""Recalculate: the marks that facts left, through the pure calculation, into lines and statements.

Marks, results and their removal are one transaction per batch of participants: a killed run leaves the marks it did
not finish, and the next one takes them up. Where a plan lets pay hang on other people's deals, all who hang on somebody
marked are calculated with them, from the deals of everybody whom that takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import structlog
from sqlalchemy import Connection, Engine

from problems import Problem
from spm.calendar import Calendar, beginning, begun
from spm.engine import calculate
from spm.engine.people import named_deals
from spm.frames import Facts, Results
from spm.plans import PlanVersion
from spm.sharing import Sharing, sharing
from spm.store.assigned import load_assignments
from spm.store.calendar_change import follow_calendar
from spm.store.closed import while_open
from spm.store.connections import finish_run, start_run
from spm.store.hierarchy import load_hierarchy
from spm.store.inputs import load_facts
from spm.store.marks import mark_all, one_at_a_time, open_marks, take_marks, take_marks_of
from spm.store.places import forget_problems, replace_problems_at
from spm.store.results import save_results
from spm.store.span import (
    counts_activities,
    first_calculated_day,
    first_paid_day,
    has_begun_since,
    last_calculated,
)
from spm.store.true_ups import days_to_calculate, with_true_ups
from sync.progress import Progress

log = structlog.get_logger()

_BATCH = 500
"""Participants calculated together: bounds memory; any batching gives the same figures."""


@dataclass(frozen=True, slots=True)
class Calculated:
    """What a recalculation did. `participants` were marked and calculated anew, `changed` got other figures."""

    participants: int = 0
    statements_changed: int = 0
    lines_written: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Basis:
    """What figures rest on besides the facts: plan versions, the fiscal calendar, the day, the moment."""

    plans: Sequence[PlanVersion]
    calendar: Calendar
    today: date
    now: datetime


def recalculate(engine: Engine, basis: Basis, progress: Progress, *, full: bool = False) -> Calculated:
    """Calculate whoever is marked, or everybody with `full`; also everybody when a period or an assignment begins."""
    with engine.begin() as conn:
        _mark_what_time_changes(conn, basis, full=full)
        run_id = start_run(conn, "calculate", now=basis.now)
        waiting = open_marks(conn)
    done = Calculated()
    progress.begin("calculate", waiting)
    try:
        while (batch := _one_batch(engine, basis)) is not None:
            progress.advance("calculate", batch.participants)
            done = _sum(done, batch)
    finally:
        progress.end("calculate")
    _finish(engine, run_id, done)
    return done


def _mark_what_time_changes(conn: Connection, basis: Basis, *, full: bool) -> None:
    last = last_calculated(conn)
    while_open(conn)
    if follow_calendar(conn, basis.calendar, now=basis.now):
        mark_all(conn, "the fiscal calendar has changed")
        return
    if full:
        mark_all(conn, "asked for")
        return
    if last is not None and (begun(basis.calendar, last, basis.today) or has_begun_since(conn, last, basis.today)):
        mark_all(conn, "a period or an assignment has begun", beginning(basis.calendar, last))
    first, before = _first_day(conn, basis), first_calculated_day(conn)
    if before is not None and first < before:
        mark_all(conn, "something counts earlier than anything did", first)


def _finish(engine: Engine, run_id: int, done: Calculated) -> None:
    counts = {"records": done.participants, "changed": done.statements_changed}
    with engine.begin() as conn:
        forget_problems(conn, "calculation")
        finish_run(conn, run_id, "done", counts=counts, calls={}, now=datetime.now(UTC))
    log.info("calculate.done", participants=done.participants, statements_changed=done.statements_changed)


def _one_batch(engine: Engine, basis: Basis) -> Calculated | None:
    plans = [version.plan for version in basis.plans]
    is_shared = any(plan.shared for plan in plans)
    with engine.begin() as conn:
        while_open(conn)
        if is_shared:  # whoever shares pay with somebody is in the hands of one calculation only
            one_at_a_time(conn)
        marks = take_marks(conn, limit=None if any(plan.watches_deals for plan in plans) else _BATCH)
        if not marks:
            return None
        everybody = sharing(plans, load_hierarchy(conn, None), load_assignments(conn, None)) if is_shared else Sharing()
        dependents = everybody.dependents(marks.participants)
        since = take_marks_of(conn, dependents, marks.since)
        return _calculate(conn, basis, Asked(dependents, everybody.providers(dependents), since))


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to calculate, from which day on (None: the beginning), and whose deals that takes (None: everybody's)."""

    people: Sequence[int]
    providers: Sequence[int] | None
    since: date | None


def _calculate(conn: Connection, basis: Basis, asked: Asked) -> Calculated:
    results, facts = results_of(conn, basis, asked)
    saved = save_results(conn, results, asked.people, facts.periods, now=basis.now)
    replace_problems_at(conn, "calculation", _places(facts), results.problems, now=basis.now)
    return Calculated(len(asked.people), saved.statements_changed, saved.lines_written, results.problems)


def results_of(conn: Connection, basis: Basis, asked: Asked) -> tuple[Results, Facts]:
    """What is now (or, in a transaction of spm.store.known, was then) due to these people, and the facts behind it."""
    first = asked.since
    if first is None or _is_lasting(conn, basis, asked.providers):
        first = _first_day(conn, basis)
    first, last, today = days_to_calculate(conn, min(first, basis.today), basis.today)
    calendar = basis.calendar.periods(first, last)
    span = min(calendar["starts_on"].to_list()), max(calendar["ends_on"].to_list())
    activities = counts_activities(version.plan for version in basis.plans)
    facts = load_facts(conn, asked.providers, span, calendar, activities=activities)
    results = calculate(facts, basis.plans, today=today, only=asked.people)
    return with_true_ups(conn, results, facts, basis.plans, asked.people), facts


def providers_of(conn: Connection, basis: Basis, people: Sequence[int]) -> Sequence[int] | None:
    """Whose deals it takes to calculate these people; None: everybody's."""
    plans = [version.plan for version in basis.plans]
    if not any(plan.shared for plan in plans):
        return people
    return sharing(plans, load_hierarchy(conn, None), load_assignments(conn, None)).providers(people)


def _first_day(conn: Connection, basis: Basis) -> date:
    """The first day of all that is calculated: it only ever moves back, so that no statement is left behind."""
    days = (first_paid_day(conn, (version.plan for version in basis.plans)), first_calculated_day(conn), basis.today)
    return min(day for day in days if day is not None)


def _is_lasting(conn: Connection, basis: Basis, people: Sequence[int] | None) -> bool:
    """Whether somebody among these is on a plan on which pay hangs on more than the years that something happens in."""
    lasting = [version.name for version in basis.plans if version.plan.lasting]
    return bool(lasting) and load_assignments(conn, people)["plan"].is_in(lasting).any()


def _places(facts: Facts) -> list[str]:
    """What a calculation's problems are about: the people and the deals that were looked at."""
    deals = named_deals(facts.deals.select("deal_id"), facts.deals)["where"].to_list()
    return [*facts.participants["email"].to_list(), *deals]


def _sum(done: Calculated, batch: Calculated) -> Calculated:
    return Calculated(
        done.participants + batch.participants,
        done.statements_changed + batch.statements_changed,
        done.lines_written + batch.lines_written,
        (*done.problems, *batch.problems),
    )
