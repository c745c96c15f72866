"""What changes the earnings of components after their rates: per-deal caps and floors, multipliers, gates, period caps
and floors, budgets, clawbacks, in this order. Each adds lines, none is edited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from problems import Problem
from spm.engine import budgets, caps, clawbacks, floors, gates, multipliers, per_deal
from spm.engine.earning import Earned
from spm.engine.inputs import Inputs
from spm.plans.model import Gate, Multiplier, Plan, Span

_Found = tuple[pl.DataFrame, list[Problem]]


def modified(inputs: Inputs, plan: Plan, parts: Sequence[Earned], others: Sequence[Earned] = ()) -> list[Earned]:
    """The parts of one plan with the lines of their modifiers. `others`: further parts of the plan, whose results gates
    and multipliers may ask for."""
    known = {part.component.name: part for part in (*others, *parts)}
    return [_Modified(inputs, plan, known).part(part) for part in parts]


class _Modified:
    """Modifies the parts of one plan, each step on what the steps before it left."""

    def __init__(self, inputs: Inputs, plan: Plan, known: dict[str, Earned]) -> None:
        self.inputs, self.plan, self.known = inputs, plan, known

    def part(self, part: Earned) -> Earned:
        component = part.component
        for place, cap in enumerate(component.caps):
            if cap.over is Span.DEAL:
                part = _with(part, per_deal.capped(self.inputs, self.plan, part, (place, cap)))
        for place, floor in enumerate(component.floors):
            if floor.over is Span.DEAL:
                part = _with(part, per_deal.floored(self.plan, part, place, floor))
        for place, multiplier in enumerate(component.multipliers):
            part = _with(part, *self._multiplied(part, place, multiplier))
        for place, gate in enumerate(component.gates):
            part = _with(part, *self._gated(part, place, gate))
        return self._bounded(part)

    def _bounded(self, part: Earned) -> Earned:
        component = part.component
        for place, cap in enumerate(component.caps):
            if cap.over is not Span.DEAL:
                part = _with(part, caps.lines(self.inputs, self.plan, part, (place, cap)))
        for place, floor in enumerate(component.floors):
            if floor.over is not Span.DEAL:
                part = _with(part, floors.lines(self.inputs, self.plan, part, (place, floor)))
        if component.budget is not None:
            part = _with(part, (budgets.lines(self.inputs, self.plan, part), []))
        if clawbacks.adds_lines(component):
            part = _with(part, clawbacks.lines(self.inputs, self.plan, part))
        return part

    def _gated(self, part: Earned, place: int, gate: Gate) -> Iterator[_Found]:
        of = self._asked(part, gate.of)
        if of is None:
            yield part.lines.clear(), [self._later(part, str(gate.of))]
        else:
            yield gates.lines(self.inputs, self.plan, part, (place, gate, of))

    def _multiplied(self, part: Earned, place: int, multiplier: Multiplier) -> Iterator[_Found]:
        of = self._asked(part, multiplier.of)
        if of is None:
            yield part.lines.clear(), [self._later(part, multiplier.of)]
        else:
            yield multipliers.lines(self.inputs, self.plan, part, (place, multiplier, of))

    def _asked(self, part: Earned, name: str | None) -> Earned | None:
        return part if name is None else self.known.get(name)

    def _later(self, part: Earned, name: str) -> Problem:
        where = f"plan {self.plan.name}, component {part.component.name}"
        message = (
            f"hangs on the result of {name}, which is calculated from what others earned, after it; it is not applied."
        )
        return Problem(where, "", message, "Let it hang on a component that counts records.")


def _with(part: Earned, *found: _Found) -> Earned:
    lines = [each for each, _ in found if not each.is_empty()]
    problems = tuple(problem for _, each in found for problem in each)
    return replace(part.with_lines(*lines) if lines else part, problems=(*part.problems, *problems))
