"""What an error answer of HubSpot means, and what happens next.

One table decides: asked again (AskAgain), put back (TryLater), a person is needed (FixSettings), or the call itself
was refused (Refused), which the caller may know how to settle and which otherwise ends the run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.answers import Answer, UnreadableAnswer, read_json
from connectors.base import ConnectorError, FixSettings, StopRun, TryLater
from connectors.retry import AskAgain, Failure, retry_after

_LOST = frozenset({408, 502, 504, *range(520, 527)})
_SERVER_ERROR = 500
_LOCKED = 423
_MIGRATING = 477
_TOO_MANY = 429
_LOCKED_WAIT = timedelta(seconds=2)
_MIGRATION_WAIT = timedelta(hours=1)
_POLICY_WAITS = {
    "TEN_SECONDLY_ROLLING": timedelta(seconds=10),
    "SECONDLY": timedelta(seconds=1),
}
_MESSAGE_POLICIES = (
    ("ten_secondly", "TEN_SECONDLY_ROLLING"),
    ("secondly", "SECONDLY"),
    ("daily", "DAILY"),
)
SAME_FOR_EVERY_RECORD = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})
"""Refusals that lie with the property and not with the record."""
_ERROR_CODE = re.compile(r'"error"\s*:\s*"([A-Z_]+)"')
_ERROR_NAME = re.compile(r'"name"\s*:\s*"([^"]+)"')


class Refused(StopRun):
    """HubSpot refused one call as it stands (400, 404, 409, ...); `code` is its word for why.

    `context` is what the error says of the records concerned, by id or by trace id.
    """

    def __init__(
        self, message: str, *, status: int, code: str, field: str = "", context: Mapping[str, tuple[str, ...]]
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.field = field
        self.context = context


class Forbidden(FixSettings):
    """The token may not do this (403): a scope is missing, or the account lacks the feature."""


class DailyLimitReached(Exception):
    """The account's calls of the day are used up; the client knows when the day ends."""


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The parts of an error answer or of one error of a batch that we use; every one may be missing."""

    message: str
    category: str
    policy: str
    context: Mapping[str, tuple[str, ...]]

    @property
    def code(self) -> str:
        """The most exact word for what is wrong."""
        found = _ERROR_CODE.search(self.message)
        return found.group(1) if found else self.category

    @property
    def field(self) -> str:
        """The property the message speaks of, or empty."""
        found = _ERROR_NAME.search(self.message)
        return found.group(1) if found else ""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes HubSpot misses in the token."""
        for name in ("requiredGranularScopes", "requiredScopes", "missingScopes"):
            if self.context.get(name):
                return self.context[name]
        return ()


def error_body(data: Any) -> ErrorBody:
    """Read an error; anything that is not where it should be counts as missing."""
    parts = data if isinstance(data, dict) else {}
    context = _context(parts.get("context"))
    for detail in parts.get("errors") or ():
        if isinstance(detail, dict):
            context = {**_context(detail.get("context")), **context}
    message = str(parts.get("message") or "")
    policy = str(parts.get("policyName") or "")
    return ErrorBody(message, str(parts.get("category") or parts.get("errorType") or ""), policy, context)


def _context(found: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(found, dict):
        return {}
    return {
        str(name): tuple(str(value) for value in (values if isinstance(values, list) else [values]))
        for name, values in found.items()
    }


def error_of(answer: Answer, *, what: str, scope: str, now: datetime) -> Exception:
    """The exception for an answer that is no success. `what` names the call in messages, `scope` what it needs."""
    body = error_body(_readable(answer))
    said = f"{what}: HTTP {answer.status}" + (f", {body.message}" if body.message else "")
    wait = retry_after(answer.headers, now)
    if answer.status == _TOO_MANY:
        return _limited(said, body, wait)
    if answer.status == _LOCKED:
        return AskAgain(said, kind=Failure.BUSY, retry_after=max(wait or _LOCKED_WAIT, _LOCKED_WAIT))
    if answer.status == _MIGRATING:
        message = f"{said}; HubSpot is moving this account to another data centre"
        return TryLater(message, retry_after=wait or _MIGRATION_WAIT)
    if answer.status in _LOST:
        return AskAgain(said, kind=Failure.LOST, retry_after=wait)
    if answer.status >= _SERVER_ERROR:
        return AskAgain(said, kind=Failure.UNAVAILABLE, retry_after=wait)
    return _needs_a_person(answer, body, said, scope) or Refused(
        said, status=answer.status, code=body.code or f"HTTP_{answer.status}", field=body.field, context=body.context
    )


def _readable(answer: Answer) -> Any:
    try:
        return read_json(answer)
    except UnreadableAnswer:
        return None


def _limited(said: str, body: ErrorBody, wait: timedelta | None) -> Exception:
    policy = body.policy or _policy_in(body.message)
    if policy == "DAILY":
        return DailyLimitReached(said)
    return AskAgain(said, kind=Failure.BUSY, retry_after=wait or _POLICY_WAITS.get(policy))


def _policy_in(message: str) -> str:
    lowered = message.lower()
    return next((policy for word, policy in _MESSAGE_POLICIES if word in lowered), "")


def _needs_a_person(answer: Answer, body: ErrorBody, said: str, scope: str) -> ConnectorError | None:
    if answer.status == 401:
        return FixSettings(said, hint="Set access_token to a token HubSpot accepts: it may be expired or mistyped.")
    if answer.status == 403:
        needed = ", ".join(body.scopes) or scope
        if needed:
            return Forbidden(said, hint=f"Give the app or key of access_token the scope {needed}, then try again.")
        return Forbidden(said, hint="Ask a HubSpot administrator what the app of access_token may not do.")
    return None
