"""Record ids and their checksum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce.ids import make_id, normal_id, with_checksum

NUMBERS = st.integers(min_value=0, max_value=62**9 - 1)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("0015500001QdRaY", "0015500001QdRaYAAV"),  # recorded from a real org
        ("0035500001H9kZu", "0035500001H9kZuAAJ"),  # likewise
        ("006000000000000", "006000000000000AAA"),  # no capitals at all
    ],
)
def test_the_checksum_is_the_one_of_real_ids(short: str, long: str) -> None:
    assert with_checksum(short) == long


@given(NUMBERS)
def test_short_and_long_and_wrongly_cased_ids_are_the_same_id(number: int) -> None:
    record_id = make_id("006", number)
    assert normal_id(record_id) == normal_id(record_id[:15]) == normal_id(record_id.upper()) == record_id


@given(NUMBERS, NUMBERS)
def test_ids_sort_by_number(first: int, second: int) -> None:
    assert (make_id("006", first) < make_id("006", second)) == (first < second)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "006",
        "0065500001QdRaYA",  # 16 characters
        "006-500001QdRaY",  # a sign
        "006é500001QdRaY",  # a letter that ids have not
        None,
        12,
    ],
)
def test_what_is_no_id_is_none(text: object) -> None:
    assert normal_id(text) is None
