"""Text as the CRMs write it, read exactly or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import FieldKind
from mappings.reading import first_moments, read, read_usual


def reading(text: str | None, kind: FieldKind, time_zone: str = "America/New_York") -> object:
    frame = pl.DataFrame({"x": [text]}, schema={"x": pl.String})
    return frame.select(read(pl.col("x"), kind, time_zone)).item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1500", "1500"),
        ("1500.0", "1500"),
        ("1500.25", "1500.25"),
        (" 1500.25 ", "1500.25"),  # a number in a text field
        ("+5", "5"),
        ("-0.01", "-0.01"),
        ("-0", "0"),
        ("0", "0"),
        ("1.5E7", "15000000"),  # Salesforce, from ten million on
        ("1.5e7", "15000000"),
        ("1.0E-4", "0.0001"),  # and below a thousandth
        ("5.", "5"),
        ("0.1234567891", "0.1234567891"),  # ten places
        ("0.12345678910", "0.1234567891"),  # a zero more loses nothing
        ("12345678901.2E-9", "12.3456789012"),
        ("9999999999999999999999999999.9999999999", "9999999999999999999999999999.9999999999"),
        ("0000000000000000000000000000000001", "1"),
    ],
)
def test_a_number_is_read_exactly(text: str, expected: str) -> None:
    assert reading(text, FieldKind.NUMBER) == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    [
        "1,500",  # 1500 or 1.5
        "1.500,00",
        "1 500",
        "1'500",
        "$1500",
        "1500 EUR",
        "1500-",
        "NaN",
        "nan",
        "Infinity",
        "-inf",
        "0x10",
        "1_000",
        "1e",
        "e5",
        ".",
        "-",
        "--1",
        "+-1",
        "1.2.3",
        "٣",  # a digit, but none a CRM writes
        "1E400000000000",
        "1E39",
        "0.12345678901",  # an eleventh place
        "1.5E-10",
        "1E-11",
        "10000000000000000000000000000",  # a twenty-ninth digit
        "1E28",
        "none",
        "true",
    ],
)
def test_what_is_no_number_or_would_lose_a_digit_is_not_read(text: str) -> None:
    assert reading(text, FieldKind.NUMBER) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**17), max_value=10**17))
def test_every_number_of_ten_places_is_read_as_it_is_in_any_form(number: Decimal) -> None:
    forms = [format(number, "f"), f"{number:E}", f"{number:.12f}", format(number.normalize(), "f")]
    assert {reading(form, FieldKind.NUMBER) for form in forms} == {number}


@given(st.text(max_size=30))
def test_no_text_makes_reading_fail(text: str) -> None:
    for kind in FieldKind:
        reading(text, kind)


@given(st.text(alphabet="0123456789eE+-. ", max_size=20))
def test_a_number_is_read_as_python_reads_it_or_not_at_all(text: str) -> None:
    found = reading(text, FieldKind.NUMBER)
    if found is not None:
        assert found == Decimal(text.strip())


FORMS = st.one_of(
    st.text(max_size=25),
    st.text(alphabet="0123456789eE+-.,Zz:T ", max_size=30),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.dates().map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.sampled_from(["true", "false", "True", "2026-01-01T00:00:00.000+0000", "2026-01-01T00:00:00+02:00"]),
)


@given(FORMS)
def test_the_quick_way_to_read_reads_the_same_or_nothing(text: str) -> None:
    frame = pl.DataFrame({"x": [text]})
    for kind in FieldKind:
        quick = frame.select(read_usual(pl.col("x"), kind, "Europe/Berlin")).item()
        assert quick is None or quick == reading(text, kind, "Europe/Berlin")


@pytest.mark.parametrize("text", [None, "", " ", "\t"])
@pytest.mark.parametrize("kind", [kind for kind in FieldKind if kind is not FieldKind.TEXT])
def test_nothing_is_no_value(text: str | None, kind: FieldKind) -> None:
    assert reading(text, kind) is None


def test_an_empty_text_is_no_value() -> None:
    assert reading("", FieldKind.TEXT) is None


@pytest.mark.parametrize("text", ["NA", "null", "N/A", " x "])
def test_a_text_is_kept_as_it_is(text: str) -> None:
    assert reading(text, FieldKind.TEXT) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("false", False), ("TRUE", True), ("False", False), ("yes", None), ("1", None), ("0", None)],
)
def test_yes_or_no_is_true_or_false(text: str, expected: bool | None) -> None:
    assert reading(text, FieldKind.BOOLEAN) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-31", date(2026, 3, 31)),
        ("2026-03-31T00:00:00.000Z", date(2026, 3, 31)),  # HubSpot: a date is midnight UTC
        ("1774915200000", date(2026, 3, 31)),  # the same in milliseconds
        ("-86400000", date(1969, 12, 31)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2026-02-29", None),
        ("2026-02-30", None),
        ("2026-13-01", None),
        ("31.03.2026", None),
        ("03/31/2026", None),
        ("2026-3-1", None),
        ("20260331T000000", None),
        ("today", None),
    ],
)
def test_a_day_is_read(text: str, expected: date | None) -> None:
    assert reading(text, FieldKind.DATE) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T00:00:00.000+0000", datetime(2026, 1, 1, tzinfo=UTC)),  # Salesforce
        ("2024-01-17T19:55:04.281Z", datetime(2024, 1, 17, 19, 55, 4, 281000, tzinfo=UTC)),  # HubSpot
        ("2024-01-17T19:55:04Z", datetime(2024, 1, 17, 19, 55, 4, tzinfo=UTC)),
        ("2024-01-17t19:55:04z", None),
        ("2026-01-01T02:00:00+02:00", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T02:00:00.5+0200", datetime(2026, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)),
        ("1705521304281", datetime(2024, 1, 17, 19, 55, 4, 281000, tzinfo=UTC)),
        ("2026-03-31", datetime(2026, 3, 31, 4, tzinfo=UTC)),  # its first moment in New York
        ("2026-01-01T00:00:00", None),  # of which time zone?
        ("2026-01-01T25:00:00Z", None),
        ("2026-02-30T00:00:00Z", None),
        ("99999999999999999999", None),
        ("soon", None),
    ],
)
def test_a_moment_is_read(text: str, expected: datetime | None) -> None:
    found = reading(text, FieldKind.DATETIME)
    assert found == expected
    assert found is None or str(found.tzinfo) == "America/New_York"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("day", "time_zone", "expected"),
    [
        (date(2026, 7, 1), "Europe/Berlin", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        (date(2026, 4, 24), "Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)),  # 00:00 is skipped: 01:00
        (date(2026, 10, 30), "Africa/Cairo", datetime(2026, 10, 29, 22, tzinfo=UTC)),
    ],
)
def test_a_day_begins_with_its_first_moment_in_the_time_zone(day: date, time_zone: str, expected: datetime) -> None:
    frame = pl.DataFrame({"x": [day]})
    assert frame.select(first_moments(pl.col("x"), time_zone)).item() == expected
