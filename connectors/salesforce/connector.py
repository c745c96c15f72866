"""The Salesforce connector: one connection to one org, as connectors/base.py promises it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from pydantic import BaseModel

from connectors.base import (
    Account,
    Connector,
    ConnectorError,
    FieldSpec,
    FixSettings,
    ObjectSchema,
    Outcome,
    Page,
    ProvisionStep,
    PullRequest,
    Write,
)
from connectors.retry import Pacing
from connectors.salesforce.account import read_account
from connectors.salesforce.client import Client
from connectors.salesforce.fetch import fetch
from connectors.salesforce.provision import provision
from connectors.salesforce.pull import pull
from connectors.salesforce.push import push
from connectors.salesforce.schema import Schemas
from connectors.salesforce.settings import SalesforceSettings
from problems import Problem


class SalesforceConnector:
    """One connection; not for use by several threads at once."""

    kind: ClassVar[str] = "salesforce"

    def __init__(self, name: str, settings: SalesforceSettings, pacing: Pacing | None = None) -> None:
        self._name = name
        self._client = Client(name, settings, pacing)
        self._schemas = Schemas(self._client)

    def check(self) -> tuple[Account | None, list[Problem]]:
        """Sign in and ask for the org; problems instead of exceptions."""
        where = f"connections.{self._name}"
        try:
            return read_account(self._client, self._schemas)
        except FixSettings as error:
            return None, [Problem(where, "", str(error), error.hint)]
        except ConnectorError as error:
            hint = "Check instance_url, and try again in a while: nothing says that the settings are wrong."
            return None, [Problem(where, "", str(error), hint)]

    def describe(self, object_name: str, paths: Sequence[str] = ()) -> ObjectSchema:
        """The object's fields, and those of `paths` that exist."""
        return self._schemas.schema(object_name, paths)

    def pull(self, request: PullRequest) -> Iterator[Page]:
        """Read the object page by page."""
        return pull(self._client, self._schemas, request)

    def fetch(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Page]:
        """Read records by id."""
        return fetch(self._client, self._schemas, object_name, ids, fields)

    def push(self, object_name: str, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Update records by id."""
        return push(self._client, self._schemas, object_name, writes)

    def provision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[ProvisionStep]:
        """Create missing fields and grant sight of them."""
        return provision(self._client, self._schemas, specs, dry_run=dry_run)

    def calls(self) -> Mapping[str, int]:
        """HTTP calls made so far, by endpoint."""
        return dict(self._client.calls)

    def close(self) -> None:
        """Give back sockets."""
        self._client.close()


class SalesforcePlugin:
    """What the entry point `salesforce` loads."""

    kind = "salesforce"
    settings: type[BaseModel] = SalesforceSettings

    def open(self, name: str, settings: BaseModel) -> Connector:
        """Make the connector; makes no call yet."""
        if not isinstance(settings, SalesforceSettings):
            raise TypeError(f"{name}: settings of another kind of connection")
        return SalesforceConnector(name, settings)
