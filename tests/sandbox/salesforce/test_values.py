"""How values are written and read."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce.errors import RowError
from sandbox.salesforce.schema import choice, currency, day, flag, moment, number, reference, text, whole
from sandbox.salesforce.soql.jsontext import number_sql, prepare
from sandbox.salesforce.values import number_text, stored

DIGITS = st.integers(min_value=-(10**18) + 1, max_value=10**18 - 1)
SCALES = st.integers(min_value=0, max_value=18)


@pytest.mark.parametrize(
    ("held", "scale", "written"),
    [
        (0, 2, "0.0"),
        (150000, 2, "1500.0"),  # no cents, and a double all the same
        (150010, 2, "1500.1"),  # no zero at the end
        (150001, 2, "1500.01"),
        (-5, 2, "-0.05"),
        (999999999, 2, "9999999.99"),  # the last one in plain digits
        (1000000000, 2, "1.0E7"),
        (1234567890, 2, "1.23456789E7"),
        (123456789012345678, 2, "1.23456789012345678E15"),  # more digits than a double holds
        (50, 0, "50.0"),  # a percentage
        (900, 6, "9.0E-4"),
        (1000, 6, "0.001"),
    ],
)
def test_numbers_are_written_as_java_writes_doubles(held: int, scale: int, written: str) -> None:
    assert number_text(held, scale) == written


@given(DIGITS, SCALES)
def test_no_digit_is_lost(held: int, scale: int) -> None:
    assert Decimal(number_text(held, scale)) == Decimal(held).scaleb(-scale)


@given(DIGITS, SCALES)
def test_the_database_writes_numbers_as_python_does(held: int, scale: int) -> None:
    connection = sqlite3.connect(":memory:")
    prepare(connection)
    found = connection.execute(f"SELECT {number_sql('held', scale)} FROM (SELECT ? AS held)", (held,)).fetchone()
    connection.close()
    assert found[0] == number_text(held, scale)


AMOUNT = currency("Amount")
REQUIRED_NAME = text("Name", 5, nillable=False)


@pytest.mark.parametrize(
    ("field", "value", "held"),
    [
        (AMOUNT, 1.1, 110),
        (AMOUNT, Decimal("0.005"), 1),  # half a cent is rounded up
        (AMOUNT, "12.5", 1250),  # numbers may come as text
        (AMOUNT, None, None),
        (AMOUNT, "", None),
        (whole("Count"), 3, 3),
        (flag("On"), True, 1),
        (flag("On"), "false", 0),
        (day("Day"), "2026-02-28", "2026-02-28"),
        (day("Day"), "2026-02-28T10:00:00Z", "2026-02-28"),
        (moment("At"), "2026-02-28T10:00:00+02:00", "2026-02-28T08:00:00.000+0000"),
        (moment("At"), "2026-02-28T10:00:00.123Z", "2026-02-28T10:00:00.123+0000"),
        (text("Note"), 12, "12"),
        (text("Note"), "", None),
        (reference("OwnerId", "User"), "005000000000000", "005000000000000AAA"),
    ],
)
def test_values_are_held_exactly(field: object, value: object, held: object) -> None:
    assert stored(field, value) == held  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value", "code", "message"),
    [
        (AMOUNT, 10**16, "NUMBER_OUTSIDE_VALID_RANGE", "Amount: value outside of valid range on numeric field: 1"),
        (number("Share", 3, 0), 1000, "NUMBER_OUTSIDE_VALID_RANGE", "Share: value outside"),
        (AMOUNT, "a lot", "JSON_PARSER_ERROR", "Cannot deserialize instance of currency from VALUE_STRING value a lot"),
        (AMOUNT, "NaN", "JSON_PARSER_ERROR", "Cannot deserialize"),
        (AMOUNT, "Infinity", "JSON_PARSER_ERROR", "Cannot deserialize"),
        (AMOUNT, True, "JSON_PARSER_ERROR", "Cannot deserialize instance of currency from VALUE_TRUE"),
        (whole("Count"), 1.5, "JSON_PARSER_ERROR", "Cannot deserialize instance of int"),
        (whole("Count"), 2**31, "NUMBER_OUTSIDE_VALID_RANGE", "Count: value outside"),
        (REQUIRED_NAME, "toolong", "STRING_TOO_LONG", "Name: data value too large: toolong (max length=5)"),
        (REQUIRED_NAME, None, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]"),
        (REQUIRED_NAME, ["a"], "JSON_PARSER_ERROR", "Cannot deserialize instance of string from VALUE_ARRAY"),
        (day("Day"), "2026-13-01", "JSON_PARSER_ERROR", "Cannot deserialize instance of date"),
        (moment("At"), "yesterday", "JSON_PARSER_ERROR", "Cannot deserialize instance of datetime"),
        (flag("On"), None, "INVALID_TYPE_ON_FIELD_IN_RECORD", "On: value not of required type"),
        (flag("On"), "maybe", "JSON_PARSER_ERROR", "Cannot deserialize instance of boolean"),
        (reference("OwnerId", "User"), "Ada", "MALFORMED_ID", "Owner Id: id value of incorrect type: Ada"),
        (
            choice("Code", ["USD"], 3, restricted=True),
            "XXX",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Code: bad value for restricted picklist field: XXX",
        ),
    ],
)
def test_values_that_cannot_be_are_refused(field: object, value: object, code: str, message: str) -> None:
    with pytest.raises(RowError) as refused:
        stored(field, value)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert refused.value.message.startswith(message)
