"""CRM records made SPM records: what is read, what is told, what is kept out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import ID, MODIFIED, FieldKind
from mappings import normalise
from mappings.coercion import TYPES
from tests.mappings.model import KINDS, NEW_YORK, SCHEMA, TARGETS, deal_section, loaded, normalised, page, schema_of

READABLE = {"amount": '"coalesce(ARR__c, Amount)"', "close_date": '"CloseDate"'}
REQUIRED = """
connector = "salesforce"
[objects.participant]
from = "User"
[objects.participant.fields]
email = "Email"
owner_id = "Id"
currency = "CurrencyIsoCode"
"""
PEOPLE = schema_of(dict.fromkeys(("Email", "Id", "CurrencyIsoCode"), FieldKind.TEXT), "User")


def people(tmp_path: Path, *rows: dict[str, str | None]) -> tuple[pl.DataFrame, list[str]]:
    section = loaded(tmp_path, REQUIRED).objects[0]
    base: dict[str, str | None] = {"Email": "ann@example.com", "Id": "005", "CurrencyIsoCode": "EUR"}
    records = pl.DataFrame(
        [{ID: f"u{number}", MODIFIED: None} | base | row for number, row in enumerate(rows, start=1)],
        schema=dict.fromkeys((ID, MODIFIED, *base), pl.String),
    )
    made = normalise(section, TARGETS["participant"], records, PEOPLE, place="acme User", time_zone="UTC")
    return made.frame, [str(problem) for problem in made.problems]


def test_the_frame_has_every_field_of_the_model_typed_and_then_the_mappings_own_by_name(tmp_path: Path) -> None:
    own = {"zone": '{ value = "Type", type = "text" }', "extra": '{ value = "Amount", type = "number" }'}
    made = normalised(deal_section(tmp_path, **own), page({}))
    fields = TARGETS["deal"].fields
    assert made.frame.columns == [ID, MODIFIED, *(field.name for field in fields), "extra", "zone"]
    assert [made.frame.schema[field.name] for field in fields] == [TYPES[field.kind] for field in fields]
    assert made.frame.schema["extra"] == pl.Decimal(38, 10)


def test_an_empty_page_gives_the_same_columns(tmp_path: Path) -> None:
    section = deal_section(tmp_path, **READABLE)
    assert normalised(section, page({}).clear()).frame.schema == normalised(section, page({})).frame.schema


@pytest.mark.parametrize(
    ("field", "expression", "change", "expected"),
    [
        ("amount", "coalesce(ARR__c, Amount)", {}, Decimal("1500.25")),
        ("amount", "coalesce(ARR__c, Amount)", {"ARR__c": "1.2E7"}, Decimal(12_000_000)),
        ("amount", "Amount", {"Amount": None}, None),  # unknown, not zero
        ("amount", "Amount", {"Amount": ""}, None),
        ("amount", "Amount", {"Amount": "0"}, Decimal(0)),
        ("amount", "Amount / 3", {"Amount": "2"}, Decimal("0.6666666667")),  # calculated: rounded to ten places
        ("amount", "Signed__c", {"Signed__c": " 12.50 "}, Decimal("12.5")),  # a text that holds a number
        ("amount", "length(StageName)", {}, Decimal(3)),
        ("probability", "Probability / 100", {}, Decimal("0.75")),
        ("currency", "Type", {"Type": " eur "}, "EUR"),
        ("name", "Amount", {}, "1500.25"),
        ("name", "Amount", {"Amount": "1500.00"}, "1500"),
        ("name", "IsWon", {}, "true"),
        ("name", "CloseDate", {}, "2026-03-31"),
        ("name", "CreatedDate", {}, "2026-03-02T03:30:00Z"),
        ("name", "Type", {"Type": ""}, None),
        ("name", "Type", {"Type": "Größe 東京 🚀"}, "Größe 東京 🚀"),
        ("close_date", "CloseDate", {}, date(2026, 3, 31)),
        ("close_date", "CreatedDate", {}, date(2026, 3, 1)),  # the day in New York
        ("close_date", "strptime(Signed__c, '%d.%m.%Y')", {}, date(2026, 3, 31)),
        ("close_date", "Signed__c", {"Signed__c": "2026-03-31"}, date(2026, 3, 31)),
        ("close_date", "Signed__c", {"Signed__c": "2026-03-02T03:30:00Z"}, date(2026, 3, 1)),
        ("created_at", "CreatedDate", {}, datetime(2026, 3, 2, 3, 30, tzinfo=UTC)),
        ("created_at", "CloseDate", {}, datetime(2026, 3, 31, 4, tzinfo=UTC)),  # its first moment in New York
        ("created_at", "Signed__c", {"Signed__c": "1705521304281"}, datetime(2024, 1, 17, 19, 55, 4, 281000, UTC)),
        ("created_at", "strptime(Signed__c, '%d.%m.%Y')", {}, datetime(2026, 3, 31, 4, tzinfo=UTC)),
        ("status", "case when IsWon then 'won' when IsClosed then 'lost' else 'open' end", {"IsWon": "false"}, "lost"),
        ("owner_id", "$id", {}, "d1"),
    ],
)
def test_a_value_becomes(
    tmp_path: Path, field: str, expression: str, change: dict[str, str | None], expected: object
) -> None:
    made = normalised(deal_section(tmp_path, **{field: f'"{expression}"'}), page(change))
    assert made.problems == ()
    assert made.frame.item(0, field) == expected


@pytest.mark.parametrize(
    ("field", "expression", "change", "said"),
    [
        ("amount", "Amount", {"Amount": "1,500"}, "Amount is '1,500', which is no number"),
        ("amount", "Amount", {"Amount": "NaN"}, "Amount is 'NaN'"),
        ("amount", "Amount", {"Amount": "1.12345678901"}, "10 after it"),
        ("amount", "Amount", {"Amount": "x" * 100}, "Amount is '" + "x" * 39 + "…'"),
        ("amount", "Amount", {"Amount": "a\nb"}, r"Amount is 'a\nb'"),
        ("amount", "Signed__c", {}, "'31.03.2026' is no number"),
        ("amount", "1 / Amount", {"Amount": "0"}, "cannot be calculated: it divides by zero"),
        ("amount", "Amount * Amount", {"Amount": "1E20"}, "the result has too many digits"),
        ("amount", "cast(StageName as decimal)", {}, "a value cannot be converted"),
        ("close_date", "CloseDate", {"CloseDate": "2026-02-30"}, "CloseDate is '2026-02-30', which is no date"),
        ("close_date", "Signed__c", {}, "'31.03.2026' is no date"),
        ("close_date", "strptime(Signed__c, '%Y-%m-%d')", {}, "a value cannot be converted"),
        ("created_at", "CreatedDate", {"CreatedDate": "soon"}, "CreatedDate is 'soon', which is no point in time"),
        ("currency", "Type", {}, "'New Business' is no currency code of three letters"),
        ("probability", "Probability / 100", {"Probability": "?"}, "Probability is '?'"),
    ],
)
def test_a_value_that_cannot_be_is_told_and_left_empty(
    tmp_path: Path, field: str, expression: str, change: dict[str, str | None], said: str
) -> None:
    made = normalised(deal_section(tmp_path, **{field: f'"{expression}"'}), page(change))
    (problem,) = made.problems
    assert (problem.where, problem.field, problem.severity) == ("acme Opportunity d1", field, "warning")
    assert said in problem.message
    assert problem.message.endswith("The field is left empty.")
    assert problem.hint
    assert made.frame.item(0, field) is None


@pytest.mark.parametrize(
    ("status", "change", "said"),
    [
        ("case when IsWon then 'won' else 'open' end", {"IsWon": "maybe"}, "IsWon is 'maybe'"),
        ("StageName", {"StageName": "Opn"}, "'Opn' is none of open, won, lost"),
        ("StageName", {"StageName": None}, "there is no status"),
        ("StageName", {"StageName": ""}, "there is no status"),
        ("case when 1 / Amount > 0 then 'won' end", {"Amount": "0"}, "it divides by zero"),
    ],
)
def test_a_record_without_a_required_value_is_told_and_kept_out_and_the_others_are_not(
    tmp_path: Path, status: str, change: dict[str, str | None], said: str
) -> None:
    section = deal_section(tmp_path, status=f'"{status}"')
    made = normalised(section, page({"StageName": "won"}, change, {"StageName": "open"}))
    (problem,) = made.problems
    assert (problem.where, problem.severity) == ("acme Opportunity d2", "error")
    assert said in problem.message
    assert problem.message.endswith("The record is left out.")
    assert made.frame[ID].to_list() == ["d1", "d3"]


def test_an_unknown_word_is_given_the_nearest_choice(tmp_path: Path) -> None:
    section = deal_section(tmp_path, status='"StageName"')
    made = normalised(section, page({"StageName": "wonn"}, {"StageName": "Zurückgestellt"}))
    assert "'won'" in made.problems[0].hint
    assert made.problems[1].hint == "Add it to the expression of status in the mapping."


def test_an_unreadable_field_lets_no_other_step_in(tmp_path: Path) -> None:
    """coalesce would take the Amount of 1500.25 where ARR__c says something that nobody can read."""
    made = normalised(deal_section(tmp_path, **READABLE), page({"ARR__c": "12 000"}))
    assert made.frame.item(0, "amount") is None
    assert [problem.field for problem in made.problems] == ["amount"]


def test_every_unreadable_value_is_told(tmp_path: Path) -> None:
    change = {"ARR__c": "?", "Amount": "!", "CloseDate": "x"}
    made = normalised(deal_section(tmp_path, **READABLE), page(change, {}, change))
    told = [(problem.where[-2:], problem.field) for problem in made.problems]
    of_one = ["amount", "amount", "close_date"]
    assert sorted(told) == sorted((where, field) for where in ("d1", "d3") for field in of_one)
    assert made.frame["amount"].to_list() == [None, Decimal("1500.25"), None]


def test_one_record_that_fails_does_not_fail_the_page(tmp_path: Path) -> None:
    section = deal_section(tmp_path, amount='"100 / Amount"', probability='"Probability / 100"')
    amounts = ["4", "0", "5", "0", "8", None, "10"]
    made = normalised(section, page(*({"Amount": amount} for amount in amounts)))
    assert [str(value) if value is not None else None for value in made.frame["amount"]] == [
        "25.0000000000",
        None,
        "20.0000000000",
        None,
        "12.5000000000",
        None,
        "10.0000000000",
    ]
    assert [problem.where for problem in made.problems] == ["acme Opportunity d2", "acme Opportunity d4"]
    assert made.frame["probability"].null_count() == 0


@pytest.mark.parametrize(
    ("email", "expected"),
    [("Ann.Lee@Example.COM", "ann.lee@example.com"), (" ann@example.com ", "ann@example.com")],
)
def test_emails_are_in_small_letters(tmp_path: Path, email: str, expected: str) -> None:
    frame, problems = people(tmp_path, {"Email": email})
    assert (frame.item(0, "email"), problems) == (expected, [])


@pytest.mark.parametrize("email", ["ann", "ann at example.com", "@example.com", "a@b@c", "a b@example.com"])
def test_what_is_no_email_keeps_the_person_out(tmp_path: Path, email: str) -> None:
    frame, problems = people(tmp_path, {"Email": email}, {})
    assert frame[ID].to_list() == ["u2"]
    assert len(problems) == 1
    assert "is no email address" in problems[0]


def test_a_person_without_email_is_kept_out_once(tmp_path: Path) -> None:
    frame, problems = people(tmp_path, {"Email": None})
    assert frame.is_empty()
    assert problems == [
        "acme User u1 (email): there is no email. The record is left out. Fill in Email in the CRM.",
    ]


def test_of_a_record_that_stands_twice_the_last_is_taken_and_told(tmp_path: Path) -> None:
    records = page({"Amount": "1"}, {"Amount": "2"}, {"Amount": "3"}).with_columns(
        pl.Series(ID, ["d1", "d2", "d1"], dtype=pl.String)
    )
    made = normalised(deal_section(tmp_path, **READABLE), records)
    assert made.frame.select(ID, "amount").rows() == [("d2", Decimal(2)), ("d1", Decimal(3))]
    assert [(problem.where, problem.severity) for problem in made.problems] == [("acme Opportunity d1", "warning")]


def test_a_record_without_an_id_is_told_and_left_out(tmp_path: Path) -> None:
    records = page({}, {}).with_columns(pl.Series(ID, [None, "d2"], dtype=pl.String))
    made = normalised(deal_section(tmp_path, **READABLE), records)
    assert made.frame[ID].to_list() == ["d2"]
    assert "came without an id" in made.problems[0].message


def test_a_field_that_was_not_read_is_told_once_with_its_line(tmp_path: Path) -> None:
    section = deal_section(tmp_path, amount='"Amont"')
    made = normalised(section, page({}, {}))
    (problem,) = made.problems
    assert problem.where.endswith("acme.toml:6")
    assert "Amont is not among what was read" in problem.message
    assert made.frame["amount"].to_list() == [None, None]


def test_an_optional_field_that_was_not_read_is_left_empty(tmp_path: Path) -> None:
    section = deal_section(tmp_path, currency='{ value = "CurrencyIsoCode", optional = true }')
    made = normalised(section, page({}))
    assert (made.problems, made.frame.item(0, "currency")) == ((), None)


def test_kinds_that_cannot_work_are_told_once_and_not_by_record(tmp_path: Path) -> None:
    made = normalised(deal_section(tmp_path, amount='"CloseDate"'), page({}, {}, {}))
    (problem,) = made.problems
    assert "gives a date, and money is needed" in problem.message
    assert made.frame.height == 3


def test_a_required_field_that_cannot_work_keeps_every_record_out(tmp_path: Path) -> None:
    made = normalised(deal_section(tmp_path, status='"Stge"'), page({}, {}))
    assert made.frame.is_empty()
    assert len(made.problems) == 1


def test_a_child_can_read_the_id_of_its_parent(tmp_path: Path) -> None:
    text = """
    connector = "salesforce"
    [objects.deal_split]
    from = "OpportunitySplit"
    [objects.deal_split.fields]
    deal_id = "$parent"
    owner_id = "OwnerId"
    share = "Probability / 100"
    """
    made = normalised(loaded(tmp_path, text).objects[0], page({"$parent": "d9"}))
    assert made.frame.select("deal_id", "share").row(0) == ("d9", Decimal("0.75"))


def test_fields_named_like_the_columns_of_the_work_do_not_meet(tmp_path: Path) -> None:
    """A field of the mapping's own may be called like a CRM field: `amount` of `amount`, as HubSpot has it."""
    kinds = {"amount": FieldKind.NUMBER, "name": FieldKind.TEXT, "status": FieldKind.TEXT}
    section = deal_section(tmp_path, amount='"amount * 2"', name='"name"', status='"status"')
    made = normalised(section, page({"amount": "2.5", "name": "x", "status": "won"}), schema=schema_of(kinds))
    assert made.frame.select("amount", "name", "status").row(0) == (Decimal(5), "x", "won")


def test_an_unknown_time_zone_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="Mars"):
        normalised(deal_section(tmp_path, close_date='"CreatedDate"'), page({}), time_zone="Mars/Olympus")


def test_pages_of_one_section_give_the_same_as_one_page(tmp_path: Path) -> None:
    section = deal_section(tmp_path, **READABLE)
    records = page(*({"Amount": text} for text in ("1", "x", None, "2.5", "0")))
    whole = normalised(section, records)
    parts = [normalised(section, records[number : number + 2]) for number in (0, 2, 4)]
    assert pl.concat([part.frame for part in parts]).equals(whole.frame)
    assert [problem for part in parts for problem in part.problems] == list(whole.problems)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), min_size=1, max_size=4))
def test_nothing_a_crm_may_send_makes_it_fail_or_lets_a_value_be_guessed(
    tmp_path: Path, texts: list[str | None]
) -> None:
    section = deal_section(tmp_path, **READABLE, status='"StageName"', created_at='"CreatedDate"', currency='"Type"')
    records = page(*(dict.fromkeys(KINDS, text) for text in texts))
    made = normalise(section, TARGETS["deal"], records, SCHEMA, place="acme", time_zone=NEW_YORK)
    for record in records.iter_rows(named=True):
        kept = made.frame.filter(pl.col(ID) == record[ID])
        if record["Amount"] and record["Amount"].strip() and not kept.is_empty():
            told = any(problem.where == f"acme {record[ID]}" for problem in made.problems)
            assert kept.item(0, "amount") is not None or told
