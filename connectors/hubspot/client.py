"""The port to HubSpot: one session, every call timed, counted, paced, checked and asked again where that helps.

hubspot-api-client supplies the session (its configuration, connection pool and sign-in). Its typed calls are not
used: they know the v3 paths alone, have no time-outs, read numbers as floats and make a new pool at each access.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import structlog
import urllib3

from connectors.answers import Answer, UnreadableAnswer, read_json
from connectors.base import ConnectorError, TryLater
from connectors.hubspot import scopes
from connectors.hubspot.errors import DailyLimitReached, error_of
from connectors.hubspot.limits import DailyUse, Window, daily_use, reset_in_words, until_reset
from connectors.hubspot.paths import Paths
from connectors.hubspot.settings import HubSpotSettings
from connectors.retry import EVERY_KIND, AskAgain, Failure, Pacing, ask

log = structlog.get_logger(__name__)

_CONNECT_SECONDS = 10.0
_ACCOUNT = "account"
_OF_RECORDS = frozenset({"list", "list_archived", "search", "batch_read"})
"""Calls whose results are records with properties."""
_NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `endpoint` is the short name it is counted under, `scope` what it needs (said where it is refused),
    `repeat` after which failures it may be made again. An answer to a call that `lists` must have a list of results,
    each with text under that key."""

    endpoint: str
    method: Literal["GET", "POST"]
    path: str
    query: Sequence[tuple[str, str]] = ()
    body: Any = None
    scope: str = ""
    repeat: frozenset[Failure] = EVERY_KIND
    lists: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A checked answer: its status (200, 201 or 207), its JSON and when it was given by the CRM's clock."""

    status: int
    data: dict[str, Any]
    date: datetime

    @property
    def results(self) -> list[dict[str, Any]]:
        """The records of an answer that has them."""
        found: list[dict[str, Any]] = self.data["results"]
        return found

    @property
    def next_token(self) -> str | None:
        """The token of the next page, where there is one."""
        following = (self.data.get("paging") or {}).get("next") or {}
        token = following.get("after")
        return None if token is None else str(token)


@dataclass(frozen=True, slots=True)
class Timing:
    """Clock, waiting and jitter; tests give their own and never sleep."""

    pacing: Pacing = field(default_factory=Pacing)
    monotonic: Callable[[], float] = time.monotonic


class HubSpotClient:
    """A session with one account. Not safe for several threads at once."""

    def __init__(self, settings: HubSpotSettings, *, timing: Timing | None = None) -> None:
        timing = timing or Timing()
        self.paths = Paths(settings.path_version)
        self.calls: Counter[str] = Counter()
        self.daily: DailyUse | None = None
        self._settings = settings
        self._pacing = timing.pacing
        self._zone: ZoneInfo | None = None
        wait = timing.pacing.sleep
        self._burst = Window(settings.ten_second_limit, 10, clock=timing.monotonic, sleep=wait)
        self._searches = Window(settings.search_per_second, 1, clock=timing.monotonic, sleep=wait)
        self._timeout = urllib3.Timeout(
            connect=min(_CONNECT_SECONDS, settings.timeout_seconds), read=settings.timeout_seconds
        )

    @cached_property
    def _api(self) -> Any:
        """The library's own client, made once: it holds the pool with its open connections."""
        from hubspot import HubSpot  # slow to import, and needed only once a call is made

        library = HubSpot(access_token=self._settings.access_token.get_secret_value(), host=self._settings.base_url)
        return library.crm.objects.basic_api.api_client

    @cached_property
    def _headers(self) -> dict[str, str]:
        headers = dict(self._api.default_headers)
        self._api.update_params_for_auth(headers, [], ["oauth2"])
        return headers | {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
            "User-Agent": f"attain {headers['User-Agent']}",
        }

    def send(self, call: Call) -> Reply:
        """Make the call and return its checked answer.

        Raises TryLater, FixSettings, Refused; and AskAgain for a failure that `call.repeat` leaves to the caller.
        """
        try:
            return ask(lambda: self._once(call), pacing=self._pacing, repeat=call.repeat)
        except DailyLimitReached as error:
            raise self._tomorrow(str(error)) from error

    def account(self) -> Reply:
        """Who the token belongs to; the account's time zone is remembered, its day ends by it."""
        reply = self.send(Call(_ACCOUNT, "GET", self.paths.account(), scope=scopes.OAUTH))
        self._zone = _zone(reply.data.get("timeZone"))
        return reply

    def close(self) -> None:
        """Give back the sockets."""
        if "_api" in self.__dict__:
            self._api.rest_client.pool_manager.clear()

    def _once(self, call: Call) -> Reply:
        if call.endpoint != _ACCOUNT:
            self._keep_to_our_share()
        answer = self._exchange(call)
        here = self._pacing.now()
        there = _date(answer.headers) or here
        self.daily = daily_use(answer.headers, at=there, noted=here) or self.daily
        if not 200 <= answer.status < 300:
            raise error_of(answer, what=_named(call), scope=call.scope, now=here)
        return Reply(answer.status, _checked(answer, call), there)

    def _exchange(self, call: Call) -> Answer:
        self._burst.take()
        if call.endpoint == "search":
            self._searches.take()
        self.calls[call.endpoint] += 1
        url = f"{self._settings.base_url}{call.path}"
        if call.query:
            url = f"{url}?{urlencode(call.query)}"
        body = None if call.body is None else msgspec.json.encode(call.body)
        return self._answer(call, url, body)

    def _answer(self, call: Call, url: str, body: bytes | None) -> Answer:
        pool = self._api.rest_client.pool_manager
        try:
            response = pool.request(
                call.method, url, body=body, headers=self._headers, timeout=self._timeout, retries=False
            )
        except _NEVER_SENT as error:
            raise AskAgain(
                f"{_named(call)}: no connection to {self._settings.base_url}", kind=Failure.REFUSED
            ) from error
        except urllib3.exceptions.SSLError as error:
            raise AskAgain(f"{_named(call)}: no safe connection ({error})", kind=Failure.REFUSED) from error
        except urllib3.exceptions.HTTPError as error:
            raise AskAgain(f"{_named(call)}: the answer was lost ({_reason(error)})", kind=Failure.LOST) from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, response.data)

    def _keep_to_our_share(self) -> None:
        use = self.daily
        if use is None or not use.is_spent(self._settings.daily_share):
            return
        zone = self._known_zone()
        if self._pacing.now() >= use.noted + until_reset(use.at, zone):
            self.daily = None
            return
        used = f"{use.limit - use.left} of the account's {use.limit} daily calls are used"
        raise self._tomorrow(f"{used}, Attain stops at {self._settings.daily_share:.0%}")

    def _known_zone(self) -> ZoneInfo | None:
        if self._zone is None:
            try:
                self.account()
            except (ConnectorError, AskAgain) as error:
                log.info("hubspot.time_zone_unknown", reason=str(error))
        return self._zone

    def _tomorrow(self, said: str) -> TryLater:
        now = self.daily.at if self.daily else self._pacing.now()
        words = reset_in_words(now, self._zone)
        return TryLater(f"{said}; the count starts anew {words}", retry_after=until_reset(now, self._zone))


def _named(call: Call) -> str:
    return f"HubSpot {call.method} {call.path}"


def _reason(error: Exception) -> str:
    return type(error).__name__ if isinstance(error, urllib3.exceptions.TimeoutError) else str(error)


def _checked(answer: Answer, call: Call) -> dict[str, Any]:
    try:
        data = read_json(answer)
        if not isinstance(data, dict):
            raise UnreadableAnswer("the answer is no JSON object")
        if call.lists is not None:
            _check_results(data, call.lists)
            _check_paging(data)
            if call.endpoint in _OF_RECORDS:
                _check_properties(data)
    except UnreadableAnswer as error:
        raise AskAgain(f"{_named(call)}: {error}", kind=Failure.UNREADABLE) from error
    return data


def _check_results(data: Mapping[str, Any], key: str) -> None:
    results = data.get("results")
    if not isinstance(results, list):
        raise UnreadableAnswer("the answer has no list of results")
    if not all(isinstance(row, dict) and isinstance(row.get(key), str) and row[key] for row in results):
        raise UnreadableAnswer(f"a result has no {key}")


def _check_properties(data: Mapping[str, Any]) -> None:
    """A record without its properties is not one whose values are all empty."""
    if not all(isinstance(row.get("properties"), dict) for row in data["results"]):
        raise UnreadableAnswer("a result has no properties")


def _check_paging(data: Mapping[str, Any]) -> None:
    """A next page that cannot be asked for must not be taken for the end."""
    paging = data.get("paging") or {}
    following = paging.get("next") if isinstance(paging, dict) else paging
    if following and not (isinstance(following, dict) and following.get("after") not in (None, "")):
        raise UnreadableAnswer("the answer names a next page without its token")


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return None


def _zone(name: object) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name)) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
