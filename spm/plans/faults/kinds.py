"""A component has one kind of rate, and the keys that go with it: none is missing, none says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from spm.plans.document import ComponentSection
from spm.plans.faults.finding import Finding, Path
from spm.plans.model import Pays, TierBasis
from spm.plans.rate_keys import StepsPays, TierMode

KINDS = ("rate", "per_unit", "tiers", "curve", "steps", "matrix", "pool")
"""The keys that each say a kind of rate."""

_NEEDED: dict[str, dict[str, type[StrEnum]]] = {
    "tiers": {"tier_mode": TierMode, "tier_by": TierBasis},
    "curve": {"curve_by": TierBasis, "curve_pays": Pays},
    "steps": {"steps_by": TierBasis, "steps_pays": StepsPays},
}
_ALLOWED = {
    "tiers": ("at_bound", "in_gap", "base_rate"),
    "curve": ("shape", "below", "beyond"),
    "steps": ("which",),
}


def kind_findings(component: ComponentSection, path: Path) -> Iterator[Finding]:
    """One kind of rate, with its keys; a target where something is paid by it."""
    given = [kind for kind in KINDS if getattr(component, kind) not in (None, ())]
    if len(given) != 1:
        message = f"a component has one kind of rate, not {' and '.join(given) if given else 'none'}."
        yield Finding(path, message, f"Keep one of: {', '.join(KINDS)}.")
    for kind, keys in _NEEDED.items():
        for key, choices in keys.items():
            if (kind in given) != (getattr(component, key) is not None):
                hint = f"Write {key} = {_either(list(choices))}." if kind in given else f"Remove {key}."
                yield Finding((*path, key), f"{key} and {kind} go together.", hint)
    for kind, allowed in _ALLOWED.items():
        for key in allowed:
            if kind not in given and getattr(component, key) is not None:
                yield Finding((*path, key), f"{key} means something only with {kind}.", "Remove it.")
    if component.tiers and component.at_bound and component.tier_mode is TierMode.MARGINAL:
        message = "at_bound means something only with tier_mode = whole_amount or base_plus_top."
        yield Finding((*path, "at_bound"), message, "Remove it: a marginal tier ends where the next one starts.")
    yield from _target(component, path)


def _target(component: ComponentSection, path: Path) -> Iterator[Finding]:
    by: dict[Path, bool] = {
        ("curve_pays",): component.curve_pays is Pays.TARGET,
        ("steps_pays",): component.steps_pays is StepsPays.TARGET,
        ("matrix", "pays"): component.matrix is not None and component.matrix.pays is Pays.TARGET,
        **{("caps", n, "times_target"): cap.times_target is not None for n, cap in enumerate(component.caps)},
    }
    using = [where for where, used in by.items() if used]
    if using and component.target is None:
        hint = "Write target = 10000, or the name of the quotas that hold each person's target."
        yield Finding((*path, *using[0]), "this is a share of the target incentive, and there is no target.", hint)
    if component.target is not None and not using:
        hint = 'Remove it, or pay by it, as with curve_pays = "target".'
        yield Finding((*path, "target"), "nothing in this component is paid by the target.", hint)


def _either(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
