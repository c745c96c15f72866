"""The settings of a Salesforce connection: where the org is, who Attain signs in as, how much it may use."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from connectors.loopback import is_loopback

Auth = Literal["client_credentials", "jwt", "token"]
NEEDED: dict[str, tuple[str, ...]] = {
    "client_credentials": ("client_id", "client_secret"),
    "jwt": ("client_id", "username", "private_key"),
    "token": ("session_id",),
}
"""What each way of signing in needs beside `instance_url`."""

PRODUCTION_LOGIN = "https://login.salesforce.com"
SANDBOX_LOGIN = "https://test.salesforce.com"


def origin(url: str) -> str:
    """The URL without path; a ValueError where it is no https URL (http only to this machine)."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no URL such as https://acme.my.salesforce.com")
    if parts.username or parts.password:
        raise ValueError("must not carry a user name or password")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must begin with https:// (http is only for a server on this machine)")
    return f"{parts.scheme}://{parts.netloc}"


Origin = Annotated[str, AfterValidator(origin)]


class SalesforceSettings(BaseModel):
    """A `[connections.<name>]` section with `kind = "salesforce"`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    instance_url: Origin
    """The org's My Domain, such as https://acme.my.salesforce.com."""
    auth: Auth = "client_credentials"
    client_id: str | None = Field(default=None, validate_default=True)
    """Consumer key of the External Client App."""
    client_secret: SecretStr | None = Field(default=None, validate_default=True)
    username: str | None = Field(default=None, validate_default=True)
    """The integration user a JWT signs in as."""
    private_key: SecretStr | None = Field(default=None, validate_default=True)
    """PEM text of the key whose certificate the app holds."""
    session_id: SecretStr | None = Field(default=None, validate_default=True)
    login_url: Origin | None = None
    """Where tokens are given out, where it is not the usual place (see `token_origin`)."""
    audience: str | None = None
    """The `aud` of the JWT, where it is not the usual one."""
    api_version: str = Field(default="66.0", pattern=r"^\d{2,3}\.0$")
    daily_share: float = Field(default=0.5, gt=0, le=1)
    """Share of the org's daily API allowance at which Attain stops."""
    timeout_seconds: float = Field(default=60, gt=0, le=600)
    overlap_seconds: int = Field(default=300, ge=0, le=86_400)
    """How long after its stamp a record may still come to light."""
    page_size: int = Field(default=2000, ge=200, le=2000)
    """Records asked for in one page; Salesforce may give fewer."""

    @field_validator("client_id", "client_secret", "username", "private_key", "session_id")
    @classmethod
    def _given_where_needed(cls, value: str | SecretStr | None, info: ValidationInfo) -> str | SecretStr | None:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        auth = info.data.get("auth")
        if auth in NEEDED and info.field_name in NEEDED[auth] and not (text or "").strip():
            raise ValueError(f'is missing: auth = "{auth}" needs {", ".join(NEEDED[auth])}')
        return value

    @field_validator("private_key")
    @classmethod
    def _readable_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and value.get_secret_value().strip():
            try:
                load_pem_private_key(value.get_secret_value().encode(), password=None)
            except (ValueError, TypeError) as error:
                raise ValueError("is no unencrypted private key in PEM form (-----BEGIN PRIVATE KEY-----)") from error
        return value

    @property
    def token_origin(self) -> str:
        """Where to ask for a token: the org itself for client credentials, the login host for a JWT."""
        if self.login_url:
            return self.login_url
        if self.auth == "client_credentials" or is_loopback(urlsplit(self.instance_url).hostname or ""):
            return self.instance_url
        return self._login_host

    @property
    def token_audience(self) -> str:
        """The `aud` of the JWT: the login host, never the My Domain (Salesforce's JWT bearer flow)."""
        return self.audience or self._login_host

    @property
    def _login_host(self) -> str:
        host = urlsplit(self.instance_url).hostname or ""
        is_sandbox = host.endswith(".sandbox.my.salesforce.com") or self.login_url == SANDBOX_LOGIN
        return SANDBOX_LOGIN if is_sandbox else PRODUCTION_LOGIN
