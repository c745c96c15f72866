"""Which connectors are installed: the entry points of the group `attain.connectors`, ours by the same way as others'.

A connector that cannot be loaded takes nothing down but itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from pydantic import BaseModel

from connectors.base import ConnectorPlugin
from problems import Problem

GROUP = "attain.connectors"


@dataclass(frozen=True, slots=True)
class Registry:
    """The connectors that can be used, by kind, and those that cannot, by the name of their entry point."""

    plugins: Mapping[str, ConnectorPlugin]
    broken: Mapping[str, Problem]

    @property
    def problems(self) -> list[Problem]:
        """Why connectors were left out."""
        return list(self.broken.values())


def discover(found: Iterable[EntryPoint] | None = None) -> Registry:
    """Load every installed connector; `found` defaults to what is installed in this environment."""
    plugins: dict[str, ConnectorPlugin] = {}
    broken: dict[str, Problem] = {}
    for entry_point in sorted(entry_points(group=GROUP) if found is None else found, key=lambda point: point.name):
        loaded = _load(entry_point)
        if isinstance(loaded, Problem):
            broken[entry_point.name] = loaded
        elif loaded.kind in plugins:
            broken[f"{entry_point.name} ({entry_point.value})"] = _doubled(entry_point, loaded.kind)
        else:
            plugins[loaded.kind] = loaded
    return Registry(plugins, broken)


def _load(entry_point: EntryPoint) -> ConnectorPlugin | Problem:
    """The plugin, or why there is none: whatever importing somebody's code may raise, SystemExit included."""
    try:
        plugin = entry_point.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return _problem(entry_point, f"it cannot be imported: {type(error).__name__}: {error}".rstrip(": ") + ".")
    settings = getattr(plugin, "settings", None)
    if not isinstance(getattr(plugin, "kind", None), str) or not callable(getattr(plugin, "open", None)):
        return _problem(entry_point, "it has no `kind` and `open`, as connectors.base.ConnectorPlugin asks for.")
    if not (isinstance(settings, type) and issubclass(settings, BaseModel)):
        return _problem(entry_point, "its `settings` is no Pydantic model.")
    loaded: ConnectorPlugin = plugin
    return loaded


def _problem(entry_point: EntryPoint, message: str) -> Problem:
    hint = f"Install the package again that brings {entry_point.value.partition(':')[0]}, or remove it."
    return Problem(f"connector {entry_point.name}", "", message, hint)


def _doubled(entry_point: EntryPoint, kind: str) -> Problem:
    return _problem(entry_point, f"another connector is called {kind!r} already; the first one is used.")
