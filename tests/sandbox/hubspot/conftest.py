"""A HubSpot sandbox over HTTP and a plain caller of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from sandbox.server import RunningServer

TOKEN = "pat-sandbox-0000"


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any

    def ok(self) -> Any:
        assert self.status in (200, 201), (self.status, self.body)
        return self.body


class Api:
    def __init__(self, server: RunningServer, token: str = TOKEN) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Any = None, query: Any = None, **kwargs: Any) -> Answer:
        answer = self.session.request(method, self.server.url + path, json=body, params=query, timeout=30, **kwargs)
        is_json = "json" in answer.headers.get("content-type", "")
        return Answer(answer.status_code, answer.json() if is_json else answer.content, answer.headers)

    def get(self, path: str, query: Any = None) -> Answer:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any) -> Answer:
        return self.call("POST", path, body)

    def patch(self, path: str, body: Any) -> Answer:
        return self.call("PATCH", path, body)

    def control(self, method: str, path: str, body: Any = None) -> Answer:
        return self.call(method, f"/_sandbox{path}", body)

    def make_deal(self, **properties: str) -> str:
        made = self.post("/crm/v3/objects/deals", {"properties": {"dealname": "Made", **properties}})
        return str(made.ok()["id"])

    def read_deal(self, deal_id: str, *names: str) -> dict[str, Any]:
        found = self.get(f"/crm/v3/objects/deals/{deal_id}", {"properties": list(names)})
        return dict(found.ok())

    def search(self, *filters: dict[str, Any], kind: str = "deals", **body: Any) -> Answer:
        asked = {"filterGroups": [{"filters": list(filters)}] if filters else [], "limit": 200, **body}
        return self.post(f"/crm/objects/2026-09/{kind}/search", asked)

    def pages(self, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        after = None
        while True:
            page = self.get(path, {**query, **({"after": after} if after else {})}).ok()
            yield page
            if "paging" not in page:
                return
            after = page["paging"]["next"]["after"]


@pytest.fixture(scope="module")
def server(hubspot_sandbox: Callable[..., RunningServer]) -> RunningServer:
    running = hubspot_sandbox(deals=300, activities=200)
    running.app.change_limits({"ten_seconds": 100_000, "search_per_second": 100_000})  # type: ignore[attr-defined]
    return running


@pytest.fixture(scope="module")
def api(server: RunningServer) -> Iterator[Api]:
    caller = Api(server)
    yield caller
    caller.session.close()
