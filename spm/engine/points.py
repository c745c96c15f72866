"""Functions given by points: what curves and multipliers are worth at a total, exactly.

Between two points a line is value + slope x (total - bound) / (width x quota), where a bound is its `at` times the
quota (1 where it is no attainment). The quotient is divided out to thirty places in two steps and the sum rounded to
eighteen, so that what is exactly half a cent stays half a cent: the only figures that could come out otherwise are
closer to half a cent than the eighteenth place, and are no amounts of money that anybody has.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import polars as pl

from spm.engine.exact import EXACT
from spm.plans.model import Below, Beyond, Curve, CurveShape, Multiplier, Point

_FIRST = 10  # places of the first step of a division
_PLACES = 18
_ONE = Decimal(1)


def times_value(amount: pl.Expr, of: Curve | Multiplier, total: pl.Expr, quota: pl.Expr) -> pl.Expr:
    """The amount times the value that `of` has at total / quota, to eighteen places; null where the quota is."""
    return _Line(of, total.cast(EXACT), quota.cast(EXACT)).times(amount.cast(EXACT))


def value_at(of: Curve | Multiplier, total: pl.Expr, quota: pl.Expr) -> pl.Expr:
    """The value itself, to eighteen places."""
    return times_value(_exact(_ONE), of, total, quota)


def last_reached(points: Sequence[Point], total: pl.Expr, quota: pl.Expr) -> pl.Expr:
    """The number of the last point whose bound the total has reached, from 1; 0 below the first. Points in order."""
    exact, whole = total.cast(EXACT), quota.cast(EXACT)
    passed = [(exact >= _exact(point.at) * whole).cast(pl.Int32) for point in points]
    return pl.sum_horizontal(pl.lit(0, dtype=pl.Int32), *passed).cast(pl.Int32)


def _exact(number: Decimal) -> pl.Expr:
    return pl.lit(number, dtype=EXACT)


class _Line:
    """The piece of a function that each total lies on."""

    def __init__(self, of: Curve | Multiplier, total: pl.Expr, quota: pl.Expr) -> None:
        self.total, self.quota = total, quota
        self.number = last_reached(of.points, total, quota)
        self.pieces = _pieces(of)

    def times(self, amount: pl.Expr) -> pl.Expr:
        value, slope, start, width = (self._chosen(number) for number in range(4))
        over = self.total - start * self.quota
        whole = width * self.quota
        first = (over / whole).truncate(_FIRST)
        rest = (over - first * whole) * _exact(Decimal(10) ** _FIRST) / whole
        rising = amount * slope
        further = rising * rest * _exact(Decimal(10) ** -_FIRST)
        flat = amount * value
        line = pl.when(slope == 0).then(flat).otherwise(flat + rising * first + further)
        return pl.when(self.quota.is_not_null()).then(line.round(_PLACES))

    def _chosen(self, part: int) -> pl.Expr:
        chosen = _exact(self.pieces[0][part])
        for number, piece in enumerate(self.pieces[1:], 1):
            if piece[part] != self.pieces[number - 1][part]:
                chosen = pl.when(self.number >= number).then(_exact(piece[part])).otherwise(chosen)
        return chosen


_Piece = tuple[Decimal, Decimal, Decimal, Decimal]
"""Value at its start, rise over its width, start, width."""


def _pieces(of: Curve | Multiplier) -> list[_Piece]:
    """What lies below the first point, between each two, and after the last."""
    points = of.points
    linear = of.shape is CurveShape.LINEAR
    below = points[0].pays if of.below is Below.FLAT else Decimal(0)
    found = [_flat(below, points[0].at)]
    for here, there in pairwise(points):
        found.append(_rising(here, here, there) if linear else _flat(here.pays, here.at))
    if linear and of.beyond is Beyond.CONTINUE and len(points) > 1:
        return [*found, _rising(points[-1], points[-2], points[-1])]
    return [*found, _flat(points[-1].pays, points[-1].at)]


def _flat(value: Decimal, start: Decimal) -> _Piece:
    return value, Decimal(0), start, _ONE


def _rising(start: Point, here: Point, there: Point) -> _Piece:
    return start.pays, there.pays - here.pays, start.at, there.at - here.at
