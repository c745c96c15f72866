"""What is written and what the CRM holds, as the same text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import ID, FieldKind
from mappings import Rendered, WriteField, WriteMapping, as_value, canonical, rendered
from mappings.expressions import parse

MONEY = pl.Decimal(38, 10)


def write_of(kind: FieldKind, value: str = "x", **settings: int) -> WriteMapping:
    field = WriteField("F__c", parse(value), kind, "F", where="acme.toml:9", **settings)  # type: ignore[arg-type]
    return WriteMapping("deal", "Opportunity", (field,))


def render(write: WriteMapping, value: object, dtype: pl.DataType | type[pl.DataType] | None = None) -> Rendered:
    return rendered(write, pl.DataFrame({ID: ["d1"], "x": pl.Series([value], dtype=dtype)}))


def held(write: WriteMapping, text: str | None) -> str | None:
    frame = pl.DataFrame({ID: ["d1"], "F__c": [text]}, schema={ID: pl.String, "F__c": pl.String})
    found = canonical(write, frame)["F__c"].item()
    assert found is None or isinstance(found, str)
    return found


@pytest.mark.parametrize(
    ("value", "scale", "expected"),
    [
        ("1500", 2, "1500"),
        ("1500.5", 2, "1500.5"),
        ("1500.005", 2, "1500.01"),  # halves away from zero
        ("-1500.005", 2, "-1500.01"),
        ("1500.0049999999", 2, "1500"),
        ("0.125", 2, "0.13"),  # not to the even one
        ("0", 2, "0"),
        ("-0.001", 2, "0"),  # no minus before nothing
        ("10000000", 2, "10000000"),  # no exponent
        ("0.0000000001", 10, "0.0000000001"),
        ("2.5", 0, "3"),
        ("1234567890123456.78", 2, "1234567890123456.78"),
    ],
)
def test_a_number_is_rounded_to_its_places_and_written_plainly(value: str, scale: int, expected: str) -> None:
    made = render(write_of(FieldKind.NUMBER, scale=scale), Decimal(value), MONEY)
    assert (made.frame["F__c"].to_list(), made.problems) == ([expected], ())


@pytest.mark.parametrize(
    ("kind", "value", "dtype", "expected"),
    [
        (FieldKind.NUMBER, 3, pl.Int32, "3"),
        (FieldKind.NUMBER, None, MONEY, None),
        (FieldKind.NUMBER, None, pl.Null, None),
        (FieldKind.NUMBER, "12.50", pl.String, "12.5"),
        (FieldKind.TEXT, "2026-Q1", pl.String, "2026-Q1"),
        (FieldKind.TEXT, "", pl.String, None),
        (FieldKind.TEXT, "  ", pl.String, None),
        (FieldKind.TEXT, " two\r\nlines \n", pl.String, "two\nlines"),
        (FieldKind.TEXT, Decimal("1.50"), MONEY, "1.5"),
        (FieldKind.DATE, date(2026, 3, 31), pl.Date, "2026-03-31"),
        (FieldKind.DATE, datetime(2026, 3, 31, 23, 59, tzinfo=UTC), pl.Datetime("us", "UTC"), "2026-03-31"),
        (
            FieldKind.DATETIME,
            datetime(2026, 3, 31, 8, 0, 0, 999999, tzinfo=UTC),
            pl.Datetime("us", "UTC"),
            "2026-03-31T08:00:00Z",
        ),
        (FieldKind.BOOLEAN, True, pl.Boolean, "true"),
        (FieldKind.BOOLEAN, False, pl.Boolean, "false"),
    ],
)
def test_a_value_is_written_as_text(kind: FieldKind, value: object, dtype: pl.DataType, expected: str | None) -> None:
    made = render(write_of(kind), value, dtype)
    assert made.problems == ()
    assert made.frame.columns == [ID, "F__c"]
    assert made.frame.schema["F__c"] == pl.String
    assert made.frame["F__c"].to_list() == [expected]


@pytest.mark.parametrize(
    "text", ["1500", "1500.0", "1500.00", "1.5E3", "1.5e3", "+1500", " 1500 ", "01500", "1500.001", "1499.995"]
)
def test_forms_of_one_number_are_equal(text: str) -> None:
    assert held(write_of(FieldKind.NUMBER), text) == "1500"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (FieldKind.NUMBER, "", None),
        (FieldKind.NUMBER, None, None),
        (FieldKind.NUMBER, "-0.00", "0"),
        (FieldKind.NUMBER, "a lot", "a lot"),  # equals nothing we write
        (FieldKind.NUMBER, "1.00000000001", "1.00000000001"),
        (FieldKind.TEXT, "", None),
        (FieldKind.TEXT, "a\r\nb", "a\nb"),
        (FieldKind.DATE, "2026-03-31", "2026-03-31"),
        (FieldKind.DATE, "1774915200000", "2026-03-31"),  # HubSpot: milliseconds at midnight UTC
        (FieldKind.DATE, "2026-03-31T00:00:00.000Z", "2026-03-31"),
        (FieldKind.DATETIME, "2026-03-31T08:00:00.000+0000", "2026-03-31T08:00:00Z"),  # Salesforce
        (FieldKind.DATETIME, "2026-03-31T08:00:00.123Z", "2026-03-31T08:00:00Z"),  # HubSpot
        (FieldKind.DATETIME, "2026-03-31T10:00:00+02:00", "2026-03-31T08:00:00Z"),
        (FieldKind.DATETIME, "never", "never"),
        (FieldKind.BOOLEAN, "TRUE", "true"),
        (FieldKind.BOOLEAN, "false", "false"),
        (FieldKind.BOOLEAN, "", None),
    ],
)
def test_what_the_crm_holds_is_brought_to_the_same_text(
    kind: FieldKind, text: str | None, expected: str | None
) -> None:
    assert held(write_of(kind), text) == expected


decimals = st.decimals(
    min_value=Decimal(-(10**20)), max_value=Decimal(10**20), places=10, allow_nan=False, allow_infinity=False
)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


@given(decimals, st.integers(0, 10))
def test_a_number_that_was_written_is_read_back_equal(value: Decimal, scale: int) -> None:
    write = write_of(FieldKind.NUMBER, scale=scale)
    text = render(write, value, MONEY).frame["F__c"].item()
    assert held(write, text) == text
    for form in (f"{Decimal(text):E}", f"{text}.000" if "." not in text else f"{text}000"):
        assert held(write, form) == text
    assert abs(Decimal(text) - value) <= Decimal(1).scaleb(-scale) / 2
    assert "E" not in text


@given(st.text(max_size=40))
def test_a_text_that_was_written_is_read_back_equal(value: str) -> None:
    write = write_of(FieldKind.TEXT, length=20)
    text = render(write, value, pl.String).frame["F__c"].item()
    assert held(write, text) == text
    assert text is None or 0 < len(text.encode("utf-16-le")) // 2 <= 20


@given(moments)
def test_a_moment_that_was_written_is_read_back_equal(value: datetime) -> None:
    write = write_of(FieldKind.DATETIME)
    text = render(write, value, pl.Datetime("us", "UTC")).frame["F__c"].item()
    assert held(write, text) == text
    assert held(write, text.replace("Z", ".000+0000")) == text


@given(st.dates())
def test_a_day_that_was_written_is_read_back_equal(value: date) -> None:
    write = write_of(FieldKind.DATE)
    text = render(write, value, pl.Date).frame["F__c"].item()
    assert held(write, text) == text == value.isoformat()


def test_a_text_that_is_too_long_is_cut_with_a_sign_and_told_without_showing_it() -> None:
    made = render(write_of(FieldKind.TEXT, length=10), "earned 1500.25 for the deal", pl.String)
    assert made.frame["F__c"].to_list() == ["earned 15…"]
    (problem,) = made.problems
    assert (problem.where, problem.field, problem.severity) == ("Opportunity d1", "F__c", "warning")
    assert "longer than the 10 characters" in problem.message
    assert "1500" not in str(problem)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1234567890", "1234567890"),  # exactly as long as the field
        ("äöüäöüäöüä", "äöüäöüäöüä"),  # twenty bytes, ten characters
        ("🚀🚀🚀🚀🚀", "🚀🚀🚀🚀🚀"),  # each counts as two
        ("🚀🚀🚀🚀🚀x", "🚀🚀🚀🚀…"),  # and is never cut in two
        ("12345678 0123", "12345678…"),  # no space before the sign
    ],
)
def test_length_is_counted_as_the_crms_count(value: str, expected: str) -> None:
    assert render(write_of(FieldKind.TEXT, length=10), value, pl.String).frame["F__c"].to_list() == [expected]


def test_the_value_is_an_expression_over_the_results() -> None:
    made = render(write_of(FieldKind.NUMBER, "x * 100"), Decimal("0.876543"), MONEY)
    assert made.frame["F__c"].to_list() == ["87.65"]


def test_a_result_and_a_crm_field_of_one_name_do_not_mix() -> None:
    first = WriteField("x", parse("y"), FieldKind.NUMBER, "X")
    second = WriteField("y", parse("x"), FieldKind.NUMBER, "Y")
    results = pl.DataFrame({ID: ["d1"], "x": [1], "y": [2]})
    made = rendered(WriteMapping("deal", "deals", (first, second)), results)
    assert made.frame.select("x", "y").row(0) == ("2", "1")


def test_an_expression_that_fails_on_a_record_clears_its_field_and_is_told() -> None:
    write = write_of(FieldKind.NUMBER, "1 / x")
    made = rendered(
        write, pl.DataFrame({ID: ["d1", "d2"], "x": [Decimal(0), Decimal(4)]}, schema_overrides={"x": MONEY})
    )
    assert made.frame["F__c"].to_list() == [None, "0.25"]
    (problem,) = made.problems
    assert (problem.where, problem.severity) == ("Opportunity d1", "warning")
    assert "divides by zero" in problem.message


def test_a_field_that_cannot_be_made_of_the_result_has_no_column_so_that_nothing_is_cleared() -> None:
    made = render(write_of(FieldKind.NUMBER), date(2026, 1, 1), pl.Date)
    assert made.frame.columns == [ID]
    assert made.problems[0].where == "acme.toml:9"


@pytest.mark.parametrize("value", ["lower(x)", "x + 'a'", "missing", "x > 'a'"])
def test_a_field_whose_expression_cannot_work_on_the_results_is_told_and_not_written(value: str) -> None:
    made = render(write_of(FieldKind.TEXT, value), Decimal(1), MONEY)
    assert made.frame.columns == [ID]
    assert made.problems[0].where == "acme.toml:9"
    assert made.problems[0].message.endswith("It is not written.")


def test_a_whole_number_is_divided_exactly() -> None:
    made = render(write_of(FieldKind.NUMBER, "cast(x / 3 as decimal) * 3", scale=6), 1, pl.Int32)
    assert made.frame["F__c"].to_list() == ["1"]


def test_a_frame_without_records_gives_the_columns() -> None:
    results = pl.DataFrame(schema={ID: pl.String, "x": MONEY})
    made = rendered(write_of(FieldKind.NUMBER), results)
    assert (made.frame.columns, made.frame.height) == ([ID, "F__c"], 0)


def test_only_the_fields_that_were_read_are_brought_to_the_same_text() -> None:
    assert canonical(write_of(FieldKind.TEXT), pl.DataFrame({ID: ["d1"]})).columns == [ID]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (FieldKind.NUMBER, "1500.5", Decimal("1500.5")),
        (FieldKind.TEXT, "1500.5", "1500.5"),
        (FieldKind.BOOLEAN, "true", True),
        (FieldKind.BOOLEAN, "false", False),
        (FieldKind.DATE, "2026-03-31", "2026-03-31"),
        (FieldKind.DATETIME, "2026-03-31T08:00:00Z", "2026-03-31T08:00:00Z"),
        (FieldKind.NUMBER, None, None),
        (FieldKind.TEXT, "", None),
    ],
)
def test_a_connector_is_given_values(kind: FieldKind, text: str | None, expected: object) -> None:
    value = as_value(write_of(kind).fields[0], text)
    assert value == expected
    assert type(value) is type(expected)
