"""Plans, assignments, quotas and exchange rates: from the files the settings name into their tables."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from sqlalchemy import Connection, Engine

from attain.wiring import House, Unusable, mapping_of
from problems import Problem
from spm.frames import MONEY
from spm.plans import PlanVersion, load_plan, plan_version
from spm.store.connections import replace_problems
from spm.store.reference import apply_assignments, apply_fx_rates, apply_plans, apply_quotas

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


def read_plans(house: House) -> tuple[list[PlanVersion], list[Problem]]:
    """Every plan file of the settings, checked; all problems of all files."""
    paths = house.settings.files(house.settings.plans.files)
    if not paths:
        return [], [_no_plans(house)]
    own = _own_fields(house)
    loaded = [load_plan(path, own_fields=own) for path in paths]
    versions = [plan_version(one.plan) for one in loaded if one.plan is not None]
    return versions, [problem for one in loaded for problem in one.problems]


def _no_plans(house: House) -> Problem:
    patterns = ", ".join(house.settings.plans.files) or "nothing"
    hint = "Copy one from examples/plans and say who is on it in plans.assignments."
    return Problem("plans.files", "", f"there is no plan file ({patterns}): nobody is paid.", hint, "warning")


def _own_fields(house: House) -> dict[str, pl.DataType | type[pl.DataType]] | None:
    """The deal fields that mappings add, for plans to use; None where a mapping cannot be read."""
    own: dict[str, pl.DataType | type[pl.DataType]] = {}
    for connection in house.settings.connections.values():
        try:
            sections = mapping_of(connection).feeding("deal")
        except Unusable:
            return None
        own |= {field.name: _OWN_TYPES[field.kind] for section in sections for field in section.own_fields()}
    return own


def apply_reference(house: House, engine: Engine) -> tuple[list[PlanVersion], list[Problem]]:
    """Bring the files' content into the tables, marking who is touched; nothing changes where nothing did.

    With an error in a plan none of the files is applied: figures never rest on half of the rules.
    """
    plans, problems = read_plans(house)
    if not any(problem.severity == "error" for problem in problems):
        problems += _apply(house, engine, plans)
    with engine.begin() as conn:
        replace_problems(conn, "plans and quotas", problems, now=house.now)
    return plans, problems


def check_reference(house: House, engine: Engine) -> tuple[list[PlanVersion], list[Problem]]:
    """What `apply_reference` would find wrong, in all files at once; nothing of it stays in the tables.

    With an error in a plan, assignments are not looked at: the plan they name may be the one that is wrong.
    """
    plans, problems = read_plans(house)
    good = not any(problem.severity == "error" for problem in problems)
    with engine.connect() as conn:
        problems += _apply_rules(house, conn, plans) if good else []
        problems += _apply_figures(house, conn)
        conn.rollback()
    return plans, problems


def _apply(house: House, engine: Engine, plans: list[PlanVersion]) -> list[Problem]:
    with engine.begin() as conn:
        return [*_apply_rules(house, conn, plans), *_apply_figures(house, conn)]


def _apply_rules(house: House, conn: Connection, plans: list[PlanVersion]) -> list[Problem]:
    named = house.settings.plans.assignments
    assignments = house.settings.files([named] if named else [])
    return [*apply_plans(conn, plans, now=house.now), *apply_assignments(conn, assignments, now=house.now)]


def _apply_figures(house: House, conn: Connection) -> list[Problem]:
    files, settings = house.settings.plans, house.settings
    quotas = apply_quotas(conn, settings.files(files.quotas), now=house.now)
    return [*quotas, *apply_fx_rates(conn, settings.files(files.fx_rates), now=house.now)]
