"""Sign-in: the OAuth token endpoint, sessions, and who the session is."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt

from sandbox.clock import Clock
from sandbox.salesforce.errors import ApiError
from sandbox.wire import Request, Response, json_response

CLIENT_ID = "sandbox-consumer"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 (the stand-in's only client, written in the documentation)
USERNAME = "integration@sandbox.example"
STATIC_SESSION = "sandbox-session"
_LIFETIME = timedelta(hours=2)
_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
_LONGEST_ASSERTION = timedelta(minutes=5)
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class _Refused(Exception):
    """The token endpoint says no, in OAuth's words."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class Sessions:
    """Tokens given out, and until when they are good. Safe for several threads."""

    def __init__(self, clock: Clock, org_id: str, user_id: str, public_key: str | None) -> None:
        self._clock = clock
        self._org_id = org_id
        self._user_id = user_id
        self._public_key = _pem(public_key)
        self._lock = threading.Lock()
        self._until: dict[str, datetime] = {}
        self._static_expired = False
        self._grants: dict[str, Callable[[dict[str, str]], None]] = {
            "client_credentials": self._client_credentials,
            _JWT_GRANT: self._jwt_bearer,
        }

    def token(self, request: Request) -> Response:
        """POST /services/oauth2/token."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        form = {**form, **_basic(request.headers.get("authorization", ""))}
        grant = self._grants.get(form.get("grant_type", ""))
        try:
            if grant is None:
                raise _Refused("unsupported_grant_type", "grant type not supported")
            grant(form)
        except _Refused as refused:
            return json_response({"error": refused.error, "error_description": refused.description}, 400)
        return json_response(self._issue(base_url(request)))

    def _client_credentials(self, form: dict[str, str]) -> None:
        if form.get("client_id") != CLIENT_ID:
            raise _Refused("invalid_client_id", "client identifier invalid")
        if not secrets.compare_digest(form.get("client_secret", ""), CLIENT_SECRET):
            raise _Refused("invalid_client", "invalid client credentials")

    def _jwt_bearer(self, form: dict[str, str]) -> None:
        claims = self._verified(form.get("assertion", ""))
        if claims.get("iss") != CLIENT_ID:
            raise _Refused("invalid_client_id", "client identifier invalid")
        if claims.get("aud") not in (*_AUDIENCES, form.get("audience", "")):
            raise _Refused("invalid_grant", "audience is invalid")
        self._check_expiry(claims.get("exp"))
        if claims.get("sub", claims.get("prn")) != USERNAME:
            raise _Refused("invalid_grant", "user hasn't approved this consumer")

    def _verified(self, assertion: str) -> dict[str, Any]:
        if self._public_key is None:
            raise _Refused("invalid_client", "no certificate has been uploaded for this consumer")
        options: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        try:
            claims: dict[str, Any] = jwt.decode(assertion, self._public_key, algorithms=["RS256"], options=options)
        except jwt.PyJWTError as error:
            raise _Refused("invalid_grant", "invalid assertion") from error
        return claims

    def _check_expiry(self, claim: object) -> None:
        """By the real clock, which is the client's; `exp` may come as text, as simple-salesforce sends it."""
        try:
            left = int(str(claim)) - datetime.now(UTC).timestamp()
        except ValueError as error:
            raise _Refused("invalid_grant", "invalid assertion") from error
        if not 0 < left <= _LONGEST_ASSERTION.total_seconds():
            raise _Refused("invalid_grant", "expired authorization code" if left <= 0 else "assertion lives too long")

    def _issue(self, base_url: str) -> dict[str, str]:
        token = f"{self._org_id[:15]}!AQ{secrets.token_urlsafe(60)}"
        now = self._clock.now()
        with self._lock:
            self._until[token] = now + _LIFETIME
        return {
            "access_token": token,
            "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
            "scope": "id api",
            "instance_url": base_url,
            "id": f"{base_url}/id/{self._org_id}/{self._user_id}",
            "token_type": "Bearer",
            "issued_at": str(int(now.timestamp() * 1000)),
        }

    def check(self, request: Request) -> None:
        """Raises ApiError INVALID_SESSION_ID unless the request carries a session that is still good."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "oauth") or not self._is_good(token.strip()):
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def _is_good(self, token: str) -> bool:
        with self._lock:
            if token == STATIC_SESSION:
                good, self._static_expired = not self._static_expired, False
                return good
            until = self._until.get(token)
            return until is not None and self._clock.now() < until

    def expire_all(self) -> None:
        """No token given out so far is good any more; the static session is refused once."""
        with self._lock:
            self._until.clear()
            self._static_expired = True

    def revoke(self, request: Request) -> Response:
        """POST /services/oauth2/revoke."""
        form = parse_qs(request.body.decode())
        with self._lock:
            self._until.pop(form.get("token", [""])[0], None)
        return Response(200)


def identity(request: Request, org_id: str, user: dict[str, Any]) -> Response:
    """GET /services/oauth2/userinfo and GET /id/{org}/{user}: who is signed in."""
    base = base_url(request)
    rest = f"{base}/services/data/v{{version}}/"
    return json_response(
        {
            "sub": f"{base}/id/{org_id}/{user['Id']}",
            "id": f"{base}/id/{org_id}/{user['Id']}",
            "asserted_user": True,
            "user_id": user["Id"],
            "organization_id": org_id,
            "username": user["Username"],
            "preferred_username": user["Username"],
            "nick_name": user["CommunityNickname"],
            "display_name": user["Name"],
            "name": user["Name"],
            "email": user["Email"],
            "email_verified": True,
            "given_name": user["FirstName"],
            "family_name": user["LastName"],
            "timezone": user["TimeZoneSidKey"],
            "zoneinfo": user["TimeZoneSidKey"],
            "active": bool(user["IsActive"]),
            "user_type": "STANDARD",
            "language": user["LanguageLocaleKey"],
            "locale": user["LocaleSidKey"],
            "urls": {"rest": rest, "sobjects": f"{rest}sobjects/", "query": f"{rest}query/", "custom_domain": base},
        }
    )


def base_url(request: Request) -> str:
    """Where the client reached the sandbox: addresses in answers lead back there."""
    return f"http://{request.headers.get('host', 'localhost')}"


def _basic(header: str) -> dict[str, str]:
    """Client id and secret of an HTTP Basic header, empty where there is none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": client_id, "client_secret": secret}


def _pem(text_or_path: str | None) -> str | None:
    if text_or_path is None or "-----BEGIN" in text_or_path:
        return text_or_path
    return Path(text_or_path).read_text("utf-8")
