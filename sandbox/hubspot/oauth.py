"""Who calls: static tokens of private apps, and access tokens given out for a refresh token."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from sandbox.hubspot.account import PORTAL_ID
from sandbox.hubspot.errors import ApiError, expired_credentials, no_credentials
from sandbox.wire import Request, Response, json_response

STATIC_TOKENS = ("pat-sandbox-0000", "pat-sandbox-0001")
"""The tokens of two private apps."""
CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN = "sandbox-client", "sandbox-secret", "sandbox-refresh"
LIFETIME = timedelta(minutes=30)
SCOPES = (
    "oauth", "crm.objects.deals.read", "crm.objects.deals.write", "crm.objects.owners.read", "crm.objects.users.read",
    "crm.objects.users.write", "crm.schemas.deals.write", "crm.dealsplits.read_write", "settings.currencies.read",
    "settings.users.read", "settings.users.teams.read", "crm.objects.goals.read",
)  # fmt: skip


class Tokens:
    """The tokens that are good now. Safe for several threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._issued: dict[str, datetime] = {}
        self._refused_once: set[str] = set()

    def app_of(self, request: Request) -> str:
        """The app that calls; OAuth tokens are all of one. Raises ApiError 401."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise no_credentials()
        with self._lock:
            if token in self._refused_once:
                self._refused_once.discard(token)
                raise expired_credentials()
            if token in STATIC_TOKENS:
                return token
            if token not in self._issued:
                raise no_credentials()
            if self._issued[token] <= self._now():
                raise expired_credentials()
        return CLIENT_ID

    def expire(self) -> None:
        """End every token given out. Static tokens cannot end: each is refused once."""
        with self._lock:
            self._issued = dict.fromkeys(self._issued, self._now())
            self._refused_once.update(STATIC_TOKENS)

    def issue(self, request: Request) -> Response:
        """The token endpoint, form-encoded: a refresh token or a code for an access token. Raises ApiError."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
        _check_form(form)
        token = f"oauth-sandbox-{secrets.token_hex(16)}"
        with self._lock:
            self._issued[token] = self._now() + LIFETIME
        return json_response(
            {
                "token_type": "bearer",
                "token_use": "access_token",
                "access_token": token,
                "refresh_token": REFRESH_TOKEN,
                "expires_in": int(LIFETIME.total_seconds()),
                "hub_id": PORTAL_ID,
                "user_id": 9_586_001,
                "scopes": list(SCOPES),
            }
        )

    def describe(self, token: str) -> dict[str, Any]:
        """What the token information endpoint says. Raises ApiError 404."""
        with self._lock:
            ends = self._issued.get(token)
        if ends is None or ends <= self._now():
            raise ApiError(404, "access token is invalid or expired", "INVALID_AUTHENTICATION")
        return {
            "token": token,
            "token_type": "access",
            "user": "ada.lindstrom@example.com",
            "hub_domain": "sandbox.example.com",
            "scopes": list(SCOPES),
            "hub_id": PORTAL_ID,
            "app_id": 7_906_213,
            "user_id": 9_586_001,
            "expires_in": int((ends - self._now()).total_seconds()),
        }


def _check_form(form: dict[str, str]) -> None:
    grant = form.get("grant_type")
    if grant not in ("refresh_token", "authorization_code"):
        raise ApiError(400, "missing or unknown grant type", "BAD_GRANT_TYPE")
    if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise ApiError(400, "missing or unknown client id", "BAD_CLIENT_ID")
    if grant == "refresh_token" and form.get("refresh_token") != REFRESH_TOKEN:
        raise ApiError(400, "missing or invalid refresh token", "BAD_REFRESH_TOKEN")
