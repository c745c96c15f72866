"""Nothing is missed that comes to light within the overlap, and what has settled is not read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.watermark import Keyset, Watermark, advance

EPOCH = datetime(2026, 11, 23, 12, tzinfo=UTC)
OVERLAP = timedelta(seconds=300)


@dataclass(frozen=True)
class Stored:
    """A record: its stamp, its id, and the moment from which a read shows it."""

    stamp: datetime
    record_id: str
    shown_from: datetime


def wanted(place: Keyset | None, record: Stored) -> bool:
    if place is None:
        return True
    if place.record_id is None:
        return record.stamp >= place.after
    return (record.stamp, record.record_id) > (place.after, place.record_id)


def read(records: Sequence[Stored], mark: Watermark | None, at: datetime) -> tuple[list[Stored], Watermark | None]:
    """One complete read at a moment, as a CRM answers it."""
    place = mark.start(OVERLAP) if mark else None
    rows = [r for r in records if r.shown_from <= at and wanted(place, r)]
    newest = max(((r.stamp, r.record_id) for r in rows), default=None)
    return rows, advance(mark, newest, read_at=at, overlap=OVERLAP)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@st.composite
def crm(draw: st.DrawFn) -> list[Stored]:
    """Records that come to light up to OVERLAP after their stamp, in a CRM whose stamps and clock agree or do not."""
    ahead = draw(st.sampled_from([seconds(0), timedelta(days=400), timedelta(days=-400)]))
    made = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 300)), max_size=40))
    return [
        Stored(EPOCH + seconds(at * 50) + ahead, f"{number:03d}", EPOCH + seconds(at * 50 + late))
        for number, (at, late) in enumerate(made)
    ]


moments = st.lists(st.integers(0, 3000), min_size=1, max_size=12).map(sorted)


@settings(deadline=None)
@given(records=crm(), at=moments)
def test_what_a_read_could_show_has_been_read(records: list[Stored], at: list[int]) -> None:
    mark, seen = None, set[str]()
    for moment in at:
        rows, mark = read(records, mark, EPOCH + seconds(moment))
        seen |= {row.record_id for row in rows}
        assert seen == {r.record_id for r in records if r.shown_from <= EPOCH + seconds(moment)}


@settings(deadline=None)
@given(records=crm(), at=moments)
def test_a_mark_survives_the_store(records: list[Stored], at: list[int]) -> None:
    mark: Watermark | None = None
    for moment in at:
        _, mark = read(records, mark, EPOCH + seconds(moment))
        assert mark is None or Watermark.from_json(mark.as_json()) == mark


@settings(deadline=None)
@given(stamps=st.lists(st.integers(0, 2), min_size=1, max_size=30))
def test_settled_records_are_not_read_again_however_many_share_a_stamp(stamps: list[int]) -> None:
    records = [Stored(EPOCH + seconds(s), f"{n:03d}", EPOCH + seconds(s)) for n, s in enumerate(stamps)]
    rows, mark = read(records, None, EPOCH + seconds(10))
    assert len(rows) == len(records)
    rows, mark = read(records, mark, EPOCH + seconds(1000))  # looks below the mark once more, and settles it
    assert len(rows) == len(records)
    for later in (1001, 1002):
        rows, mark = read(records, mark, EPOCH + seconds(later))
        assert rows == []


def test_records_at_the_settled_stamp_with_a_greater_id_are_read() -> None:
    mark = Watermark(EPOCH, "005", first_seen=EPOCH, settled=True)
    same = Stored(EPOCH, "006", EPOCH + seconds(900))
    rows, _ = read([same, Stored(EPOCH, "005", EPOCH)], mark, EPOCH + seconds(1000))
    assert rows == [same]


def test_reading_nothing_for_the_first_time_leaves_no_mark() -> None:
    assert advance(None, None, read_at=EPOCH, overlap=OVERLAP) is None


@pytest.mark.parametrize(
    ("age", "settled"),
    [
        (299, False),  # something stamped before it may still come to light
        (300, True),  # exactly the overlap
        (86_400, True),  # the CRM's stamps and its clock agree within a day
        (86_401, False),  # they do not: age by the clock says nothing
    ],
)
def test_a_mark_settles_once_its_stamp_is_older_than_the_overlap(age: int, settled: bool) -> None:
    mark = advance(None, (EPOCH - seconds(age), "001"), read_at=EPOCH, overlap=OVERLAP)
    assert mark is not None
    assert mark.settled is settled


def test_a_stamp_in_the_future_does_not_carry_the_mark_with_it() -> None:
    mark = advance(None, (EPOCH + timedelta(days=900), "001"), read_at=EPOCH, overlap=OVERLAP)
    assert mark == Watermark(EPOCH, "", first_seen=EPOCH, settled=False)


def test_a_mark_never_goes_back() -> None:
    before = Watermark(EPOCH, "009", first_seen=EPOCH)
    after = advance(before, (EPOCH - seconds(5), "001"), read_at=EPOCH + seconds(60), overlap=OVERLAP)
    assert after == before
