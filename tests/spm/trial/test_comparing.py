"""`attain plan compare` on plain files."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spm.trial.folder import FLAT, Folder, Said, run

DEALS = (
    "id,owner,amount,date,status,kind\n"
    "1,ann@x.com,1000,2026-01-05,won,New\n"
    "2,bob@x.com,1000,2026-02-05,won,Renewal\n"
    "3,ann@x.com,500,2026-03-05,open,New\n"
    "4,bob@x.com,500,,open,New\n"
    "5,cy@x.com,0,2026-03-31,won,New\n"
)
DRAFT = """[[components]]
name = "Sales"
rate = "15 %"
condition = "kind = 'New'"
"""


def _compared(folder: Folder, *words: str, deals: str = DEALS) -> Said:
    files = [folder.plan(DRAFT, "draft"), "--against", folder.plan(), "--deals", folder.file("deals.csv", deals)]
    return run("plan", "compare", *files, *words, "--json")


@pytest.fixture
def answer(folder: Folder) -> Any:
    said = _compared(folder)
    assert said.code == 0, said.out
    return said.document


def test_each_person_has_before_and_after_with_and_without_the_pipeline(answer: Any) -> None:
    figures = ("person", "before", "after", "before_with_pipeline", "after_with_pipeline", "effect")
    assert [tuple(row[name] for name in figures) for row in answer["people"]] == [
        ("bob@x.com", "100.00", "0.00", "150.00", "75.00", "loses"),  # the renewal pays no more
        ("cy@x.com", "0.00", "0.00", "0.00", "0.00", "same"),
        ("ann@x.com", "100.00", "150.00", "150.00", "225.00", "gains"),
    ]


def test_the_total_cost_and_who_gains_and_loses_are_told(answer: Any) -> None:
    [total] = answer["totals"]
    assert (total["before"], total["after"], total["difference"]) == ("200.00", "150.00", "-50.00")
    assert (total["before_with_pipeline"], total["after_with_pipeline"]) == ("300.00", "300.00")
    assert (total["gain"], total["lose"], total["same"]) == (1, 1, 1)


def test_only_the_periods_asked_for_count(folder: Folder) -> None:
    rows = _compared(folder, "--from", "2026-02-01", "--to", "2026-02-28").document["people"]
    assert {row["person"]: row["before"] for row in rows} == {
        "ann@x.com": "0.00",
        "bob@x.com": "100.00",
        "cy@x.com": "0.00",
    }


def test_a_draft_may_have_the_name_of_the_plan(folder: Folder) -> None:
    path = folder.file("new.toml", f'name = "plan"\ncurrency = "USD"\n{DRAFT}')
    said = run("plan", "compare", path, "--against", folder.plan(), "--deals", folder.file("d.csv", DEALS), "--json")
    assert said.document["totals"][0]["difference"] == "-50.00"


def test_a_problem_that_only_the_draft_has_is_told(folder: Folder) -> None:
    tiers = DRAFT.replace(
        'rate = "15 %"', 'tier_mode = "marginal"\ntier_by = "attainment"\ntiers = [{ from = 0, rate = 0.1 }]'
    )
    files = [folder.plan(tiers, "draft"), "--against", folder.plan(), "--deals", folder.file("d.csv", DEALS)]
    found = run("plan", "compare", *files, "--json").document["problems"]
    assert any("quota" in problem["message"] for problem in found)


@pytest.mark.parametrize(
    ("words", "field"),
    [(("--from", "2026-03-01", "--to", "2026-02-01"), "--from")],
)
def test_days_in_the_wrong_order_are_wrong_usage(folder: Folder, words: tuple[str, ...], field: str) -> None:
    said = _compared(folder, *words)
    assert (said.code, said.document["problems"][0]["where"]) == (2, field)


def test_on_files_there_has_to_be_something_to_compare_with(folder: Folder) -> None:
    said = run("plan", "compare", folder.plan(), "--deals", folder.file("d.csv", DEALS), "--json")
    assert (said.code, said.document["problems"][0]["where"]) == (2, "--against")


def test_people_see_tables(folder: Folder) -> None:
    files = [folder.plan(DRAFT, "draft"), "--against", folder.plan(FLAT), "--deals", folder.file("d.csv", DEALS)]
    assert "difference_with_pipeline" in run("plan", "compare", *files).out
