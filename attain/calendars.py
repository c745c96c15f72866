"""The fiscal calendar that the settings of the company describe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attain.paths import is_file, placed
from attain.schema import Company
from problems import Problem
from spm.calendar import Calendar, Months, Weeks
from spm.store.period_file import read_periods

BELONGING = {"months": ("fiscal_year_start_month",), "custom": ("periods",)}
"""The settings that each calendar has for itself; those not named here are by weeks."""

_BY_WEEKS = ("fiscal_year_start", "week_53")
_OWN = (*_BY_WEEKS, "fiscal_year_start_month", "periods")


def calendar_of(
    company: Company, base_dir: Path, *, said: Callable[[str], bool], where: Callable[[str], str]
) -> tuple[Calendar, list[Problem]]:
    """The calendar, and what is wrong with the settings of it; with a problem, the calendar is not to be used.

    `said` tells whether a key of [company] was given by anybody, `where` by what.
    """
    problems: list[Problem] = []

    def wrong(key: str, message: str, hint: str) -> None:
        problems.append(Problem(where(key), f"company.{key}", message, hint))

    belonging = BELONGING.get(company.calendar, _BY_WEEKS)
    for key in _OWN:
        if said(key) and key not in belonging:
            wrong(key, f"means nothing for the calendar {company.calendar!r}.", "Leave it out, or change calendar.")
    if company.calendar == "months":
        return Months(company.fiscal_year_start_month), problems
    if company.calendar == "custom":
        return _custom(company, base_dir, wrong, problems), problems
    return _weeks(company, wrong), problems


def _weeks(company: Company, wrong: Callable[[str, str, str], None]) -> Calendar:
    if company.fiscal_year_start is None:
        wrong("fiscal_year_start", "is missing.", "Write a day that begins a fiscal year, such as 2026-02-01.")
        return Months()
    first, second, third = (int(weeks) for weeks in company.calendar.split("-"))
    try:
        return Weeks((first, second, third), company.fiscal_year_start, company.week_53)
    except ValueError as error:
        wrong("fiscal_year_start", f"{error}.", "Correct the day, or the rule in week_53.")
        return Months()


def _custom(
    company: Company, base_dir: Path, wrong: Callable[[str, str, str], None], problems: list[Problem]
) -> Calendar:
    path = placed(base_dir, company.periods)
    if not company.periods:
        wrong("periods", "is missing.", "Name a CSV file with the columns period,kind,starts_on,ends_on.")
    elif not is_file(path):
        wrong("periods", f"there is no file {path}.", "Correct the path.")
    else:
        calendar, found = read_periods(path)
        problems += found
        return calendar or Months()
    return Months()
