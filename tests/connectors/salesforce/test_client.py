"""The session: signing in, renewing once, the allowance, and errors that say what to do and keep secrets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests

from connectors.base import FixSettings, PullRequest, TryLater
from tests.connectors.salesforce.paper import HTML, NOW, PaperOrg, Reply, answer, connected, deal, error
from tests.connectors.salesforce.test_settings import pem


def org_of_one() -> PaperOrg:
    return PaperOrg({"Opportunity": [deal(0, 0)]})


def read(org: PaperOrg, **settings: Any) -> None:
    with connected(org, **settings) as watched:
        list(watched.connector.pull(PullRequest("Opportunity", ("Name",), None, NOW)))


def refused(org: PaperOrg, kind: type[Exception], **settings: Any) -> Any:
    with connected(org, **settings) as watched, pytest.raises(kind) as caught:
        list(watched.connector.pull(PullRequest("Opportunity", ("Name",), None, NOW)))
    return caught.value


def test_client_credentials_sign_in_with_the_secret_in_the_header_alone() -> None:
    org = org_of_one()
    read(org)
    assert org.headers[0]["Authorization"].startswith("Basic ")
    assert org.headers[1]["Authorization"] == "Bearer secret-token"


def test_a_jwt_is_signed_for_the_login_host_and_three_minutes() -> None:
    org, seen, key = org_of_one(), list[str](), pem()
    real = org.answer

    def watch(request: requests.PreparedRequest) -> Any:
        if "oauth2" in str(request.url):
            seen.extend([str(request.url), str(request.body).partition("assertion=")[2]])
        return real(request)

    org.answer = watch  # type: ignore[method-assign]
    read(org, auth="jwt", username="attain@acme.com", private_key=key)
    claims = jwt.decode(seen[1], options={"verify_signature": False})
    assert seen[0] == "https://login.salesforce.com/services/oauth2/token"
    assert claims == {
        "iss": "key",
        "sub": "attain@acme.com",
        "aud": "https://login.salesforce.com",
        "exp": int((NOW + timedelta(minutes=3)).timestamp()),
    }


def test_a_session_id_is_used_as_it_is() -> None:
    org = org_of_one()
    read(org, auth="token", session_id="00D!given")
    assert org.count("token") == 0
    assert org.headers[0]["Authorization"] == "Bearer 00D!given"


def test_an_expired_session_id_cannot_be_renewed() -> None:
    org = org_of_one()
    org.replies = [("describe", error("INVALID_SESSION_ID", status=401))]
    caught = refused(org, FixSettings, auth="token", session_id="00D!given")
    assert "00D!given" not in str(caught)
    assert "session_id" in caught.hint


def test_a_session_that_stays_expired_is_renewed_once_and_then_named() -> None:
    org = org_of_one()
    org.replies = [("describe", (401, {"Content-Type": "text/html"}, "<html>log in</html>"))] * 9
    caught = refused(org, FixSettings)
    assert (org.count("token"), org.count("describe")) == (2, 2)
    assert "does not accept the token" in str(caught)


@pytest.mark.parametrize(
    ("code", "description", "hint"),
    [
        ("invalid_client_id", "client identifier invalid", "client_id"),
        ("invalid_client", "invalid client credentials", "client_secret"),
        ("invalid_grant", "user hasn't approved this consumer", "audience"),
        ("inactive_user", "user is inactive", "Activate"),
        ("something_new", "?", "auth, client_id and login_url"),
    ],
)
def test_a_refused_sign_in_says_what_to_check(code: str, description: str, hint: str) -> None:
    org = org_of_one()
    org.replies = [("oauth2", answer({"error": code, "error_description": description}, 400))]
    caught = refused(org, FixSettings)
    assert f"{code}: {description}" in str(caught)
    assert hint in caught.hint
    assert "very-secret" not in f"{caught} {caught.hint}"


@pytest.mark.parametrize("reply", [HTML, answer({"token": "?"}), answer([]), error("SERVER_UNAVAILABLE", status=503)])
def test_a_sign_in_that_cannot_be_read_is_tried_again(reply: Reply) -> None:
    org = org_of_one()
    org.replies = [("oauth2", reply)]
    read(org)
    assert org.count("token") == 2


@pytest.mark.parametrize(
    ("failure", "kind", "told"),
    [
        (requests.exceptions.ConnectTimeout(), TryLater, "cannot be reached"),
        (requests.exceptions.ConnectionError("NewConnectionError: refused"), TryLater, "cannot be reached"),
        (requests.exceptions.ProxyError("tunnel"), TryLater, "cannot be reached"),
        (requests.exceptions.ReadTimeout(), TryLater, "did not answer in time"),
        (requests.exceptions.ConnectionError("Connection aborted."), TryLater, "broke off the connection"),
        (requests.exceptions.ChunkedEncodingError(), TryLater, "cut or garbled"),
        (requests.exceptions.SSLError("EOF occurred in violation of protocol"), TryLater, "broke off the connection"),
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), FixSettings, "certificate is not trusted"),
        (requests.exceptions.SSLError("WRONG_VERSION_NUMBER"), FixSettings, "speaks no TLS"),
    ],
)
def test_trouble_of_the_network_is_told_in_plain_words(failure: Exception, kind: type[Exception], told: str) -> None:
    org = org_of_one()
    org.replies = [("describe", failure)] * 9
    caught = refused(org, kind)
    assert str(caught).startswith("acme: ")
    assert told in str(caught)


def test_retry_after_is_waited_for() -> None:
    org = org_of_one()
    org.replies = [("describe", (503, {"Content-Type": "text/html", "Retry-After": "7"}, "busy"))]
    with connected(org) as watched:
        watched.connector.describe("Opportunity")
    assert watched.waits == [7.0]


@pytest.mark.parametrize(
    ("reply", "kind", "told"),
    [
        (error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403), TryLater, "daily allowance"),
        (error("API_DISABLED_FOR_ORG", status=403), FixSettings, "API_DISABLED_FOR_ORG"),
        ((404, {"Content-Type": "text/html"}, "<html>?</html>"), FixSettings, "no object Opportunity"),
        ((301, {"Location": "https://b.my.salesforce.com/x?token=1"}, ""), FixSettings, "no answer of Salesforce"),
        ((403, {"Content-Type": "text/html"}, "<html>blocked</html>"), TryLater, "HTTP 403 with text/html"),
        ((431, {"Content-Type": "text/html"}, "<html>too long</html>"), FixSettings, "HTTP 431"),
        (error("A_CODE_NOBODY_KNOWS"), FixSettings, "A_CODE_NOBODY_KNOWS: said the CRM"),
    ],
)
def test_what_the_crm_refuses_is_told_with_the_next_step(reply: Reply, kind: type[Exception], told: str) -> None:
    org = org_of_one()
    org.replies = [("describe", reply)] * 9
    caught = refused(org, kind)
    assert told in str(caught)
    assert "token=1" not in f"{caught} {getattr(caught, 'hint', '')}"


def test_no_call_goes_beyond_the_share_of_the_daily_allowance() -> None:
    org = org_of_one()
    org.usage = "api-usage=49/100; per-app-api-usage=17/250(appName=attain)"
    read(org)
    org.usage = "api-usage=50/100"
    caught = refused(org, TryLater)
    assert "50 of the org's 100 API calls" in str(caught)
    assert "stops at 50 (daily_share = 0.5)" in str(caught)
    assert caught.retry_after == timedelta(hours=1)


@pytest.mark.parametrize("header", ["", "nonsense", "api-usage=5/0"])
def test_an_allowance_not_told_stops_nothing(header: str) -> None:
    org = org_of_one()
    org.usage = header
    read(org)


def test_calls_are_counted_by_what_they_ask_for() -> None:
    org = org_of_one()
    org.replies = [("queryAll", HTML)]
    with connected(org) as watched:
        list(watched.connector.pull(PullRequest("Opportunity", ("Name",), None, NOW)))
        assert watched.connector.calls() == {"token": 1, "describe": 1, "query": 2}


def test_a_link_to_another_host_does_not_get_the_token() -> None:
    org = PaperOrg({"Opportunity": [deal(n, n) for n in range(3)]}, page_size=2)
    rows = [row | {"attributes": {}} for row in org.rows["Opportunity"][:2]]
    link = "https://evil.example/services/data/v66.0/query/01g0-2"
    org._open["01g0"] = (3, org.rows["Opportunity"])
    org.replies = [("queryAll", answer({"totalSize": 3, "done": False, "nextRecordsUrl": link, "records": rows}))]
    hosts: set[str] = set()
    real = org.answer

    def watch(request: requests.PreparedRequest) -> Any:
        hosts.add(str(request.url).split("/")[2])
        return real(request)

    org.answer = watch  # type: ignore[method-assign]
    read(org)
    assert hosts == {"acme.my.salesforce.com"}
