"""Getting a token: client credentials, JWT bearer, or a session id given in the settings.

Sources: Salesforce Help, "OAuth 2.0 Client Credentials Flow" and "OAuth 2.0 JWT Bearer Flow". The forms are posted by
ourselves and not by simple-salesforce's login, which can ask only *.salesforce.com, leaves the time-out out and puts
the whole answer into its errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from pydantic import SecretStr

from connectors.answers import Answer, UnreadableAnswer, read_json
from connectors.base import FixSettings
from connectors.salesforce.errors import ErrorBody, raise_for, read_error
from connectors.salesforce.settings import SalesforceSettings

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_JWT_LIFE = timedelta(minutes=3)  # the most Salesforce accepts

HINTS: Mapping[str, str] = {
    "invalid_client_id": "Check client_id: it is the consumer key of the External Client App.",
    "invalid_client": "Check client_secret: it is the consumer secret of the External Client App.",
    "invalid_app_access": "Let the integration user use the External Client App (its policies, permitted users).",
    "inactive_user": "Activate the integration user in Setup, or name another.",
    "inactive_org": "The org is locked, closed or suspended: ask its administrator.",
    "unsupported_grant_type": "Turn the flow on in the External Client App's OAuth settings.",
    "invalid_request": "Turn the flow on in the External Client App's OAuth settings and check login_url.",
    "invalid_grant": "For a JWT check username, that the app holds the private key's certificate, that the user is"
    " approved for the app, and that audience is the org's login host; for client credentials that the"
    " app's flow has a run-as user.",
    "unauthorized_client": "Approve the integration user for the External Client App.",
}


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and, where the answer told it, whose it is."""

    secret: SecretStr
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class TokenForm:
    """The request for a token: where to, the form's fields, and user and password of the Authorization header."""

    url: str
    fields: Mapping[str, str]
    basic: tuple[str, str] | None = None


def token_form(settings: SalesforceSettings, now: datetime) -> TokenForm:
    """The request that signs in as the settings say; raises nothing a checked model has not."""
    url = f"{settings.token_origin}/services/oauth2/token"
    client_id = settings.client_id or ""
    if settings.auth == "jwt":
        return TokenForm(url, {"grant_type": JWT_GRANT, "assertion": _assertion(settings, now)})
    return TokenForm(url, {"grant_type": "client_credentials"}, (client_id, reveal(settings.client_secret)))


def _assertion(settings: SalesforceSettings, now: datetime) -> str:
    claims = {
        "iss": settings.client_id,
        "sub": settings.username,
        "aud": settings.token_audience,
        "exp": int((now + _JWT_LIFE).timestamp()),
    }
    return jwt.encode(claims, reveal(settings.private_key), algorithm="RS256")


def reveal(secret: SecretStr | None) -> str:
    """The text of a secret, empty where there is none."""
    return secret.get_secret_value() if secret else ""


def read_token(answer: Answer, name: str, *, now: datetime) -> Token:
    """The token of a token answer. Raises FixSettings, AskAgain, TryLater, or UnreadableAnswer for another shape."""
    error = read_error(answer) if 400 <= answer.status < 500 else None
    if error is not None and answer.status in (400, 401, 403):
        raise _refused(error, name)
    raise_for(answer, name, now=now)
    body = read_json(answer)
    secret = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(secret, str) or not secret:
        raise UnreadableAnswer("the token answer holds no access_token")
    return Token(SecretStr(secret), _user_id(body))


def _user_id(body: Mapping[str, Any]) -> str | None:
    """The last part of the identity URL, https://login.salesforce.com/id/<org>/<user>."""
    last = str(body.get("id") or "").rsplit("/", 1)[-1]
    return last if last.startswith("005") else None


def _refused(error: ErrorBody, name: str) -> FixSettings:
    hint = HINTS.get(error.code, "Check auth, client_id and login_url of the connection.")
    return FixSettings(f"{name}: Salesforce does not let Attain sign in: {error.code}: {error.message}", hint=hint)
