"""The composite resource: up to 25 calls in one, of which five may be queries or collections; batch likewise.

Source: REST API Developer Guide, "Composite"; references to earlier results (@{...}) are not played.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.org import Org
from sandbox.salesforce.requests import Call
from sandbox.wire import Request, Response

_MOST_CALLS = 25
_MOST_HEAVY_CALLS = 5
_HEAVY = frozenset({"query", "query_all", "query_more", "collections"})

Dispatch = Callable[[Request], Response]
EndpointOf = Callable[[Request], str]


class _RolledBack(Exception):
    """A call of an all-or-none composite failed."""


def composite(org: Org, call: Call, dispatch: Dispatch, endpoint: EndpointOf) -> Response:
    """POST /composite."""
    body = call.json_object()
    items = body.get("compositeRequest")
    if not isinstance(items, list) or not items:
        raise ApiError(400, "MISSING_ARGUMENT", "compositeRequest has to be specified")
    requests = [_inner(call, item, item.get("body"), item.get("httpHeaders") or {}) for item in items]
    _check_counts(requests, endpoint)
    responses = _together(org, requests, dispatch, all_or_none=body.get("allOrNone") is True)
    answers = [_composed(item, response) for item, response in zip(items, responses, strict=True)]
    rows = sum(response.rows or 0 for response in responses)
    return Response(200, msgspec.json.encode({"compositeResponse": answers}), rows=rows)


def _inner(call: Call, item: dict[str, Any], body: Any, headers: dict[str, str]) -> Request:
    url = str(item.get("url", ""))
    if not url.startswith("/services/data/"):
        url = f"/services/data/{url}"
    path, _, query = url.partition("?")
    return Request(
        str(item.get("method", "GET")).upper(),
        "/".join(unquote(part).replace("/", "%2F") for part in path.split("/")),
        parse_qsl(query, keep_blank_values=True),
        {**{name.lower(): value for name, value in headers.items()}, "content-type": "application/json"},
        b"" if body is None else msgspec.json.Encoder(decimal_format="number").encode(body),
        call.request.rejection,
    )


def _check_counts(requests: list[Request], endpoint: EndpointOf) -> None:
    if len(requests) > _MOST_CALLS:
        message = f"Cannot have more than {_MOST_CALLS} subrequests in a composite request"
        raise ApiError(400, "LIMIT_EXCEEDED", message)
    heavy = sum(endpoint(request) in _HEAVY for request in requests)
    if heavy > _MOST_HEAVY_CALLS:
        message = f"Cannot have more than {_MOST_HEAVY_CALLS} query or sObject Collections subrequests"
        raise ApiError(400, "LIMIT_EXCEEDED", message)


def _together(org: Org, requests: list[Request], dispatch: Dispatch, *, all_or_none: bool) -> list[Response]:
    if not all_or_none:
        return [dispatch(request) for request in requests]
    responses: list[Response] = []
    try:
        with org.store.writing():
            for request in requests:
                responses.append(dispatch(request))
                if responses[-1].status >= 400:
                    raise _RolledBack
    except _RolledBack:
        org.catalogue.refresh()
        halted = _halted()
        failed = responses[-1]
        responses = [halted] * (len(responses) - 1) + [failed] + [halted] * (len(requests) - len(responses))
    return responses


def _halted() -> Response:
    message = "The transaction was rolled back since another operation in the same transaction failed."
    return ApiError(400, "PROCESSING_HALTED", message).response()


def _composed(item: dict[str, Any], response: Response) -> dict[str, Any]:
    return {
        "body": msgspec.Raw(response.body) if response.body else None,
        "httpHeaders": dict(response.headers),
        "httpStatusCode": response.status,
        "referenceId": item.get("referenceId"),
    }


def batch(_org: Org, call: Call, dispatch: Dispatch, _endpoint: EndpointOf) -> Response:
    """POST /composite/batch."""
    items = call.json_object().get("batchRequests")
    if not isinstance(items, list) or len(items) > _MOST_CALLS:
        raise ApiError(400, "LIMIT_EXCEEDED", f"batchRequests must be a list of at most {_MOST_CALLS}")
    responses = [dispatch(_inner(call, item, item.get("richInput"), {})) for item in items]
    results = [
        {"statusCode": response.status, "result": msgspec.Raw(response.body) if response.body else None}
        for response in responses
    ]
    body = {"hasErrors": any(response.status >= 400 for response in responses), "results": results}
    return Response(200, msgspec.json.encode(body), rows=sum(response.rows or 0 for response in responses))
