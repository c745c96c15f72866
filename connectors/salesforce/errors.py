"""What an error answer of Salesforce means for the one who asked.

Codes and shapes: REST API Developer Guide, "Status Codes and Error Responses"; OAuth 2.0 error answers of
/services/oauth2/token. An unknown code is no reason to guess: it becomes `Refused`, which a person looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.answers import Answer, UnreadableAnswer, read_json
from connectors.base import FixSettings, TryLater
from connectors.retry import AskAgain, Failure, retry_after

SESSION_CODES = frozenset({"INVALID_SESSION_ID", "INVALID_AUTH_HEADER"})
"""The token is not (or no longer) good: sign in again, once."""

PASSING: Mapping[str, Failure] = {
    "SERVER_UNAVAILABLE": Failure.UNAVAILABLE,
    "UNKNOWN_EXCEPTION": Failure.UNAVAILABLE,
    "REQUEST_RUNNING_TOO_LONG": Failure.LOST,
    "UNABLE_TO_LOCK_ROW": Failure.BUSY,
    "TXN_SECURITY_METERING_ERROR": Failure.BUSY,
}
"""Error codes that pass by themselves."""

STATUS_FAILURES: Mapping[int, Failure] = {
    408: Failure.LOST,
    429: Failure.BUSY,
    500: Failure.UNAVAILABLE,
    502: Failure.LOST,
    503: Failure.UNAVAILABLE,
    504: Failure.LOST,
}
"""HTTP states that pass by themselves, whatever the body."""

HINTS: Mapping[str, str] = {
    "INVALID_FIELD": "Check the field's name in the mapping and that the integration user may see it"
    " (field-level security; `attain provision` grants it for Attain's own fields).",
    "INVALID_TYPE": "Check the object's name in the mapping and give the integration user the Read permission on it.",
    "MALFORMED_QUERY": "Look at the fields named in the mapping of this object: one of them is no field.",
    "API_DISABLED_FOR_ORG": "Give the integration user's profile or permission set the API Enabled permission.",
    "API_CURRENTLY_DISABLED": "Give the integration user's profile or permission set the API Enabled permission.",
    "INSUFFICIENT_ACCESS": "Give the integration user a permission set that allows this.",
    "INSUFFICIENT_ACCESS_OR_READONLY": "Give the integration user a permission set that allows this.",
    "FUNCTIONALITY_NOT_ENABLED": "Turn the feature on in Setup, or take the object out of the mapping.",
    "UNSUPPORTED_API_VERSION": "Set api_version to one the org supports, such as 66.0.",
    "NOT_FOUND": "Check instance_url and api_version of the connection.",
    "PASSWORD_LOCKOUT": "Unlock the integration user in Setup.",
}
_OTHERWISE = "Look the code up in Salesforce's REST API guide, or ask the org's administrator."
_DAILY_LIMIT_WAIT = timedelta(hours=1)


class Refused(FixSettings):
    """Salesforce refused a call with an error code; whoever knows the code better than a person catches it."""

    def __init__(self, message: str, *, hint: str, code: str, status: int) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The first error of an error answer."""

    code: str
    message: str


def read_error(answer: Answer) -> ErrorBody | None:
    """The error in an answer's body, None where the body is not one of Salesforce's."""
    try:
        return first_error(read_json(answer))
    except UnreadableAnswer:
        return None


def first_error(body: Any) -> ErrorBody | None:
    """The error of a decoded error body: an array of `errorCode`s, or OAuth's `error`."""
    entry = body[0] if isinstance(body, list) and body else body
    if not isinstance(entry, dict):
        return None
    code = entry.get("errorCode") or entry.get("statusCode") or entry.get("error")
    message = entry.get("message") or entry.get("error_description") or ""
    return ErrorBody(str(code), str(message)) if code else None


def is_expired_session(answer: Answer) -> bool:
    """Whether the token was refused: any 401, HTML body or not, or the code with another state."""
    if answer.status == 401:
        return True
    error = read_error(answer) if answer.status in (400, 403) else None
    return error is not None and error.code in SESSION_CODES


def raise_for(answer: Answer, name: str, *, now: datetime) -> None:
    """Return for a 2xx; else raise AskAgain, TryLater or Refused, with texts that begin with the connection's name."""
    if 200 <= answer.status < 300:
        return
    error = read_error(answer)
    wait = retry_after(answer.headers, now)
    if error is not None and error.code == "REQUEST_LIMIT_EXCEEDED":
        raise _limit(name, error, wait)
    failure = PASSING.get(error.code) if error else None
    failure = failure or STATUS_FAILURES.get(answer.status)
    if failure is not None:
        raise AskAgain(f"{name}: Salesforce answered {_told(answer, error)}", kind=failure, retry_after=wait)
    if error is None:
        raise _not_salesforce(answer, name)
    raise refusal(error, name, status=answer.status)


def refusal(error: ErrorBody, name: str, *, status: int) -> Refused:
    """The error as one a person has to look at, with the next step where the code is known."""
    hint = HINTS.get(error.code, _OTHERWISE)
    return Refused(
        f"{name}: Salesforce refused: {error.code}: {error.message}", hint=hint, code=error.code, status=status
    )


def _limit(name: str, error: ErrorBody, wait: timedelta | None) -> Exception:
    if "concurrent" in error.message.lower():
        return AskAgain(f"{name}: too many calls at once: {error.message}", kind=Failure.BUSY, retry_after=wait)
    text = f"{name}: the org's daily allowance of API calls is used up ({error.message})"
    return TryLater(f"{text} It refills over 24 hours.", retry_after=wait or _DAILY_LIMIT_WAIT)


def _told(answer: Answer, error: ErrorBody | None) -> str:
    return f"HTTP {answer.status} {error.code}: {error.message}" if error else f"HTTP {answer.status}"


def _not_salesforce(answer: Answer, name: str) -> Exception:
    kind = answer.headers.get("content-type", "no content type")
    text = f"{name}: HTTP {answer.status} with {kind}, which is no answer of Salesforce's REST API"
    if 300 <= answer.status < 400:
        place = answer.headers.get("location", "elsewhere")
        hint = f"The address sends us to {place.split('?')[0]}: set instance_url to the org's My Domain."
        return Refused(text, hint=hint, code="REDIRECT", status=answer.status)
    if answer.status in (414, 431):
        hint = "Map fewer fields of this object: their names together are longer than a query's address may be."
        return Refused(text, hint=hint, code="URI_TOO_LONG", status=answer.status)
    if answer.status in (404, 405, 410):
        return Refused(text, hint=HINTS["NOT_FOUND"], code="NOT_FOUND", status=answer.status)
    return AskAgain(text, kind=Failure.UNREADABLE)
