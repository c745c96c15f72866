"""What a sandbox is started with. None means the default of the CRM it plays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """Address, size and dates of a sandbox.

    `port` 0 takes a free one. `today` is the date the sandbox clock starts on (default: the real one), `start` the
    first day of the generated sales (default: a year before). `page_size` is the most rows of a query page,
    `daily_calls` the allowance of API calls a day, `jwt_public_key` the PEM text (or the path of a PEM file) that
    JWT bearer assertions must be signed for.
    """

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 7
    deals: int | None = None
    users: int | None = None
    activities: int | None = None
    start: date | None = None
    today: date | None = None
    page_size: int | None = None
    daily_calls: int | None = None
    jwt_public_key: str | None = None
