"""Date literals: LAST_N_DAYS:30, THIS_QUARTER, 2_..._AGO. Each is a range of days, counted from today.

Weeks begin on Sunday and the fiscal year is the calendar year, as in an org with American defaults.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from sandbox.salesforce.soql.syntax import Relative

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
_ONE = re.compile(r"(this|last|next)_(?:fiscal_)?(week|month|quarter|year)")
_MANY = re.compile(r"(last|next)_n_(?:fiscal_)?(day|week|month|quarter|year)s")
_AGO = re.compile(r"n_(?:fiscal_)?(day|week|month|quarter|year)s_ago")
_NINETY = re.compile(r"(last|next)_90_days")

Span = tuple[date, date]


def span(literal: Relative, today: date) -> Span | None:
    """First day and the day after the last of a date literal, or None where there is no such literal."""
    if literal.name in _DAYS and literal.count is None:
        return _units("day", _DAYS[literal.name], 1, today)
    if literal.count is None:
        return _fixed(literal.name, today)
    if match := _MANY.fullmatch(literal.name):
        return _many(match.group(1), match.group(2), literal.count, today)
    if match := _AGO.fullmatch(literal.name):
        return _units(match.group(1), -literal.count, 1, today)
    return None


def _fixed(name: str, today: date) -> Span | None:
    if match := _ONE.fullmatch(name):
        return _units(match.group(2), {"this": 0, "last": -1, "next": 1}[match.group(1)], 1, today)
    if match := _NINETY.fullmatch(name):
        return _many(match.group(1), "day", 90, today)
    return None


def _many(direction: str, unit: str, count: int, today: date) -> Span:
    if direction == "next":
        return _units(unit, 1, count, today)
    if unit == "day":  # the one unit whose last span takes in today
        return _units(unit, -count, count + 1, today)
    return _units(unit, -count, count, today)


def _units(unit: str, away: int, count: int, today: date) -> Span:
    """`count` units, the first of them `away` units from the one today is in."""
    if unit in ("day", "week"):
        size = timedelta(days=1 if unit == "day" else 7)
        start = today if unit == "day" else today - timedelta(days=(today.weekday() + 1) % 7)
        return start + away * size, start + (away + count) * size
    months = _MONTHS_IN[unit]
    first = (today.year * 12 + today.month - 1) // months * months
    return _month(first + away * months), _month(first + (away + count) * months)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
