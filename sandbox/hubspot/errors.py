"""How HubSpot refuses: a status, a sentence, a category, a correlation id. Wording as its error guide shows it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sandbox.wire import Response, json_response


class ApiError(Exception):
    """A request that HubSpot answers with an error body; `more` are further keys of the body."""

    def __init__(self, status: int, message: str, category: str | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.more = more

    def response(self) -> Response:
        """The answer, with a correlation id of its own."""
        body = {"status": "error", "message": self.message, "correlationId": str(uuid4())}
        if self.category:
            body["category"] = self.category
        return json_response(body | self.more, self.status)

    def as_entry(self, context: Mapping[str, list[str]]) -> dict[str, Any]:
        """The same error as one of the `errors` of a batch."""
        entry = {"status": "error", "category": self.category or "VALIDATION_ERROR", "message": self.message}
        more = {key: value for key, value in self.more.items() if key in ("subCategory", "errors", "links")}
        return {**entry, "errors": [], "links": {}, **more, "context": dict(context)}


@dataclass(frozen=True, slots=True)
class InvalidValue:
    """One property value that cannot be written, as it stands in the message of a VALIDATION_ERROR."""

    name: str
    error: str
    message: str

    def as_json(self, portal_id: int) -> dict[str, Any]:
        """The element of the list that HubSpot writes into its message."""
        return {
            "isValid": False,
            "message": self.message,
            "error": self.error,
            "name": self.name,
            "localizedErrorMessage": self.message,
            "portalId": portal_id,
        }


def invalid(message: str, **more: Any) -> ApiError:
    """400 VALIDATION_ERROR."""
    return ApiError(400, message, "VALIDATION_ERROR", **more)


def invalid_values(found: Iterable[InvalidValue], portal_id: int) -> ApiError:
    """400 for property values: the details stand as JSON text inside the message."""
    details = json.dumps([value.as_json(portal_id) for value in found], ensure_ascii=False, separators=(",", ":"))
    return invalid(f"Property values were not valid: {details}")


def invalid_body(problem: str) -> ApiError:
    """400 for a body of another shape."""
    return invalid(f"Invalid input JSON: {problem}")


def not_found(record_id: object | None = None) -> ApiError:
    """404, naming the record where one was asked for."""
    more = {} if record_id is None else {"context": {"id": [str(record_id)]}}
    return ApiError(404, "resource not found", "OBJECT_NOT_FOUND", **more)


def missing_object(kind: str, ids: list[str]) -> ApiError:
    """What a batch says of ids that are not there."""
    message = f"Could not get some {kind} objects, they may be deleted or not exist. Check that ids are valid."
    return ApiError(404, message, "OBJECT_NOT_FOUND", context={"ids": ids})


def method_not_allowed(method: str) -> ApiError:
    """405."""
    return ApiError(405, f"HTTP 405 Method Not Allowed: {method}", "METHOD_NOT_ALLOWED")


def unsupported_media(content_type: str) -> ApiError:
    """415."""
    return ApiError(415, f"HTTP 415 Unsupported Media Type: {content_type or 'none'}", "UNSUPPORTED_MEDIA_TYPE")


def no_credentials() -> ApiError:
    """401 for a token that was never given out."""
    message = (
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
    )
    return ApiError(401, message, "INVALID_AUTHENTICATION")


def expired_credentials() -> ApiError:
    """401 for a token that was good once."""
    context = {"expire time": ["1970-01-01T00:00:00Z"]}
    message = "The OAuth token used to make this call expired."
    return ApiError(401, message, "EXPIRED_AUTHENTICATION", context=context)


_POLICIES = {
    "TEN_SECONDLY_ROLLING": "You have reached your ten_secondly_rolling limit.",
    "SECONDLY": "You have reached your secondly limit.",
    "DAILY": "You have reached your daily limit.",
}


def rate_limited(policy: str) -> Response:
    """429; the body names the policy, and there is no Retry-After."""
    body = {
        "status": "error",
        "message": _POLICIES[policy],
        "errorType": "RATE_LIMIT",
        "correlationId": str(uuid4()),
        "policyName": policy,
        "requestId": str(uuid4()),
    }
    return json_response(body, 429)
