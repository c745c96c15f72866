"""From tables of text to the facts of a calculation: no database, no CRM; rows in any order give the same facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from problems import Problem
from spm.calendar import Calendar, Months
from spm.frames import (
    ABSENCES,
    ACTIVITIES,
    ADJUSTMENTS,
    ENTRIES,
    FX_RATES,
    ITEMS,
    PAYMENTS,
    QUOTAS,
    Facts,
)
from spm.plans.model import Plan
from spm.trial import deals, people
from spm.trial.calendars import own_calendar
from spm.trial.columns import LINE, Column, typed
from spm.trial.consistency import faults
from spm.trial.custom import Type, day_fields, with_types
from spm.trial.files import COLUMNS
from spm.trial.people import TEAM, numbered
from spm.trial.tables import Table

_EARLIEST, _LATEST = date(1970, 1, 1), date(2200, 12, 31)
_DAYS = {
    "deals": ("close_date",),
    "quotas": ("starts_on", "ends_on"),
    "payments": ("on",),
    "activities": ("happened_on",),
    "entries": ("on",),
    "absences": ("starts_on", "ends_on"),
}
"""The columns whose days the calendar has to hold."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the tables say, in exact values, by the name of the table; a table that is not there has no rows.

    `undecided` are the deals' further columns without any value: their type follows from the plans.
    """

    tables: Mapping[str, Table]
    frames: Mapping[str, pl.DataFrame]
    own: Mapping[str, Type]
    undecided: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a trial is made with besides the tables. `as_of` None: the last day that the tables name. `drafts` are plans
    that will be put in the place of one of `plans`."""

    plans: Sequence[Plan]
    own_fields: Mapping[str, Type] = field(default_factory=dict)
    as_of: date | None = None
    calendar: Calendar = field(default_factory=Months)
    drafts: Sequence[Plan] = ()

    @property
    def all_plans(self) -> list[Plan]:
        """Whatever may be calculated by."""
        return [*self.plans, *self.drafts]


@dataclass(frozen=True, slots=True)
class Trial:
    """Facts ready to be calculated, with the names behind the numbers. `as_of`: the day to calculate on."""

    facts: Facts
    emails: Mapping[int, str]
    deal_ids: Mapping[int, str]
    as_of: date
    told: Told

    def placed(self, problems: Sequence[Problem]) -> tuple[Problem, ...]:
        """Problems of a calculation on these facts, at the rows of the deals that they name."""
        return tuple(deals.at_their_rows(problems, self.told.frames["deals"], self.told.tables.get("deals")))


def told(tables: Mapping[str, Table], *, plans_text: str = "", own: Mapping[str, Type] | None = None) -> Told:
    """Read the values of these tables (names as in `files.COLUMNS`); what cannot be read is a problem.

    The deals' further columns are spelled as `plans_text` spells them, capitals and small letters. `own`: their
    types, where they are known; such a column is there also where no deal has it.
    """
    frames: dict[str, pl.DataFrame] = {}
    problems: list[Problem] = []
    for name, columns in COLUMNS.items():
        table = tables.get(name) or Table(name, _nothing(columns), ())
        frames[name], found = typed(table, columns, further=name == "deals")
        problems += found
    frames["deals"] = deals.spelled(frames["deals"], plans_text)
    names = deals.own_names(frames)
    frames["deals"], undecided = with_types(frames["deals"], names, own or {})
    kinds = {name: frames["deals"].schema[name] for name in deals.own_names(frames) if name not in undecided}
    if "deals" in tables:
        frames["deals"], found = deals.with_ids(frames["deals"], tables["deals"])
        problems += [*found, *deals.reserved(names, tables["deals"])]
    unread = {problem.where for problem in problems}
    problems += [
        each for each in deals.split_problems(frames["splits"], tables.get("splits")) if each.where not in unread
    ]
    problems += people.twice(frames, tables) if "people" in tables else []
    problems += faults(frames, tables)
    return Told(tables, frames, kinds, tuple(undecided), tuple(problems))


def _nothing(columns: Sequence[Column]) -> pl.DataFrame:
    return pl.DataFrame(schema={column.name: pl.String for column in columns})


def prepared(said: Told, setting: Setting) -> tuple[Trial | None, list[Problem]]:
    """The facts that the tables make for these plans; None, and why, where they make none."""
    ids = deals.numbers_of(said.frames["deals"])
    problems = deals.unknown_deals(said.frames, said.tables, ids)
    span, found = _span(said, setting)
    problems += found
    if "periods" in said.tables and not said.problems:
        own, found = own_calendar(said.frames["periods"], said.tables["periods"])
        problems += found
        setting = replace(setting, calendar=own or setting.calendar)
    if span is None or said.problems or problems:
        return None, problems
    first, last, as_of = span
    calendar = setting.calendar.periods(first, last)
    numbers = people.named(said.frames, _named_in(setting.all_plans))
    everybody = people.participants(said.frames, numbers)
    first_days = {plan.name: _period_start(calendar, plan, first) for plan in setting.plans}
    table = said.tables.get("assignments", Table("assignments", pl.DataFrame(), ()))
    assignments, found = people.assigned(said.frames, table, everybody, first_days)
    problems += [*found, *_nobody_assigned(said, setting)]
    facts = _facts(said, setting, _Numbers(numbers, ids), everybody, assignments, calendar)
    if problems:
        return None, problems
    emails = {each: name for name, each in numbers.items()}
    return Trial(facts, emails, {each: name for name, each in ids.items()}, as_of, said), []


def _nobody_assigned(said: Told, setting: Setting) -> list[Problem]:
    if len(setting.plans) < 2 or said.frames["assignments"].height:
        return []
    hint = "Say who is on which plan: assignments with who, plan, starts_on."
    return [Problem("assignments", "", "there are several plans and no assignments.", hint)]


def _named_in(plans: Sequence[Plan]) -> set[str]:
    return {rule.to.lower() for plan in plans for part in plan.components for rule in part.credit if "@" in rule.to}


def _span(said: Told, setting: Setting) -> tuple[tuple[date, date, date] | None, list[Problem]]:
    """The first and the last day that count, and the day to calculate on."""
    columns = [(table, column) for table, names in _DAYS.items() for column in names]
    own = {name for plan in setting.all_plans for name in day_fields(plan)}
    there = said.frames["deals"]
    columns += [("deals", name) for name in sorted(own) if there.schema.get(name) == pl.Date and name != "close_date"]
    problems = [found for table, column in columns for found in _out_of_range(said, table, column)]
    days = [day for table, column in columns for day in _ends(said.frames[table][column])]
    days = days or [day for name in ("starts_on",) for day in _ends(said.frames["assignments"][name])]
    days = days or _ends(said.frames["people"]["hire_date"]) or ([setting.as_of] if setting.as_of else [])
    if not days and not problems:
        hint = "Give deals, or say --as-of DATE (in a test: as_of)."
        return None, [Problem("as-of", "", "no table names a day, so there is no day to calculate on.", hint)]
    if problems:
        return None, problems
    as_of = setting.as_of or max(days)
    return (_first(said, min(days)), max(*days, as_of), as_of), []


def _first(said: Told, day: date) -> date:
    """The first day that counts: also the day of somebody hired in the same year before."""
    hired = said.frames["people"].filter(pl.col("hire_date").dt.year() == day.year)["hire_date"]
    return min([day, *_ends(hired)])


def _ends(days: pl.Series) -> list[date]:
    return [day for day in (days.min(), days.max()) if isinstance(day, date)]


def _out_of_range(said: Told, table: str, column: str) -> list[Problem]:
    frame = said.frames[table]
    far = frame.filter(~pl.col(column).is_between(_EARLIEST, _LATEST)).select(LINE, column)
    return [
        Problem(said.tables[table].where(row), column, f"{day} is too far away to be right.", "Correct the year.")
        for row, day in far.iter_rows()
    ]


def _period_start(calendar: pl.DataFrame, plan: Plan, day: date) -> date:
    """The first day of the statement period that holds the day."""
    holding = calendar.filter(
        (pl.col("kind") == plan.statement.value) & pl.lit(day).is_between("starts_on", "ends_on")
    )["starts_on"]
    return holding[0] if holding.len() else day


@dataclass(frozen=True, slots=True)
class _Numbers:
    people: Mapping[str, int]
    deals: Mapping[str, int]


def _facts(
    said: Told,
    setting: Setting,
    numbers: _Numbers,
    everybody: pl.DataFrame,
    assignments: pl.DataFrame,
    calendar: pl.DataFrame,
) -> Facts:
    frames, ids = said.frames, numbers.deals
    currency = _currency(setting.plans)
    of = {name: _person(frames[name], column, numbers) for name, column in _PEOPLE.items()}
    listed = (
        of["activities"]
        .rename({"id": "item"})
        .with_columns(pl.col("done").fill_null(pl.lit(_all_done(said), dtype=pl.Boolean)))
    )
    told_deals = frames["deals"].with_columns(
        pl.col(name).cast(kind, strict=False) for name, kind in setting.own_fields.items() if name in said.undecided
    )
    return Facts(
        deals=deals.deal_facts(told_deals, ids, numbers.people, currency),
        splits=deals.splits_of(of["splits"], ids),
        participants=everybody,
        quotas=_quotas(frames["quotas"], numbers),
        assignments=assignments,
        fx_rates=frames["fx_rates"].select(*FX_RATES),
        periods=calendar,
        hierarchy=people.hierarchy(frames, numbers.people),
        absences=of["absences"].select(*ABSENCES),
        items=deals.attached(deals.with_amounts(frames["items"]), ids, number="item_id", schema=ITEMS),
        activities=deals.attached(listed, ids, number="activity_id", schema=ACTIVITIES),
        entries=_entries(of["entries"]),
        payments=deals.attached(_kinds(frames["payments"]), ids, number="payment_id", schema=PAYMENTS),
        adjustments=deals.attached(
            of["adjustments"].with_columns(pl.col("currency").fill_null(currency)),
            ids,
            number="adjustment_id",
            schema=ADJUSTMENTS,
        ),
    )


_PEOPLE = {"splits": "email", "activities": "owner", "entries": "email", "absences": "email", "adjustments": "email"}


def _person(frame: pl.DataFrame, column: str, numbers: _Numbers) -> pl.DataFrame:
    return frame.with_columns(participant_id=numbered(column, numbers.people))


def _currency(plans: Sequence[Plan]) -> str | None:
    """That of all plans; None where they have several."""
    known = {plan.currency for plan in plans}
    return known.pop() if len(known) == 1 else None


def _all_done(said: Told) -> bool | None:
    """Activities of a table that does not say what is done are done."""
    table = said.tables.get("activities")
    return None if table and "done" in [name.lower() for name in table.frame.columns] else True


def _kinds(payments: pl.DataFrame) -> pl.DataFrame:
    return payments.with_columns(pl.col("kind").fill_null("payment"))


def _quotas(quotas: pl.DataFrame, numbers: _Numbers) -> pl.DataFrame:
    """Without a last day until the end of the calendar month."""
    team = pl.when(pl.col("email").str.starts_with(TEAM)).then(pl.col("email").str.strip_prefix(TEAM).str.strip_chars())
    return quotas.with_columns(
        participant_id=numbered("email", numbers.people),
        team=team,
        measure=pl.col("measure").fill_null("bookings"),
        ends_on=pl.coalesce("ends_on", pl.col("starts_on").dt.month_end()),
    ).select(*QUOTAS)


def _entries(entries: pl.DataFrame) -> pl.DataFrame:
    ordered = entries.drop(LINE).sort(pl.all(), nulls_last=True)
    numbers = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    made = ordered.with_columns(entry_id=numbers).with_columns(
        item=pl.coalesce("item", pl.col("entry_id").cast(pl.String))
    )
    return made.select(*ENTRIES)
