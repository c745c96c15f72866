"""How bytes get to Salesforce: a time-out on every call, plain http only to a server on this machine.

simple-salesforce writes `https://` into every address and sets no time-out (simple-salesforce 1.12.10, api.py); the
adapter mounted on its session mends both.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from connectors.retry import AskAgain, Failure

CONNECT_SECONDS = 10.0


class Transport(HTTPAdapter):
    """Sends with a time-out; `plain` are the hosts with port, on this machine, that speak http."""

    def __init__(self, *, timeout_seconds: float, plain: frozenset[str]) -> None:
        self._timeout = (min(CONNECT_SECONDS, timeout_seconds), timeout_seconds)
        self._plain = plain
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, with our time-out where none is given."""
        kwargs["timeout"] = kwargs.get("timeout") or self._timeout
        parts = urlsplit(request.url or "")
        if str(parts.netloc) in self._plain:
            request.url = str(urlunsplit(("http", parts.netloc, parts.path, parts.query, "")))
            request.headers["Accept-Encoding"] = "identity"  # on one machine compressing costs more than sending
            kwargs["proxies"] = {}
        return super().send(request, *args, **kwargs)


def open_session(origins: list[str], *, timeout_seconds: float) -> requests.Session:
    """A session for the given origins (scheme and host); http ones are reached without TLS and without proxy."""
    plain = frozenset(urlsplit(url).netloc for url in origins if url.startswith("http://"))
    session = requests.Session()
    session.mount("https://", Transport(timeout_seconds=timeout_seconds, plain=plain))
    session.mount("http://", Transport(timeout_seconds=timeout_seconds, plain=plain))
    session.auth = _leave_as_is  # else a .netrc entry for the host would replace our Authorization header
    return session


def _leave_as_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def is_tls_trouble(error: requests.RequestException) -> bool:
    """Whether TLS itself is the reason (a certificate nobody vouches for, a server that speaks plain http), so that
    asking again is no use; a connection broken off during the handshake is not."""
    return isinstance(error, requests.exceptions.SSLError) and "EOF" not in str(error)


def as_failure(error: requests.RequestException, name: str, host: str) -> AskAgain:
    """What an error of the network means for the call; its text names connection and host, never the request."""
    for kinds, failure, told in _KINDS:
        if isinstance(error, kinds) and (failure is not Failure.REFUSED or _never_sent(error)):
            return AskAgain(f"{name}: {host} {told}", kind=failure)
    return AskAgain(f"{name}: {host} broke off the connection", kind=Failure.LOST)


def _never_sent(error: requests.RequestException) -> bool:
    never = (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)
    return isinstance(error, never) or any(word in str(error) for word in ("NewConnection", "NameResolution"))


_KINDS: list[tuple[tuple[type[Exception], ...], Failure, str]] = [
    ((requests.exceptions.ConnectionError,), Failure.REFUSED, "cannot be reached"),
    ((requests.exceptions.Timeout,), Failure.LOST, "did not answer in time"),
    (
        (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError),
        Failure.UNREADABLE,
        "answered with a body that is cut or garbled",
    ),
]
