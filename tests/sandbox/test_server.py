"""The HTTP server of the stand-ins: the wire, the request log, faults, the clock."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from sandbox.clock import Clock
from sandbox.options import SandboxOptions
from sandbox.server import Record, Request, Response, RunningServer, json_response, serve

TODAY = date(2026, 3, 4)


class Echo:
    """An app that says what it was asked, and remembers."""

    name = "echo"

    def __init__(self) -> None:
        self.clock = Clock(TODAY)
        self.handled: list[Request] = []
        self.expired = 0
        self.closed = 0

    def handle(self, request: Request) -> Response:
        self.handled.append(request)
        if request.path == "/bug":
            raise KeyError("a bug")
        if request.path == "/empty":
            return Response(204)
        rejected = request.rejection is not None and request.rejection.hits("7", 0)
        said = {"body": request.body.decode(), "query": request.query, "path": request.path, "rejected": rejected}
        return json_response({**said, "padding": "x" * 2000})

    def endpoint(self, request: Request) -> str:
        return request.path.strip("/")

    def credentials(self) -> Mapping[str, str]:
        return {"token": "echo"}

    def expire_tokens(self) -> None:
        self.expired += 1

    def read(self, object_name: str, record_id: str) -> Record:
        return {"object": object_name, "id": record_id}

    def create(self, object_name: str, values: Record, by: str | None) -> Record:
        return {"made": values, "by": by}

    def edit(self, object_name: str, record_id: str, values: Record, by: str | None) -> Record:
        return {"edited": values, "by": by}

    def delete(self, object_name: str, record_id: str, by: str | None, *, hard: bool = False) -> None:
        self.handled.append(Request("DELETE", record_id, [("hard", str(hard))], {}, b""))

    def undelete(self, object_name: str, record_id: str, by: str | None) -> Record:
        return {"undeleted": record_id}

    def merge(self, object_name: str, record_id: str, into: str, by: str | None) -> Record:
        return {"merged": record_id, "into": into}

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def server(echo: Echo) -> Iterator[RunningServer]:
    with serve(echo, SandboxOptions()) as running:
        yield running


def control(server: RunningServer, method: str, path: str, body: Any = None) -> Any:
    answer = requests.request(method, f"{server.url}/_sandbox/{path}", json=body, timeout=10)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def get(server: RunningServer, path: str = "/ask", **options: Any) -> requests.Response:
    return requests.get(f"{server.url}{path}", timeout=10, **options)


def test_a_request_arrives_as_it_was_sent(server: RunningServer) -> None:
    url = f"{server.url}/a%20b/c?x=1&x=%C3%BC&empty="
    said = requests.post(url, data="hä".encode(), timeout=10).json()
    assert said["path"] == "/a b/c"
    assert said["query"] == [["x", "1"], ["x", "ü"], ["empty", ""]]
    assert said["body"] == "hä"


def test_bodies_may_come_in_chunks_or_compressed(server: RunningServer) -> None:
    chunked = requests.post(f"{server.url}/ask", data=iter([b"one ", b"two"]), timeout=10)
    assert chunked.json()["body"] == "one two"
    headers = {"Content-Encoding": "gzip"}
    packed = requests.post(f"{server.url}/ask", data=gzip.compress(b"packed"), headers=headers, timeout=10)
    assert packed.json()["body"] == "packed"


def test_one_connection_serves_many_requests(server: RunningServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.connect()
    own = connection.sock
    for _ in range(3):
        connection.request("GET", "/ask")
        assert json.loads(connection.getresponse().read())["path"] == "/ask"
        assert connection.sock is own
    connection.close()


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [
        ("gzip", "gzip"),
        ("identity", None),
    ],
)
def test_answers_are_compressed_for_who_accepts_it(server: RunningServer, accepts: str, encoding: str | None) -> None:
    answer = get(server, headers={"Accept-Encoding": accepts}, stream=True)
    raw = answer.raw.read(decode_content=False)
    assert answer.headers.get("Content-Encoding") == encoding
    assert int(answer.headers["Content-Length"]) == len(raw)
    assert json.loads(gzip.decompress(raw) if encoding else raw)["path"] == "/ask"


def test_an_empty_answer_has_no_body_and_no_length(server: RunningServer) -> None:
    answer = get(server, "/empty")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Length" not in answer.headers


def test_head_gets_the_headers_of_get(server: RunningServer) -> None:
    with requests.Session() as session:
        head = session.head(f"{server.url}/ask", timeout=10)
        assert head.content == b""
        assert int(head.headers["Content-Length"]) > 0
        assert session.get(f"{server.url}/ask", timeout=10).json()["path"] == "/ask"  # on the same connection


def test_a_body_that_ends_early_is_not_handled(server: RunningServer, echo: Echo) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"POST /ask HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
    assert echo.handled == []


def test_a_bug_of_the_sandbox_does_not_look_like_the_crm(
    server: RunningServer, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = get(server, "/bug")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/plain")
    assert "KeyError" in capsys.readouterr().err


def test_the_clock_starts_on_the_day_asked_for_and_moves(server: RunningServer) -> None:
    assert parsedate_to_datetime(get(server).headers["Date"]).date() == TODAY
    before = datetime.fromisoformat(control(server, "GET", "clock")["now"])
    after = datetime.fromisoformat(control(server, "POST", "clock", {"advance_seconds": 86_400})["now"])
    assert (after - before).days == 1
    control(server, "POST", "clock", {"now": "2030-01-01T12:00:00"})
    assert parsedate_to_datetime(get(server).headers["Date"]).date() == date(2030, 1, 1)


def test_without_a_date_the_clock_is_the_real_one() -> None:
    assert abs((Clock().now() - datetime.now(UTC)).total_seconds()) < 60


def test_requests_are_listed_counted_and_forgotten(server: RunningServer) -> None:
    get(server, "/ask?q=1")
    get(server, "/other")
    get(server, "/ask")
    found = control(server, "GET", "requests")
    assert (found["total"], found["counts"]) == (3, {"ask": 2, "other": 1})
    first = found["requests"][0]
    assert (first["method"], first["path"], first["query"]) == ("GET", "/ask", [["q", "1"]])
    assert (first["endpoint"], first["status"]) == ("ask", 200)
    assert datetime.fromisoformat(first["at"]).date() == TODAY
    control(server, "DELETE", "requests")
    assert control(server, "GET", "requests") == {"total": 0, "counts": {}, "requests": []}


def test_health_says_who_answers(server: RunningServer) -> None:
    assert control(server, "GET", "health")["name"] == "echo"


def fault(server: RunningServer, **values: Any) -> int:
    return int(control(server, "POST", "faults", values)["id"])


def statuses(server: RunningServer, count: int, path: str = "/ask") -> list[int]:
    return [get(server, path).status_code for _ in range(count)]


def test_a_fault_answers_instead_of_the_crm(server: RunningServer, echo: Echo) -> None:
    more = {"status": 503, "body": "<html>", "content_type": "text/html", "headers": {"Retry-After": "3"}}
    fault(server, kind="answer", endpoint="ask", **more)
    answer = get(server)
    assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (503, "<html>", "text/html")
    assert answer.headers["Retry-After"] == "3"
    assert echo.handled == []
    assert get(server).status_code == 200  # it strikes once unless told otherwise


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"after": 2, "count": 2}, [200, 200, 503, 503, 200, 200]),
        ({"count": None}, [503] * 6),
        ({"rate": 0.0, "count": None}, [200] * 6),
        ({"rate": 1.0, "count": 1}, [503, 200, 200, 200, 200, 200]),
        ({"endpoint": "other", "count": None}, [200] * 6),
        ({"endpoint": "*", "count": 3}, [503, 503, 503, 200, 200, 200]),
    ],
)
def test_a_fault_strikes_where_and_as_often_as_told(
    server: RunningServer, values: dict[str, Any], expected: list[int]
) -> None:
    fault(server, kind="answer", **values)
    assert statuses(server, 6) == expected


def test_a_rate_strikes_some_and_the_same_ones_each_time(echo: Echo) -> None:
    seen = []
    for _ in range(2):
        with serve(Echo(), SandboxOptions(seed=3)) as server:
            fault(server, kind="answer", rate=0.5, count=None)
            seen.append(statuses(server, 12))
    assert seen[0] == seen[1]
    assert set(seen[0]) == {200, 503}


def test_a_reset_loses_the_answer_but_not_the_work(server: RunningServer, echo: Echo) -> None:
    fault(server, kind="reset")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        get(server)
    assert len(echo.handled) == 1
    assert control(server, "GET", "requests")["requests"][0]["status"] is None


@pytest.mark.parametrize(
    ("values", "handled"),
    [
        ({"kind": "reset", "handled": False}, 0),
        ({"kind": "answer", "handled": True}, 1),  # done, and refused all the same
        ({"kind": "answer"}, 0),
    ],
)
def test_whether_the_work_is_done_can_be_said(
    server: RunningServer, echo: Echo, values: dict[str, Any], handled: int
) -> None:
    fault(server, **values)
    try:
        get(server)
    except requests.ConnectionError:
        assert values["kind"] == "reset"
    assert len(echo.handled) == handled


def test_a_truncated_answer_promises_more_than_it_brings(server: RunningServer) -> None:
    fault(server, kind="truncate")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        get(server)
    assert get(server).status_code == 200


def test_latency_comes_before_the_answer(server: RunningServer) -> None:
    fault(server, kind="latency", latency_ms=400)
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{server.url}/ask", timeout=0.05)


def test_a_slow_answer_does_not_keep_the_server_from_stopping(echo: Echo) -> None:
    server = serve(echo, SandboxOptions())
    fault(server, kind="latency", latency_ms=600_000)
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{server.url}/ask", timeout=0.05)
    server.stop()
    assert echo.closed == 1


def test_tokens_expire_before_the_request_is_handled(server: RunningServer, echo: Echo) -> None:
    fault(server, kind="expire_token")
    assert get(server).status_code == 200
    assert (echo.expired, len(echo.handled)) == (1, 1)


@pytest.mark.parametrize(
    ("ids", "rejected"),
    [
        ([], True),  # the first row
        (["7"], True),
        (["8"], False),
    ],
)
def test_the_app_is_told_which_rows_to_refuse(server: RunningServer, ids: list[str], rejected: bool) -> None:
    fault(server, kind="reject_rows", ids=ids)
    assert get(server).json()["rejected"] is rejected
    assert get(server).json()["rejected"] is False


def test_faults_are_listed_and_cleared(server: RunningServer) -> None:
    first = fault(server, kind="answer", endpoint="ask", count=2)
    get(server)
    listed = control(server, "GET", "faults")["faults"]
    assert listed == [
        {"id": first, "endpoint": "ask", "kind": "answer", "passed": 1, "fired": 1, "spent": False},
    ]
    control(server, "DELETE", "faults")
    assert get(server).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "faults", {"kind": "magic"}, 400),
        ("POST", "faults", {"kind": "answer", "colour": "red"}, 400),
        ("POST", "faults", {"kind": "answer", "body": {"a": 1}}, 400),
        ("POST", "faults", [], 400),
        ("POST", "clock", {}, 400),
        ("POST", "clock", {"now": "soon"}, 400),
        ("PUT", "clock", {}, 405),
        ("POST", "health", {}, 405),
        ("GET", "nonsense", None, 404),
        ("POST", "records/A", {"values": 1}, 400),
        ("PUT", "records/A/1", {}, 405),
    ],
)
def test_the_control_api_says_what_it_does_not_do(
    server: RunningServer, method: str, path: str, body: Any, status: int
) -> None:
    answer = requests.request(method, f"{server.url}/_sandbox/{path}", json=body, timeout=10)
    assert answer.status_code == status
    assert answer.json()["message"]


def test_records_are_handed_to_the_app(server: RunningServer, echo: Echo) -> None:
    assert control(server, "GET", "records/Deal/a%2Fb") == {"object": "Deal", "id": "a/b"}
    assert control(server, "POST", "records/Deal", {"values": {"x": 1}, "by": "me"}) == {"made": {"x": 1}, "by": "me"}
    assert control(server, "PATCH", "records/Deal/1", {"values": {"x": 1}}) == {"edited": {"x": 1}, "by": None}
    assert control(server, "POST", "records/Deal/1/merge", {"into": "2"}) == {"merged": "1", "into": "2"}
    assert control(server, "POST", "records/Deal/1/undelete") == {"undeleted": "1"}
    assert control(server, "DELETE", "records/Deal/1?hard=true") is None
    assert echo.handled[-1].param("hard") == "True"


def test_control_calls_meet_no_faults_and_are_not_counted(server: RunningServer) -> None:
    fault(server, kind="answer", endpoint="*", count=None)
    assert control(server, "GET", "requests")["total"] == 0


def test_stopping_twice_closes_the_app_once(echo: Echo) -> None:
    server = serve(echo, SandboxOptions())
    server.stop()
    server.stop()
    assert echo.closed == 1
    with pytest.raises(requests.ConnectionError):
        get(server)


def test_a_taken_port_is_an_error(server: RunningServer) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(Echo(), SandboxOptions(port=server.port))
