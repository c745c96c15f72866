"""`python -m sandbox salesforce|hubspot`: start a stand-in, say where it is and how to sign in, run until stopped."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from importlib import import_module

from sandbox.options import SandboxOptions
from sandbox.server import RunningServer, run

_CRMS = ("hubspot", "salesforce")


def main(arguments: Sequence[str] | None = None, *, program: str = "python -m sandbox") -> int:
    """Run the command, called `program` by whoever called it; returns its exit code."""
    given = _parser(program).parse_args(arguments)
    app = import_module(f"sandbox.{given.crm}").build(_options(given))
    try:
        run(app, _options(given), started=_announce)
    except OSError as error:
        sys.stderr.write(f"cannot listen on {given.host}:{given.port}: {error}\nTry another --port.\n")
        return 1
    return 0


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is less than nothing")
    return number


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="A stand-in for a CRM with a generated year of sales, speaking its real HTTP protocol.",
        epilog=f"Example: {program} salesforce --port 8801 --deals 100000",
    )
    parser.add_argument("crm", choices=_CRMS)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_number, default=0, help="0 takes a free one (default)")
    parser.add_argument("--seed", type=int, default=7, help="another seed, another company")
    parser.add_argument("--deals", type=_number, help="how many deals")
    parser.add_argument("--users", type=_number, help="how many people")
    parser.add_argument("--activities", type=_number, help="how many calls, emails, meetings and tasks")
    parser.add_argument("--start", type=date.fromisoformat, help="first day of the sales, YYYY-MM-DD")
    parser.add_argument("--today", type=date.fromisoformat, help="the date the sandbox clock starts on, YYYY-MM-DD")
    parser.add_argument("--daily-calls", type=_number, help="API calls a day (Salesforce)")
    parser.add_argument("--jwt-public-key", help="PEM file that JWT bearer assertions are checked with (Salesforce)")
    return parser


def _options(given: argparse.Namespace) -> SandboxOptions:
    return SandboxOptions(**{name: value for name, value in vars(given).items() if name != "crm"})


def _announce(server: RunningServer) -> None:
    sys.stdout.write(f"{server.app.name} sandbox at {server.url}\n")
    for name, value in server.app.credentials().items():
        sys.stdout.write(f"  {name}: {value}\n")
    sys.stdout.write("Stop with Ctrl-C.\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
