"""Plans, assignments, quotas and exchange rates: from the files the settings name into their tables."""

from __future__ import annotations

from sqlalchemy import Engine

from attain.wiring import House
from problems import Problem
from spm.plans import PlanVersion, load_plan, plan_version
from spm.store.connections import replace_problems
from spm.store.reference import apply_assignments, apply_fx_rates, apply_plans, apply_quotas


def read_plans(house: House) -> tuple[list[PlanVersion], list[Problem]]:
    """Every plan file of the settings, checked; all problems of all files."""
    versions: list[PlanVersion] = []
    problems: list[Problem] = []
    for path in house.settings.files(house.settings.plans.files):
        loaded = load_plan(path)
        problems += loaded.problems
        if loaded.plan is not None:
            versions.append(plan_version(loaded.plan))
    return versions, problems


def apply_reference(house: House, engine: Engine) -> tuple[list[PlanVersion], list[Problem]]:
    """Bring the files' content into the tables, marking who is touched; nothing changes where nothing did."""
    plans, problems = read_plans(house)
    files = house.settings.plans
    with engine.begin() as conn:
        problems += apply_plans(conn, plans, now=house.now)
        problems += apply_assignments(
            conn, house.settings.files([files.assignments] if files.assignments else []), now=house.now
        )
        problems += apply_quotas(conn, house.settings.files(files.quotas), now=house.now)
        problems += apply_fx_rates(conn, house.settings.files(files.fx_rates), now=house.now)
        replace_problems(conn, "plans and quotas", problems, now=house.now)
    return plans, problems
