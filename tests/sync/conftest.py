"""Offices for the tests of the sync steps."""

from tests.end_to_end.conftest import salesforce_office

__all__ = ["salesforce_office"]
