"""Log records are events without secrets, as lines of JSON or as text."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from attain.logs import configure_logs
from attain.schema import Log

CANARY = "canary-51c0ffee"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    names = ["", "attain", "connectors", "mappings", "spm", "sync", "webhooks", "urllib3", "requests", "hubspot"]
    names.append("simple_salesforce")
    levels = {name: logging.getLogger(name).level for name in names}
    handlers = list(logging.getLogger().handlers)
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    logging.getLogger().handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def configured(stream: io.StringIO | None = None, **settings: str) -> io.StringIO:
    stream = stream or io.StringIO()
    configure_logs(Log.model_validate({"format": "json", "level": "info"} | settings), secrets=[CANARY], stream=stream)
    return stream


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_event_is_one_line_of_json_with_its_fields() -> None:
    stream = configured()
    structlog.get_logger("sync.pull").info("pull.page", connection="acme", records=2000)
    record = records(stream)[0]
    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "event": "pull.page",
        "connection": "acme",
        "records": 2000,
        "level": "info",
        "logger": "sync.pull",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"access_token": "abc"},
        {"Authorization": "Bearer abc"},
        {"client_secret": "abc"},
        {"password": "abc"},
        {"session_id": "abc"},
        {"private-key": "abc"},
        {"headers": {"Authorization": "abc", "Set-Cookie": "abc"}},  # inside
        {"requests": [{"token": "abc"}]},
        {"token": ["abc"]},  # whatever the value is
        {"token": {"value": "abc"}},
    ],
)
def test_field_that_sounds_like_a_secret_is_hidden(fields: dict[str, Any]) -> None:
    stream = configured()
    structlog.get_logger("connectors.x").info("call", **fields)
    assert "abc" not in stream.getvalue()
    assert "[hidden]" in stream.getvalue()


def test_counts_are_no_secrets() -> None:
    stream = configured()
    structlog.get_logger("sync").info("calls", calls={"token": 2, "query": 3})
    assert records(stream)[0]["calls"] == {"token": 2, "query": 3}


@pytest.mark.parametrize(
    "fields",
    [
        {"url": f"https://crm.example?key={CANARY}"},
        {"nested": {"a": [(CANARY,)]}},
        {"keys": {CANARY: 1}},
        {"error": ValueError(CANARY)},  # an object, by its text
        {"event_name": CANARY},
    ],
)
@pytest.mark.parametrize("form", ["json", "text"])
def test_known_secret_is_hidden_wherever_it_turns_up(form: str, fields: dict[str, Any]) -> None:
    stream = configured(format=form)
    structlog.get_logger("attain").info(f"event with {CANARY}", **fields)
    assert "event with [hidden]" in stream.getvalue()
    assert CANARY not in stream.getvalue()


@pytest.mark.parametrize("form", ["json", "text"])
def test_secret_is_hidden_in_tracebacks(form: str) -> None:
    stream = configured(format=form)
    try:
        raise RuntimeError(f"at {CANARY}")
    except RuntimeError:
        structlog.get_logger("attain").exception("boom")
    assert "RuntimeError: at [hidden]" in stream.getvalue().replace("\\n", "\n")
    assert CANARY not in stream.getvalue()


def test_records_of_the_standard_library_go_the_same_way() -> None:
    stream = configured()
    logging.getLogger("alembic").warning("at %s", CANARY)
    record = records(stream)[0]
    assert (record["event"], record["level"], record["logger"]) == ("at [hidden]", "warning", "alembic")


def test_warnings_go_the_same_way() -> None:
    stream = configured()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(CANARY, UserWarning, stacklevel=1)
    assert "[hidden]" in records(stream)[0]["event"]


@pytest.mark.parametrize(
    ("logger", "level", "shown"),
    [
        ("attain", "debug", True),
        ("connectors.salesforce.client", "debug", True),
        ("alembic", "info", False),  # libraries speak up for warnings only
        ("urllib3.connectionpool", "warning", False),  # its retry warnings hold URLs
        ("requests", "warning", False),
        ("hubspot", "warning", False),
        ("simple_salesforce.api", "warning", False),
        ("urllib3", "error", True),
    ],
)
def test_libraries_are_quieter_than_we_are(logger: str, level: str, shown: bool) -> None:
    stream = configured(level="debug")
    logging.getLogger(logger).log(logging.getLevelName(level.upper()), "something")
    assert bool(stream.getvalue()) is shown


def test_level_holds_back_what_is_below() -> None:
    stream = configured(level="warning")
    structlog.get_logger("attain").info("not this")
    structlog.get_logger("attain").warning("but this")
    assert [record["event"] for record in records(stream)] == ["but this"]


@pytest.mark.parametrize(
    ("form", "stream", "is_json"),
    [
        ("auto", io.StringIO(), True),
        ("auto", Terminal(), False),
        ("json", Terminal(), True),
        ("text", io.StringIO(), False),
    ],
)
def test_form_follows_the_setting_and_the_terminal(form: str, stream: io.StringIO, is_json: bool) -> None:
    structlog_line = configured(stream, format=form)
    structlog.get_logger("attain").info("hello")
    assert structlog_line.getvalue().startswith("{") is is_json


def test_configuring_again_replaces_what_was() -> None:
    first, second = configured(), configured()
    structlog.get_logger("attain").info("hello")
    assert (first.getvalue(), len(records(second))) == ("", 1)
