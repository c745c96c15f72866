"""The error for a database that cannot be had."""

from __future__ import annotations


class DatabaseUnusable(Exception):
    """There is no database to work with until a person does something; `hint` says what. No secret is in either."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint
