"""The tests that a plan file carries."""

from __future__ import annotations

from pathlib import Path

import pytest

from spm.plans import load_plan, plan_version
from spm.plans.document import PlanFile
from spm.plans.plan_tests import PlanTestSection
from spm.trial.files import COLUMNS
from spm.trial.plan_tests import run_tests
from tests.spm.trial.folder import FLAT, Folder, run

DEALS = 'deals = [{ owner = "ann@x.com", amount = 100, close_date = 2026-01-05 }]\n'


def _found(folder: Folder, tests: str, plan: str = FLAT) -> list[str]:
    path = Path(folder.plan(plan + tests))
    return [
        f"{problem.where.removeprefix(f'{folder.path}/')} {problem.field}: {problem.message}" for problem in _all(path)
    ]


def _all(path: Path):  # type: ignore[no-untyped-def]
    return [problem for one in run_tests(path) for problem in one.problems]


@pytest.mark.parametrize(
    "expected",
    [
        'person = "ann@x.com", period = "2026-01", payout = 10',
        'person = "Ann@X.com", payout = "10.00"',  # all periods
        'person = "ann@x.com", period = "2026-01", earned = 10, credited = 100, held = 0, draw_balance = 0',
    ],
)
def test_what_comes_out_as_expected_passes(folder: Folder, expected: str) -> None:
    path = Path(folder.plan(f'{FLAT}[[tests]]\nname = "one"\n{DEALS}expect = [{{ {expected} }}]\n'))
    assert [(one.name, one.passed) for one in run_tests(path)] == [("one", True)]


def test_what_does_not_is_named_with_line_test_expected_and_found(folder: Folder) -> None:
    expect = 'expect = [\n{ person = "ann@x.com", payout = 10 },\n{ person = "ann@x.com", payout = 10.01 },\n]\n'
    assert _found(folder, f'[[tests]]\nname = "one"\n{DEALS}{expect}') == [
        "plan.toml:11 payout: test 'one': payout of ann@x.com should be 10.01, and is 10.00."
    ]


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ('person = "anne@x.com", payout = 1', "nobody is named 'anne@x.com'."),
        ('person = "ann@x.com", period = "2026-02", payout = 0', "there is no statement of ann@x.com in 2026-02."),
        ('person = "ann@x.com", attainment = 1', "attainment of ann@x.com should be 1.00, and is nothing."),
        ('person = "ann@x.com", payout = -10', "payout of ann@x.com should be -10.00, and is 10.00."),
    ],
)
def test_every_way_to_fail_says_why(folder: Folder, expected: str, message: str) -> None:
    found = _found(folder, f'[[tests]]\nname = "one"\n{DEALS}expect = [{{ {expected} }}]\n')
    assert [each.partition("test 'one': ")[2] for each in found] == [message]


def test_a_failure_shows_the_lines_that_make_the_figure(folder: Folder) -> None:
    path = Path(
        folder.plan(f'{FLAT}[[tests]]\nname = "one"\n{DEALS}expect = [{{ person = "ann@x.com", payout = 1 }}]\n')
    )
    assert [problem.hint for problem in _all(path)] == ["Lines: deal 1: 100.00 USD at 10 % = 10.00 USD."]


def test_an_attainment_is_compared_in_the_places_it_is_written_with(folder: Folder) -> None:
    quotas = 'quotas = [{ email = "ann@x.com", starts_on = 2026-01-01, ends_on = 2026-12-31, amount = 300 }]\n'
    expect = 'expect = [{ person = "ann@x.com", period = "2026-01", attainment = "33.33 %" }]\n'
    assert _found(folder, f'[[tests]]\nname = "one"\n{DEALS}{quotas}{expect}') == []


def test_a_wrong_row_is_a_failure_at_its_line(folder: Folder) -> None:
    rows = ('owner = "ann@x.com", amount = 1', 'amount = "x"')
    deals = "deals = [\n" + "".join(f"{{ {row}, close_date = 2026-01-05 }},\n" for row in rows) + "]\n"
    found = _found(folder, f'[[tests]]\nname = "one"\n{deals}expect = [{{ person = "ann@x.com", payout = 1 }}]\n')
    assert found == ["plan.toml:10 amount: test 'one': 'x' is no number that can be kept exactly."]


def test_a_field_that_only_some_tests_name_is_empty_in_the_others(folder: Folder) -> None:
    plan = f"{FLAT}condition = \"segment = 'A'\"\n"
    some = DEALS.replace(" }]", ', segment = "A" }]')
    tests = (
        f'[[tests]]\nname = "A"\n{some}expect = [{{ person = "ann@x.com", payout = 10 }}]\n'
        f'[[tests]]\nname = "none"\n{DEALS}expect = [{{ person = "ann@x.com", payout = 0 }}]\n'
    )
    assert _found(folder, tests, plan) == []


def test_a_field_that_no_test_names_is_empty(folder: Folder) -> None:
    plan = f'{FLAT}condition = "size > 3"\n'
    assert (
        _found(folder, f'[[tests]]\nname = "one"\n{DEALS}expect = [{{ person = "ann@x.com", payout = 0 }}]\n', plan)
        == []
    )


def test_tests_are_no_part_of_the_version(folder: Folder) -> None:
    tested = load_plan(
        Path(folder.plan(f'{FLAT}[[tests]]\nname = "one"\n{DEALS}expect = [{{ person = "a", payout = 1 }}]\n'))
    )
    bare = load_plan(Path(folder.plan()))
    assert tested.plan
    assert bare.plan
    assert plan_version(tested.plan) == plan_version(bare.plan)


def test_a_test_may_hold_every_table_that_a_file_may(folder: Folder) -> None:
    assert [name for name in COLUMNS if name not in PlanTestSection.model_fields] == []
    assert "tests" in PlanFile.model_fields


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ('name = "one"', "this is missing."),  # nothing expected
        ('name = "one"\nexpect = [{ person = "a" }]', "should say what is expected"),
        ('name = "one"\nexpect = [{ person = "a", paid = 1 }]', "there is no such key."),
    ],
)
def test_a_test_that_tests_nothing_is_a_fault_of_the_file(folder: Folder, test: str, message: str) -> None:
    found = load_plan(Path(folder.plan(f"{FLAT}[[tests]]\n{test}\n"))).problems
    assert any(problem.message.startswith(message) for problem in found)


def test_plan_check_runs_them_and_ends_with_1_where_one_fails(folder: Folder) -> None:
    good = f'[[tests]]\nname = "good"\n{DEALS}expect = [{{ person = "ann@x.com", payout = 10 }}]\n'
    bad = f'[[tests]]\nname = "bad"\n{DEALS}expect = [{{ person = "ann@x.com", payout = 11 }}]\n'
    said = run("plan", "check", folder.plan(FLAT + good), "--json")
    assert (said.code, said.document["plans"][0]["tests"]) == (0, [{"name": "good", "passed": True}])
    said = run("plan", "check", folder.plan(FLAT + good + bad), "--json")
    assert (said.code, [each["passed"] for each in said.document["plans"][0]["tests"]]) == (1, [True, False])
    assert "1 of 2 pass" in run("plan", "check", folder.plan(FLAT + good + bad)).out
