"""The fiscal calendar that the settings describe."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from attain.settings import load_settings
from spm.calendar import Calendar, Months, Weeks, YearRule

PERIODS = "period,kind,starts_on,ends_on\nFY26,year,2026-01-01,2026-12-31\n"


def loaded(folder: Path, company: str, **environ: str) -> tuple[Calendar | None, str]:
    """The calendar, and what was said beside the missing connections."""
    path = folder / "config.toml"
    path.write_text(f"[company]\n{company}\n")
    found = load_settings(path, environ, {})
    problems = [str(problem) for problem in found.problems if problem.field != "connections"]
    return found.settings and found.settings.calendar, "\n".join(problems)


@pytest.mark.parametrize(
    ("company", "expected"),
    [
        ("", Months(1)),
        ("fiscal_year_start_month = 2", Months(2)),
        ("calendar = '4-5-4'\nfiscal_year_start = 2026-02-01", Weeks((4, 5, 4), date(2026, 2, 1))),
        (
            "calendar = '4-4-5'\nfiscal_year_start = 2025-12-28\nweek_53 = 'last_in_month'",
            Weeks((4, 4, 5), date(2025, 12, 28), YearRule.LAST_IN_MONTH),
        ),
    ],
)
def test_the_calendar_is_the_one_that_is_named(tmp_path: Path, company: str, expected: Calendar) -> None:
    assert loaded(tmp_path, company) == (expected, "")


def test_the_environment_may_say_when_a_year_begins(tmp_path: Path) -> None:
    calendar, said = loaded(tmp_path, "calendar = '4-4-5'", ATTAIN__COMPANY__FISCAL_YEAR_START="2026-02-01")
    assert (calendar, said) == (Weeks((4, 4, 5), date(2026, 2, 1)), "")


def test_a_custom_calendar_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "periods.csv").write_text(PERIODS)
    calendar, said = loaded(tmp_path, "calendar = 'custom'\nperiods = 'periods.csv'")
    assert said == ""
    assert calendar is not None
    assert calendar.periods(date(2026, 5, 1), date(2026, 5, 1))["period"].to_list() == ["FY26"]


@pytest.mark.parametrize(
    ("company", "said"),
    [
        ("calendar = '4-4-4'", "(company.calendar)"),
        ("calendar = '4-4-5'", "config.toml:1 (company.fiscal_year_start): is missing."),
        ("calendar = '4-4-5'\nfiscal_year_start = 2026-01-12", "no year begins on Monday 2026-01-12"),
        ("calendar = '4-4-5'\nfiscal_year_start = 2026-02-01\nperiods = 'p.csv'", "means nothing for the calendar"),
        ("fiscal_year_start = 2026-02-01", "config.toml:2 (company.fiscal_year_start): means nothing"),
        ("calendar = 'custom'", "(company.periods): is missing."),
        ("calendar = 'custom'\nperiods = 'no.csv'", "config.toml:3 (company.periods): there is no file"),
        ("calendar = 'custom'\nperiods = 'bad.csv'", "bad.csv:2 (kind): 'yr' is no kind of period."),
    ],
)
def test_what_is_wrong_with_it_is_told(tmp_path: Path, company: str, said: str) -> None:
    (tmp_path / "bad.csv").write_text(PERIODS.replace("year", "yr"))
    calendar, told = loaded(tmp_path, company)
    assert calendar is None
    assert said in told
