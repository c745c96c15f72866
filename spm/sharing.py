"""Whose pay hangs on whose deals, where plans roll credits up, share a budget or a pool, or credit by rule.

A graph: an arrow leads from a person to whoever's pay their deals, earnings or days may change, by way of the teams,
managers and plans they have in common at any time. It may say too much (a calculation then takes in somebody for
nothing), never too little.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from spm.plans.model import Component, Plan, Pool, RollUpTo, Source

_Node = tuple[str, object]
"""A person (`("person", participant_id)`), or what people have in common."""
_EVERYTHING: _Node = ("all", None)
"""Every deal, whoever owns it."""
_Arrows = dict[_Node, set[_Node]]


@dataclass(frozen=True, slots=True)
class Sharing:
    """Arrows both ways: `onward` to whose pay may change, `backward` to whose deals are needed."""

    onward: _Arrows = field(default_factory=dict)
    backward: _Arrows = field(default_factory=dict)

    def dependents(self, people: Collection[int]) -> list[int]:
        """Whose statements may change where those of `people` do, themselves among them; in order."""
        return _people(_reached(self.onward, {*_nodes(people), _EVERYTHING}))

    def providers(self, people: Collection[int]) -> list[int] | None:
        """Whose deals are needed to calculate these people, themselves among them, in order.

        None: every deal, also those of owners who are no participants.
        """
        found = _reached(self.backward, _nodes(people))
        return None if _EVERYTHING in found else _people(found)


def sharing(plans: Iterable[Plan], hierarchy: pl.DataFrame, assignments: pl.DataFrame) -> Sharing:
    """What these plans make people share. `hierarchy` (frames.HIERARCHY) and `assignments` (frames.ASSIGNMENTS) are
    those of everybody; without a plan that is shared nothing of them is looked at."""
    shared = [plan for plan in plans if plan.shared]
    made = Sharing()
    if not shared:
        return made
    on_plan: dict[str, list[int]] = dict(assignments.group_by("plan").agg("participant_id").iter_rows())
    spells = hierarchy.select("participant_id", "manager_id", "team").unique(maintain_order=True).rows()
    _hierarchy(made, spells)
    for plan in shared:
        _plan(made, plan, {*on_plan.get(plan.name, [])}, spells)
    return made


def _hierarchy(made: Sharing, spells: Sequence[tuple[int, int | None, str | None]]) -> None:
    """From each person to the chain of managers above them, and to their teams."""
    for person, manager, team in spells:
        if manager is not None:
            for below in (("person", person), ("above", person)):
                _arrow(made, below, ("above", manager))
        if team is not None:
            _arrow(made, ("person", person), ("team", team))


def _plan(
    made: Sharing, plan: Plan, people: Collection[int], spells: Sequence[tuple[int, int | None, str | None]]
) -> None:
    """From what the plan shares to those who are on it."""
    if any(_manages(part) for part in plan.components):
        for person in people:
            _arrow(made, ("above", person), ("person", person))
    if any(_teams(part) for part in plan.components):
        for person, _, team in spells:
            if team is not None and person in people:
                _arrow(made, ("team", team), ("person", person))
    if any(part.budget is not None for part in plan.components):
        for person in people:
            _arrow(made, ("person", person), ("plan", plan.name))
            _arrow(made, ("plan", plan.name), ("person", person))
    if plan.watches_deals:
        for person in people:
            _arrow(made, _EVERYTHING, ("person", person))


def _manages(part: Component) -> bool:
    if part.roll_up is not None:
        return part.roll_up.to is RollUpTo.MANAGER
    return part.measure.source is Source.EARNINGS


def _teams(part: Component) -> bool:
    if part.roll_up is not None and part.roll_up.to is RollUpTo.TEAM:
        return True
    return isinstance(part.rate, Pool) or (part.roll_up is None and part.measure.source is Source.EARNINGS)


def _arrow(made: Sharing, start: _Node, end: _Node) -> None:
    made.onward.setdefault(start, set()).add(end)
    made.backward.setdefault(end, set()).add(start)


def _nodes(people: Iterable[int]) -> set[_Node]:
    return {("person", person) for person in people}


def _reached(arrows: Mapping[_Node, Collection[_Node]], start: Collection[_Node]) -> set[_Node]:
    """These nodes and all that arrows lead to from them."""
    found = set(start)
    waiting = list(start)
    while waiting:
        for node in arrows.get(waiting.pop(), ()):
            if node not in found:
                found.add(node)
                waiting.append(node)
    return found


def _people(nodes: Iterable[_Node]) -> list[int]:
    return sorted(number for kind, number in nodes if kind == "person" and isinstance(number, int))
