"""A REST call as the resources see it: version, parts of the path, JSON body, row faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from sandbox.salesforce.errors import ApiError, RowError
from sandbox.salesforce.ids import normal_id
from sandbox.wire import Request

_DECODER = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Call:
    """`version` is v66.0 and so on, `parts` the named parts of the path."""

    request: Request
    version: str
    parts: Mapping[str, str]

    def part(self, name: str) -> str:
        """A named part of the path."""
        return self.parts[name].replace("%2F", "/")

    def json(self) -> Any:
        """The body; numbers with a point as Decimal. Raises ApiError for another content type or no JSON."""
        kind = self.request.headers.get("content-type", "application/json")
        if "json" not in kind:
            raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", f"Content type {kind} is not supported")
        try:
            return _DECODER.decode(self.request.body)
        except msgspec.DecodeError as error:
            raise ApiError(400, "JSON_PARSER_ERROR", f"{error} at [line:1, column:1]") from error

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ApiError JSON_PARSER_ERROR for anything else."""
        body = self.json()
        if not isinstance(body, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object")
        return body

    def refuse_row(self, record_id: object, index: int) -> None:
        """Raises RowError for a row that a fault is set for."""
        rejection = self.request.rejection
        if rejection is None:
            return
        names = {str(record_id), normal_id(record_id) or ""}
        if any(rejection.hits(name, index) for name in names):
            message = rejection.message or "unable to obtain exclusive access to this record"
            raise RowError(rejection.code or "UNABLE_TO_LOCK_ROW", message)


def written(record_id: str) -> dict[str, Any]:
    """The outcome of a record that was saved."""
    return {"id": record_id, "success": True, "errors": []}
