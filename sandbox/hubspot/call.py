"""One API call as the handlers see it: the path without its version, the parts of it, a body that was checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sandbox.hubspot.errors import ApiError, invalid, invalid_body, unsupported_media
from sandbox.hubspot.records import Asked
from sandbox.hubspot.types import ObjectType, find_type
from sandbox.wire import Rejection, Request, Response, json_response

LONGEST_URL = 16_000


@dataclass(frozen=True, slots=True)
class Call:
    """A routed request. `parts` are the named parts of the path, `version` is v3, 2026-09 and so on."""

    request: Request
    version: str
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> ObjectType:
        """The object type the path names. Raises ApiError."""
        return find_type(self.parts["kind"])

    @property
    def rejection(self) -> Rejection | None:
        """A fault that refuses single rows."""
        return self.request.rejection

    def body(self) -> dict[str, Any]:
        """The JSON object sent along; numbers as text, exactly as written. Raises ApiError 400 or 415."""
        content_type = self.request.headers.get("content-type", "")
        if "json" not in content_type:
            raise unsupported_media(content_type)
        try:
            body = json.loads(self.request.body, parse_float=str)
        except ValueError as error:
            raise invalid_body("the body is no JSON") from error
        if not isinstance(body, dict):
            raise invalid_body("the body must be an object")
        return body

    def inputs(self, limit: int) -> list[dict[str, Any]]:
        """The `inputs` of a batch. Raises ApiError where they are missing or more than `limit`."""
        inputs = self.body().get("inputs")
        if not isinstance(inputs, list) or not all(isinstance(each, dict) for each in inputs):
            raise invalid_body("Some required fields were not set: [inputs]")
        if len(inputs) > limit:
            raise invalid(f"The maximum number of inputs supported in a batch request for this API is {limit}")
        return inputs

    def flag(self, name: str) -> bool:
        """A query parameter that is true or false in any case of letters."""
        return (self.request.param(name) or "").lower() == "true"

    def names(self, name: str) -> tuple[str, ...]:
        """A query parameter that is repeated or has commas in it."""
        found = [each.strip() for value in self.request.params(name) for each in value.split(",")]
        return tuple(dict.fromkeys(each for each in found if each))

    def asked(self) -> Asked:
        """The properties the query asks for."""
        return Asked(self.names("properties"), self.names("propertiesWithHistory"))

    def limit(self, default: int, most: int) -> int:
        """The page size asked for. Raises ApiError beyond `most`."""
        text = self.request.param("limit")
        if not text:
            return default
        if not text.isdecimal() or not 0 < int(text) <= most:
            raise invalid(f"limit must be a number from 1 to {most}, not {text}")
        return int(text)

    def after(self) -> str:
        """Where the page starts; empty for the first. Raises ApiError where it is no number."""
        text = self.request.param("after") or ""
        if text and not text.isdecimal():
            raise invalid(f"after must be what an answer gave as paging.next.after, not {text}")
        return text

    def next_page(self, after: object) -> dict[str, Any]:
        """The `paging` of an answer that is not the last."""
        query = [pair for pair in self.request.query if pair[0] != "after"]
        host = self.request.headers.get("host", "api.hubapi.com")
        link = f"http://{host}{self.request.path}?{urlencode([*query, ('after', str(after))])}"
        return {"next": {"after": str(after), "link": link}}


def required(body: Mapping[str, Any], *names: str) -> None:
    """Raises ApiError naming the fields that are not set."""
    missing = [name for name in names if body.get(name) is None]
    if missing:
        raise invalid_body(f"Some required fields were not set: [{', '.join(missing)}]")


def answer(value: Any, status: int = 200, *, rows: int | None = None) -> Response:
    """A JSON answer that says how many records it carries."""
    made = json_response(value, status)
    return Response(made.status, made.body, made.headers, made.content_type, rows)


def nothing() -> Response:
    """204."""
    return Response(204)


def batch(
    results: Sequence[Mapping[str, Any]], now: str, errors: Sequence[Mapping[str, Any]] = (), *, status: int = 200
) -> Response:
    """The answer of a batch: 207 as soon as one input failed."""
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return answer(body, 207 if errors else status, rows=len(results))


def no_such_path() -> ApiError:
    """404 for a path HubSpot does not have."""
    return ApiError(404, "resource not found", "OBJECT_NOT_FOUND")
