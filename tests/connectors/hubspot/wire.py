"""A server for the shapes of single answers: each call is answered by a function, or broken on the wire."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.connectors.hubspot.clock import TestClock


@dataclass(frozen=True)
class Asked:
    """A call as it came in."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: Any

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]

    def one(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)


@dataclass(frozen=True)
class Said:
    """An answer, or how the connection breaks instead: before it, or in the middle of it."""

    status: int = 200
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    content_type: str = "application/json;charset=utf-8"
    breaks: Literal["", "reset", "truncate"] = ""

    @property
    def body(self) -> bytes:
        return (self.text if self.text is not None else json.dumps(self.data)).encode()


class Wire:
    """Serves `answer` on a port of its own; remembers what was asked."""

    def __init__(self, answer: Callable[[Asked], Said], clock: TestClock) -> None:
        self.answer = answer
        self.clock = clock
        self.asked: list[Asked] = []
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            wire.connections += 1

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(wire.clock.now(), usegmt=True)

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(
                self.command,
                unquote(parts.path),
                parse_qsl(parts.query, keep_blank_values=True),
                headers,
                json.loads(body) if body else None,
            )
            wire.asked.append(asked)
            self._say(wire.answer(asked))

        do_POST = do_GET  # noqa: N815

        def _say(self, said: Said) -> None:
            self.close_connection = bool(said.breaks)
            if said.breaks == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            self.send_response(said.status)
            self.send_header("content-type", said.content_type)
            self.send_header("content-length", str(len(said.body)))
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body[: len(said.body) // 2] if said.breaks else said.body)

        def finish(self) -> None:
            try:
                super().finish()
            except OSError:
                self.wfile.close = lambda: None  # type: ignore[method-assign]

    return Handler
