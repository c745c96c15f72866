"""What one version of a plan says otherwise than another, in words: key by key, components by their names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spm.plans.versions import PlanVersion

_NAMED = ("name", "measure", "to", "of")
"""What tells the entries of a list apart, the first key that all of them have, each with another value."""


def changes(old: PlanVersion, new: PlanVersion) -> list[str]:
    """Every difference of the rules, in the order of the keys; none where the versions are the same."""
    return list(_between("", json.loads(old.text), json.loads(new.text)))


def _between(path: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _tables(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _tables(path, _keyed(old, old + new), _keyed(new, old + new))
    elif old != new:
        yield f"{path}: was {_shown(old)}, is {_shown(new)}."


def _tables(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys((*old, *new)):
        inner = f"{path}, {key}" if path else key
        if key not in old:
            yield f"{inner}: is new: {_shown(new[key])}."
        elif key not in new:
            yield f"{inner}: is gone; was {_shown(old[key])}."
        else:
            yield from _between(inner, old[key], new[key])


def _keyed(entries: Sequence[Any], both: Sequence[Any]) -> dict[str, Any]:
    """The entries of a list by what names them, else by their number."""
    for key in _NAMED:
        if entries and all(isinstance(each, Mapping) and key in each for each in both):
            named = {str(each[key]): each for each in entries}
            if len(named) == len(entries):
                return named
    return {str(number): each for number, each in enumerate(entries, 1)}


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return "; ".join(map(_shown, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
