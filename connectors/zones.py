"""Time zones as a CRM names them: only one that days can be told in is handed on."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from problems import Problem


def known_zone(name: object, where: str) -> tuple[str | None, list[Problem]]:
    """The IANA name, None where the CRM gives none; and the problem where it gives one that nobody here knows.

    `where` is the connection's section in the settings, `connections.acme`.
    """
    if not name:
        return None, []
    text = str(name)
    if _can_be_used(text):
        return text, []
    message = f"the account says its time zone is {text!r}, which is not known here: its days are taken in UTC."
    hint = 'Set time_zone of the connection to the IANA name that is meant, such as "Europe/Berlin".'
    return None, [Problem(where, "time_zone", message, hint, "warning")]


def _can_be_used(name: str) -> bool:
    """Whether both Python and Polars know the zone: each has a list of its own."""
    try:
        ZoneInfo(name)
        pl.Series([None], dtype=pl.Datetime("us", name))
    except (ZoneInfoNotFoundError, ValueError, OSError, pl.exceptions.PolarsError):
        return False
    return True
