"""Offices and companies for the tests of the sync steps."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.end_to_end.conftest import salesforce_office
from tests.sync.company import Company

__all__ = ["salesforce_office"]


@pytest.fixture
def company(database: Engine, tmp_path: Path) -> Company:
    """A company without anybody in it."""
    return Company(database, tmp_path)
