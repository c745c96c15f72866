"""One HubSpot account behind the contract of `connectors.base`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

import polars as pl
from pydantic import BaseModel

from connectors.base import (
    ID,
    Account,
    Change,
    EventRequest,
    FieldSpec,
    FixSettings,
    ObjectSchema,
    Outcome,
    Page,
    ProvisionStep,
    PullRequest,
    StopRun,
    Write,
)
from connectors.hubspot.check import checked
from connectors.hubspot.client import HubSpotClient, Timing
from connectors.hubspot.directory import read_directory
from connectors.hubspot.events import changes_in, verify
from connectors.hubspot.provision import provisioned
from connectors.hubspot.pull import Reader, fetch_pages, pulled, reader_of
from connectors.hubspot.push import pushed
from connectors.hubspot.schema import SPLITS, VIRTUAL, Schemas
from connectors.hubspot.settings import HubSpotSettings
from problems import Problem


class HubSpotConnector:
    """A connection to one HubSpot account; receives its events as well."""

    kind: ClassVar[str] = "hubspot"

    def __init__(self, name: str, settings: HubSpotSettings, *, timing: Timing | None = None) -> None:
        self._name = name
        self._settings = settings
        self._client = HubSpotClient(settings, timing=timing)
        self._schemas = Schemas(self._client, clock=(timing or Timing()).monotonic)

    def check(self) -> tuple[Account | None, list[Problem]]:
        return checked(self._client, self._name)

    def describe(self, object_name: str, paths: Sequence[str] = ()) -> ObjectSchema:
        return self._schemas.describe(object_name, paths)

    def pull(self, request: PullRequest) -> Iterator[Page]:
        if request.object_name in VIRTUAL:
            frame = self._directory(request.object_name, request.fields)
            yield Page(request.object_name, frame, {}, last=True, expected=frame.height)
            return
        reader = self._reader(request.object_name, request.fields, request.children)
        yield from pulled(reader, request, timedelta(seconds=self._settings.overlap_seconds))

    def fetch(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Page]:
        if object_name in VIRTUAL:
            frame = self._directory(object_name, fields).filter(pl.col(ID).is_in(list(ids)))
            held = set(frame[ID].to_list())
            gone = tuple(dict.fromkeys(record_id for record_id in ids if record_id not in held))
            yield Page(object_name, frame, {}, last=True, gone=gone)
            return
        yield from fetch_pages(self._reader(object_name, fields, {}), ids)

    def push(self, object_name: str, writes: Sequence[Write]) -> Iterator[Outcome]:
        if object_name in VIRTUAL:
            raise FixSettings(f"HubSpot {object_name} cannot be written", hint="Write to deals or users instead.")
        if writes:
            yield from pushed(self._client, object_name, writes, kinds=self._schemas.properties(object_name))

    def provision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[ProvisionStep]:
        return provisioned(self._client, self._schemas, specs, dry_run=dry_run)

    def changes(self, request: EventRequest, *, now: datetime) -> Sequence[Change]:
        if self._settings.client_secret is None:
            raise FixSettings(
                f"connections.{self._name} receives events and has no client_secret",
                hint="Set client_secret to the secret of the HubSpot app that sends the events.",
            )
        verify(request, self._settings.client_secret.get_secret_value(), now=now)
        return changes_in(request.body, app_id=self._settings.app_id)

    def calls(self) -> Mapping[str, int]:
        return dict(self._client.calls)

    def close(self) -> None:
        self._client.close()

    def _reader(self, object_name: str, fields: Sequence[str], children: Mapping[str, Sequence[str]]) -> Reader:
        return reader_of(self._client, self._schemas, object_name, fields=fields, children=children)

    def _directory(self, object_name: str, fields: Sequence[str]) -> pl.DataFrame:
        if object_name == SPLITS:
            raise StopRun("HubSpot deal splits are read with their deals, as children of deals")
        self._schemas.check_fields(object_name, fields)
        return read_directory(self._client, object_name, fields)


class HubSpotPlugin:
    """What the entry point loads."""

    kind = "hubspot"
    settings: type[BaseModel] = HubSpotSettings

    def open(self, name: str, settings: BaseModel) -> HubSpotConnector:
        if not isinstance(settings, HubSpotSettings):
            raise TypeError(f"HubSpot settings expected, not {type(settings).__name__}")
        return HubSpotConnector(name, settings)
