"""An installation of Attain as a user has it: settings, plans, two sandboxes, a database; commands are run in it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import structlog
from click.testing import CliRunner
from sqlalchemy import Engine

from attain.cli import main

PLAN = """
name = "Flat"
currency = "USD"

[[components]]
name = "Sales"
rate = "10 %"
"""
ASSIGNMENTS = "who,plan,starts_on,ends_on\n*,Flat,2025-01-01,\n"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Its JSON."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(slots=True)
class Office:
    """The folder with its files; `run` runs `attain` in this process, `start` as a process of its own."""

    folder: Path
    database: Engine
    salesforce: str = ""
    hubspot: str = ""
    plan: str = PLAN
    assignments: str = ASSIGNMENTS
    quotas: str = ""
    settings: dict[str, dict[str, str]] = field(default_factory=dict)

    def furnish(self) -> Office:
        """Write the files anew."""
        (self.folder / "plans").mkdir(exist_ok=True)
        (self.folder / "plans" / "flat.toml").write_text(self.plan, encoding="utf-8")
        (self.folder / "assignments.csv").write_text(self.assignments, encoding="utf-8")
        if self.quotas:
            (self.folder / "quotas.csv").write_text(self.quotas, encoding="utf-8")
        (self.folder / "config.toml").write_text(self._config(), encoding="utf-8")
        return self

    def _config(self) -> str:
        url = self.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        quotas = 'quotas = ["quotas.csv"]' if self.quotas else ""
        text = f'database_url = "{url}"\n[plans]\nassignments = "assignments.csv"\n{quotas}\n'
        text += '[write_back]\npay_on_shared_records = true\n[log]\nlevel = "warning"\n'
        if self.salesforce:
            text += _section("acme", {**_SALESFORCE, "instance_url": self.salesforce, **self.settings.get("acme", {})})
        if self.hubspot:
            text += _section("hub", {**_HUBSPOT, "base_url": self.hubspot, **self.settings.get("hub", {})})
        return text

    def run(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Said:
        """One command in this process."""
        chosen = [*arguments, "--config", str(self.folder / "config.toml")]
        handlers = logging.getLogger().handlers[:]
        try:
            done = CliRunner().invoke(main, chosen, env=dict(environ or {}))
        finally:
            logging.getLogger().handlers[:] = handlers
            logging.captureWarnings(capture=False)
            structlog.reset_defaults()
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """One command as a process."""
        chosen = [sys.executable, "-m", "attain", *arguments, "--config", str(self.folder / "config.toml")]
        return subprocess.Popen(
            chosen, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}
        )


_SALESFORCE = {
    "connector": "salesforce",
    "auth": "client_credentials",
    "client_id": "sandbox-consumer",
    "client_secret": "sandbox-secret",
}
_HUBSPOT = {"connector": "hubspot", "access_token": "pat-sandbox-0000"}


def _section(name: str, keys: Mapping[str, str]) -> str:
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f"\n[connections.{name}]\n{lines}"


def control(url: str, method: str, path: str, body: object = None) -> Any:
    """Ask a sandbox's control API."""
    answer = requests.request(method, f"{url}/_sandbox/{path}", json=body, timeout=30)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def counts(url: str) -> dict[str, int]:
    """Requests a sandbox received, by endpoint."""
    found: dict[str, int] = control(url, "GET", "requests")["counts"]
    return found


def query(url: str, soql: str) -> list[dict[str, Any]]:
    """All rows of a query, asked plainly."""
    signed_in = requests.post(
        f"{url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=("sandbox-consumer", "sandbox-secret"),
        timeout=30,
    )
    headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    path: str | None = "/services/data/v66.0/queryAll"
    given: dict[str, str] | None = {"q": soql}
    rows: list[dict[str, Any]] = []
    while path:
        answer = requests.get(f"{url}{path}", params=given, headers=headers, timeout=60)
        answer.raise_for_status()
        rows += answer.json()["records"]
        path, given = answer.json().get("nextRecordsUrl"), None
    return rows
