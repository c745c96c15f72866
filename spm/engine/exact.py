"""Exact decimals in frames: how far they reach, and the one place where an earning is rounded.

Amounts have ten places and stay below a quadrillion, so that an amount times a rate (ten places, at most 1) fits
twenty places without losing a digit. The bound is checked where amounts come in; beyond it is a Problem.
"""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from spm.frames import MONEY
from spm.plans.model import Rounding, RoundingRule

EXACT = pl.Decimal(38, 20)
"""Products of two numbers of ten places each: 18 digits before the point."""

LIMIT = 10**15
"""Amounts reach up to here, exclusive, in whatever currency."""

_SAFE = 10**17
"""What a product is kept below: above LIMIT, and far enough from where twenty places end."""

LARGEST_EARNING = _SAFE
"""What a credit times a rate is kept below."""

LARGEST_SHARE = 100
"""A share of a deal is a fraction; one beyond 10,000 % of the deal is no share."""


def money(number: Decimal | int) -> pl.Expr:
    """A constant amount, rate or share."""
    return pl.lit(Decimal(number), dtype=MONEY)


def too_large(amount: pl.Expr) -> pl.Expr:
    """Whether an amount is beyond what is calculated exactly."""
    return amount.abs() >= money(LIMIT)


def converted(amount: pl.Expr, factor: pl.Expr) -> pl.Expr:
    """The amount times a factor of twenty places, kept to ten (half to even); null where it would be too large.

    The size is judged in floating point, where nothing overflows; the product itself is exact.
    """
    size = amount.cast(pl.Float64) * factor.cast(pl.Float64)
    safe = pl.when(size.abs() < _SAFE).then(amount)
    return (safe.cast(EXACT) * factor).cast(MONEY)


def earning(credited: pl.Expr, rate: pl.Expr, rounding: Rounding) -> pl.Expr:
    """What a credit earns at a rate, both of ten places: the exact product, rounded once by the plan's rule."""
    product = credited.cast(EXACT) * rate.cast(EXACT)
    return rounded(product, rounding).cast(MONEY)


def rounded(amount: pl.Expr, rounding: Rounding) -> pl.Expr:
    """The amount with the plan's number of places."""
    if rounding.rule is RoundingRule.DOWN:
        return amount.truncate(rounding.places)
    if rounding.rule is RoundingRule.HALF_EVEN:
        return amount.round(rounding.places, mode="half_to_even")
    return amount.round(rounding.places, mode="half_away_from_zero")


_TIES = 13
"""Places to which a quotient's product is exact: a half of the last place that is one stays one."""


def portion(amount: pl.Expr, part: pl.Expr, whole: pl.Expr, rounding: Rounding) -> pl.Expr:
    """The amount x part / whole, rounded by the plan's rule. `whole` is not 0."""
    quotient = part.cast(EXACT) / whole.cast(EXACT)
    product = (amount.cast(EXACT) * quotient).round(_TIES, mode="half_away_from_zero")
    return rounded(product, rounding).cast(MONEY)
