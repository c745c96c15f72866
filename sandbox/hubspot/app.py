"""The HubSpot stand-in: signs in, counts calls, finds the handler; and lets a person edit records beside the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sandbox.clock import Clock
from sandbox.hubspot import records
from sandbox.hubspot.account import Account
from sandbox.hubspot.call import LONGEST_URL, answer
from sandbox.hubspot.errors import ApiError, no_credentials, rate_limited
from sandbox.hubspot.limits import Limits
from sandbox.hubspot.oauth import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, STATIC_TOKENS, Tokens
from sandbox.hubspot.records import Source
from sandbox.hubspot.routes import find_route, without_version
from sandbox.hubspot.store import Row
from sandbox.hubspot.types import ObjectType, find_type
from sandbox.wire import Record, Request, Response

_DAILY_CALLS = 1_000_000
LIMITS = ("account", "limits")
"""The limits are edited through the control API as if they were a record of this type and id."""
_OWNER_FIELDS = ("first_name", "last_name", "email", "title", "team", "active")


class HubSpotSandbox:
    """Everything between a request and its answer. One request at a time works on the account."""

    name = "hubspot"

    def __init__(self, account: Account, daily_calls: int | None) -> None:
        self.account = account
        self.clock: Clock = account.clock
        self.limits = Limits(self.clock.now, daily_calls or _DAILY_CALLS)
        self.tokens = Tokens(self.clock.now)

    def handle(self, request: Request) -> Response:
        """Answer an API request."""
        try:
            return self._handle(request)
        except ApiError as error:
            return error.response()

    def _handle(self, request: Request) -> Response:
        if _is_token(request.path):
            return self._token(request)
        app = self.tokens.app_of(request)
        name = self.endpoint(request)
        refused = self.limits.take(app, search=name == "search")
        headers = {} if name == "search" else self.limits.headers(app)
        response = rate_limited(refused) if refused else self._answer(request)
        return replace(response, headers={**headers, **response.headers})

    def _answer(self, request: Request) -> Response:
        if sum(len(name) + len(value) + 2 for name, value in request.query) > LONGEST_URL:
            return Response(414, b"<html><body>414 Request-URI Too Large</body></html>", content_type="text/html")
        try:
            if _is_usage(request.path):
                return self._usage(request)
            route, call = find_route(request)
            with self.account.lock:
                return route.handler(self.account, call)
        except ApiError as error:
            return error.response()

    def _token(self, request: Request) -> Response:
        if request.method == "POST" and request.path.rstrip("/").endswith("/token"):
            return self.tokens.issue(request)
        if request.method == "GET" and "/access-tokens/" in request.path:
            return answer(self.tokens.describe(request.path.rsplit("/", 1)[1]))
        raise no_credentials()

    def _usage(self, request: Request) -> Response:
        without_version(request.path)
        used = {
            "name": "private-apps-api-calls-daily",
            "usageLimit": self.limits.daily,
            "currentUsage": self.limits.used_today,
            "collectedAt": self.clock.now().isoformat(),
            "fetchStatus": "SUCCESS",
            "resetsAt": self.limits.day_ends.isoformat(),
        }
        return answer({"results": [used]}, rows=1)

    def endpoint(self, request: Request) -> str:
        """A short stable name of what is called."""
        if _is_token(request.path):
            return "token"
        if _is_usage(request.path):
            return "usage"
        try:
            return find_route(request)[0].name
        except ApiError:
            return "unknown"

    def credentials(self) -> Mapping[str, str]:
        """What a client signs in with."""
        return {
            "access_token": STATIC_TOKENS[0],
            "second_access_token": STATIC_TOKENS[1],
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": REFRESH_TOKEN,
        }

    def expire_tokens(self) -> None:
        """End the tokens given out; the static ones are refused once each."""
        self.tokens.expire()

    def change_limits(self, values: Mapping[str, float]) -> Record:
        """Set `ten_seconds`, `search_per_second`, `daily` or `index_lag_seconds`; returns all of them."""
        others = dict(values)
        lag = float(others.pop("index_lag_seconds", self.account.index_lag))
        self.limits.change(others)
        self.account.index_lag = lag
        return {
            "ten_seconds": self.limits.ten_seconds,
            "search_per_second": self.limits.search_per_second,
            "daily": self.limits.daily,
            "index_lag_seconds": self.account.index_lag,
        }

    def read(self, object_name: str, record_id: str) -> Record:
        """Every property of a record, an owner, or the account's limits."""
        if (object_name, record_id) == LIMITS:
            return self.change_limits({})
        with self.account.lock:
            if object_name == "owners":
                member = self.account.directory.owner(record_id)
                if member is None:
                    raise LookupError(record_id)
                return self.account.directory.owner_json(member)
            kind, row = self._find(object_name, record_id)
            return records.everything(self.account, kind, row)

    def create(self, object_name: str, values: Record, by: str | None) -> Record:
        """Make a record as a person would."""
        with self.account.lock:
            kind = _kind(object_name)
            try:
                row = records.create(self.account, kind, values, self._person(by))
            except ApiError as error:
                raise ValueError(error.message) from error
            return records.everything(self.account, kind, row)

    def edit(self, object_name: str, record_id: str, values: Record, by: str | None) -> Record:
        """Change a record as a person would; of an owner `active`, `team`, `email` and names; or the limits."""
        if (object_name, record_id) == LIMITS:
            return self.change_limits(values)
        with self.account.lock:
            if object_name == "owners":
                return self._edit_owner(record_id, values)
            kind, row = self._find(object_name, record_id)
            if row.archived is not None:
                raise ValueError(f"{kind.singular} {record_id} is archived")
            try:
                accepted = records.checked(self.account, kind, values, row)
            except ApiError as error:
                raise ValueError(error.message) from error
            return records.everything(
                self.account, kind, records.update(self.account, kind, row, accepted, self._person(by))
            )

    def _edit_owner(self, owner_id: str, values: Record) -> Record:
        unknown = sorted(set(values) - set(_OWNER_FIELDS))
        if unknown:
            raise ValueError(f"an owner has no {', '.join(unknown)}")
        directory, now = self.account.directory, self.account.now()
        if values.get("team", next(iter(directory.teams))) not in directory.teams:
            raise ValueError(f"there is no team {values['team']}")
        member = directory.change(owner_id, now, **values)
        users = _kind("users")
        row = self.account.store.get(users.name, member.record_id)
        if row:
            records.update(self.account, users, row, directory.record_values(member), self._person(None))
        return directory.owner_json(member)

    def delete(
        self,
        object_name: str,
        record_id: str,
        by: str | None,  # noqa: ARG002 (HubSpot shows nobody who deleted)
        *,
        hard: bool = False,
    ) -> None:
        """Archive a record, or with `hard` remove it for good."""
        with self.account.lock:
            kind, row = self._find(object_name, record_id)
            if hard:
                self.account.store.remove(kind.name, row.id)
            elif row.archived is None:
                records.archive(self.account, kind, row)

    def undelete(self, object_name: str, record_id: str, by: str | None) -> Record:
        """Restore an archived record."""
        with self.account.lock:
            kind, row = self._find(object_name, record_id)
            if row.archived is None:
                raise ValueError(f"{kind.singular} {record_id} is not archived")
            restored = records.restore(self.account, kind, row, self._person(by))
            return records.everything(self.account, kind, restored)

    def merge(self, object_name: str, record_id: str, into: str, by: str | None) -> Record:
        """Merge a record into another."""
        with self.account.lock:
            kind, loser = self._find(object_name, record_id)
            _, winner = self._find(object_name, into)
            if winner.id == loser.id or winner.archived is not None or loser.archived is not None:
                raise ValueError(f"{record_id} cannot be merged into {into}")
            merged = records.merge(self.account, kind, winner, loser, self._person(by))
            return records.everything(self.account, kind, merged)

    def close(self) -> None:
        """Remove the records."""
        with self.account.lock:
            self.account.store.close()

    def _find(self, object_name: str, record_id: str) -> tuple[ObjectType, Row]:
        kind = _kind(object_name)
        row = self.account.store.get(kind.name, records.read_id(record_id))
        if row is None:
            raise LookupError(f"{kind.singular} {record_id}")
        return kind, row

    def _person(self, by: str | None) -> Source:
        user_id = by or next((str(member.user_id) for member in self.account.directory), "0")
        return Source("CRM_UI", f"userId:{user_id}")


def _kind(object_name: str) -> ObjectType:
    try:
        return find_type(object_name)
    except ApiError as error:
        raise LookupError(object_name) from error


def _is_token(path: str) -> bool:
    return path.startswith("/oauth/")


def _is_usage(path: str) -> bool:
    return path.startswith("/account-info/") and "/api-usage/daily" in path
