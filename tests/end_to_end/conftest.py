"""Offices for the end-to-end tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.end_to_end.office import Office
from tests.fixtures.sandbox import Start


@pytest.fixture
def office(tmp_path: Path, database: Engine, salesforce_sandbox: Start, hubspot_sandbox: Start) -> Office:
    """Both CRMs with few records, a flat plan for everybody."""
    return Office(
        tmp_path,
        database,
        salesforce=salesforce_sandbox(deals=120).url,
        hubspot=hubspot_sandbox(deals=90).url,
    ).furnish()


@pytest.fixture
def salesforce_office(tmp_path: Path, database: Engine, salesforce_sandbox: Start) -> Office:
    """Salesforce alone."""
    return Office(tmp_path, database, salesforce=salesforce_sandbox(deals=120).url).furnish()
