"""Do the conditions of plans match anything that is stored? Asked only where there is a database, and never fatal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from attain.database import DatabaseUnusable
from attain.wiring import House, database
from problems import Problem
from problems.toml import TomlError, read_toml
from spm.frames import PERIODS, Facts, empty
from spm.plans import PlanVersion
from spm.store.inputs import load_facts
from spm.trial.matching import unmatched

_ALWAYS = (date(1900, 1, 1), date(2999, 12, 31))


def filter_warnings(house: House, plans: Sequence[tuple[Path, PlanVersion]]) -> list[Problem]:
    """A warning for each condition that holds for no stored record; none where there is no database to ask."""
    if not plans or not _there(house):
        return []
    try:
        with database(house) as engine, engine.connect() as conn:
            facts = _facts(conn, plans)
    except (DatabaseUnusable, SQLAlchemyError):
        return []  # `attain check` says what is wrong with it
    return [problem for path, version in plans for problem in _of_plan(path, version, facts, house.today)]


def _there(house: House) -> bool:
    """Whether a database was ever made: asking must not make one."""
    own = house.settings.database_url.get_secret_value()
    return bool(own) or (house.settings.data_dir / "postgres").is_dir()


def _facts(conn: Connection, plans: Sequence[tuple[Path, PlanVersion]]) -> Facts:
    sources = {part.measure.source for _, version in plans for part in version.plan.components}
    return load_facts(conn, None, _ALWAYS, empty(PERIODS), activities="activities" in sources)


def _of_plan(path: Path, version: PlanVersion, facts: Facts, today: date) -> list[Problem]:
    try:
        document = read_toml(path)
    except TomlError:
        return []
    hint = "Look at how the CRM writes it: `attain mapping preview deal` shows stored fields."
    return [
        Problem(document.where(place), str(place[-1]), f"{text} matches nothing that is stored.", hint, "warning")
        for place, text in unmatched(facts, version, today)
    ]
