"""Puts the parts together for one command: settings, database, connectors, mappings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine

from attain.database import open_database
from attain.logs import configure_logs
from attain.registry import Registry, discover
from attain.settings import ConnectionSettings, Settings, load_settings
from connectors.base import Account, Connector
from mappings import CrmMapping, load_mapping
from problems import Problem, did_you_mean
from spm.store.connections import ensure_connection
from sync.link import Link
from sync.targets import PAY_RESULTS, RESULTS, TARGETS

DEFAULT_MAPPINGS = Path(__file__).resolve().parent.parent / "mappings"


class Unusable(Exception):
    """The settings, a mapping or a plan cannot be used; every reason is in `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problem(s) in the settings")
        self.problems = tuple(problems)


class WrongUsage(Unusable):
    """The command was given something that is not there."""


@dataclass(frozen=True, slots=True)
class House:
    """What every command works with."""

    settings: Settings
    registry: Registry
    warnings: tuple[Problem, ...]

    @property
    def now(self) -> datetime:
        """The clock; the only place that asks it."""
        return datetime.now(UTC)

    @property
    def today(self) -> date:
        """The day figures are of."""
        return self.now.date()


def open_house(config: Path | None) -> House:
    """Read the settings. Raises Unusable with every problem at once."""
    registry = discover()
    loaded = load_settings(config, os.environ, registry.plugins, broken=registry.broken)
    if loaded.settings is None:
        raise Unusable([*loaded.problems, *registry.problems])
    configure_logs(loaded.settings.log, secrets=loaded.settings.secrets)
    return House(loaded.settings, registry, (*loaded.problems, *registry.problems))


def chosen(house: House, names: Sequence[str]) -> list[ConnectionSettings]:
    """The connections named, or all that are enabled. Raises WrongUsage for a name that is not there, Unusable where
    there is none at all."""
    known = house.settings.connections
    unknown = [
        Problem("--connection", name, "there is no such connection.", did_you_mean(name, known, _known(known)))
        for name in names
        if name not in known
    ]
    if unknown:
        raise WrongUsage(unknown)
    found = [known[name] for name in dict.fromkeys(names)] if names else [one for one in known.values() if one.enabled]
    if not found:
        raise Unusable(_nothing_to_do(house))
    return found


def _nothing_to_do(house: House) -> list[Problem]:
    """Why there is no connection: none is written down, or each is switched off."""
    if house.settings.connections:
        hint = "Set enabled = true in the section of one, or name it with --connection."
        return [Problem("settings", "connections", "every connection is switched off.", hint)]
    return [replace(problem, severity="error") for problem in house.warnings if problem.field == "connections"]


def _known(known: Mapping[str, ConnectionSettings]) -> str:
    return f"Configured: {', '.join(known) or 'none; add a [connections.<name>] section'}."


def connector_of(house: House, connection: ConnectionSettings) -> Connector:
    """The connector of one connection; makes no call yet."""
    return house.registry.plugins[connection.connector].open(connection.name, connection.options)


def mapping_path(connection: ConnectionSettings) -> Path:
    """The mapping file of one connection: its own, or the one shipped for its connector."""
    if connection.mapping is not None:
        return connection.mapping
    return DEFAULT_MAPPINGS / f"{connection.connector}.toml"


def mapping_of(connection: ConnectionSettings) -> CrmMapping:
    """Read and check it. Raises Unusable with every problem of the file."""
    loaded = load_mapping(mapping_path(connection), TARGETS, RESULTS, pay_results=PAY_RESULTS)
    if loaded.mapping is None:
        raise Unusable(loaded.problems)
    return loaded.mapping


@contextmanager
def database(house: House) -> Iterator[Engine]:
    """The database, upgraded where it is the embedded one."""
    with open_database(house.settings) as opened:
        yield opened.engine


@contextmanager
def link(house: House, engine: Engine, connection: ConnectionSettings) -> Iterator[Link]:
    """One connection, signed in and ready to be worked with."""
    mapping = mapping_of(connection)
    connector = connector_of(house, connection)
    try:
        account, problems = connector.check()
        if account is None:
            raise Unusable(problems)
        connection_id = _number(engine, connection, account)
        yield Link(
            name=connection.name,
            connection_id=connection_id,
            connector=connector,
            mapping=mapping,
            time_zone=connection.time_zone or account.timezone or "UTC",
            currency=account.currency or house.settings.company.currency,
            warnings=tuple(problems),
        )
    finally:
        connector.close()


def _number(engine: Engine, connection: ConnectionSettings, account: Account) -> int:
    """The connection's row. Raises Unusable where its records are another account's."""
    try:
        with engine.begin() as conn:
            return ensure_connection(conn, connection.name, connection.connector, account.account_id)
    except ValueError as error:
        hint = "Correct the address or the token, or add a section with another name for the other account."
        raise Unusable([Problem(f"connections.{connection.name}", "", f"{error}.", hint)]) from error
