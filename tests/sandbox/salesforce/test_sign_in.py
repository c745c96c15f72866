"""Tokens, sessions, the daily allowance, versions and methods."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fixtures.sandbox import Start
from tests.sandbox.salesforce.rest import Rest

CREDENTIALS = {"client_id": "sandbox-consumer", "client_secret": "sandbox-secret"}
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def pem(key: rsa.RSAPrivateKey) -> str:
    form, encoding = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.Encoding.PEM
    return key.public_key().public_bytes(encoding, form).decode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def signed(salesforce_sandbox: Start, key: rsa.RSAPrivateKey) -> Iterator[Rest]:
    client = Rest(salesforce_sandbox(jwt_public_key=pem(key)).url)
    yield client
    client.session.close()


def token(rest: Rest, form: dict[str, str], **options: Any) -> requests.Response:
    return requests.post(f"{rest.url}/services/oauth2/token", data=form, timeout=10, **options)


def test_client_credentials_work_in_the_form_and_as_basic(rest: Rest) -> None:
    grant = {"grant_type": "client_credentials"}
    in_form = token(rest, {**grant, **CREDENTIALS}).json()
    as_basic = token(rest, grant, auth=tuple(CREDENTIALS.values())).json()
    for answer in (in_form, as_basic):
        assert answer["instance_url"] == rest.url
        assert answer["token_type"] == "Bearer"
        assert Rest(rest.url, answer["access_token"]).query("SELECT Id FROM Organization")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials", **CREDENTIALS, "client_secret": "wrong"}, "invalid_client"),
        ({"grant_type": "client_credentials", **CREDENTIALS, "client_id": "wrong"}, "invalid_client_id"),
        ({"grant_type": "client_credentials"}, "invalid_client_id"),
        ({"grant_type": "password", **CREDENTIALS}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
        ({"grant_type": JWT_GRANT, "assertion": "x"}, "invalid_client"),  # no certificate in this org
    ],
)
def test_a_token_is_refused_in_the_words_of_oauth(rest: Rest, form: dict[str, str], error: str) -> None:
    answer = token(rest, form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


def test_a_broken_basic_header_is_no_sign_in(rest: Rest) -> None:
    headers = {"Authorization": "Basic !!!"}
    assert token(rest, {"grant_type": "client_credentials"}, headers=headers).status_code == 400


def assertion(key: rsa.RSAPrivateKey, **changes: Any) -> str:
    claims = {
        "iss": "sandbox-consumer",
        "sub": "integration@sandbox.example",
        "aud": "https://login.salesforce.com",
        "exp": str(int(time.time()) + 180),
        **changes,
    }
    claims["exp"] = claims["exp"] if isinstance(claims["exp"], str) else int(time.time()) + claims["exp"]
    return jwt.encode(claims, key, algorithm="RS256")


def test_a_signed_assertion_signs_in(signed: Rest, key: rsa.RSAPrivateKey) -> None:
    answer = token(signed, {"grant_type": JWT_GRANT, "assertion": assertion(key)})
    assert answer.status_code == 200, answer.text
    assert Rest(signed.url, answer.json()["access_token"]).query("SELECT Id FROM Organization")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": "someone"}, "invalid_client_id"),
        ({"sub": "nobody@sandbox.example"}, "invalid_grant"),
        ({"aud": "https://example.com"}, "invalid_grant"),
        ({"exp": -1}, "invalid_grant"),
        ({"exp": 3600}, "invalid_grant"),  # assertions live minutes, not hours
        ({"exp": "soon"}, "invalid_grant"),
    ],
)
def test_a_wrong_claim_is_refused(signed: Rest, key: rsa.RSAPrivateKey, changes: dict[str, Any], error: str) -> None:
    answer = token(signed, {"grant_type": JWT_GRANT, "assertion": assertion(key, **changes)})
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_forged_assertion_is_refused(signed: Rest) -> None:
    forger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for forged in (assertion(forger), jwt.encode({}, "secret-of-enough-length-for-hs256-keys", algorithm="HS256"), "x"):
        answer = token(signed, {"grant_type": JWT_GRANT, "assertion": forged})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_the_public_key_may_be_a_file(
    salesforce_sandbox: Start, key: rsa.RSAPrivateKey, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("key") / "public.pem"
    path.write_text(pem(key))
    rest = Rest(salesforce_sandbox(jwt_public_key=str(path)).url)
    assert token(rest, {"grant_type": JWT_GRANT, "assertion": assertion(key)}).status_code == 200


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic c2FuZGJveC1zZXNzaW9u", "Bearer"])
def test_without_a_session_nothing_is_answered(rest: Rest, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = requests.get(f"{rest.url}/services/data/v66.0/limits", headers=headers, timeout=10)
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_a_token_lives_two_hours(fresh: Rest) -> None:
    session = Rest(fresh.url, token(fresh, {"grant_type": "client_credentials", **CREDENTIALS}).json()["access_token"])
    fresh.call("POST", "/_sandbox/clock", {"advance_seconds": 7100})
    assert session.call("GET", "limits").status_code == 200
    fresh.call("POST", "/_sandbox/clock", {"advance_seconds": 200})
    assert session.call("GET", "limits").status_code == 401


def test_tokens_expire_on_demand_and_new_ones_work(fresh: Rest) -> None:
    grant = {"grant_type": "client_credentials", **CREDENTIALS}
    old = Rest(fresh.url, token(fresh, grant).json()["access_token"])
    fresh.fault(kind="expire_token", endpoint="limits")
    assert old.call("GET", "limits").status_code == 401
    assert old.call("GET", "limits").status_code == 401
    assert Rest(fresh.url, token(fresh, grant).json()["access_token"]).call("GET", "limits").status_code == 200
    assert [fresh.call("GET", "limits").status_code for _ in range(2)] == [401, 200]  # the static session: once


def test_a_revoked_token_is_worth_nothing(rest: Rest) -> None:
    given = token(rest, {"grant_type": "client_credentials", **CREDENTIALS}).json()["access_token"]
    revoked = requests.post(f"{rest.url}/services/oauth2/revoke", data={"token": given}, timeout=10)
    assert revoked.status_code == 200
    assert Rest(rest.url, given).call("GET", "limits").status_code == 401


def test_the_session_says_who_it_is(rest: Rest) -> None:
    me = rest.call("GET", "/services/oauth2/userinfo").json()
    assert me["preferred_username"] == "integration@sandbox.example"
    assert me["user_id"] == rest.id_of_a("User", "WHERE Username = 'integration@sandbox.example'")
    assert me["organization_id"] == rest.id_of_a("Organization")
    given = token(rest, {"grant_type": "client_credentials", **CREDENTIALS}).json()["id"]
    assert rest.call("GET", given.removeprefix(rest.url)).json() == me


def test_every_answer_tells_how_much_of_the_allowance_is_used(rest: Rest) -> None:
    used, total = rest.call("GET", "limits").headers["Sforce-Limit-Info"].removeprefix("api-usage=").split("/")
    later = rest.ask("no query at all").headers["Sforce-Limit-Info"]
    assert later == f"api-usage={int(used) + 1}/{total}"


def test_a_used_up_allowance_refuses_calls_until_the_next_day(salesforce_sandbox: Start) -> None:
    rest = Rest(salesforce_sandbox(daily_calls=2).url)
    statuses = [rest.call("GET", "limits").status_code for _ in range(3)]
    assert statuses == [200, 200, 403]
    refused = rest.call("GET", "limits")
    assert refused.json() == [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    assert refused.headers["Sforce-Limit-Info"] == "api-usage=2/2"
    rest.call("POST", "/_sandbox/clock", {"advance_seconds": 86_400})
    assert rest.call("GET", "limits").json()["DailyApiRequests"] == {"Max": 2, "Remaining": 1}


def test_versions_and_resources_are_listed(rest: Rest) -> None:
    versions = requests.get(f"{rest.url}/services/data", timeout=10).json()
    assert [one["version"] for one in versions] == [f"{number}.0" for number in range(41, 69)]
    assert versions[-1] == {"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}
    assert versions[7]["label"] == "Spring '20"
    assert rest.call("GET", "").json()["query"] == "/services/data/v66.0/query"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/services/data/v41.0/limits", 200, None),
        ("GET", "/services/data/v68.0/limits/", 200, None),  # a slash at the end does no harm
        ("GET", "/services/data/v69.0/limits", 404, "NOT_FOUND"),
        ("GET", "/services/data/v20.0/limits", 410, "GONE"),
        ("GET", "/services/data/v66.0/nonsense", 404, "NOT_FOUND"),
        ("GET", "/nonsense", 404, "NOT_FOUND"),
        ("PUT", "/services/data/v66.0/limits", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/services/data/v66.0/query", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/services/data/v66.0/sobjects/Nothing/describe", 404, "NOT_FOUND"),
    ],
)
def test_versions_paths_and_methods(rest: Rest, method: str, path: str, status: int, code: str | None) -> None:
    answer = rest.call(method, path)
    assert answer.status_code == status
    assert code is None or answer.json()[0]["errorCode"] == code


def test_a_method_may_be_named_in_the_query(rest: Rest) -> None:
    path = f"sobjects/Opportunity/{rest.id_of_a('Opportunity')}?_HttpMethod=PATCH"
    assert rest.call("POST", path, {"NextStep": "x"}).status_code == 204


def test_records_are_counted(rest: Rest) -> None:
    found = rest.call("GET", "limits/recordCount", params={"sObjects": "Opportunity,Nothing,User"}).json()["sObjects"]
    assert [one["name"] for one in found] == ["Opportunity", "User"]
    assert found[0]["count"] == rest.ask("SELECT COUNT() FROM Opportunity").json()["totalSize"]
    assert len(rest.call("GET", "limits/recordCount").json()["sObjects"]) > 10
