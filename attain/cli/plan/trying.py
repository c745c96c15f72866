"""`attain plan try`: what a plan pays on plain files, without settings, CRM or database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import click

from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, problems_as_json
from attain.wiring import WrongUsage
from problems import Problem
from spm.calendar import Pattern, YearRule, calendar_from
from spm.trial import Tried, Wanted, document, read_tables, tried

_TABLES = {
    "deals": "Deals: deal_id, owner, amount, close_date, ...; further columns are fields that plans may use.",
    "quotas": "Quotas: email (or team:NAME), starts_on, amount, ...",
    "splits": "Splits of deals: deal_id, email, share or amount, role.",
    "activities": "Activities: owner, type, happened_on, ...",
    "items": "Line items of deals: deal_id, product, family, quantity, price, amount.",
    "entries": "Results entered by hand: email, measure, on, value.",
    "payments": "Payments on deals: deal_id, kind, on, amount.",
    "people": "People: email, name, manager, team, currency, hire_date, leave_date.",
    "assignments": "Who is on which plan: who, plan, starts_on, ends_on. Default: everybody named is on the only plan.",
    "hierarchy": "Who reports to whom, when: email, manager, team, starts_on, ends_on.",
    "absences": "Days of leave: email, starts_on, ends_on, reason.",
    "fx_rates": "Exchange rates: base, currency, rate, starts_on.",
    "adjustments": "Adjustments by hand: email, period, amount, reason, ...",
    "periods": "Periods of a calendar of your own: period, kind, starts_on, ends_on.",
}
_DAY = click.DateTime(["%Y-%m-%d"])
_LARGE = 1_000
"""Lines that people read, and that are written one below the other in JSON."""
_STATEMENT = ("person", "period", "quota", "credited", "attainment", "earned", "held", "payout", "currency")
_SOMETIMES = ("draw_balance", "pay_amount", "pay_currency")
_NUMBERS = ("quota", "credited", "attainment", "earned", "held", "payout", "draw_balance", "pay_amount", "amount")


def table_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--deals FILE` and one option for each other table, in the argument of its name."""
    for name, words in reversed(_TABLES.items()):
        option = f"--{name.replace('_', '-')}"
        function = click.option(option, name, type=click.Path(path_type=Path), metavar="CSV", help=words)(function)
    return function


def time_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--as-of`, and what describes the fiscal calendar."""
    options = (
        click.option("--as-of", type=_DAY, metavar="DATE", help="Calculate on that day. Default: the last day named."),
        click.option(
            "--fiscal-year-start",
            metavar="MONTH",
            help="1 to 12, or with --calendar a day that begins a year. Default: 1.",
        ),
        click.option("--calendar", type=click.Choice(get_args(Pattern)), default="months", help="Default: months."),
        click.option(
            "--week-53",
            type=click.Choice([rule.value for rule in YearRule]),
            default=YearRule.NEAREST_MONTH_END.value,
            help="The rule.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def files_of(options: Mapping[str, Any]) -> dict[str, Path]:
    """The files that were named, by the table they hold."""
    return {name: options[name] for name in _TABLES if options[name] is not None}


def wanted(options: Mapping[str, Any]) -> Wanted:
    """What the options of time say. Raises WrongUsage."""
    as_of: datetime | None = options["as_of"]
    try:
        calendar = calendar_from(
            options["calendar"], _start(options["fiscal_year_start"]), YearRule(options["week_53"])
        )
    except ValueError as error:
        hint = "Write --fiscal-year-start 2, or --calendar 4-4-5 --fiscal-year-start 2026-02-01."
        raise WrongUsage([Problem("--fiscal-year-start", "", f"{error}.", hint)]) from error
    return Wanted(as_of.date() if as_of else None, calendar)


def _start(said: str | None) -> int | date | None:
    if said is None:
        return None
    return int(said) if said.isdigit() else date.fromisoformat(said)


@click.command("try", epilog="Example: attain plan try plan.toml --deals deals.csv --quotas quotas.csv --json")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@table_options
@time_options
@command
def try_command(
    files: tuple[Path, ...],
    *,
    config: Path | None,  # noqa: ARG001 (every command has it; this one asks no settings)
    output: Output,
    **options: Any,
) -> int:
    """What the plans in FILE pay, on plain CSV files: no settings, no CRM, no database (docs/trying.md)."""
    how = wanted(options)
    read, problems = read_tables(files_of(options))
    if any(problem.severity == "error" for problem in problems):
        found = Tried((), None, None, tuple(problems))
    else:
        found = tried(files, read, how)
    return shown(found, output, chosen=how.as_of)


def shown(found: Tried, output: Output, *, chosen: date | None) -> int:
    """Print what was found."""
    errors = any(problem.severity == "error" for problem in found.problems)
    answer: dict[str, Any] = {"ok": not errors and found.results is not None}
    if found.trial is not None and found.results is not None:
        told = document(found.trial, found.results, found.versions)
        _tables(told, output, chosen=chosen)
        answer |= told
    output.problems(found.problems)
    large = found.results is not None and found.results.lines.height > _LARGE
    output.document({**answer, "problems": problems_as_json(found.problems)}, compact=large)
    return PROBLEMS_FOUND if errors else DONE


def _tables(told: Mapping[str, Any], output: Output, *, chosen: date | None) -> None:
    why = "" if chosen else ", the last day that the files name"
    output.say(f"As of {told['as_of']}{why}.")
    for version in told["plans"]:
        output.say(f"{version['name']} (version {version['version'][:12]})")
    output.heading("Statements")
    there = [column for column in _SOMETIMES if any(_matters(row, column) for row in told["statements"])]
    _table(output, (*_STATEMENT, *there), told["statements"])
    output.heading("Lines")
    for line in told["lines"][:_LARGE]:
        output.say(f"{line['person']} {line['period']} {line['line_no']:>4}  {line['words']}")
    if len(told["lines"]) > _LARGE:
        output.say(f"and {len(told['lines']) - _LARGE:,} lines more; --json lists them all.")
    _more(told, output)


def _more(told: Mapping[str, Any], output: Output) -> None:
    if told["estimates"]:
        output.heading("Estimates of open deals")
        _table(output, ("deal_id", "person", "credited", "amount", "currency"), told["estimates"])
    uneven = [row for row in told["conservation"] if row["why"]]
    if uneven:
        output.heading("Deals not credited with 100 %")
        _table(output, ("deal_id", "plan", "component", "credited_share", "why"), uneven)
    output.heading("Totals")
    _table(output, ("person", "payout", "currency"), told["totals"])


def _matters(row: Mapping[str, Any], column: str) -> bool:
    if column == "draw_balance":
        return row[column] not in (None, "0.00")
    return row["pay_currency"] not in (None, row["currency"])


def _table(output: Output, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    cells = [[_cell(row[column], column) for column in columns] for row in rows]
    output.table(columns, cells, numbers=_NUMBERS)


def _cell(value: str | None, column: str) -> str | None:
    if value is None or column not in {"attainment", "credited_share"}:
        return value
    return f"{Decimal(value) * 100:.2f} %"
