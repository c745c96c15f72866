"""Every setting stands in the models, in config.example.toml and in docs/configuration.md, with the same default."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from attain.registry import discover
from attain.schema import Schema
from attain.settings import load_settings
from problems.toml import parse_toml
from problems.validation import Path as KeyPath
from problems.validation import dotted, kinds_at

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / "config.example.toml").read_text()
DOCS = (ROOT / "docs/configuration.md").read_text()
PLUGINS = discover().plugins
SCHEMA = Schema(PLUGINS, {"acme": "salesforce", "beta": "hubspot"})
SETTINGS = {dotted(path): path for path in SCHEMA.paths()}
NEEDED = {"SALESFORCE_CLIENT_SECRET": "s3cret", "HUBSPOT_ACCESS_TOKEN": "pat-1"}


def default_of(path: KeyPath) -> Any:
    """The model's default; the undefined where it is required, None where there is none."""
    options = SCHEMA.options_model(str(path[1])) if path[0] == "connections" else None
    from attain.schema import ConnectionTable, FileTable

    model: Any = FileTable
    if options:
        model = ConnectionTable if path[2] in ConnectionTable.model_fields else options
        path = path[2:]
    for step in path[:-1]:
        model = kinds_at(model, (step,))[0]
    assert issubclass(model, BaseModel)
    default = model.model_fields[str(path[-1])].default
    return default.get_secret_value() if isinstance(default, SecretStr) else default


def uncommented() -> Mapping[str, Any]:
    """The example with every setting switched on, by its dotted name."""
    text = re.sub(r"^# (\w+ = )", r"\1", EXAMPLE, flags=re.MULTILINE)
    document = parse_toml(text, name="config.example.toml")
    return {dotted(path): _value(document.data, path) for path in document.lines if dotted(path) in SETTINGS}


def _value(data: Any, path: KeyPath) -> Any:
    for step in path:
        data = data[step]
    return data


def documented() -> dict[str, str]:
    """The rows of the tables in the docs: a setting's dotted name, and its default as written."""
    prefixes = {"Settings": [""], "Every": ["connections.acme.", "connections.beta."]}
    prefixes |= {"salesforce": ["connections.acme."], "hubspot": ["connections.beta."]}
    rows = {}
    for section in re.split(r"^##+ ", DOCS, flags=re.MULTILINE):
        heading = section.partition("\n")[0]
        place = next((prefixes[word] for word in prefixes if word in heading), [])
        for name, _, default in re.findall(r"^\| `(\w[\w.]*)`( \(secret\))? \| (.+?) \|", section, re.MULTILINE):
            rows |= {prefix + name: default for prefix in place}
    return rows


def test_example_has_every_setting_and_no_other() -> None:
    text = re.sub(r"^# (\w+ = )", r"\1", EXAMPLE, flags=re.MULTILINE)
    tables = {dotted(path[:end]) for path in SETTINGS.values() for end in range(1, len(path))}
    written = {dotted(path) for path in parse_toml(text, name="e").lines if not isinstance(path[-1], int)}
    assert written - tables == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_example_shows_the_default(name: str) -> None:
    default = default_of(SETTINGS[name])
    if default is None or default is PydanticUndefined:
        return  # the example shows a value to replace
    assert _plain(uncommented()[name]) == _plain(default)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else float(value) if isinstance(value, Decimal | int) else value


@pytest.mark.parametrize("name", SETTINGS)
def test_docs_name_the_setting_and_its_default(name: str) -> None:
    default = default_of(SETTINGS[name])
    written = documented()[name]
    if default is PydanticUndefined:
        assert written == "required"
    elif default is None:
        assert written == "none"
    else:
        assert json.loads(written.strip("`")) == _plain(default)


def test_docs_name_no_setting_that_is_not_there() -> None:
    assert set(documented()) == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_docs_mark_secrets(name: str) -> None:
    key = name.removeprefix("connections.acme.").removeprefix("connections.beta.")
    marked = f"| `{key}` (secret) |" in DOCS
    assert marked == SCHEMA.is_secret(SETTINGS[name]) or key == "client_secret"


def test_example_loads_without_a_problem_once_its_variables_are_set(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE)
    loaded = load_settings(path, NEEDED, PLUGINS)
    assert loaded.problems == []
    assert loaded.settings is not None
    assert set(loaded.settings.connections) == {"acme", "beta"}


def test_example_names_the_variables_that_are_not_set(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE)
    problems = load_settings(path, {}, PLUGINS).problems
    assert [problem.field for problem in problems] == [
        "connections.acme.client_secret",
        "connections.beta.access_token",
    ]
    assert all("is not set" in problem.message and "Set " in problem.hint for problem in problems)
