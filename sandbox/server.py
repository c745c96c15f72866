"""The HTTP server of a sandbox: HTTP/1.1 with keep-alive, one thread a connection, and its own hand on the socket.

It times, logs, breaks and compresses; what an answer says is the app's affair. The Date header is the sandbox clock's.
"""

from __future__ import annotations

import gzip
import signal
import socket
import struct
import sys
import threading
import traceback
import zlib
from collections.abc import Callable
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote

from sandbox.control import PREFIX, Control
from sandbox.faults import Fault, Faults
from sandbox.journal import Journal
from sandbox.options import SandboxOptions
from sandbox.wire import App, Record, Rejection, Request, Response, json_response

__all__ = ["App", "Record", "Rejection", "Request", "Response", "RunningServer", "json_response", "run", "serve"]

_COMPRESS_FROM_BYTES = 1_000
_LARGEST_BODY = 64 * 1024 * 1024


class _Cut(Exception):
    """The connection is over; nothing more is read from it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined when the server closes, so that no request outlives the app
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, app: App, options: SandboxOptions) -> None:
        self.app = app
        self.journal = Journal(app.clock.now)
        self.faults = Faults(options.seed)
        self.control = Control(app, self.journal, self.faults)
        self.stopping = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._sockets_lock = threading.Lock()
        super().__init__((options.host, options.port), _Handler)

    def accept_until_stopped(self) -> None:
        """Start a thread for each connection. Waits without polling: `stop_accepting` knocks at the door."""
        while True:
            try:
                connection, address = self.get_request()
            except OSError:
                continue  # that client was gone before it was let in
            if self.stopping.is_set():
                connection.close()
                return
            self.process_request(connection, address)

    def stop_accepting(self) -> None:
        """Let `accept_until_stopped` return."""
        self.stopping.set()
        socket.create_connection(self.server_address[:2]).close()  # type: ignore[arg-type]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._sockets_lock:
            self._sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._sockets_lock:
            self._sockets.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no news; anything else is a bug of the sandbox."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End every connection, so that their threads return."""
        with self._sockets_lock:
            for open_socket in self._sockets:
                _shut(open_socket)


def _shut(open_socket: socket.socket) -> None:
    try:
        open_socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    _reasons: ClassVar[dict[int, str]] = {status.value: status.phrase for status in HTTPStatus}

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Quiet: the request log is the control API's."""

    def _serve(self) -> None:
        try:
            request = self._read()
            if request.path.startswith(PREFIX):
                self._send(request, self.server.control.handle(request))
            else:
                self._serve_app(request)
        except (_Cut, ConnectionError):
            self.close_connection = True

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815

    def _read(self) -> Request:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._read_chunks() if headers.get("transfer-encoding") == "chunked" else self._read_length(headers)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        pairs = parse_qsl(query, keep_blank_values=True)
        return Request(self.command, _decoded(path), pairs, headers, body)

    def _read_length(self, headers: dict[str, str]) -> bytes:
        length = int(headers.get("content-length") or 0)
        if not 0 <= length <= _LARGEST_BODY:
            raise _Cut
        body = self.rfile.read(length)
        if len(body) < length:
            raise _Cut
        return body

    def _read_chunks(self) -> bytes:
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            continue
        return b"".join(chunks)

    def _serve_app(self, request: Request) -> None:
        endpoint = self.server.app.endpoint(request)
        fault = self.server.faults.strike(endpoint)
        if fault is None:
            response = self._answer(request)
            self.server.journal.note(endpoint, request, response)
            self._send(request, response)
        else:
            self._serve_broken(request, endpoint, fault)

    def _serve_broken(self, request: Request, endpoint: str, fault: Fault) -> None:
        self.server.stopping.wait(fault.latency_ms / 1000)
        if fault.kind == "expire_token":
            self.server.app.expire_tokens()
        response = self._answer(request, fault.rejection()) if fault.does_the_work else fault.response()
        if fault.kind == "answer":
            response = fault.response()
        lost = fault.kind == "reset"
        self.server.journal.note(endpoint, request, None if lost else response)
        if lost:
            self._reset()
        self._send(request, response, cut=fault.kind == "truncate")

    def _answer(self, request: Request, rejection: Rejection | None = None) -> Response:
        if rejection is not None:
            request = Request(
                request.method, request.path, request.query, request.headers, request.body, rejection=rejection
            )
        try:
            return self.server.app.handle(request)
        except Exception:  # noqa: BLE001 (a bug of the sandbox must not look like the CRM's)
            sys.stderr.write(f"sandbox failed on {request.method} {request.path}\n{traceback.format_exc()}")
            return Response(500, b"the sandbox failed; its error output says how", content_type="text/plain")

    def _reset(self) -> None:
        """Close with RST: what the client sees is a connection reset, not an end of file."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise _Cut

    def _send(self, request: Request, response: Response, *, cut: bool = False) -> None:
        body, headers = _encoded(request, response)
        lines = [f"HTTP/1.1 {response.status} {self._reasons.get(response.status, 'Unknown')}"]
        lines += [f"Date: {format_datetime(self.server.app.clock.now(), usegmt=True)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.close_connection or cut:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        shown = b"" if request.method == "HEAD" else body[: len(body) // 2] if cut else body
        self.wfile.write(head + shown)
        if cut:
            raise _Cut


def _decoded(path: str) -> str:
    """The path with its escapes resolved, but for a slash inside a part: that one stays %2F."""
    return "/".join(unquote(part).replace("/", "%2F") for part in path.split("/"))


def _encoded(request: Request, response: Response) -> tuple[bytes, dict[str, str]]:
    """The body as it goes over the wire and the headers that belong to it."""
    headers = dict(response.headers)
    if response.status in (204, 304):
        return b"", headers
    body = response.body
    if len(body) >= _COMPRESS_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body = _gzip(body)
        headers["Content-Encoding"] = "gzip"
        headers["Vary"] = "Accept-Encoding"
    headers["Content-Type"] = response.content_type
    headers["Content-Length"] = str(len(body))
    return body, headers


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


class RunningServer:
    """A sandbox that answers at `url` until `stop` is called."""

    def __init__(self, app: App, options: SandboxOptions) -> None:
        self.app = app
        try:
            self._server = _Server(app, options)
        except OSError:
            app.close()
            raise
        self.port: int = self._server.server_address[1]
        self.url = f"http://{options.host}:{self.port}"
        self._thread = threading.Thread(target=self._server.accept_until_stopped, name=f"sandbox-{app.name}")
        self._stopped = False
        self._thread.start()

    def stop(self) -> None:
        """End every connection, wait for their threads, and close the app; a second time does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self._server.stop_accepting()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        self.app.close()

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def serve(app: App, options: SandboxOptions) -> RunningServer:
    """Serve the app in a thread of its own; where the port is taken, closes the app and raises OSError."""
    return RunningServer(app, options)


def run(app: App, options: SandboxOptions, *, started: Callable[[RunningServer], None] | None = None) -> None:
    """Serve the app until SIGTERM or SIGINT; `started` is called once it answers. For the main thread only."""
    over = threading.Event()
    before = {number: signal.signal(number, lambda *_: over.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with serve(app, options) as server:
            if started:
                started(server)
            over.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
