"""The settings of one installation: read, put together, checked, all problems at once.

Later places win: the configuration file, then `ATTAIN__SECTION__KEY`, then `ATTAIN__SECTION__KEY_FILE`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from attain.calendars import calendar_of
from attain.environment import variable_of
from attain.paths import is_file, matching, placed
from attain.schema import CONNECTIONS, Close, Company, ConnectionTable, FileTable, Log, Plans, Schema, WriteBack
from attain.secrets import scrubbed_problem
from attain.sources import DEFAULT_FILE, Sources, Within, read_file, read_variables
from connectors.base import ConnectorPlugin
from problems import Problem, Severity, did_you_mean
from problems.toml import TomlError, problems_from
from problems.validation import Path as KeyPath
from problems.validation import dotted, known_keys
from spm.calendar import Calendar

_FILES = ("quotas", "fx_rates", "hierarchy", "absences", "entries", "payments", "line_items")
"""The settings in [plans] that name CSV files by pattern."""

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One connection to one CRM account. `mapping` None is the connector's shipped mapping; `time_zone` empty is
    what the account says; `options` is an instance of the connector's own settings model."""

    name: str
    connector: str
    mapping: Path | None
    enabled: bool
    time_zone: str
    options: BaseModel


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. `plans` holds patterns, which `files` follows; `secrets` is what must never be shown."""

    base_dir: Path
    data_dir: Path
    database_url: SecretStr
    company: Company
    calendar: Calendar
    plans: Plans
    close: Close
    write_back: WriteBack
    log: Log
    connections: dict[str, ConnectionSettings]
    secrets: frozenset[str] = field(repr=False, default=frozenset())

    def files(self, patterns: str | Iterable[str]) -> list[Path]:
        """The files that path patterns such as `plans/*.toml` mean, relative to the configuration file, in order."""
        patterns = [patterns] if isinstance(patterns, str) else patterns
        found = (path for pattern in patterns for path in matching(self.base_dir, pattern))
        return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, or None where there is an error among the problems."""

    settings: Settings | None
    problems: list[Problem]


def load_settings(
    path: Path | None,
    environ: Mapping[str, str],
    plugins: Mapping[str, ConnectorPlugin],
    *,
    broken: Mapping[str, Problem] | None = None,
) -> Loaded:
    """Read the settings; `path` is the file asked for, None looks at ATTAIN_CONFIG and then at ./config.toml.

    `broken` are connectors that are installed but cannot be used: their connections are left out with a warning.
    Problems never contain a secret.
    """
    try:
        sources = read_file(path, environ)
    except TomlError as error:
        return Loaded(None, [error.problem])
    schema, problems = read_variables(sources, environ, plugins)
    settings, found = _Check(sources, schema, broken or {}).run()
    problems = [scrubbed_problem(problem, sources.secrets) for problem in (*problems, *found)]
    failed = any(problem.severity == "error" for problem in problems)
    return Loaded(None if failed else settings, problems)


@dataclass(slots=True)
class _Check:
    """Turns what was read into settings, and collects what keeps it from being so."""

    sources: Sources
    schema: Schema
    broken: Mapping[str, Problem]
    problems: list[Problem] = field(default_factory=list)

    def run(self) -> tuple[Settings | None, list[Problem]]:
        table = self._file_table()
        tables = self.sources.table(CONNECTIONS)
        connections = [self._connection(name, raw) for name, raw in tables.items() if isinstance(raw, dict)]
        if not tables:
            self.problems.append(_no_connections(self.sources))
        if table is None:
            return None, self.problems
        self._check_files(table.plans)
        return self._settings(table, [connection for connection in connections if connection]), self.problems

    def _settings(self, table: FileTable, connections: list[ConnectionSettings]) -> Settings:
        return Settings(
            base_dir=self.sources.base_dir,
            data_dir=placed(self.sources.base_dir, table.data_dir),
            database_url=table.database_url,
            company=table.company,
            calendar=self._calendar(table.company),
            plans=table.plans,
            close=table.close,
            write_back=table.write_back,
            log=table.log,
            connections={connection.name: connection for connection in connections},
            secrets=frozenset(self.sources.secrets),
        )

    def _file_table(self) -> FileTable | None:
        """Everything but what stands in the connections, which are checked one by one."""
        connections = self.sources.data.get(CONNECTIONS, {})
        if isinstance(connections, dict):
            connections = {name: raw for name, raw in connections.items() if not isinstance(raw, dict)}
        return self._validated(FileTable, (), self.sources.data | {CONNECTIONS: connections})

    def _connection(self, name: str, raw: dict[str, Any]) -> ConnectionSettings | None:
        before = len(self.problems)
        prefix = (CONNECTIONS, name)
        shell = {key: value for key, value in raw.items() if key in ConnectionTable.model_fields}
        table = self._validated(ConnectionTable, prefix, shell)
        mapping = self._mapping(prefix, table) if table else None
        options = self._options(prefix, {key: value for key, value in raw.items() if key not in shell})
        if table and not table.enabled:  # it is not used: what is wrong with it stops nothing
            self.problems[before:] = [replace(problem, severity="warning") for problem in self.problems[before:]]
        if table is None or options is None:
            return None
        return ConnectionSettings(name, table.connector, mapping, table.enabled, table.time_zone, options)

    def _options(self, prefix: tuple[str, str], raw: dict[str, Any]) -> BaseModel | None:
        model = self.schema.options_model(prefix[1])
        if model is None:
            self._no_connector((*prefix, "connector"))
            return None
        known = known_keys(model, ())
        for key in raw.keys() - set(known):
            hint = did_you_mean(key, [*known, *ConnectionTable.model_fields], "docs/configuration.md lists the keys.")
            self._add((*prefix, key), "there is no such key.", hint)
        return self._validated(model, prefix, {key: value for key, value in raw.items() if key in known})

    def _validated(self, model: type[_Model], prefix: KeyPath, data: dict[str, Any]) -> _Model | None:
        unresolved = self.sources.unresolved.items()
        problems = [problem for path, problem in unresolved if _is_read_by(model, path, prefix)]
        told = {problem.field for problem in problems}
        validated = None
        try:
            validated = model.model_validate(data)
        except ValidationError as error:
            for problem in problems_from(error, Within(self.sources, prefix, data), model):
                named = replace(problem, field=dotted(prefix) + "." + problem.field if prefix else problem.field)
                problems += [self._with_places(named)] if named.field not in told else []
        self.problems += problems
        return None if problems else validated

    def _with_places(self, problem: Problem) -> Problem:
        """A setting nobody gave: say where it was looked for."""
        path = next((path for path in self.schema.paths() if dotted(path) == problem.field), None)
        if path is None or self.sources.says(path):
            return problem
        places = [self.sources.document.name if self.sources.document else DEFAULT_FILE, variable_of(path)]
        if self.schema.is_secret(path):
            places.append(f"{variable_of(path)}_FILE")
        return replace(problem, hint=f"Set it in one of the places looked in: {', '.join(places)}.")

    def _no_connector(self, path: KeyPath) -> None:
        """Nothing to say where the key is missing: that is said already."""
        name = self.schema.connectors.get(str(path[1]), "")
        if name in self.broken:
            said = f"left out, since the connector {name!r} cannot be used: {self.broken[name].message}"
            self._add(path[:-1], said, self.broken[name].hint, severity="warning")
        elif self.sources.says(path) and isinstance(self.sources.table(*map(str, path[:-1]))["connector"], str):
            installed = ", ".join(self.schema.plugins) or "none"
            hint = did_you_mean(name, self.schema.plugins, f"Installed connectors: {installed}.")
            self._add(path, "no such connector is installed.", hint)

    def _mapping(self, prefix: tuple[str, str], table: ConnectionTable) -> Path | None:
        if not table.mapping:
            return None
        path = placed(self.sources.base_dir, table.mapping)
        if not is_file(path):
            self._add((*prefix, "mapping"), f"there is no file {path}.", "Correct the path, or leave the key out.")
        return path

    def _calendar(self, company: Company) -> Calendar:
        calendar, problems = calendar_of(
            company,
            self.sources.base_dir,
            said=lambda key: self.sources.says(("company", key)),
            where=lambda key: self.sources.where(("company", key)),
        )
        self.problems += problems
        return calendar

    def _check_files(self, plans: Plans) -> None:
        """A path that is written must be there; a pattern may match nothing, yet."""
        assignments = [plans.assignments] if plans.assignments else []
        lists = [(key, getattr(plans, key)) for key in _FILES]
        for key, patterns in (("assignments", assignments), *lists):
            for pattern in patterns:
                if not matching(self.sources.base_dir, pattern):
                    said = f"no file matches {self.sources.base_dir / pattern}."
                    self._add(("plans", key), said, "Correct the path, or leave it out.")

    def _add(self, path: KeyPath, said: str, hint: str, *, severity: Severity = "error") -> None:
        self.problems.append(Problem(self.sources.where(path), dotted(path), said, hint, severity))


def _is_read_by(model: type[BaseModel], path: KeyPath, prefix: KeyPath) -> bool:
    """Whether the table at `prefix`, read by `model`, holds the setting; connections are read one by one."""
    inside = path[: len(prefix)] == prefix and path[len(prefix)] in known_keys(model, ())
    return inside and (bool(prefix) or path[0] != CONNECTIONS)


def _no_connections(sources: Sources) -> Problem:
    name = sources.document.name if sources.document else DEFAULT_FILE
    looked = (
        "" if sources.document else f" Looked for a file: --config, ATTAIN_CONFIG, {Path(DEFAULT_FILE).absolute()}."
    )
    hint = "Copy config.example.toml to config.toml and fill in a section for each CRM."
    return Problem(name, CONNECTIONS, f"no connections are configured.{looked}", hint, "warning")
