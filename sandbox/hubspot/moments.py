"""Moments as HubSpot writes and reads them: ISO 8601 in UTC with milliseconds, epoch milliseconds, dates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_UTC = datetime(1970, 1, 1)  # noqa: DTZ001 (written without its zone, which is always Z)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MILLISECONDS = re.compile(r"-?\d{1,14}")
_DAY = 86_400_000


def milliseconds(moment: datetime) -> int:
    """Since 1970, rounded down."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000


def iso(moment: int) -> str:
    """Milliseconds since 1970 as `2026-01-17T19:55:04.281Z`."""
    return f"{(_EPOCH_UTC + timedelta(milliseconds=moment)).isoformat(timespec='milliseconds')}Z"


def read_datetime(text: str) -> int:
    """Milliseconds since 1970 of epoch milliseconds, an ISO moment (UTC where it names no zone) or a date.

    Raises ValueError for anything else.
    """
    if _MILLISECONDS.fullmatch(text):
        return int(text)
    if not text[:1].isdigit():
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    return milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def read_date(text: str) -> str:
    """A date as `2026-01-17`, from that or from a moment at midnight UTC. Raises ValueError for anything else."""
    if _DATE.fullmatch(text):
        return date.fromisoformat(text).isoformat()
    moment = read_datetime(text)
    if moment % _DAY:
        raise ValueError(f"{text} is at {iso(moment)[11:19]} UTC, not midnight!")
    return iso(moment)[:10]
