"""From JSON to text columns, and which stamp is the newest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hubspot.records import as_text, frame_of, newest_of

MODIFIED = "hs_lastmodifieddate"
T1 = datetime(2026, 1, 1, tzinfo=UTC)
T2 = datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)


def row(record_id: str, modified: str | None, **properties: Any) -> dict[str, Any]:
    return {"id": record_id, "properties": {MODIFIED: modified, **properties}}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        ([row("9", "2026-01-01T00:00:00.000Z"), row("10", "2026-01-01T00:00:00.000Z")], (T1, "10")),  # 10 is above 9
        ([row("1", "2026-01-01T00:00:00.500Z"), row("2", "2026-01-01T00:00:00Z")], (T2, "1")),  # written differently
        ([row("1", "2026-01-01T00:00:00Z"), row("2", "2026-01-01T01:00:00+01:00")], (T1, "2")),
        ([row("1", None), row("2", "2026-01-01T00:00:00Z")], (T1, "2")),
        ([row("1", "2026-01-01T00:00:00"), row("2", "soon")], (T1, "1")),  # no zone is UTC; nonsense is passed over
        ([{"id": "1", "properties": {}, "updatedAt": "2026-01-01T00:00:00Z"}], (T1, "1")),
        ([{"id": "1"}], None),
    ],
)
def test_newest_stamp_is_found_however_stamps_are_written(rows: Any, expected: tuple[datetime, str] | None) -> None:
    found = newest_of(rows, MODIFIED, None)
    assert (found and (found[0], found[1].lstrip("0"))) == expected


def test_newest_stamp_never_goes_back() -> None:
    assert newest_of([row("1", "2026-01-01T00:00:00Z")], MODIFIED, (T2, "x")) == (T2, "x")


@given(st.lists(st.tuples(st.integers(1, 99), st.datetimes(timezones=st.just(UTC))), min_size=1), st.randoms())
def test_newest_stamp_does_not_depend_on_order(stamps: list[tuple[int, datetime]], random: Any) -> None:
    rows = [row(str(number), stamp.isoformat()) for number, stamp in stamps]
    expected = newest_of(rows, MODIFIED, None)
    random.shuffle(rows)
    assert newest_of(rows, MODIFIED, None) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", ""),
        ("0.10", "0.10"),
        (7, "7"),
        (True, "true"),
        (False, "false"),
        (["a"], '["a"]'),
        ({}, "{}"),
    ],
)
def test_json_value_becomes_text(value: Any, text: str | None) -> None:
    assert as_text(value) == text
    frame = frame_of([row("1", None, x=value), row("2", None, x="x")], ["x"], modified=MODIFIED, joins={})
    assert frame["x"].to_list() == [text, "x"]
