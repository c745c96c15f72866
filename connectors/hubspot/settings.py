"""What a HubSpot connection is told: the keys of its section in the configuration."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from connectors.loopback import is_loopback

PathVersion = Literal["2026-09", "2026-03", "v3"]


class HubSpotSettings(BaseModel):
    """One HubSpot account.

    `access_token` is that of a private or static-auth app, or a service key. `ten_second_limit` and
    `search_per_second` are our own pace, below what the account allows, since other apps share it. Attain stops
    for the day once less than `1 - daily_share` of the account's daily calls is left. `client_secret` is the
    app's, needed to verify what HubSpot sends.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    access_token: SecretStr
    base_url: str = "https://api.hubapi.com"
    path_version: PathVersion = "2026-09"
    ten_second_limit: int = Field(default=100, ge=1, le=1_000)
    search_per_second: int = Field(default=4, ge=1, le=100)
    timeout_seconds: float = Field(default=30, gt=0, le=600)
    overlap_seconds: int = Field(default=300, ge=0, le=86_400)
    daily_share: float = Field(default=0.5, gt=0, le=1)
    client_secret: SecretStr | None = None
    app_id: int | None = None

    @field_validator("access_token")
    @classmethod
    def _token_is_a_header_value(cls, token: SecretStr) -> SecretStr:
        text = token.get_secret_value()
        if not text.strip() or not text.isascii() or any(mark.isspace() for mark in text):
            raise ValueError("must be one word of ASCII characters, such as pat-na1-...")
        return token

    @field_validator("base_url")
    @classmethod
    def _base_url_is_safe(cls, url: str) -> str:
        parts = urlsplit(url)
        if not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("must be a plain URL such as https://api.hubapi.com")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            raise ValueError("must start with https:// (http:// is only for this machine itself)")
        return url.rstrip("/")
