"""What is written: only what differs, and only what the field's mode allows."""

from __future__ import annotations

import polars as pl
import pytest

from sync.differences import Difference, differences

MODES = {"payout": "overwrite", "note": "if_empty", "rank": "keep", "updated": "with_others"}


def frame(*rows: tuple[str | None, ...], fields: tuple[str, ...] = tuple(MODES)) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(("$id", *fields), pl.String), orient="row")


HELD = frame(("a", "10.00", None, "1", "monday"))


@pytest.mark.parametrize(
    ("desired", "expected"),
    [
        # (payout, note, rank, updated) against 10.00, nothing, 1, monday
        (("10.00", None, "1", "monday"), {}),  # all equal
        (("10.00", None, "1", "tuesday"), {}),  # a follower alone is no reason to write
        (("11.00", None, "1", "tuesday"), {"payout": "11.00", "updated": "tuesday"}),  # it goes along
        ((None, None, "1", "monday"), {"payout": None}),  # overwritten with nothing: cleared
        (("10.00", "hello", "1", "monday"), {"note": "hello"}),  # empty, so filled
        (("10.00", None, None, "monday"), {}),  # kept: nothing never clears it
        (("10.00", None, "2", "monday"), {"rank": "2"}),  # kept fields still follow a new value
    ],
)
def test_a_field_is_written_where_it_differs_and_its_mode_allows(
    desired: tuple[str | None, ...], expected: dict[str, str | None]
) -> None:
    found = differences(frame(("a", *desired)), HELD, MODES)
    assert found == ([Difference("a", expected)] if expected else [])


def test_a_filled_field_is_left_alone_where_only_empty_ones_are_filled() -> None:
    held = frame(("a", "10.00", "by hand", "1", "monday"))
    assert differences(frame(("a", "10.00", "ours", "1", "monday")), held, MODES) == []


def test_a_record_the_crm_holds_nothing_for_gets_its_values_but_no_empty_ones() -> None:
    found = differences(frame(("b", "5.00", None, None, "monday")), HELD, MODES)
    assert found == [Difference("b", {"payout": "5.00", "updated": "monday"})]


def test_a_record_without_any_value_is_not_written() -> None:
    assert differences(frame(("b", None, None, None, "monday")), HELD, MODES) == []


def test_a_field_that_was_never_read_counts_as_empty() -> None:
    held = pl.DataFrame({"$id": ["a"]}, schema={"$id": pl.String})
    assert differences(frame(("a", "10.00", None, None, None)), held, MODES) == [Difference("a", {"payout": "10.00"})]


def test_records_come_in_the_order_of_their_ids() -> None:
    rows = [(key, "1.00", None, None, None) for key in ("c", "a", "b")]
    assert [one.record_id for one in differences(frame(*rows), HELD.clear(), MODES)] == ["a", "b", "c"]
