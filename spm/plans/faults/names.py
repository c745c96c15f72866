"""Names of components and measures that a plan refers to are there."""

from __future__ import annotations

from collections.abc import Iterator

from problems import did_you_mean
from spm.plans.document import ComponentSection, PlanFile
from spm.plans.faults.finding import Finding, Path
from spm.plans.model import Source


def name_findings(plan: PlanFile) -> Iterator[Finding]:
    """Two components of one name; references to components and measures that are not there."""
    names, seen = {component.name for component in plan.components}, set[str]()
    for number, component in enumerate(plan.components):
        if component.name in seen:
            message = f"there are two components named {component.name!r}."
            yield Finding(("components", number, "name"), message, "Give each its own name.")
        seen.add(component.name)
        yield from _references(component, names, ("components", number))
    yield from _measures(plan)


def _references(component: ComponentSection, names: set[str], path: Path) -> Iterator[Finding]:
    others, none = sorted(names - {component.name}), "There is no other; add it, or leave this out."
    gates = [((*path, "gates", number, "of"), gate.of) for number, gate in enumerate(component.gates)]
    factors = [((*path, "multipliers", number, "of"), each.of) for number, each in enumerate(component.multipliers)]
    matrix = [((*path, "matrix", "other"), component.matrix.other)] if component.matrix else []
    for where, name in [*gates, *factors, *matrix]:
        if name == component.name:
            hint = "Leave out `of`." if where in dict(gates) else "Name another component."
            yield Finding(where, "a component cannot refer to itself here.", hint)
        elif name is not None and name not in names:
            hint = did_you_mean(name, others, f"Components are: {', '.join(others)}." if others else none)
            yield Finding(where, f"there is no component {name!r} in this plan.", hint)
    yield from _earnings(component, path)


def _earnings(component: ComponentSection, path: Path) -> Iterator[Finding]:
    """The component may be one of another plan: the people below are often on another than their manager."""
    if component.earnings_of is None:
        return
    where: Path = (*path, "earnings_of")
    if component.source is not Source.EARNINGS:
        hint = 'Write source = "earnings", or remove it.'
        yield Finding(where, "earnings_of means something only where earnings are counted.", hint)
    if component.earnings_of == component.name:
        yield Finding(where, "a component cannot count its own earnings.", "Name another component.")


def _measures(plan: PlanFile) -> Iterator[Finding]:
    known = {component.measure for component in plan.components} | _by_quota(plan)
    named: list[tuple[Path, str]] = [(("seasonality", name), name) for name in plan.seasonality]
    named += [(("ramps", number, "measure"), ramp.measure) for number, ramp in enumerate(plan.ramps)]
    for where, name in named:
        if name not in known:
            hint = did_you_mean(name, known, f"Measures are: {', '.join(sorted(known))}.")
            yield Finding(where, f"no component of this plan has the measure {name!r}.", hint)


def _by_quota(plan: PlanFile) -> set[str]:
    """Measures whose quota rows hold each person's target, draw or floor."""
    amounts = [component.target for component in plan.components]
    amounts += [floor.amount for component in plan.components for floor in component.floors]
    amounts += [floor.amount for floor in plan.floors]
    amounts += [plan.draw.amount] if plan.draw else []
    return {amount for amount in amounts if isinstance(amount, str)}
