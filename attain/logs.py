"""Logging: events to query, on stderr, without secrets.

Every record is an event with a stable name and fields: `log.info("pull.page", connection=..., records=...)`. Names,
amounts and pay are not logged. What looks like a secret is hidden by its key; the configured secrets are hidden
wherever they turn up. Records of libraries go the same way, and only from a warning on (of those that speak HTTP,
from an error on): what they say besides holds whole URLs and headers.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection, Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from attain.schema import Log
from attain.secrets import HIDDEN, scrubbed

_SECRET_WORDS = (
    "authorization",
    "cookie",
    "credential",
    "password",
    "passwd",
    "private_key",
    "secret",
    "session_id",
    "sessionid",
    "signature",
    "token",
    "api_key",
    "apikey",
)
_TALKATIVE = ("urllib3", "requests", "hubspot", "simple_salesforce")  # their warnings hold URLs
_OURS = ("attain", "connectors", "mappings", "spm", "sync", "webhooks")
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logs(settings: Log, *, secrets: Collection[str] = (), stream: TextIO | None = None) -> None:
    """Set up logging for this process. `secrets` are values to hide wherever they turn up; `stream` is stderr.

    `format = "auto"` is text on a terminal and JSON lines elsewhere. May be called again; the last call counts.
    """
    stream = stream or sys.stderr
    shared: list[Processor] = [*_STAMPS, structlog.processors.StackInfoRenderer(), structlog.processors.format_exc_info]
    hide = _hiding(frozenset(secrets))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, hide]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[*last, *_rendering(settings, stream)], keep_exc_info=False
        )
    )
    _install(handler, _LEVELS[settings.level])


_STAMPS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _install(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)


def _rendering(settings: Log, stream: TextIO) -> list[Processor]:
    terminal = stream.isatty()
    if settings.format == "json" or (settings.format == "auto" and not terminal):
        return [structlog.processors.JSONRenderer(default=str)]
    return [structlog.dev.ConsoleRenderer(colors=terminal, exception_formatter=structlog.dev.plain_traceback)]


def _hiding(secrets: frozenset[str]) -> Processor:
    def hide(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {key: _hidden(key, value, secrets) for key, value in event.items()}

    return hide


def _hidden(key: object, value: Any, secrets: Collection[str]) -> Any:
    """The value as it may be shown: by its key, and without any configured secret inside it."""
    if value is None or isinstance(value, bool | int | float):  # `calls={"token": 2}` is a count
        return value
    if isinstance(key, str) and any(word in key.lower().replace("-", "_") for word in _SECRET_WORDS):
        return HIDDEN
    if isinstance(value, Mapping):
        return {scrubbed(str(inner), secrets): _hidden(inner, held, secrets) for inner, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden("", held, secrets) for held in value]
    return scrubbed(value if isinstance(value, str) else str(value), secrets)
