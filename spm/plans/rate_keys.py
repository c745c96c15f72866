"""What stands inside the keys that say a rate: tiers, points of curves and steps, a matrix, a pool."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from spm.plans.model import Divided, Pays, TierBasis
from spm.plans.values import Exact, Name, Section

Row = Annotated[tuple[Exact, ...], Field(min_length=1, max_length=100)]


class TierMode(StrEnum):
    """How tiers pay."""

    MARGINAL = "marginal"
    WHOLE_AMOUNT = "whole_amount"
    BASE_PLUS_TOP = "base_plus_top"


class InGap(StrEnum):
    """What is paid where no tier is written: between two, below the first, above the last."""

    REFUSE = "refuse"  # such a file is refused
    ZERO = "zero"
    LOWER_TIER = "lower_tier"
    HIGHER_TIER = "higher_tier"


class StepsPays(StrEnum):
    """What the values of steps may be."""

    TARGET = "target"
    AMOUNT = "amount"


class TierSection(Section):
    """One entry of `tiers`: `multiplier` is of the component's `base_rate`."""

    start: Annotated[Exact | None, Field(alias="from")] = None
    end: Annotated[Exact | None, Field(alias="to")] = None
    rate: Exact | None = None
    multiplier: Exact | None = None


class PointSection(Section):
    """One entry of `curve` or `steps`."""

    at: Exact
    pays: Exact


class MatrixSection(Section):
    """`matrix`: this component's result by `rows`, that of the component `other` by `columns`."""

    basis: Annotated[TierBasis, Field(alias="by")] = TierBasis.ATTAINMENT
    rows: Row
    other: Name
    other_basis: Annotated[TierBasis, Field(alias="other_by")] = TierBasis.ATTAINMENT
    columns: Row
    values: Annotated[tuple[Row, ...], Field(min_length=1, max_length=100)]
    pays: Pays


class PoolSection(Section):
    """`pool`: `rate` or `amount`."""

    divided: Divided
    rate: Exact | None = None
    amount: Exact | None = None
    at_least: Exact | None = None
