"""Gates, caps, floors, holds and clawbacks, of a component or of the plan."""

from __future__ import annotations

from collections.abc import Iterator

from spm.plans.document import ComponentSection, PlanFile
from spm.plans.faults.finding import Finding, Path
from spm.plans.model import ONE, Span, TierBasis
from spm.plans.modifier_keys import CapSection


def modifier_findings(component: ComponentSection, path: Path) -> Iterator[Finding]:
    """What modifiers say that cannot be meant."""
    yield from _gates(component, path)
    for number, cap in enumerate(component.caps):
        yield from _cap(cap, (*path, "caps", number))
    hold = component.hold
    if hold and not 0 < hold.share <= ONE and hold.share < 10:  # from 10 on it looks like a percentage
        yield Finding((*path, "hold", "share"), f"a share of {hold.share} cannot be held.", "Write one up to 1.")


def plan_modifier_findings(plan: PlanFile) -> Iterator[Finding]:
    """Caps and floors of the whole plan are over periods and in its currency."""
    for number, cap in enumerate(plan.caps):
        path: Path = ("caps", number)
        yield from _cap(cap, path)
        if cap.times_target is not None:
            message = "a plan has no target incentive; its components have."
            yield Finding((*path, "times_target"), message, "Write an amount, or put the cap into the component.")
        yield from _periods(cap.over, path, "cap")
    for number, floor in enumerate(plan.floors):
        yield from _periods(floor.over, ("floors", number), "floor")


def _gates(component: ComponentSection, path: Path) -> Iterator[Finding]:
    for number, gate in enumerate(component.gates):
        where: Path = (*path, "gates", number)
        if gate.over is Span.DEAL:
            hint = "Write a period, or put it into the condition."
            yield Finding((*where, "over"), "a gate is about a period, not one deal.", hint)
        if gate.of is None and gate.over is None and component.accumulate is Span.DEAL:
            message = "it is not said over which period the gate looks: the component counts each deal alone."
            yield Finding(where, message, 'Write over = "quarter" in it.')
        if ONE < gate.otherwise < 10:  # from 10 on it looks like a percentage
            message = "a gate that is not met pays less, not more."
            yield Finding((*where, "otherwise"), message, "Write a share up to 1.")
        if gate.basis is TierBasis.ATTAINMENT and gate.at_least == 0:
            yield Finding((*where, "at_least"), "a gate at 0 is always met.", "Write the attainment it needs.")


def _cap(cap: CapSection, path: Path) -> Iterator[Finding]:
    if (cap.amount is None) == (cap.times_target is None):
        yield Finding(path, "a cap is either an amount or times_target.", "Keep one of the two.")
    if cap.times_target is not None and cap.over is Span.DEAL:
        yield Finding((*path, "over"), "there is no target incentive for one deal.", "Write an amount, or a period.")


def _periods(over: Span, path: Path, what: str) -> Iterator[Finding]:
    if over is Span.DEAL:
        message = f"a {what} on the whole plan is over a period; a deal may earn in several components."
        yield Finding((*path, "over"), message, f"Write a period, or put the {what} into a component.")
