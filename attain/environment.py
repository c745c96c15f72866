"""Settings from environment variables: `ATTAIN__SECTION__KEY`, and `ATTAIN__SECTION__KEY_FILE` for secrets.

Two underscores separate; case does not matter. A connection is named by its name, a hyphen in it written as an
underscore. A variable that means no setting is a problem, never ignored: it was meant to do something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from attain.schema import CONNECTIONS, Schema
from attain.secrets import from_file
from problems import Problem, did_you_mean
from problems.toml import TomlError, parse_toml
from problems.validation import Path

PREFIX = "ATTAIN__"
_CONNECTOR = re.compile(r"ATTAIN__CONNECTIONS__(?P<name>.+?)__CONNECTOR", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Override:
    """A setting's value from the environment; `variable` is the name as it was found there."""

    path: Path
    value: Any
    variable: str


def variable_of(path: Path) -> str:
    """The variable that sets the setting at `path`."""
    return PREFIX + "__".join(str(step).replace("-", "_") for step in path).upper()


def named_connectors(environ: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    """What the environment says each connection's connector is, by connection name; new names become connections."""
    by_variable = {variable_of((name,)): name for name in known}
    found = {}
    for variable, value in environ.items():
        if match := _CONNECTOR.fullmatch(variable):
            name = by_variable.get(variable_of((match["name"],)), match["name"].lower())
            found[name] = value
    return found


def read_environment(
    environ: Mapping[str, str], schema: Schema, base_dir: FilePath
) -> tuple[list[Override], list[Problem]]:
    """The settings found in the environment, `KEY_FILE` after `KEY`, and what is wrong with them."""
    plain = {variable_of(path): path for path in schema.paths()}
    files = {f"{variable}_FILE": path for variable, path in plain.items() if schema.is_secret(path)}
    overrides: list[Override] = []
    problems: list[Problem] = []
    for variable, text in sorted(environ.items(), key=lambda item: item[0].upper() in files):
        name = variable.upper()
        if not name.startswith(PREFIX) or _undecided(name, schema):
            continue
        path = plain.get(name) or files.get(name)
        if path is None:
            problems.append(_unknown(variable, [*plain, *files]))
            continue
        value = _from_file(variable, text, base_dir) if name not in plain else _typed(variable, text, path, schema)
        if isinstance(value, Problem):
            problems.append(value)
        else:
            overrides.append(Override(path, value, variable))
    return overrides, problems


def _undecided(name: str, schema: Schema) -> bool:
    """Whether it belongs to a connection whose connector is not known: that is the problem to be told, not this."""
    names = (variable_of((CONNECTIONS, name)) for name in schema.connectors if schema.options_model(name) is None)
    return any(name.startswith(f"{start}__") and not name.endswith("__CONNECTOR") for start in names)


def _unknown(variable: str, known: list[str]) -> Problem:
    hint = did_you_mean(variable.upper(), known, "Remove the variable; docs/configuration.md lists the settings.")
    return Problem(f"environment variable {variable}", "", "there is no such setting.", hint)


def _from_file(variable: str, name: str, base_dir: FilePath) -> str | Problem:
    return from_file(name, base_dir, where=f"environment variable {variable}", field="")


def _typed(variable: str, text: str, path: Path, schema: Schema) -> Any:
    """Lists are written as TOML arrays; everything else the model reads from the text."""
    if not schema.is_list(path):
        return text
    try:
        value = parse_toml(f"value = {text}", name=variable).data["value"]
    except TomlError:
        value = None
    if isinstance(value, list):
        return value
    hint = 'Write it in brackets and quotes: ["one", "two"].'
    return Problem(f"environment variable {variable}", "", "this setting is a list.", hint)
