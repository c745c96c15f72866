"""Faults on demand: what goes wrong, at which endpoint, how often. Tests set them through the control API."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sandbox.wire import Rejection, Response

Kind = Literal["answer", "reset", "truncate", "latency", "expire_token", "reject_rows"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    `answer`: this status and body instead of the CRM's. `reset`: the connection is reset. `truncate`: the body ends
    half-way although Content-Length says otherwise. `latency`: the answer waits `latency_ms` (also with the others).
    `expire_token`: tokens given out so far are invalid from this request on. `reject_rows`: single rows are refused.
    `handled` says whether the CRM does its work before the fault shows (the answer is lost, the change is not);
    by default it does for reset and truncate and does not for answer.
    """

    kind: Kind
    endpoint: str = "*"
    after: int = 0
    count: int | None = 1
    rate: float = 1.0
    status: int = 503
    body: str = ""
    content_type: str = "application/json;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    latency_ms: float = 0
    code: str | None = None
    message: str | None = None
    ids: tuple[str, ...] = ()
    handled: bool | None = None

    @property
    def does_the_work(self) -> bool:
        """Whether the CRM handles the request although the client may not learn of it."""
        return self.kind != "answer" if self.handled is None else self.handled

    def response(self) -> Response:
        """The answer of a fault of kind `answer`."""
        return Response(self.status, self.body.encode(), self.headers, self.content_type)

    def rejection(self) -> Rejection | None:
        """The refusal of single rows, for a fault of kind `reject_rows`."""
        if self.kind != "reject_rows":
            return None
        return Rejection(self.code, self.message, frozenset(self.ids))


def fault_from(values: Mapping[str, Any]) -> Fault:
    """The fault a JSON body describes. Raises ValueError for an unknown key, kind or type of value."""
    unknown = set(values) - set(Fault.__dataclass_fields__)
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    if values.get("kind") not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
    arguments = dict(values)
    arguments["ids"] = tuple(values.get("ids") or ())
    arguments["headers"] = dict(values.get("headers") or {})
    if not isinstance(arguments.get("body", ""), str):
        raise ValueError("body must be text")
    return Fault(**arguments)


@dataclass(slots=True)
class _Armed:
    fault_id: int
    fault: Fault
    passed: int = 0
    fired: int = 0

    def strikes(self, endpoint: str, chance: random.Random) -> bool:
        if self.fault.endpoint not in ("*", endpoint) or self.spent:
            return False
        self.passed += 1
        if self.passed <= self.fault.after or chance.random() >= self.fault.rate:
            return False
        self.fired += 1
        return True

    @property
    def spent(self) -> bool:
        return self.fault.count is not None and self.fired >= self.fault.count

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.fault_id,
            "endpoint": self.fault.endpoint,
            "kind": self.fault.kind,
            "passed": self.passed,
            "fired": self.fired,
            "spent": self.spent,
        }


class Faults:
    """The faults that are set; the first that matches a request strikes. Safe for several threads."""

    def __init__(self, seed: int) -> None:
        self._lock = threading.Lock()
        self._chance = random.Random(seed)
        self._armed: list[_Armed] = []
        self._next_id = 1

    def add(self, fault: Fault) -> int:
        """Set a fault; returns its number."""
        with self._lock:
            fault_id, self._next_id = self._next_id, self._next_id + 1
            self._armed.append(_Armed(fault_id, fault))
            return fault_id

    def clear(self) -> None:
        """Take every fault away."""
        with self._lock:
            self._armed.clear()

    def strike(self, endpoint: str) -> Fault | None:
        """The fault this request meets, which counts it."""
        with self._lock:
            return next((armed.fault for armed in self._armed if armed.strikes(endpoint, self._chance)), None)

    def as_json(self) -> list[dict[str, Any]]:
        """What is set, and how often each has struck."""
        with self._lock:
            return [armed.as_json() for armed in self._armed]
