"""Which settings there are: the tables of the configuration file, and what a connector adds to them.

Every setting stands here or in its connector's settings model, in config.example.toml and in
docs/configuration.md; a test compares the three.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator

from connectors.base import ConnectorPlugin
from problems import did_you_mean
from problems.validation import Path, kinds_at
from spm.calendar import YearRule

CONNECTIONS = "connections"


class Table(BaseModel):
    """A table of the configuration file: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Table):
    """The company as a whole."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    calendar: Literal["months", "4-4-5", "4-5-4", "5-4-4", "custom"] = "months"
    fiscal_year_start_month: Annotated[int, Field(ge=1, le=12)] = 1
    fiscal_year_start: date | None = None
    week_53: YearRule = YearRule.NEAREST_MONTH_END
    periods: str = ""


class Plans(Table):
    """Where plans, and what they are applied to, are kept. Patterns, relative to the configuration file."""

    files: tuple[str, ...] = ("plans/*.toml",)
    assignments: str = ""
    quotas: tuple[str, ...] = ()
    fx_rates: tuple[str, ...] = ()
    hierarchy: tuple[str, ...] = ()
    absences: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    payments: tuple[str, ...] = ()
    line_items: tuple[str, ...] = ()


class Close(Table):
    """What is looked at before a period is closed."""

    payout_share: Annotated[Decimal, Field(gt=0)] = Decimal("0.5")
    sync_hours: Annotated[int, Field(gt=0)] = 24


class WriteBack(Table):
    """What is written into the CRM."""

    pay_on_shared_records: bool = False


class Log(Table):
    """What is logged, and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = "warning"
    format: Literal["auto", "text", "json"] = "auto"


def _known_zone(name: str) -> str:
    zones = zoneinfo.available_timezones()
    if name and name not in zones:
        raise ValueError(f"no such time zone. {did_you_mean(name, zones, 'Use a name such as Europe/Berlin.')}")
    return name


class ConnectionTable(Table):
    """The keys of `[connections.<name>]` that every connector has."""

    connector: str
    mapping: str = ""
    enabled: bool = True
    time_zone: Annotated[str, AfterValidator(_known_zone)] = ""


class FileTable(Table):
    """The configuration file, without what connectors add."""

    data_dir: str = "var/attain"
    database_url: SecretStr = SecretStr("")
    company: Company = Company()
    plans: Plans = Plans()
    close: Close = Close()
    write_back: WriteBack = WriteBack()
    log: Log = Log()
    connections: dict[str, ConnectionTable] = {}

    @field_validator("data_dir")
    @classmethod
    def _is_path(cls, path: str) -> str:
        if "\0" in path:
            raise ValueError("this is no path of a folder")
        return path

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("a database URL starts with postgresql://")
        return url


@dataclass(frozen=True, slots=True)
class Schema:
    """All settings there can be, given the connections there are: `connectors` maps their names to what each is."""

    plugins: Mapping[str, ConnectorPlugin]
    connectors: Mapping[str, str]

    def options_model(self, connection: str) -> type[BaseModel] | None:
        """The settings model of a connection's connector, None where that connector is not known."""
        plugin = self.plugins.get(self.connectors.get(connection, ""))
        return plugin.settings if plugin else None

    def kinds(self, path: Path) -> list[Any]:
        """The types a setting may have, none where there is no such setting."""
        in_connection = path[0] == CONNECTIONS and len(path) > len((CONNECTIONS, "name"))
        if not in_connection or path[2] in ConnectionTable.model_fields:
            return kinds_at(FileTable, path)
        options = self.options_model(str(path[1]))
        return kinds_at(options, path[2:]) if options else []

    def is_secret(self, path: Path) -> bool:
        """Whether the setting is kept out of everything that is shown."""
        return SecretStr in self.kinds(path)

    def is_list(self, path: Path) -> bool:
        """Whether the setting has several values."""
        return any((get_origin(kind) or kind) in (list, tuple, set, frozenset) for kind in self.kinds(path))

    def paths(self) -> Iterator[Path]:
        """Every single setting."""
        yield from _leaves(FileTable, ())
        for name in self.connectors:
            yield from _leaves(ConnectionTable, (CONNECTIONS, name))
            if options := self.options_model(name):
                yield from _leaves(options, (CONNECTIONS, name))


def _leaves(model: type[BaseModel], prefix: Path) -> Iterator[Path]:
    for name, field in model.model_fields.items():
        path = (*prefix, field.alias or name)
        tables = [kind for kind in kinds_at(model, path[len(prefix) :]) if _is_table(kind)]
        for table in tables:
            yield from _leaves(table, path)
        if not tables and get_origin(field.annotation) is not dict:
            yield path


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
