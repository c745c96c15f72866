"""Plans that need a kind of period which the calendar does not have: they are not calculated, and named.

Only a calendar of one's own may lack a kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from problems import Problem
from spm.engine.days import Days
from spm.plans import PlanVersion
from spm.plans.model import PERIOD_SPANS, Cap, Component, Floor, Plan, Span


def placeable(versions: Sequence[PlanVersion], days: Days) -> tuple[list[PlanVersion], list[Problem]]:
    """The plans whose kinds of period the calendar has (all where it is empty), and a Problem for each it lacks."""
    present = set(days.periods["kind"].unique())
    lacking = {
        version.name: [kind for kind in _kinds(version.plan) if present and kind not in present] for version in versions
    }
    problems = [_problem(name, kind) for name, kinds in lacking.items() for kind in kinds]
    return [version for version in versions if not lacking[version.name]], problems


def _kinds(plan: Plan) -> list[Span]:
    used = {
        plan.statement,
        *(span for part in plan.components for span in _of_component(part)),
        *_over(plan.caps, plan.floors),
    }
    if plan.ramps:
        used.add(Span.MONTH)
    return [kind for kind in PERIOD_SPANS if kind in used]


def _of_component(part: Component) -> Iterator[Span]:
    yield part.accumulate
    yield from (gate.over for gate in part.gates if gate.over)
    yield from _over(part.caps, part.floors)


def _over(caps: Iterable[Cap], floors: Iterable[Floor]) -> Iterator[Span]:
    yield from (cap.over for cap in caps)
    yield from (floor.over for floor in floors)


def _problem(plan: str, kind: Span) -> Problem:
    message = f"needs periods of the kind {kind}, which the calendar does not have; the plan is not calculated."
    return Problem(f"plan {plan}", "", message, f"Add a {kind} for every day to the calendar (company.periods).")
