"""What passes between the HTTP server and a CRM stand-in: requests, answers, and what a stand-in must offer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.clock import Clock

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A fault for single records: those with one of `ids` are refused; without ids the first row of the batch is."""

    code: str | None
    message: str | None
    ids: frozenset[str]

    def hits(self, record_id: str | None, index: int) -> bool:
        """Whether the row at `index` of a batch, about `record_id`, is to be refused."""
        return record_id in self.ids if self.ids else index == 0


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request: path without query, decoded (a slash inside a part stays %2F), query pairs decoded, header
    names in lower case, whole body."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    rejection: Rejection | None = None

    def param(self, name: str) -> str | None:
        """The first query parameter of that name, or None."""
        return next((value for key, value in self.query if key == name), None)

    def params(self, name: str) -> list[str]:
        """Every query parameter of that name, in order."""
        return [value for key, value in self.query if key == name]

    def json(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer. `rows` is how many records it carries, for the request log."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=UTF-8"
    rows: int | None = None


class App(Protocol):
    """A CRM stand-in. `handle` and the record functions are called from several threads.

    The record functions act as a person in the CRM's own pages would, `by` being a user id (None: the first user).
    They raise LookupError for a record or object that is not there and ValueError for values that cannot be.
    """

    name: str
    clock: Clock

    def handle(self, request: Request) -> Response:
        """Answer an API request. Must not raise for anything a client can send."""
        ...

    def endpoint(self, request: Request) -> str:
        """A short stable name for counting and for faults: query, describe, token, search, batch_update."""
        ...

    def credentials(self) -> Mapping[str, str]:
        """What a client signs in with, to show to whoever starts the sandbox."""
        ...

    def expire_tokens(self) -> None:
        """Make every token given out so far invalid, as a session time-out does."""
        ...

    def read(self, object_name: str, record_id: str) -> Record:
        """Every field of a record, deleted ones included."""
        ...

    def create(self, object_name: str, values: Record, by: str | None) -> Record:
        """Make a record; returns every field of it."""
        ...

    def edit(self, object_name: str, record_id: str, values: Record, by: str | None) -> Record:
        """Change fields of a record; returns every field of it."""
        ...

    def delete(self, object_name: str, record_id: str, by: str | None, *, hard: bool = False) -> None:
        """Put a record into the recycle bin, or remove it for good."""
        ...

    def undelete(self, object_name: str, record_id: str, by: str | None) -> Record:
        """Take a record out of the recycle bin."""
        ...

    def merge(self, object_name: str, record_id: str, into: str, by: str | None) -> Record:
        """Merge a record into another, which is returned."""
        ...

    def close(self) -> None:
        """Give back files and memory; called once, after the last request."""
        ...


def json_response(value: Any, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with `value` as compact JSON."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, headers or {})
