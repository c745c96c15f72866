"""Only what the CRM can have sent is believed."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.answers import Answer, UnreadableAnswer, read_json

JSON = {"content-type": "application/json;charset=UTF-8"}

amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**16), max_value=10**16, places=2)


@settings(deadline=None)
@given(amount=amounts)
def test_an_amount_keeps_every_digit(amount: Decimal) -> None:
    body = msgspec.json.Encoder(decimal_format="number").encode({"Amount": amount})
    assert Decimal(read_json(Answer(200, JSON, body))["Amount"]) == amount


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", "0.1"),  # no binary fraction
        ("1500.00", "1500.00"),  # zeros at the end are kept
        ("12345678901234567.89", "12345678901234567.89"),  # more digits than a double has
        ("1.5E3", "1.5E3"),  # an exponent as written
        ("1500", 1500),  # a whole number is one
        ("-0.0", "-0.0"),
    ],
)
def test_numbers_are_handed_over_as_written(text: str, expected: str | int) -> None:
    assert read_json(Answer(200, JSON, f'{{"n":{text}}}'.encode())) == {"n": expected}


@settings(deadline=None)
@given(
    value=st.dictionaries(st.text(max_size=8), st.none() | st.booleans() | st.text() | st.integers(-(2**53), 2**53)),
    cut=st.integers(min_value=1),
)
def test_a_body_cut_anywhere_is_seen(value: dict[str, object], cut: int) -> None:
    whole = json.dumps({"records": [value], "done": True}).encode()
    part = whole[: len(whole) - 1 - cut % (len(whole) - 1)]
    with pytest.raises(UnreadableAnswer):
        read_json(Answer(200, JSON, part))


@pytest.mark.parametrize(
    ("headers", "body", "told"),
    [
        ({"content-type": "text/html"}, b"<html>Down for maintenance</html>", "text/html"),  # a maintenance page
        ({}, b"{}", "no content type"),  # nothing said
        (JSON, b"", "no whole JSON"),  # an empty body
        (JSON, b"<html></html>", "no whole JSON"),  # HTML that calls itself JSON
        (JSON | {"content-length": "9"}, b"{}", "2 of 9"),  # whole JSON, and still short
        (JSON, b'{"a": NaN}', "no whole JSON"),  # not a number in JSON
        (JSON, b"[" * 100_000 + b"]" * 100_000, "nested"),  # whole, and deeper than can be read
    ],
)
def test_what_no_crm_sends_is_unreadable(headers: dict[str, str], body: bytes, told: str) -> None:
    with pytest.raises(UnreadableAnswer, match=told):
        read_json(Answer(200, headers, body))


def test_a_compressed_answer_is_longer_than_its_content_length() -> None:
    headers = JSON | {"content-length": "2", "content-encoding": "gzip"}
    assert read_json(Answer(200, headers, b'{"done": true}')) == {"done": True}


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON", "application/vnd.crm+json; charset=utf-8"])
def test_json_is_json_in_capitals_as_well(kind: str) -> None:
    assert read_json(Answer(200, {"content-type": kind}, b"{}")) == {}
