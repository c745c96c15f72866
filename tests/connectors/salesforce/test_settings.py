"""What a connection's section may say, all of it wrong at once."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from connectors.salesforce.settings import SalesforceSettings

ORG = "https://acme.my.salesforce.com"
KEYS = {"client_id": "key", "client_secret": "secret"}


def problems(**given: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        SalesforceSettings.model_validate(given)
    return {str(error["loc"][0]): error["msg"] for error in caught.value.errors()}


@pytest.mark.parametrize(
    ("auth", "missing"),
    [
        ("client_credentials", {"client_id", "client_secret"}),
        ("jwt", {"client_id", "username", "private_key"}),
        ("token", {"session_id"}),
    ],
)
def test_every_missing_key_is_named_at_once(auth: str, missing: set[str]) -> None:
    found = problems(instance_url="no url", auth=auth, page_size=1)
    assert set(found) == missing | {"instance_url", "page_size"}
    assert all(f'auth = "{auth}" needs' in found[key] for key in missing)


def test_blank_is_missing() -> None:
    assert set(problems(instance_url=ORG, client_id=" ", client_secret="")) == {"client_id", "client_secret"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("acme.my.salesforce.com", "is no URL"),  # no scheme
        ("ftp://acme.my.salesforce.com", "is no URL"),
        ("https://", "is no URL"),
        ("http://acme.my.salesforce.com", "must begin with https"),  # the token would go in the clear
        ("http://10.0.0.1:8801", "must begin with https"),  # another machine
        ("https://user:password@acme.my.salesforce.com", "must not carry"),
    ],
)
def test_addresses_that_will_not_do(url: str, told: str) -> None:
    assert told in problems(instance_url=url, **KEYS)["instance_url"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (ORG, ORG),
        (f"{ORG}/lightning/page/home", ORG),  # as copied from the browser
        (f" {ORG}/ ", ORG),
        ("http://127.0.0.1:8801", "http://127.0.0.1:8801"),
        ("http://localhost:8801/", "http://localhost:8801"),
    ],
)
def test_addresses_that_will_do(url: str, origin: str) -> None:
    assert SalesforceSettings(instance_url=url, **KEYS).instance_url == origin  # type: ignore[arg-type]


def test_unknown_keys_and_secrets_in_errors() -> None:
    with pytest.raises(ValidationError) as caught:
        SalesforceSettings.model_validate({"instance_url": "x", "secret_typo": "hush-hush", **KEYS})
    assert "hush-hush" not in str(caught.value)
    assert "secret_typo" in str(caught.value)


def test_a_private_key_has_to_be_one() -> None:
    found = problems(instance_url=ORG, auth="jwt", client_id="k", username="u", private_key="-----BEGIN NONSENSE")
    assert "no unencrypted private key in PEM form" in found["private_key"]


def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@pytest.fixture(scope="module")
def key() -> str:
    return pem()


@pytest.mark.parametrize(
    ("given", "place", "audience"),
    [
        ({}, "https://login.salesforce.com", "https://login.salesforce.com"),
        (
            {"instance_url": "https://acme--qa.sandbox.my.salesforce.com"},
            "https://test.salesforce.com",
            "https://test.salesforce.com",
        ),
        ({"login_url": ORG}, ORG, "https://login.salesforce.com"),  # a My Domain gives tokens, the aud stays
        ({"login_url": "https://test.salesforce.com"}, "https://test.salesforce.com", "https://test.salesforce.com"),
        ({"audience": "https://x"}, "https://login.salesforce.com", "https://x"),
        ({"instance_url": "http://127.0.0.1:8801"}, "http://127.0.0.1:8801", "https://login.salesforce.com"),
    ],
)
def test_where_a_jwt_goes_and_whom_it_is_for(given: dict[str, str], place: str, audience: str, key: str) -> None:
    values = {"instance_url": ORG, "auth": "jwt", "client_id": "k", "username": "u", "private_key": key, **given}
    settings = SalesforceSettings.model_validate(values)
    assert (settings.token_origin, settings.token_audience) == (place, audience)


def test_client_credentials_are_asked_of_the_org_itself() -> None:
    assert SalesforceSettings(instance_url=ORG, **KEYS).token_origin == ORG  # type: ignore[arg-type]
