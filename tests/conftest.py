"""Fixtures of all tests: the real database, the sandboxes over HTTP."""

pytest_plugins = ["tests.fixtures.database", "tests.fixtures.sandbox"]
