"""Reading opportunities from a Salesforce sandbox: our connector beside simple-salesforce's own `query_all_iter`.

    python bench/reading.py --deals 100000

CPU seconds are those of the reading process alone; the sandbox is a process of its own. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce

from connectors.base import PullRequest
from connectors.salesforce import PLUGIN

FIELDS = (
    "Name", "OwnerId", "Amount", "CurrencyIsoCode", "CloseDate", "StageName", "IsWon", "IsClosed", "Type",
    "Probability", "CreatedDate", "Account.Name",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """What one way of reading cost."""

    engine: str
    records: int
    cpu_seconds: float
    wall_seconds: float
    requests: int
    peak_memory_mb: int

    @property
    def records_per_cpu_second(self) -> int:
        return int(self.records / self.cpu_seconds)


def ours(url: str) -> int:
    settings = PLUGIN.settings.model_validate(
        {
            "instance_url": url,
            "auth": "client_credentials",
            "client_id": "sandbox-consumer",
            "client_secret": "sandbox-secret",
            "daily_share": 1.0,
        }
    )
    connector = PLUGIN.open("bench", settings)
    request = PullRequest("Opportunity", FIELDS, None, datetime.now(UTC))
    return sum(page.records.height for page in connector.pull(request))


class _Loopback(HTTPAdapter):
    """simple-salesforce only speaks https; this sends it to the sandbox."""

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        request.url = str(request.url).replace("https://", "http://", 1)
        request.headers["Accept-Encoding"] = "identity"
        return super().send(request, *args, **kwargs)  # type: ignore[arg-type]


def theirs(url: str) -> int:
    session = requests.Session()
    session.mount("https://", _Loopback())
    client = Salesforce(instance_url=url, session_id="sandbox-session", session=session, version="66.0")
    soql = f"SELECT Id, SystemModstamp, {', '.join(FIELDS)} FROM Opportunity ORDER BY SystemModstamp, Id"
    return sum(1 for _ in client.query_all_iter(soql))


ENGINES: dict[str, Callable[[str], int]] = {"attain": ours, "simple-salesforce": theirs}


def measure(engine: str, url: str) -> None:
    """In a process of its own: read, and print what it took."""
    before = sum(requests.get(f"{url}/_sandbox/requests", timeout=60).json()["counts"].values())
    cpu, wall = time.process_time(), time.monotonic()
    records = ENGINES[engine](url)
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    after = sum(requests.get(f"{url}/_sandbox/requests", timeout=60).json()["counts"].values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(asdict(Measured(engine, records, cpu, wall, after - before, peak))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--measure", nargs=2, metavar=("ENGINE", "URL"))
    given = parser.parse_args()
    if given.measure:
        measure(*given.measure)
        return
    size = ["--deals", str(given.deals), "--activities", "10", "--daily-calls", "1000000"]
    sandbox = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "salesforce", *size], stdout=subprocess.PIPE, text=True
    )
    try:
        assert sandbox.stdout is not None
        url = sandbox.stdout.readline().split()[-1]  # it says where it is once it is there
        found = [_run(engine, url) for engine in ENGINES]
    finally:
        sandbox.terminate()
        sandbox.wait()
    _show(found)


def _run(engine: str, url: str) -> Measured:
    command = [sys.executable, __file__, "--measure", engine, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return Measured(**json.loads(said.stdout.splitlines()[-1]))


def _show(found: list[Measured]) -> None:
    print(f"{'engine':<20}{'records':>10}{'CPU s':>8}{'wall s':>8}{'per CPU s':>12}{'requests':>10}{'peak MB':>9}")
    for one in found:
        print(
            f"{one.engine:<20}{one.records:>10,}{one.cpu_seconds:>8.2f}{one.wall_seconds:>8.1f}"
            f"{one.records_per_cpu_second:>12,}{one.requests:>10}{one.peak_memory_mb:>9}"
        )
    ratio = found[0].records_per_cpu_second / found[1].records_per_cpu_second
    print(f"attain reads {ratio:.2f} times as many records a CPU second as {found[1].engine}")
    print(json.dumps({"ratio": round(ratio, 3), "engines": [asdict(one) for one in found]}))


if __name__ == "__main__":
    main()
