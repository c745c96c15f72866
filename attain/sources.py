"""The values of all settings, put together from where they stand, each with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attain.environment import Override, named_connectors, read_environment, variable_of
from attain.schema import CONNECTIONS, Schema
from attain.secrets import Place, forms_of, resolve
from connectors.base import ConnectorPlugin
from problems import Problem
from problems.toml import Document, read_toml
from problems.validation import Path as KeyPath
from problems.validation import dotted

DEFAULT_FILE = "config.toml"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")


@dataclass(slots=True)
class Sources:
    """What was read, and from where; `data` is the whole, `variables` names what the environment gave.

    `unresolved` are the secrets that could not be had, each with its problem; `secrets` are those that could.
    """

    base_dir: Path
    document: Document | None
    data: dict[str, Any]
    variables: dict[KeyPath, str] = field(default_factory=dict)
    unresolved: dict[KeyPath, Problem] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    def line_of(self, path: Sequence[str | int]) -> int | None:
        """The line in the configuration file, where there is one."""
        return self.document.line_of(path) if self.document else None

    def where(self, path: Sequence[str | int]) -> str:
        """The variable, or the file and line, that gave the value."""
        if variable := self.variables.get(tuple(path)):
            return f"environment variable {variable}"
        return self.document.where(path) if self.document else "settings"

    def table(self, *path: str) -> dict[str, Any]:
        """The table at `path`, empty where there is none."""
        found: Any = self.data
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def says(self, path: KeyPath) -> bool:
        """Whether anybody gave the setting."""
        return path[-1] in self.table(*(str(step) for step in path[:-1]))

    def put(self, override: Override) -> None:
        """Set a value over what was there before; a place that is no table is left for the check to complain of."""
        *outer, last = override.path
        table: Any = self.data
        for step in outer:
            table = table.setdefault(step, {}) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table[last] = override.value
            self.variables[override.path] = override.variable


@dataclass(frozen=True, slots=True)
class Within:
    """The part of the sources under a prefix."""

    sources: Sources
    prefix: KeyPath
    data: Mapping[str, Any]

    def line_of(self, path: Sequence[str | int]) -> int | None:
        """As of the whole."""
        return self.sources.line_of((*self.prefix, *path))

    def where(self, path: Sequence[str | int]) -> str:
        """As of the whole."""
        return self.sources.where((*self.prefix, *path))


def read_file(path: Path | None, environ: Mapping[str, str]) -> Sources:
    """Read the configuration file: `path`, or what ATTAIN_CONFIG names, or ./config.toml where there is one.

    Raises TomlError where the file asked for cannot be read.
    """
    asked = path or (Path(environ["ATTAIN_CONFIG"]) if environ.get("ATTAIN_CONFIG") else None)
    file = asked or Path(DEFAULT_FILE)
    if asked is None and not file.exists():
        return Sources(Path.cwd(), None, {})
    document = read_toml(file)
    return Sources(file.absolute().parent, document, document.data)


def read_variables(
    sources: Sources, environ: Mapping[str, str], plugins: Mapping[str, ConnectorPlugin]
) -> tuple[Schema, list[Problem]]:
    """Put the environment's settings over the file's, and secrets in the place of what names them.

    Returns what settings there can be, given the connections found, and the problems of variables and names.
    """
    schema = Schema(plugins, _connectors(sources, environ))
    overrides, problems = read_environment(environ, schema, sources.base_dir)
    for override in overrides:
        sources.put(override)
    for path in schema.paths():
        if schema.is_secret(path):
            _resolve(sources, path, environ)
    return schema, problems + _bad_names(sources)


def _connectors(sources: Sources, environ: Mapping[str, str]) -> dict[str, str]:
    tables = sources.table(CONNECTIONS)
    in_file = {name: table.get("connector") for name, table in tables.items() if isinstance(table, dict)}
    return {name: str(kind) for name, kind in (in_file | named_connectors(environ, tables)).items()}


def _resolve(sources: Sources, path: KeyPath, environ: Mapping[str, str]) -> None:
    table = sources.table(*(str(step) for step in path[:-1]))
    text = table.get(str(path[-1]))
    if not isinstance(text, str) or not text:
        return
    secret = resolve(text, Place(sources.where(path), dotted(path), sources.base_dir), environ)
    if isinstance(secret, Problem):
        sources.unresolved[path] = secret
    else:
        table[str(path[-1])] = secret
        sources.secrets |= forms_of(secret)


def _bad_names(sources: Sources) -> list[Problem]:
    """Connection names that could not be told apart, or not be written, as environment variables."""
    problems = []
    variables: dict[str, str] = {}
    for name in sources.table(CONNECTIONS):
        path = (CONNECTIONS, name)
        other = variables.setdefault(variable_of(path), name)
        if not _NAME.fullmatch(name):
            hint = "Use small letters, digits and single hyphens or underscores, a letter first."
            problems.append(Problem(sources.where(path), dotted(path), "this is no name for a connection.", hint))
        elif other != name:
            said = f"this name differs from {other!r} only by hyphen and underscore."
            problems.append(Problem(sources.where(path), dotted(path), said, "Choose another name."))
    return problems
