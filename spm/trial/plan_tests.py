"""The tests that a plan file carries, run by the code that tries plans on files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import polars as pl

from problems import Problem, did_you_mean
from problems.toml import Document, TomlError, read_toml
from spm.engine import calculate
from spm.frames import Results
from spm.plans import Plan, PlanVersion, load_plan, plan_version
from spm.plans.checks import PLAN_FIELDS
from spm.plans.document import PlanFile
from spm.plans.plan_tests import ExpectSection, PlanTestSection
from spm.trial.answer import figure, lines
from spm.trial.custom import Type, fields, settle
from spm.trial.facts import Setting, Trial, prepared, told
from spm.trial.files import COLUMNS
from spm.trial.tables import Table, from_rows

_SUMMED = ("payout", "earned")
_EXACT = ("payout", "earned", "held", "draw_balance")
_SHOWN_LINES = 5


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test of a plan file: its name, and why it failed; nothing where it passed."""

    name: str
    problems: tuple[Problem, ...]

    @property
    def passed(self) -> bool:
        """Whether all came out as expected."""
        return not self.problems


def run_tests(path: Path, *, own_fields: Mapping[str, Type] | None = None) -> list[TestRun]:
    """Run every test of the plan file at `path`; none where the file has faults, which `load_plan` shows.

    `own_fields` as for `load_plan`; fields that they lack are taken from the tests' deals and from what the plan reads.
    """
    try:
        document = read_toml(path)
    except TomlError:
        return []
    plan = load_plan(path, own_fields=own_fields).plan
    sections = PlanFile.model_validate(document.data).tests if plan else ()
    if plan is None or not sections:
        return []
    own = _own_fields(path, document, plan, own_fields or {})
    checked = load_plan(path, own_fields=own)
    if checked.plan is None:
        return [TestRun(sections[0].name, checked.problems)]
    return [_run(section, (document, number), checked.plan, own) for number, section in enumerate(sections)]


Place = tuple[Document, int]
"""The file and the number of the test in it."""


def _own_fields(path: Path, document: Document, plan: Plan, known: Mapping[str, Type]) -> dict[str, Type]:
    """The deals' own fields with their types: as known, else by the values of all tests together."""
    rows = [row for test in document.data["tests"] for row in test.get("deals", [])]
    table, _ = from_rows(document.name, rows, [0] * len(rows))
    said = told({"deals": table}, own=known)
    read = {name for name in fields(plan) if name not in {*PLAN_FIELDS, *said.own, *_NOT_OF_DEALS}}
    undecided = sorted(read.union(said.undecided))
    return settle(said.own, undecided, [path])


_NOT_OF_DEALS = {column.name for name in ("items", "payments") for column in COLUMNS[name]} | {"deal_amount"}


def _run(section: PlanTestSection, place: Place, plan: Plan, own: Mapping[str, Type]) -> TestRun:
    tables, problems = _tables(section, place)
    said = told(tables, own=own)
    setting = Setting([plan], own, section.as_of, section.own_calendar)
    trial, found = prepared(said, setting)
    problems += [*said.problems, *found]
    if trial is None:
        return TestRun(section.name, tuple(_of_test(section, problem) for problem in problems))
    version = plan_version(plan)
    results = calculate(trial.facts, [version], today=trial.as_of)
    failed = [
        problem
        for number, expected in enumerate(section.expect)
        for problem in _compared(expected, (section, (*place, number)), _Found(trial, results, version))
    ]
    return TestRun(section.name, (*(_of_test(section, problem) for problem in problems), *failed))


def _tables(section: PlanTestSection, place: Place) -> tuple[dict[str, Table], list[Problem]]:
    document, test = place
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for name in COLUMNS:
        rows = getattr(section, name)
        if rows:
            lines_of = [document.line_of(("tests", test, name, number)) or 0 for number in range(len(rows))]
            tables[name], found = from_rows(document.name, rows, lines_of)
            problems += found
    return tables, problems


def _of_test(section: PlanTestSection, problem: Problem) -> Problem:
    return Problem(
        problem.where, problem.field, f"test {section.name!r}: {problem.message}", problem.hint, problem.severity
    )


@dataclass(frozen=True, slots=True)
class _Found:
    trial: Trial
    results: Results
    version: PlanVersion


ExpectPlace = tuple[PlanTestSection, tuple[Document, int, int]]


def _compared(expected: ExpectSection, place: ExpectPlace, found: _Found) -> Iterator[Problem]:
    section, (document, test, number) = place
    path = ("tests", test, "expect", number)
    statements = _statements(expected, found)
    if statements.is_empty():
        said, hint = _no_statement(expected, found)
        yield Problem(document.where(path), f"tests[{test}].expect[{number}]", f"test {section.name!r}: {said}", hint)
        return
    of = f"{expected.person}{f' in {expected.period}' if expected.period else ''}"
    for name, wanted in expected.figures.items():
        is_ = _figure(statements, name)
        if not _same(name, wanted, is_):
            shown = "nothing" if is_ is None else figure(is_)
            message = f"test {section.name!r}: {name} of {of} should be {figure(wanted)}, and is {shown}."
            yield Problem(document.where((*path, name)), name, message, _hint(expected, found))


def _statements(expected: ExpectSection, found: _Found) -> pl.DataFrame:
    numbers = {email: number for number, email in found.trial.emails.items()}
    person = numbers.get(_identity(expected.person))
    if person is None:
        return found.results.statements.clear()
    of_person = found.results.statements.filter(pl.col("participant_id") == person)
    return of_person.filter(pl.col("period") == expected.period) if expected.period else _in_time(of_person, found)


def _identity(person: str) -> str:
    """As the tables name people: emails in small letters."""
    return person.lower() if "@" in person else person


def _in_time(statements: pl.DataFrame, found: _Found) -> pl.DataFrame:
    ends = found.trial.facts.periods.select("period", "ends_on").unique("period")
    return statements.join(ends, on="period", how="left").sort("ends_on")


def _figure(statements: pl.DataFrame, name: str) -> Decimal | None:
    """Of several statements what they paid and earned in sum; all else as the last of them has it."""
    values = statements[name]
    return sum(values.drop_nulls(), Decimal(0)) if name in _SUMMED else values[-1]


def _same(name: str, wanted: Decimal, is_: Decimal | None) -> bool:
    """Money to the cent and beyond; a share or a credit to as many places as the test has."""
    if is_ is None:
        return False
    return is_ == wanted if name in _EXACT else is_.quantize(wanted, ROUND_HALF_UP) == wanted


def _no_statement(expected: ExpectSection, found: _Found) -> tuple[str, str]:
    people = sorted(found.trial.emails.values())
    known = f"People in this test: {', '.join(people)}."
    if _identity(expected.person) not in people:
        return f"nobody is named {expected.person!r}.", did_you_mean(expected.person, people, known)
    periods = found.results.statements["period"].unique().sort().to_list()
    said = f"there is no statement of {expected.person} in {expected.period or 'any period'}."
    listed = f"Statements are for {', '.join(periods)}; as of {found.trial.as_of}." if periods else "See assignments."
    return said, did_you_mean(expected.period or "", periods, listed) if expected.period not in periods else listed


def _hint(expected: ExpectSection, found: _Found) -> str:
    """The lines that make the figure, in words, and what the calculation found wrong."""
    told_lines = [
        line["words"]
        for line in lines(found.trial, found.results, [found.version])
        if line["person"] == _identity(expected.person) and expected.period in (None, line["period"])
    ]
    more = [f"and {len(told_lines) - _SHOWN_LINES} lines more"] * (len(told_lines) > _SHOWN_LINES)
    wrong = [problem.message for problem in found.results.problems[:_SHOWN_LINES]]
    parts: Sequence[Any] = [*(told_lines[:_SHOWN_LINES] or ["no lines"]), *more]
    return "Lines: " + "; ".join(parts) + "." + (f" Found: {' '.join(wrong)}" if wrong else "")
