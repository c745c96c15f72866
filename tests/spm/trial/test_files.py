"""CSV files as people make them, and everything that can be wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from spm.trial import read_csv
from tests.spm.trial.folder import FLAT, Folder, paid

DEALS = "deal_id,owner,amount,close_date\n1,ann@x.com,1000,2026-01-05\n"


@pytest.mark.parametrize(
    "text",
    [
        DEALS,
        "\ufeff" + DEALS,  # the mark that spreadsheets write
        DEALS.replace("\n", "\r\n"),
        DEALS.replace(",", ";"),  # spreadsheets where a comma is the decimal sign
        DEALS.replace(",", "\t"),
        " Deal ID , OWNER,Amount, Close Date \n1,ann@x.com,1000,2026-01-05\n",  # capitals and blanks
        "id,email,amount,date\n1,ANN@X.com,1000.00,2026-01-05\n",  # the other names, capitals in an email
        'deal_id,name,owner,amount,close_date\n1,"A, ""b""\nc",ann@x.com,1000,2026-01-05\n',  # a quoted field
        "owner,amount,close_date\nann@x.com,1000,2026-01-05\n",  # no ids: the rows are numbered
        DEALS + "# a remark\n\n,,,\n",  # remarks and empty rows
    ],
)
def test_a_file_is_read_however_it_was_saved(folder: Folder, text: str) -> None:
    assert paid(folder.answer(deals=text)) == {"ann@x.com": "100.00"}


def test_the_defaults_of_a_deal_are_won_and_in_the_plans_currency(folder: Folder) -> None:
    line = folder.answer(folder.plan('currency = "EUR"\n' + FLAT), deals=DEALS)["lines"][0]
    assert (line["deal_currency"], line["deal"], line["deal_id"]) == ("EUR", "deal 1", "1")


def test_open_deals_are_estimated_and_lost_ones_are_not(folder: Folder) -> None:
    rows = "id,owner,amount,date,status\n1,ann@x.com,1000,2026-01-05,Open\n2,ann@x.com,500,2026-01-05,LOST\n"
    answer = folder.answer(deals=rows)
    assert paid(answer) == {"ann@x.com": "0.00"}
    assert answer["estimates"] == [
        {"deal_id": "1", "person": "ann@x.com", "credited": "1000.00", "amount": "100.00", "currency": "USD"}
    ]


@pytest.mark.parametrize(
    ("values", "condition"),
    [
        (("2026-01-31", "2026-02-01"), "extra < date '2026-02-01'"),  # all days
        (("5", "7.5"), "extra < 6"),  # all numbers
        (("10 %", "0.5"), "extra < 0.2"),  # shares
        (("true", "FALSE"), "extra"),  # all truth values
        (("007", "008"), "extra = '007'"),  # numbered names are text
        (("5", "many"), "extra = '5'"),  # anything else is text
        (("5", ""), "extra = 5"),  # empty is unknown
    ],
)
def test_a_further_column_has_the_type_of_its_values(folder: Folder, values: tuple[str, str], condition: str) -> None:
    rows = [f"{number},ann@x.com,1000,2026-01-05,{value}" for number, value in enumerate(values, 1)]
    deals = "\n".join(["id,owner,amount,date,extra", *rows])
    plan = folder.plan(f'{FLAT}condition = "{condition}"\n')
    assert [line["deal_id"] for line in folder.answer(plan, deals=deals)["lines"]] == ["1"]


@pytest.mark.parametrize("condition", ["extra > 5", "extra = 'a'", "extra", "extra > date '2026-01-01'"])
def test_a_column_without_values_fits_any_plan(folder: Folder, condition: str) -> None:
    plan = folder.plan(f'{FLAT}condition = "{condition}"\n')
    assert folder.answer(plan, deals="owner,amount,date,extra\nann@x.com,1000,2026-01-05,\n")["lines"] == []


def test_a_further_column_is_spelled_as_the_plan_spells_it(folder: Folder) -> None:
    plan = folder.plan(f"{FLAT}condition = \"segmentName = 'A'\"\n")
    deals = "owner,amount,date,SegmentName\nann@x.com,1000,2026-01-05,A\n"
    assert paid(folder.answer(plan, deals=deals)) == {"ann@x.com": "100.00"}


def test_every_mistake_is_named_at_once(folder: Folder) -> None:
    deals = (
        "deal_id,owner,amount,close_date,status\n"
        "1,ann@x.com,1.000.00,2026-01-05,won\n"
        "2,ann@x.com,1e3,05/01/2026,gone\n"
        "1,ann@x.com,5,2026-02-30,won\n"
    )
    splits = "deal_id,email,share\n9,ann@x.com,sixty\n1,ann@x.com,\n"
    quotas = "email,start_on,amount\nann@x.com,2026-01-01,5\n"
    number = "Write digits with a point, such as 1250000.50: no separators, no currency sign, at most ten places."
    assert folder.problems(deals=deals, splits=splits, quotas=quotas) == [
        f"deals.csv:2 amount: '1.000.00' is no number that can be kept exactly. {number}",
        f"deals.csv:3 amount: '1e3' is no number that can be kept exactly. {number}",
        "deals.csv:3 close_date: '05/01/2026' is no day. Write days as 2026-01-31.",
        "deals.csv:4 close_date: '2026-02-30' is no day. Write days as 2026-01-31.",
        "deals.csv:3 status: 'gone' is not known here. Write one of open, won, lost.",
        "splits.csv:2 share: 'sixty' is no share. Write 0.6 or 60 %.",
        "quotas.csv:1 start_on: there is no such column in this table. Did you mean 'starts_on'?",
        "quotas.csv:1 starts_on: the column is missing. Add it: starts_on or from.",
        f"deals.csv:4 deal_id: '1' stands in {folder.path}/deals.csv:2, too. Keep one of the two.",
        (
            "splits.csv:3 share: there is neither a share nor an amount. "
            "Write one of the two: a share as 0.6 or 60 %, an amount in the deal's currency."
        ),
        "splits.csv:2 deal_id: there is no deal '9'. Add it to the deals, or take the row out.",
    ]


def test_a_field_that_the_deals_lack_is_a_fault_of_the_plan_with_its_line(folder: Folder) -> None:
    plan = folder.plan(f"{FLAT}condition = \"segmnt = 'A'\"\n")
    found = folder.problems(plan, deals="owner,amount,date,segment\nann@x.com,1000,2026-01-05,A\n")
    assert found == ["plan.toml:6 components.condition: there is no deal field 'segmnt'. Did you mean 'segment'?"]


def test_the_line_of_a_row_after_a_field_of_several_lines_is_right(folder: Folder) -> None:
    deals = 'name,owner,amount,date\n"A\nb",ann@x.com,1,2026-01-05\nC,ann@x.com,x,2026-01-05\n'
    assert [problem.split()[0] for problem in folder.problems(deals=deals)] == ["deals.csv:4"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty."),
        (b"a,b\n\xff,1\n", "the file is not UTF-8 text."),
        (b"a\0b", "the file is not text."),
        (b"a,a\n1,2\n", "the column is there twice."),
        (b"a,,b\n1,2,3\n", "column 2 has no name."),
        (b"a,b\n1,2,3\n", "has more values than there are columns."),
    ],
)
def test_what_is_no_table_is_said_to_be_none(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(content)
    assert [problem.message for problem in read_csv(path)[1]] == [message]


def test_a_file_that_is_not_there_is_named(folder: Folder) -> None:
    assert [problem.message for problem in read_csv(folder.path / "deals.csv")[1]] == ["there is no such file."]


@pytest.mark.parametrize(
    ("table", "rows", "found"),
    [
        ("quotas", "email,starts_on,ends_on,amount\nann@x.com,2026-02-01,2026-01-31,5\n", "quotas.csv:2 ends_on"),
        (
            "quotas",
            "email,starts_on,ends_on,amount\nann@x.com,2026-01-01,2026-12-31,5\nann@x.com,2026-03-01,,5\n",
            "quotas.csv:3 starts_on",
        ),
        ("assignments", "who,starts_on,ends_on\nann@x.com,2026-02-01,2026-01-31\n", "assignments.csv:2 ends_on"),
        ("absences", "email,starts_on,ends_on\nann@x.com,2026-02-01,2026-01-31\n", "absences.csv:2 ends_on"),
        ("fx_rates", "base,currency,rate\nEUR,USD,0\n", "fx_rates.csv:2 rate"),
        ("fx_rates", "base,currency,rate\nUSD,USD,1\n", "fx_rates.csv:2 currency"),
    ],
)
def test_rows_that_cannot_be_right_are_named(folder: Folder, table: str, rows: str, found: str) -> None:
    assert [text.startswith(f"{found}: ") for text in folder.problems(deals=DEALS, **{table: rows})] == [True]


def test_quotas_of_other_people_or_measures_may_overlap(folder: Folder) -> None:
    rows = "ann@x.com,bookings,2026-01-01,5\nbob@x.com,bookings,2026-01-01,5\nann@x.com,calls,2026-01-01,5\n"
    assert folder.answer(deals=DEALS, quotas="email,measure,starts_on,amount\n" + rows)["ok"]


def test_a_problem_of_the_calculation_is_at_the_row_of_its_deal(folder: Folder) -> None:
    answer = folder.answer(deals=DEALS.replace("1000", ""))
    assert [problem["where"] for problem in answer["problems"]] == [f"{folder.path}/deals.csv:2"]


def test_a_column_may_not_have_a_name_of_ours(folder: Folder) -> None:
    assert len(folder.problems(deals="owner,amount,date,$row\nann@x.com,1,2026-01-05,1\n")) == 1
    assert len(folder.problems(deals="owner,amount,date,connection\nann@x.com,1,2026-01-05,x\n")) == 1
