"""Recalculating the marks gives byte for byte what a full run gives, whatever happened and in whatever order."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from random import Random

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, Engine, text

from spm.frames import ESTIMATES, LINES, STATEMENTS
from spm.plans import PlanVersion
from spm.store.results import load_lines, load_statements
from tests.fixtures.database import fresh_database
from tests.sync.company import Company
from tests.sync.edits import Edits, versions

pytestmark = pytest.mark.slow  # make test-slow

_RESULTS = ("statement", "earning_line", "estimate", "deal_result")


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PlanVersion]:
    return versions(tmp_path_factory.mktemp("plans"))


def forget_results(engine: Engine) -> None:
    with engine.begin() as conn:
        for table in _RESULTS:
            conn.execute(text(f"DELETE FROM {table}"))


def results(engine: Engine) -> tuple[pl.DataFrame, ...]:
    with engine.begin() as conn:
        estimates = conn.execute(text(f"SELECT {', '.join(ESTIMATES)} FROM estimate ORDER BY deal_id, participant_id"))
        return (
            load_statements(conn).select(*STATEMENTS),
            load_lines(conn).select(*LINES),
            pl.DataFrame(estimates.all(), schema=ESTIMATES, orient="row"),
        )


def assert_a_full_run_changes_nothing(company: Company) -> None:
    again = company.calculate(full=True)
    assert (again.statements_changed, again.lines_written) == (0, 0)


def assert_a_run_from_nothing_gives_the_same(company: Company) -> None:
    by_marks = results(company.engine)
    forget_results(company.engine)
    company.calculate(full=True)
    for mine, whole in zip(by_marks, results(company.engine), strict=True):
        assert mine.equals(whole)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.integers(1, 2), min_size=3, max_size=6))
def test_marks_give_what_a_full_run_gives(
    database_server: URL, plans: dict[str, PlanVersion], tmp_path: Path, seed: int, steps: list[int]
) -> None:
    with contextmanager(fresh_database)(database_server) as engine:
        company = Company(engine, tmp_path).begin()
        edits = Edits(company, Random(seed), plans)
        edits.begin()
        company.calculate()
        for number in steps:
            for _ in range(number):
                edits.once()
            company.calculate()
            assert_a_full_run_changes_nothing(company)
        assert_a_run_from_nothing_gives_the_same(company)
