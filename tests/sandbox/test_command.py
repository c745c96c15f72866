"""`python -m sandbox`, as somebody starts it by hand."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from datetime import date

import pytest
import requests

from sandbox.__main__ import _options, _parser, main
from tests.fixtures.sandbox import Start

SMALL = ["--deals", "5", "--users", "4", "--activities", "5"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_when_told(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "sandbox", "salesforce", *SMALL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.fullmatch(r"salesforce sandbox at (http://127\.0\.0\.1:\d+)\n", first)
        assert found, first
        assert process.stdout.readline() == "  client_id: sandbox-consumer\n"
        assert requests.get(f"{found.group(1)}/_sandbox/health", timeout=10).json()["status"] == "ok"
        process.send_signal(number)
        assert process.wait(timeout=20) == 0


def test_a_taken_port_is_said_in_one_line(salesforce_sandbox: Start, capsys: pytest.CaptureFixture[str]) -> None:
    port = salesforce_sandbox(deals=5).port
    assert main(["salesforce", *SMALL, "--port", str(port)]) == 1
    assert "Try another --port" in capsys.readouterr().err


def test_every_option_reaches_the_sandbox() -> None:
    given = _parser("attain sandbox").parse_args(
        ["hubspot", "--port", "8802", "--seed", "3", "--start", "2025-01-01", "--today", "2025-12-31"]
    )
    options = _options(given)
    assert (options.port, options.seed) == (8802, 3)
    assert (options.start, options.today) == (date(2025, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize("arguments", [[], ["pipedrive"], ["salesforce", "--today", "tomorrow"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m sandbox" in capsys.readouterr().err
