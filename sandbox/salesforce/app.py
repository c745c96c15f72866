"""The Salesforce stand-in as one app: makes the org, answers requests, lets people edit records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TypeVar

from sandbox.clock import Clock
from sandbox.options import SandboxOptions
from sandbox.salesforce import seed
from sandbox.salesforce.api import Api
from sandbox.salesforce.auth import CLIENT_ID, CLIENT_SECRET, STATIC_SESSION, USERNAME, Sessions
from sandbox.salesforce.catalogue import Catalogue
from sandbox.salesforce.errors import RowError
from sandbox.salesforce.ids import normal_id
from sandbox.salesforce.limits import Allowance
from sandbox.salesforce.org import Org
from sandbox.salesforce.query import Queries
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.seed_sales import Year
from sandbox.salesforce.setup_objects import STANDARD_OBJECTS
from sandbox.salesforce.store import Row, Store
from sandbox.salesforce.tooling import register_all
from sandbox.salesforce.values import moment_text, number_text
from sandbox.salesforce.writes import Writes
from sandbox.wire import Record, Request, Response

USERS, TEAMS, DEALS, ACTIVITIES = 40, 5, 5_000, 20_000
_Result = TypeVar("_Result")


class SalesforceApp:
    """A whole org behind `handle`; see sandbox.wire.App."""

    name = "salesforce"

    def __init__(self, options: SandboxOptions) -> None:
        self.clock = Clock(options.today)
        self._store = _filled(options, self.clock)
        catalogue = Catalogue(self._store, self.clock, seed.INTEGRATION_USER_ID)
        tooling_catalogue = Catalogue(self._store, self.clock, seed.INTEGRATION_USER_ID, tooling=True)
        self._tooling_queries = Queries(self._store, tooling_catalogue, self.clock, options.page_size)
        sessions = Sessions(self.clock, seed.ORG_ID, seed.INTEGRATION_USER_ID, options.jwt_public_key)
        self._org = Org(
            clock=self.clock,
            store=self._store,
            catalogue=catalogue,
            queries=Queries(self._store, catalogue, self.clock, options.page_size),
            writes=Writes(self._store, catalogue, self.clock, seed.INTEGRATION_USER_ID),
            sessions=sessions,
            allowance=Allowance(self.clock, options.daily_calls),
        )
        self._api = Api(self._org, self._tooling_queries, (seed.ORG_ID, seed.INTEGRATION_USER_ID))

    def handle(self, request: Request) -> Response:
        return self._api.handle(request)

    def endpoint(self, request: Request) -> str:
        return self._api.endpoint(request)

    def credentials(self) -> Mapping[str, str]:
        return {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "username": USERNAME,
            "session_id": STATIC_SESSION,
        }

    def expire_tokens(self) -> None:
        self._org.sessions.expire_all()

    def read(self, object_name: str, record_id: str) -> Record:
        one = self._object(object_name)
        found = self._store.get(one.name, normal_id(record_id) or record_id)
        if found is None:
            raise LookupError(f"{object_name} {record_id}")
        return _plain(one, found)

    def create(self, object_name: str, values: Record, by: str | None) -> Record:
        one = self._object(object_name)
        return self.read(one.name, _as_values(lambda: self._org.writes.create(one, values, by=by, as_person=True)))

    def edit(self, object_name: str, record_id: str, values: Record, by: str | None) -> Record:
        one = self._object(object_name)
        self.read(one.name, record_id)
        update = self._org.writes.update
        return self.read(one.name, _as_values(lambda: update(one, record_id, values, by=by, as_person=True)))

    def delete(self, object_name: str, record_id: str, by: str | None, *, hard: bool = False) -> None:
        one = self._object(object_name)
        self.read(one.name, record_id)
        _as_values(lambda: self._org.writes.delete(one, record_id, by=by, hard=hard))

    def undelete(self, object_name: str, record_id: str, by: str | None) -> Record:
        one = self._object(object_name)
        self.read(one.name, record_id)
        return self.read(one.name, _as_values(lambda: self._org.writes.undelete(one, record_id, by=by)))

    def merge(self, object_name: str, record_id: str, into: str, by: str | None) -> Record:
        raise ValueError(f"{object_name} {record_id} cannot be merged into {into} by {by}: Salesforce merges none")

    def close(self) -> None:
        self._org.queries.close()
        self._tooling_queries.close()
        self._store.close()

    def _object(self, name: str) -> SObject:
        one = self._org.catalogue.find(name)
        if one is None:
            raise LookupError(f"no object {name}")
        return one


def _filled(options: SandboxOptions, clock: Clock) -> Store:
    store = Store(STANDARD_OBJECTS)
    year = _year(options, options.today or clock.today())
    seed.fill(store, year)
    register_all(store, moment_text(clock.now() - timedelta(days=400)))
    store.loaded()
    return store


def _year(options: SandboxOptions, today: date) -> Year:
    return Year(
        seed=options.seed,
        users=USERS if options.users is None else options.users,
        teams=TEAMS,
        deals=DEALS if options.deals is None else options.deals,
        activities=ACTIVITIES if options.activities is None else options.activities,
        start=options.start or _a_year_before(today),
        today=today,
    )


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def _as_values(work: Callable[[], _Result]) -> _Result:
    try:
        return work()
    except RowError as error:
        raise ValueError(f"{error.code}: {error.message}") from error


def _plain(one: SObject, row: Row) -> Record:
    record: Record = {}
    for field in one.fields:
        value = row[field.name]
        if field.type == "boolean":
            record[field.name] = bool(value)
        elif field.is_number and isinstance(value, int):
            record[field.name] = float(number_text(value, field.scale))
        else:
            record[field.name] = value
    return record
