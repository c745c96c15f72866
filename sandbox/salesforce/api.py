"""The REST resources by path, and what happens around each: sign-in, the daily allowance, error answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import msgspec

from sandbox.salesforce import composite, records, sobject_collections, tooling
from sandbox.salesforce.auth import base_url, identity
from sandbox.salesforce.describe import describe_basic, describe_object
from sandbox.salesforce.errors import ApiError, not_found
from sandbox.salesforce.org import Org
from sandbox.salesforce.query import Queries
from sandbox.salesforce.requests import Call
from sandbox.wire import Request, Response, json_response

_VERSIONS = range(41, 69)
_RETIRED_BELOW = 31
_VERSION = re.compile(r"/services/data/(v(\d+)\.0)(?:/(.*))?")
Handler = Callable[[Org, Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """A resource: the pattern of its path below the version, its short name, and what answers each method."""

    pattern: re.Pattern[str]
    endpoint: str
    handlers: Mapping[str, Handler]


def _route(path: str, endpoint: str, **handlers: Handler) -> Route:
    return Route(re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)), endpoint, handlers)


class Api:
    """Answers every API request of one org."""

    def __init__(self, org: Org, tooling_queries: Queries, identity_of: tuple[str, str]) -> None:
        self._org = org
        self._tooling_queries = tooling_queries
        self._org_id, self._user_id = identity_of
        self._routes = self._all_routes()

    def endpoint(self, request: Request) -> str:
        """The short name of the resource, for counting and for faults."""
        if request.path.startswith("/services/oauth2/token"):
            return "token"
        if request.path.startswith(("/services/oauth2/", "/id/")):
            return "identity"
        found = self._find(request)
        return found[0].endpoint if found else "other"

    def _find(self, request: Request) -> tuple[Route, Call] | None:
        match = _VERSION.fullmatch(request.path.rstrip("/"))
        if match is None:
            return None
        rest = match.group(3) or ""
        for route in self._routes:
            parts = route.pattern.fullmatch(rest)
            if parts is not None:
                return route, Call(request, match.group(1), parts.groupdict())
        return None

    def handle(self, request: Request) -> Response:
        """Answer a request; every answer tells how much of the allowance is used."""
        try:
            response = self._outer(request)
        except ApiError as error:
            response = error.response()
        headers = {**self._org.allowance.header, **response.headers}
        return Response(response.status, response.body, headers, response.content_type, response.rows)

    def _outer(self, request: Request) -> Response:
        match request.path.rstrip("/"), request.method:
            case "/services/oauth2/token", "POST":
                return self._org.sessions.token(request)
            case "/services/oauth2/revoke", "POST":
                return self._org.sessions.revoke(request)
            case "/services/data", "GET":
                return json_response([_version(number) for number in _VERSIONS])
        self._org.sessions.check(request)
        self._org.allowance.take()
        if request.path.startswith(("/services/oauth2/userinfo", "/id/")):
            return identity(request, self._org_id, dict(self._org.store.get("User", self._user_id) or {}))
        return self._inner(request)

    def _inner(self, request: Request) -> Response:
        """A signed-in request; also the way of the calls inside a composite one."""
        self._check_version(request)
        found = self._find(request)
        if found is None:
            raise not_found()
        route, call = found
        method = (request.param("_HttpMethod") or request.method).upper()
        handler = route.handlers.get("GET" if method == "HEAD" else method)
        if handler is None:
            allowed = ", ".join(sorted(route.handlers))
            message = f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
            raise ApiError(405, "METHOD_NOT_ALLOWED", message)
        return handler(self._org, call)

    def _dispatch(self, request: Request) -> Response:
        try:
            return self._inner(request)
        except ApiError as error:
            return error.response()

    def _check_version(self, request: Request) -> None:
        match = _VERSION.fullmatch(request.path.rstrip("/"))
        if match is None or int(match.group(2)) > _VERSIONS[-1]:
            raise not_found()
        if int(match.group(2)) < _RETIRED_BELOW:
            raise ApiError(410, "GONE", f"API version {match.group(1)} has been retired")

    def _all_routes(self) -> tuple[Route, ...]:
        return (
            _route("", "resources", GET=self._resources),
            _route("query", "query", GET=_queries(with_deleted=False)),
            _route("queryAll", "query_all", GET=_queries(with_deleted=True)),
            _route("query(?:All)?/{locator}", "query_more", GET=_more),
            _route("limits", "limits", GET=lambda org, _call: json_response(org.allowance.as_json())),
            _route("limits/recordCount", "record_count", GET=_record_count),
            _route("sobjects", "describe_global", GET=_describe_global),
            _route("sobjects/{object}", "record_create", GET=_basic, POST=records.create),
            _route("sobjects/{object}/describe", "describe", GET=_describe),
            _route("sobjects/{object}/updated", "updated", GET=records.updated),
            _route("sobjects/{object}/deleted", "deleted", GET=records.deleted),
            _route(
                "sobjects/{object}/{id}",
                "record",
                GET=records.retrieve,
                PATCH=records.update,
                DELETE=records.delete,
            ),
            _route("sobjects/{object}/{field}/{value}", "upsert", GET=records.by_external_id, PATCH=records.upsert),
            _route("composite", "composite", POST=self._composite(composite.composite)),
            _route("composite/batch", "composite_batch", POST=self._composite(composite.batch)),
            _route(
                "composite/sobjects",
                "collections",
                PATCH=sobject_collections.update,
                POST=sobject_collections.create,
                DELETE=sobject_collections.delete,
            ),
            _route(
                "composite/sobjects/{object}",
                "collections_retrieve",
                GET=sobject_collections.retrieve,
                POST=sobject_collections.retrieve,
            ),
            _route("composite/sobjects/{object}/{field}", "collections", PATCH=sobject_collections.upsert),
            _route("tooling/query", "tooling_query", GET=self._tooling_query),
            _route("tooling/query/{locator}", "tooling_query", GET=self._tooling_more),
            _route("tooling/sobjects/CustomField", "tooling", POST=tooling.create_field),
        )

    def _composite(self, resource: Callable[..., Response]) -> Handler:
        def handle(org: Org, call: Call) -> Response:
            return resource(org, call, self._dispatch, self.endpoint)

        return handle

    def _resources(self, _org: Org, call: Call) -> Response:
        names = ("tooling", "query", "queryAll", "sobjects", "limits", "composite")
        resources = {name: f"/services/data/{call.version}/{name}" for name in names}
        who = f"{base_url(call.request)}/id/{self._org_id}/{self._user_id}"
        return json_response({**resources, "identity": who})

    def _tooling_query(self, _org: Org, call: Call) -> Response:
        return self._tooling_queries.run(_text(call), call.version, with_deleted=False, batch=_batch(call))

    def _tooling_more(self, _org: Org, call: Call) -> Response:
        return self._tooling_queries.more(call.part("locator"), call.version)


def _version(number: int) -> dict[str, str]:
    season = ("Winter", "Spring", "Summer")[(number - 41) % 3]
    year = 18 + (number - 41) // 3
    return {"label": f"{season} '{year}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def _text(call: Call) -> str:
    text = call.request.param("q")
    if not text:
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    return text


def _batch(call: Call) -> int | None:
    match = re.search(r"batchSize\s*=\s*(\d+)", call.request.headers.get("sforce-query-options", ""))
    return int(match.group(1)) if match else None


def _queries(*, with_deleted: bool) -> Handler:
    def handle(org: Org, call: Call) -> Response:
        return org.queries.run(_text(call), call.version, with_deleted=with_deleted, batch=_batch(call))

    return handle


def _more(org: Org, call: Call) -> Response:
    return org.queries.more(call.part("locator"), call.version)


def _record_count(org: Org, call: Call) -> Response:
    asked = call.request.param("sObjects")
    names = asked.split(",") if asked else [one.name for one in org.catalogue.objects()]
    known = [one.name for name in names if (one := org.catalogue.find(name))]
    return json_response({"sObjects": [{"count": org.store.count(name), "name": name} for name in sorted(known)]})


def _unless_known(org: Org, call: Call, describe: Callable[[], Any]) -> Response:
    """304 where the client has seen the org's metadata since it last changed."""
    changed = org.catalogue.changed_at
    headers = {"Last-Modified": format_datetime(changed, usegmt=True), "ETag": f'"{int(changed.timestamp()):x}"'}
    since = call.request.headers.get("if-modified-since")
    try:
        known = since is not None and parsedate_to_datetime(since) >= changed
    except (TypeError, ValueError):
        known = False
    return Response(304, headers=headers) if known else Response(200, msgspec.json.encode(describe()), headers)


def _describe_global(org: Org, call: Call) -> Response:
    def describe() -> dict[str, Any]:
        objects = [describe_basic(one, call.version) for one in org.catalogue.objects()]
        return {"encoding": "UTF-8", "maxBatchSize": sobject_collections.MOST_RECORDS, "sobjects": objects}

    return _unless_known(org, call, describe)


def _describe(org: Org, call: Call) -> Response:
    one = org.object(call.part("object"))
    return _unless_known(org, call, lambda: describe_object(one, org.catalogue, call.version))


def _basic(org: Org, call: Call) -> Response:
    one = org.object(call.part("object"))
    return json_response({"objectDescribe": describe_basic(one, call.version), "recentItems": []})
