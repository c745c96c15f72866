"""The order of credits does not hang on how large our own numbers are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from spm.engine.ordering import in_order
from spm.frames import MONEY

_PEOPLE = pl.DataFrame({"participant_id": [7, 8], "email": ["b@example.com", "a@example.com"]})
_ROWS = [  # person, day, place, share, whose, role, split; in order
    (1, date(2026, 1, 1), 5, "1", None, "owner", 0),
    (1, date(2026, 1, 2), 0, "1", None, "owner", 0),
    (1, date(2026, 1, 2), 1, "0.5", None, "revenue", 4),
    (1, date(2026, 1, 2), 1, "0.25", None, "revenue", 3),  # the smaller share
    (1, date(2026, 1, 2), 1, "0.25", 8, "revenue", 2),  # somebody else's after one's own
    (1, date(2026, 1, 2), 1, "0.25", 7, "overlay", 9),  # by email, not by number
    (1, date(2026, 1, 2), 1, "0.25", 7, "revenue", 1),
    (2, date(2026, 1, 1), 0, "1", None, "owner", 0),
]
_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "participant_id": pl.Int64,
    "on": pl.Date,
    "place": pl.UInt32,
    "share": MONEY,
    "from_participant_id": pl.Int64,
    "role": pl.String,
    "split_id": pl.Int64,
}


@pytest.mark.parametrize("offset", [0, 10**16])
@pytest.mark.parametrize("seed", range(5))
def test_credits_stand_by_person_day_place_share_email_role_and_split(offset: int, seed: int) -> None:
    rows = [(person + offset, day, place, Decimal(share), *rest) for person, day, place, share, *rest in _ROWS]
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    mixed = frame.sample(fraction=1, shuffle=True, seed=seed)
    assert in_order(mixed, "place", _PEOPLE).select(frame.columns).equals(frame)


def test_no_credits_are_in_order() -> None:
    assert in_order(pl.DataFrame(schema=_SCHEMA), "place", _PEOPLE).is_empty()
