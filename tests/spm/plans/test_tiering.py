"""How gaps between tiers are filled: the calculation only ever sees tiers from 0 upwards without end."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spm.plans.model import Tier
from spm.plans.rate_keys import InGap, TierSection
from spm.plans.tiering import tiers_of

Bounds = tuple[str | None, str | None, str]


def section(start: str | None, end: str | None, rate: str) -> TierSection:
    keys = {"from": start, "to": end, "rate": rate}
    return TierSection.model_validate({key: value for key, value in keys.items() if value is not None})


def tier(start: str, end: str | None, rate: str) -> Tier:
    return Tier(Decimal(start), Decimal(end) if end else None, Decimal(rate))


@pytest.mark.parametrize(
    ("written", "in_gap", "expected"),
    [
        ([("10", "20", "0.1")], InGap.ZERO, [("0", "10", "0"), ("10", "20", "0.1"), ("20", None, "0")]),
        # below the first tier there is no lower one, above the last no higher one: nothing is paid there
        ([("10", "20", "0.1")], InGap.LOWER_TIER, [("0", "10", "0"), ("10", None, "0.1")]),
        ([("10", "20", "0.1")], InGap.HIGHER_TIER, [("0", "20", "0.1"), ("20", None, "0")]),
        (
            [("0", "99.99", "0.1"), ("100", None, "0.2")],
            InGap.LOWER_TIER,
            [("0", "100", "0.1"), ("100", None, "0.2")],
        ),
        (
            [("0", "99.99", "0.1"), ("100", None, "0.2")],
            InGap.HIGHER_TIER,
            [("0", "99.99", "0.1"), ("99.99", None, "0.2")],
        ),
        (
            [("0", "10", "0.1"), ("20", None, "0.2")],
            InGap.ZERO,
            [("0", "10", "0.1"), ("10", "20", "0"), ("20", None, "0.2")],
        ),
        ([(None, "10", "0.1"), (None, None, "0.2")], InGap.ZERO, [("0", "10", "0.1"), ("10", None, "0.2")]),  # no gap
    ],
)
def test_a_gap_is_filled_as_the_plan_says(written: list[Bounds], in_gap: InGap, expected: list[Bounds]) -> None:
    filled = tiers_of(tuple(section(*each) for each in written), None, in_gap)
    assert filled == tuple(tier(start or "0", end, rate) for start, end, rate in expected)


@given(
    st.lists(st.integers(0, 1000), min_size=2, max_size=12, unique=True).map(sorted),
    st.sampled_from([InGap.ZERO, InGap.LOWER_TIER, InGap.HIGHER_TIER]),
)
def test_filled_tiers_follow_each_other_and_keep_what_was_written(bounds: list[int], in_gap: InGap) -> None:
    pairs = list(zip(bounds[::2], bounds[1::2], strict=False))
    written = [section(str(start), str(end), str(number + 1)) for number, (start, end) in enumerate(pairs)]
    filled = tiers_of(tuple(written), None, in_gap)
    assert filled[0].start == 0
    assert filled[-1].end is None
    assert [each.end for each in filled[:-1]] == [each.start for each in filled[1:]]
    for each in written:
        covering = [one for one in filled if one.rate == each.rate]
        assert len(covering) == 1
        assert each.start is not None
        assert covering[0].start <= each.start
        assert covering[0].end is None or (each.end is not None and covering[0].end >= each.end)
