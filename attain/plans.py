"""Plans and what stands in files beside them (quotas, payments, ...): from where the settings say into their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import polars as pl
from sqlalchemy import Connection, Engine

from attain.actor import login
from attain.wiring import House, Unusable, mapping_of
from problems import Problem
from spm.frames import MONEY
from spm.plans import PlanVersion, load_plan, plan_version
from spm.store.audit import acting
from spm.store.by_hand import apply_absences, apply_entries, apply_hierarchy, apply_line_items, apply_payments
from spm.store.calendar_change import closed_elsewhere
from spm.store.connections import replace_problems
from spm.store.plan_versions import versions_in_force
from spm.store.reference import apply_assignments, apply_fx_rates, apply_plans, apply_quotas
from spm.trial.plan_tests import run_tests

_OWN_TYPES: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "text": pl.String,
    "email": pl.String,
    "currency": pl.String,
    "money": MONEY,
    "number": MONEY,
    "share": MONEY,
    "date": pl.Date,
    "datetime": pl.Datetime("us", "UTC"),
    "boolean": pl.Boolean,
}


class Apply(Protocol):
    """Makes the content of files the present one of its kind, and returns what is wrong with it."""

    def __call__(self, conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]: ...


def read_plans(house: House) -> tuple[list[PlanVersion], list[Problem]]:
    """Every plan file of the settings, checked; all problems of all files."""
    paths = house.settings.files(house.settings.plans.files)
    if not paths:
        return [], [_no_plans(house)]
    own = own_fields(house)
    loaded = [load_plan(path, own_fields=own) for path in paths]
    versions = [plan_version(one.plan) for one in loaded if one.plan is not None]
    return versions, [problem for one in loaded for problem in one.problems]


def _no_plans(house: House) -> Problem:
    patterns = ", ".join(house.settings.plans.files) or "nothing"
    hint = "Copy one from examples/plans and say who is on it in plans.assignments."
    return Problem("plans.files", "", f"there is no plan file ({patterns}): nobody is paid.", hint, "warning")


def own_fields(house: House) -> dict[str, pl.DataType | type[pl.DataType]] | None:
    """The deal fields that mappings add, for plans to use; None where a mapping cannot be read."""
    own: dict[str, pl.DataType | type[pl.DataType]] = {}
    for connection in house.settings.connections.values():
        try:
            sections = mapping_of(connection).feeding("deal")
        except Unusable:
            return None
        own |= {field.name: _OWN_TYPES[field.kind] for section in sections for field in section.own_fields()}
    return own


def _errors(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def failing_tests(house: House, engine: Engine) -> list[Problem]:
    """Why tests of the settings' plan files fail. Those of a version in force have passed before, and are not run."""
    with engine.connect() as conn:
        in_force = {version.hash for version in versions_in_force(conn)}
    own = own_fields(house)
    problems: list[Problem] = []
    for path in house.settings.files(house.settings.plans.files):
        plan = load_plan(path, own_fields=own).plan
        if plan is not None and plan_version(plan).hash not in in_force:
            problems += [problem for run in run_tests(path, own_fields=own) for problem in run.problems]
    return problems


def apply_reference(house: House, engine: Engine) -> tuple[list[PlanVersion], list[Problem]]:
    """Bring the files' content into the tables, marking who is touched; nothing changes where nothing did.

    With an error in a plan, a test of a new version that fails, or a calendar without a period that is closed, none of
    the files is applied: figures never rest on half of the rules.
    """
    plans, problems = read_plans(house)
    with engine.begin() as conn:
        problems += closed_elsewhere(conn, house.settings.calendar)
    if not _errors(problems):
        problems += failing_tests(house, engine)
    if not _errors(problems):
        problems += _apply(house, engine, plans)
    with engine.begin() as conn:
        replace_problems(conn, "plans and quotas", problems, now=house.now)
    return plans, problems


def check_reference(house: House, engine: Engine) -> tuple[list[PlanVersion], list[Problem]]:
    """What `apply_reference` would find wrong, in all files at once; nothing of it stays in the tables.

    With an error in a plan, assignments are not looked at: the plan they name may be the one that is wrong.
    """
    plans, problems = read_plans(house)
    problems += [] if _errors(problems) else failing_tests(house, engine)
    good = not _errors(problems)
    with engine.connect() as conn:
        problems += closed_elsewhere(conn, house.settings.calendar)
        problems += _apply_rules(house, conn, plans) if good else []
        problems += _apply_figures(house, conn)
        conn.rollback()
    return plans, problems


def _apply(house: House, engine: Engine, plans: list[PlanVersion]) -> list[Problem]:
    with engine.begin() as conn:
        acting(conn, login())
        return [*_apply_rules(house, conn, plans), *_apply_figures(house, conn)]


def _apply_rules(house: House, conn: Connection, plans: list[PlanVersion]) -> list[Problem]:
    settings, named = house.settings, house.settings.plans.assignments
    assignments = settings.files([named] if named else [])
    return [
        *apply_plans(conn, plans, now=house.now),
        *apply_hierarchy(conn, settings.files(settings.plans.hierarchy), now=house.now),
        *apply_assignments(conn, assignments, now=house.now),
    ]


def _apply_figures(house: House, conn: Connection) -> list[Problem]:
    files, settings = house.settings.plans, house.settings
    kinds: tuple[tuple[Apply, tuple[str, ...]], ...] = (
        (apply_quotas, files.quotas),
        (apply_fx_rates, files.fx_rates),
        (apply_absences, files.absences),
        (apply_entries, files.entries),
        (apply_payments, files.payments),
        (apply_line_items, files.line_items),
    )
    return [problem for apply, named in kinds for problem in apply(conn, settings.files(named), now=house.now)]
