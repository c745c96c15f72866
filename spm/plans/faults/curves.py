"""Points of curves, steps and multipliers go upwards; a matrix has a value at every crossing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from spm.plans.document import ComponentSection
from spm.plans.faults.finding import Finding, Path
from spm.plans.model import Beyond, CurveShape
from spm.plans.rate_keys import MatrixSection


def curve_findings(component: ComponentSection, path: Path) -> Iterator[Finding]:
    """Order of points and bounds, and whether a curve that goes on has a slope to go on with."""
    yield from _ascending([point.at for point in component.curve], (*path, "curve"), "at")
    yield from _ascending([step.at for step in component.steps], (*path, "steps"), "at")
    shape = component.shape or CurveShape.LINEAR
    yield from _going_on(len(component.curve), shape, component.beyond, (*path, "beyond"))
    for number, multiplier in enumerate(component.multipliers):
        within: Path = (*path, "multipliers", number)
        yield from _ascending([point.at for point in multiplier.points], (*within, "points"), "at")
        yield from _going_on(len(multiplier.points), multiplier.shape, multiplier.beyond, (*within, "beyond"))
    if component.matrix:
        yield from _matrix(component.matrix, (*path, "matrix"))


def _ascending(bounds: Sequence[Decimal], path: Path, key: str | None = None) -> Iterator[Finding]:
    for number in range(1, len(bounds)):
        if bounds[number] <= bounds[number - 1]:
            message = f"{bounds[number]} comes after {bounds[number - 1]}."
            where = (*path, number, key) if key else (*path, number)
            yield Finding(where, message, "Put them in order, from the lowest to the highest, each once.")


def _going_on(points: int, shape: CurveShape, beyond: Beyond | None, path: Path) -> Iterator[Finding]:
    if beyond is Beyond.CONTINUE and (shape is CurveShape.STEP or points == 1):
        message = "a curve goes on with the slope of its last piece, and here there is no slope."
        yield Finding(path, message, 'Write shape = "linear" and two points, or beyond = "flat".')


def _matrix(matrix: MatrixSection, path: Path) -> Iterator[Finding]:
    yield from _ascending(matrix.rows, (*path, "rows"))
    yield from _ascending(matrix.columns, (*path, "columns"))
    if len(matrix.values) != len(matrix.rows):
        message = f"there are {len(matrix.rows)} rows and values for {len(matrix.values)}."
        yield Finding((*path, "values"), message, "Write a list of values for each row.")
    for number, row in enumerate(matrix.values):
        if len(row) != len(matrix.columns):
            message = f"there are {len(matrix.columns)} columns and {len(row)} values."
            yield Finding((*path, "values", number), message, "Write a value for each column.")
