"""The session with one org: signs in, sends, reads the allowance, asks again, and turns errors into the four kinds.

simple-salesforce gives the addresses and the allowance's parsing; the calls go through its session by ourselves, since
its own renewal of the token never ends on a lasting 401 and fails on an HTML body (1.12.10, SFType._call_salesforce).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
import structlog
from simple_salesforce.api import Salesforce

from connectors.answers import Answer, UnreadableAnswer, read_json
from connectors.base import FixSettings
from connectors.retry import EVERY_KIND, AskAgain, Failure, Pacing, ask
from connectors.salesforce.allowance import Allowance
from connectors.salesforce.errors import is_expired_session, raise_for, read_error
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.signin import Token, TokenForm, read_token, reveal, token_form
from connectors.salesforce.transport import as_failure, is_tls_trouble, open_session

T = TypeVar("T")
log = structlog.get_logger(__name__)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `path` below /services/data/vXX.0/ or, with a leading slash, on the host; `endpoint` is the short
    name it is counted under; `body` is sent as JSON with exact decimals; `repeat` says which failures may be asked
    again."""

    method: str
    path: str
    endpoint: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    repeat: frozenset[Failure] = EVERY_KIND


class Client:
    """Calls to the org of one connection; not for several threads at once."""

    def __init__(self, name: str, settings: SalesforceSettings, pacing: Pacing | None = None) -> None:
        self.name = name
        self.settings = settings
        self.pacing = pacing or Pacing()
        self.calls: Counter[str] = Counter()
        self.allowance = Allowance(name, settings.daily_share)
        self.crm_clock: datetime | None = None
        """The CRM's clock when the last call was sent, by the Date header of its answer."""
        origins = [settings.instance_url, settings.token_origin]
        self._session = open_session(origins, timeout_seconds=settings.timeout_seconds)
        self._crm = Salesforce(
            session_id="-", instance_url=settings.instance_url, session=self._session, version=settings.api_version
        )
        self._token: Token | None = None

    def close(self) -> None:
        """Close the sockets."""
        self._session.close()

    def sign_in(self) -> Token:
        """The token in use; asks for one where there is none. Raises FixSettings or TryLater."""
        if self._token is None:
            if self.settings.session_id is not None and self.settings.auth == "token":
                self._token = Token(self.settings.session_id)
            else:
                self._token = ask(self._ask_token, pacing=self.pacing)
        return self._token

    def get(self, path: str, endpoint: str, **params: str) -> Any:
        """The JSON of a GET."""
        return self.ask(Call("GET", path, endpoint, params))

    def ask(self, call: Call, read: Callable[[Any], T] | None = None) -> Any | T:
        """Make the call and return what `read` makes of its JSON (None for an empty answer).

        `read` raises UnreadableAnswer for another shape than expected, which is asked again like a cut body.
        Raises TryLater, FixSettings (as Refused, with the code), or AskAgain of a kind not in `call.repeat`.
        """
        return ask(lambda: self._once(call, read), pacing=self.pacing, repeat=call.repeat)

    def _once(self, call: Call, read: Callable[[Any], T] | None) -> Any | T:
        self.allowance.demand()
        answer = self._send(call)
        if is_expired_session(answer):
            answer = self._replay(call)
        raise_for(answer, self.name, now=self.pacing.now())
        return self._believe(lambda: _read(answer, read), call.endpoint)

    def _believe(self, read: Callable[[], T], endpoint: str) -> T:
        try:
            return read()
        except UnreadableAnswer as error:
            raise AskAgain(f"{self.name}: unreadable answer to {endpoint}: {error}", kind=Failure.UNREADABLE) from error

    def _replay(self, call: Call) -> Answer:
        """The same request again with a new token; a second refusal is no matter of age."""
        if self.settings.auth == "token":
            raise FixSettings(
                f"{self.name}: Salesforce does not accept the session id; it is wrong or has expired.",
                hint='Set a new session_id, or sign in with auth = "client_credentials", which renews itself.',
            )
        log.info("salesforce.sign_in_again", connection=self.name)
        self._token = None
        answer = self._send(call)
        if not is_expired_session(answer):
            return answer
        error = read_error(answer)
        told = f" ({error.code}: {error.message})" if error else ""
        raise FixSettings(
            f"{self.name}: {self._host} does not accept the token {self.settings.token_origin} gave out{told}.",
            hint="Check that instance_url and login_url are of the same org, and that the user may use the API.",
        )

    @property
    def _host(self) -> str:
        return str(urlsplit(self.settings.instance_url).netloc)

    def _send(self, call: Call) -> Answer:
        token = self.sign_in()
        headers = {"Authorization": f"Bearer {reveal(token.secret)}", "Accept": "application/json", **call.headers}
        body = None
        if call.body is not None:
            body = _ENCODER.encode(call.body)
            headers["Content-Type"] = "application/json; charset=UTF-8"
        answer = self._exchange(
            call.endpoint,
            lambda: self._session.request(
                call.method,
                self._url(call.path),
                params=dict(call.params),
                data=body,
                headers=headers,
                allow_redirects=False,
            ),
        )
        self.allowance.note(answer.headers.get("sforce-limit-info"))
        return answer

    def _url(self, path: str) -> str:
        return f"https://{self._crm.sf_instance}{path}" if path.startswith("/") else f"{self._crm.base_url}{path}"

    def data_path(self, path: str) -> str:
        """The path on the host of one below /services/data/vXX.0/, as sub-requests name it."""
        return f"/services/data/v{self.settings.api_version}/{path}"

    def _exchange(self, endpoint: str, send: Callable[[], requests.Response]) -> Answer:
        self.calls[endpoint] += 1
        try:
            response = send()
        except requests.RequestException as error:
            raise self._network_trouble(error) from error
        headers = {key.lower(): value for key, value in response.headers.items()}
        self.crm_clock = _clock(headers, response.elapsed)
        return Answer(response.status_code, headers, response.content)

    def _network_trouble(self, error: requests.RequestException) -> Exception:
        host = str(urlsplit(error.request.url).netloc) if error.request is not None else self._host
        if is_tls_trouble(error):
            return FixSettings(
                f"{self.name}: no secure connection to {host}: its certificate is not trusted or it speaks no TLS.",
                hint="Check instance_url and login_url, and the certificate of any proxy (REQUESTS_CA_BUNDLE).",
            )
        return as_failure(error, self.name, host)

    def _ask_token(self) -> Token:
        form = token_form(self.settings, self.pacing.now())
        answer = self._exchange("token", lambda: self._post_form(form))
        return self._believe(lambda: read_token(answer, self.name, now=self.pacing.now()), "token")

    def _post_form(self, form: TokenForm) -> requests.Response:
        url = form.url.replace("http://", "https://", 1)  # the transport knows which hosts are plain
        headers = {"Accept": "application/json"}
        return self._session.post(url, data=dict(form.fields), auth=form.basic, headers=headers, allow_redirects=False)


def _read(answer: Answer, read: Callable[[Any], T] | None) -> Any | T:
    body = None if answer.status == 204 or not answer.body else read_json(answer)
    return body if read is None else read(body)


def _clock(headers: Mapping[str, str], took: timedelta) -> datetime | None:
    """When the request was sent, by the other side's clock: its Date less the time the answer took."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC) - took
    except (TypeError, ValueError):
        return None
