"""The control API under /_sandbox: look at requests, edit records as a person would, set faults, move the clock.

It stands outside the CRM: no sign-in, no limits, no faults, and its calls are not in the request log.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.faults import Faults, fault_from
from sandbox.journal import Journal
from sandbox.wire import App, Request, Response, json_response

PREFIX = "/_sandbox"


class Control:
    """Answers /_sandbox requests for one running app."""

    def __init__(self, app: App, journal: Journal, faults: Faults) -> None:
        self._app = app
        self._journal = journal
        self._faults = faults
        self._sections: dict[str, Callable[[Request, list[str]], Any]] = {
            "health": self._health,
            "requests": self._requests,
            "faults": self._fault,
            "clock": self._clock,
            "records": self._record,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request below PREFIX: 404 for what is not there, 400 with a message for what cannot be."""
        section, *rest = [part.replace("%2F", "/") for part in request.path.removeprefix(PREFIX).strip("/").split("/")]
        try:
            answer = self._sections[section](request, rest)
        except LookupError as error:
            return json_response({"message": f"not found: {error}"}, 404)
        except (ValueError, TypeError) as error:
            return json_response({"message": str(error)}, 400)
        except NotImplementedError:
            return json_response({"message": f"{request.method} is not for {request.path}"}, 405)
        return Response(204) if answer is None else json_response(answer)

    def _health(self, request: Request, _rest: list[str]) -> Any:
        _only(request, "GET")
        return {"status": "ok", "name": self._app.name, "now": self._app.clock.now().isoformat()}

    def _requests(self, request: Request, _rest: list[str]) -> Any:
        _only(request, "GET", "DELETE")
        if request.method == "GET":
            return self._journal.as_json()
        return self._journal.clear()

    def _fault(self, request: Request, _rest: list[str]) -> Any:
        _only(request, "GET", "POST", "DELETE")
        if request.method == "GET":
            return {"faults": self._faults.as_json()}
        if request.method == "DELETE":
            return self._faults.clear()
        return {"id": self._faults.add(fault_from(_body(request)))}

    def _clock(self, request: Request, _rest: list[str]) -> Any:
        _only(request, "GET", "POST")
        if request.method == "POST":
            self._move_clock(_body(request))
        return {"now": self._app.clock.now().isoformat()}

    def _move_clock(self, body: dict[str, Any]) -> None:
        if "now" in body:
            moment = datetime.fromisoformat(body["now"])
            self._app.clock.set(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        elif "advance_seconds" in body:
            self._app.clock.advance(float(body["advance_seconds"]))
        else:
            raise ValueError("say either advance_seconds or now")

    def _record(self, request: Request, rest: list[str]) -> Any:
        body = _body(request) if request.body else {}
        by = body.get("by")
        match (request.method, rest):
            case ("GET", [object_name, record_id]):
                return self._app.read(object_name, record_id)
            case ("PATCH", [object_name, record_id]):
                return self._app.edit(object_name, record_id, _values(body), by)
            case ("POST", [object_name]):
                return self._app.create(object_name, _values(body), by)
            case ("DELETE", [object_name, record_id]):
                hard = request.param("hard") == "true"
                return self._app.delete(object_name, record_id, by, hard=hard)
            case ("POST", [object_name, record_id, "merge"]):
                return self._app.merge(object_name, record_id, str(body["into"]), by)
            case ("POST", [object_name, record_id, "undelete"]):
                return self._app.undelete(object_name, record_id, by)
        raise NotImplementedError


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise NotImplementedError


def _body(request: Request) -> dict[str, Any]:
    body = request.json()
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def _values(body: dict[str, Any]) -> dict[str, Any]:
    values = body.get("values")
    if not isinstance(values, dict):
        raise ValueError("the body must have an object `values`")
    return values
