"""`attain plan try`: the answer on plain files."""

from __future__ import annotations

import random
from typing import Any

import pytest

from spm.frames import CONSERVATION, ESTIMATES, LINES, STATEMENTS
from tests.spm.trial.folder import FLAT, Folder, paid, run

TIERS = """[[components]]
name = "New"
accumulate = "quarter"
tier_mode = "marginal"
tier_by = "attainment"
tiers = [{ from = 0, to = 1, rate = "6 %" }, { from = 1, rate = "9 %" }]
"""
DEALS = "id,name,owner,amount,date\n7,Acme,ann@x.com,150,2026-01-05\n8,Beta,bob@x.com,50.5,2026-02-05\n"
QUOTAS = "email,starts_on,ends_on,amount\nann@x.com,2026-01-01,2026-03-31,100\nbob@x.com,2026-01-01,2026-03-31,101\n"


@pytest.fixture
def answer(folder: Folder) -> Any:
    return folder.answer(folder.plan(TIERS), "--as-of", "2026-02-28", deals=DEALS, quotas=QUOTAS)


def test_the_answer_says_what_it_was_made_with(answer: Any) -> None:
    assert (answer["ok"], answer["as_of"], answer["plans"][0]["name"]) == (True, "2026-02-28", "plan")
    assert answer["problems"] == []


def test_statements_are_by_person_and_period_with_exact_text(answer: Any) -> None:
    first = answer["statements"][0]
    told = {name: first[name] for name in ("person", "period", "quota", "credited", "attainment", "payout")}
    assert told == {
        "person": "ann@x.com",
        "period": "2026-01",
        "quota": "100.00",
        "credited": "150.00",
        "attainment": "1.50",
        "payout": "10.50",
    }
    assert answer["statements"][3]["attainment"] == "0.50"
    assert [(row["person"], row["period"]) for row in answer["statements"]] == [
        ("ann@x.com", "2026-01"),
        ("ann@x.com", "2026-02"),
        ("bob@x.com", "2026-01"),
        ("bob@x.com", "2026-02"),
    ]


def test_totals_are_by_person(answer: Any) -> None:
    assert answer["totals"] == [
        {"person": "ann@x.com", "payout": "10.50", "currency": "USD"},
        {"person": "bob@x.com", "payout": "3.03", "currency": "USD"},
    ]


def test_lines_name_people_and_deals_as_the_files_do_and_say_it_in_words(answer: Any) -> None:
    line = answer["lines"][0]
    assert (line["person"], line["deal_id"], line["deal"], line["rate"]) == ("ann@x.com", "7", "Acme", "0.06")
    assert line["words"].startswith("Acme: 150.00 USD, of it 100.00 USD at 6 % up to quota")


@pytest.mark.parametrize(
    ("part", "schema"),
    [("statements", STATEMENTS), ("lines", LINES), ("estimates", ESTIMATES), ("conservation", CONSERVATION)],
)
def test_every_column_of_the_engine_is_in_the_answer(folder: Folder, part: str, schema: Any) -> None:
    deals = "id,owner,amount,date,status\n1,ann@x.com,1000,2026-01-05,won\n2,ann@x.com,1000,2026-01-05,open\n"
    rows = folder.answer(deals=deals)[part]
    names = {"participant_id": "person", "from_participant_id": "from_person"}
    assert rows
    assert [name for name in schema if names.get(name, name) not in rows[0]] == []


def test_without_a_day_it_is_the_last_one_that_is_named(folder: Folder) -> None:
    assert folder.answer(deals=DEALS)["as_of"] == "2026-02-05"
    assert folder.answer(deals=DEALS, quotas=QUOTAS)["as_of"] == "2026-03-31"
    said = run("plan", "try", folder.plan(), "--deals", str(folder.path / "deals.csv"))
    assert "As of 2026-02-05, the last day that the files name." in said.out


def test_a_fiscal_year_may_start_in_another_month(folder: Folder) -> None:
    plan = folder.plan('statement = "quarter"\n' + FLAT)
    answer = folder.answer(plan, "--fiscal-year-start", "2", deals=DEALS)
    assert [row["period"] for row in answer["statements"] if row["payout"] != "0.00"] == ["2026-Q4", "2027-Q1"]


def test_rows_in_any_order_give_the_same_answer(folder: Folder) -> None:
    names = ("ann@x.com", "bob@x.com", "cy@x.com")
    rows = [f"{number},{names[number % 3]},{number * 10},2026-01-{number % 9 + 1:02}" for number in range(1, 30)]
    head = "id,owner,amount,date"
    mixed = random.Random(1).sample(rows, len(rows))
    one = folder.tried(deals="\n".join([head, *rows])).out
    assert folder.tried(deals="\n".join([head, *mixed])).out == one


def test_splits_share_a_deal_by_amount(folder: Folder) -> None:
    splits = "deal_id,email,share,amount\n7,ann@x.com,,90\n7,bob@x.com,,60\n"
    answer = folder.answer(deals=DEALS.replace("8,", "9,"), splits=splits)
    assert paid(answer) == {"ann@x.com": "9.00", "bob@x.com": "11.05"}


@pytest.mark.parametrize(("residual", "expected"), [("first", "zoe@x.com"), ("last", "ann@x.com")])
def test_the_residual_of_a_split_goes_by_the_order_of_the_rows(folder: Folder, residual: str, expected: str) -> None:
    plan = folder.plan(f'splits = {{ residual = "{residual}" }}\n{FLAT.replace("10 %", "100 %")}')
    deals = "id,owner,amount,date\n1,ann@x.com,0.01,2026-01-05\n"
    splits = "deal_id,email,share\n1,ann@x.com,0.5\n1,zoe@x.com,0.5\n"  # both round up: one has to give a cent
    assert paid(folder.answer(plan, deals=deals, splits=splits)) == {"ann@x.com": "0.00", "zoe@x.com": "0.00"} | {
        expected: "0.01"
    }


def test_splits_share_a_deal_by_fraction_or_percent(folder: Folder) -> None:
    splits = "deal_id,email,share\n7,ann@x.com,60 %\n7,bob@x.com,0.4\n"
    answer = folder.answer(deals=DEALS.replace("8,", "9,"), splits=splits)
    assert paid(answer) == {"ann@x.com": "9.00", "bob@x.com": "11.05"}


def test_rates_turn_another_currency_into_the_plans(folder: Folder) -> None:
    deals = "owner,amount,currency,date\nann@x.com,100,eur,2026-01-05\n"
    rates = "base,currency,rate\nEUR,USD,1.25\n"
    assert paid(folder.answer(deals=deals, fx_rates=rates)) == {"ann@x.com": "12.50"}


def test_a_missing_rate_stops_the_deal_and_ends_with_1(folder: Folder) -> None:
    said = folder.tried(deals="owner,amount,currency,date\nann@x.com,100,EUR,2026-01-05\n")
    assert (said.code, said.document["ok"], said.document["totals"][0]["payout"]) == (1, False, "0.00")
    assert "no rate from EUR to USD" in said.document["problems"][0]["message"]


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        ("who,starts_on\nann@x.com,2026-01-01\n", {"ann@x.com": "15.00"}),
        ("who,starts_on\n*,2026-02-01\n", {"ann@x.com": "0.00", "bob@x.com": "5.05"}),
        ("who,starts_on\nteam:West,2026-01-01\n", {"bob@x.com": "5.05"}),
        ("who\n*\n", {"ann@x.com": "15.00", "bob@x.com": "5.05"}),  # from the first day on
    ],
)
def test_assignments_say_who_is_on_the_plan(folder: Folder, assignments: str, expected: dict[str, str]) -> None:
    people = "email,name,team\nbob@x.com,Bob,West\n"
    answer = folder.answer(deals=DEALS, people=people, assignments=assignments)
    assert paid(answer) == expected


def test_the_more_particular_word_counts_for_its_days(folder: Folder) -> None:
    files = [folder.plan(name="Ten"), folder.plan(FLAT.replace("10 %", "20 %"), name="Twenty")]
    assignments = "who,plan,starts_on,ends_on\n*,Ten,2026-01-01,\nann@x.com,Twenty,2026-02-01,2026-02-28\n"
    rows = "".join(f"ann@x.com,100,2026-0{month}-05\n" for month in (1, 2, 3))
    words = ["--deals", folder.file("d.csv", "owner,amount,date\n" + rows)]
    words += ["--assignments", folder.file("a.csv", assignments), "--json"]
    answer = run("plan", "try", *files, *words).document
    assert [row["payout"] for row in answer["statements"]] == ["10.00", "20.00", "10.00"]


def test_several_plans_need_assignments(folder: Folder) -> None:
    files = [folder.plan(name="Ten"), folder.plan(name="Other")]
    said = run("plan", "try", *files, "--deals", folder.file("d.csv", DEALS), "--json")
    assert [each["message"] for each in said.document["problems"]] == ["there are several plans and no assignments."]


def test_it_needs_no_settings_and_says_so_in_tables(folder: Folder) -> None:
    said = run("plan", "try", folder.plan(TIERS), "--deals", folder.file("d.csv", DEALS))
    assert "Statements" in said.out
    assert said.err != ""  # nobody has a quota


def test_nothing_to_go_by_is_said(folder: Folder) -> None:
    said = run("plan", "try", folder.plan(), "--json")
    assert [each["message"] for each in said.document["problems"]] == [
        "no table names a day, so there is no day to calculate on."
    ]


def test_the_faults_of_the_plan_and_of_the_files_come_together(folder: Folder) -> None:
    plan = folder.plan(FLAT.replace("10 %", "ten"))
    found = folder.problems(plan, deals="owner,amount,date\nann@x.com,ten,2026-01-05\n")
    assert [text.split()[0] for text in found] == ["plan.toml:5", "deals.csv:2"]


def test_a_calendar_of_weeks(folder: Folder) -> None:
    words = ("--calendar", "4-4-5", "--fiscal-year-start", "2026-02-01", "--week-53", "nearest_month_end")
    answer = folder.answer(None, *words, deals="owner,amount,date\nann@x.com,100,2026-03-01\n")
    assert [row["period"] for row in answer["statements"]] == ["2027-P02"]


def test_a_calendar_of_ones_own_is_checked(folder: Folder) -> None:
    head = "period,kind,starts_on,ends_on\n"
    rows = "2026,year,2026-01-01,2026-12-31\nA,month,2026-01-01,2026-06-10\nB,month,2026-06-11,2026-12-31\n"
    deals = "owner,amount,date\nann@x.com,100,2026-06-10\nann@x.com,10,2026-06-11\n"
    answer = folder.answer(deals=deals, periods=head + rows)
    assert [(row["period"], row["payout"]) for row in answer["statements"]] == [("A", "10.00"), ("B", "1.00")]
    gap = folder.problems(deals=deals, periods=head + rows.replace("06-11", "06-12"))
    assert [text.split()[0] for text in gap] == ["periods.csv:4"]


@pytest.mark.parametrize(
    "words", [("--fiscal-year-start", "13"), ("--fiscal-year-start", "x"), ("--calendar", "4-4-5")]
)
def test_a_calendar_that_is_none_is_wrong_usage(folder: Folder, words: tuple[str, ...]) -> None:
    assert folder.tried(None, *words, deals=DEALS).code == 2
