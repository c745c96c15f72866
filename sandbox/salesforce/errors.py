"""What Salesforce says when it refuses: a call as a whole, or one record of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.wire import Response, json_response


class ApiError(Exception):
    """The call is refused with an HTTP status and a JSON array of one error."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = tuple(fields)

    def as_json(self) -> list[dict[str, Any]]:
        """The body Salesforce sends."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields:
            error["fields"] = list(self.fields)
        return [error]

    def response(self) -> Response:
        """The answer Salesforce sends."""
        return json_response(self.as_json(), self.status)


class RowError(Exception):
    """One record is refused; the others of the call are not touched by it."""

    def __init__(self, code: str, message: str, fields: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = tuple(fields)

    def as_json(self) -> dict[str, Any]:
        """The error as it stands in the outcomes of a collections call."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}

    def as_api_error(self) -> ApiError:
        """The same refusal as the answer to a call about a single record."""
        return ApiError(_STATUS.get(self.code, 400), self.code, self.message, self.fields)


_STATUS = {"NOT_FOUND": 404, "ENTITY_IS_DELETED": 404, "INVALID_CROSS_REFERENCE_KEY": 404}


def not_found() -> ApiError:
    """Nothing is at this address."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")
