"""The main job, end to end, against two sandboxes on this machine; `attain demo` tells it as it goes.

Two CRMs in, attainment and payout back in their fields. What the CRM holds is read back here over plain HTTP, not
through the connectors, so that a connector that misreads cannot hide it. Any mismatch fails the demo.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import requests
from sqlalchemy import Connection, Engine, text

from attain.cli.output import Output, ProgressBars, money, percent
from attain.cli.provision import provision_connection
from attain.steps import Steps, SyncReport, take_steps
from attain.wiring import DEFAULT_MAPPINGS, House, chosen, database, link, open_house
from connectors.base import ID
from mappings import WriteMapping, canonical, rendered
from spm.store.write_back import deal_results, participant_results

_EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
_HOUR = 3600
_WRITTEN = "# Written by `attain demo`"
_MARK = ".attain-demo"  # in a folder that the demo made, and may empty


class DemoFailed(Exception):
    """Something did not come out as it has to; the message says what, `hint` what to do."""

    def __init__(self, message: str, hint: str = "Run `make demo` again; if it fails again, it is a fault.") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """How big the sandboxes are; None is their full year. `folder` is emptied first."""

    folder: Path
    salesforce_deals: int | None = None
    hubspot_deals: int | None = None
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Stand:
    """One sandbox that runs."""

    name: str
    url: str

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Ask its control API for something."""
        answer = requests.post(f"{self.url}/_sandbox/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()


def run_demo(options: DemoOptions, output: Output) -> None:
    """Do it. Raises DemoFailed on the first thing that does not hold."""
    _empty(options.folder)
    with ExitStack() as stack:
        output.heading("1. Two CRMs with a year of sales")
        stands: list[Stand] = []
        with ProgressBars(output.aside) as bars:
            bars.begin("start the sandboxes", 2)
            for stand in _stands(options):
                stands.append(stack.enter_context(stand))
                bars.advance("start the sandboxes", 1)
        for stand in stands:
            output.say(f"{stand.name} sandbox at {stand.url}")
        house = open_house(_write_config(options.folder, stands))
        _Story(house, stands, output, stack.enter_context(database(house))).tell()


def _empty(folder: Path) -> None:
    """A folder of the demo's own: new, or one it made before. Nobody's files are deleted."""
    try:
        if folder.exists() and any(folder.iterdir()) and not _is_own(folder):
            hint = "Name a folder that is not there yet: --folder var/demo."
            raise DemoFailed(f"{folder} holds files that are not the demo's; it would delete them.", hint)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / _MARK).touch()
    except OSError as error:
        hint = "Name another with --folder."
        raise DemoFailed(f"the folder {folder} cannot be used: {error.strerror}.", hint) from error


def _is_own(folder: Path) -> bool:
    config = folder / "config.toml"  # what demos had before the mark
    written = config.is_file() and config.read_text(encoding="utf-8", errors="replace").startswith(_WRITTEN)
    return written or (folder / _MARK).exists()


def _stands(options: DemoOptions) -> list[Any]:
    return [
        _stand("salesforce", options.salesforce_deals, options.seed),
        _stand("hubspot", options.hubspot_deals, options.seed),
    ]


@contextmanager
def _stand(name: str, deals: int | None, seed: int) -> Iterator[Stand]:
    port = _free_port()
    size = [] if deals is None else ["--deals", str(deals), "--activities", str(deals * 3)]
    arguments = [sys.executable, "-m", "sandbox", name, "--port", str(port), "--seed", str(seed), *size]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)  # noqa: S603 - our own module, no shell
    try:
        yield _ready(Stand(name, f"http://127.0.0.1:{port}"), process)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ready(stand: Stand, process: subprocess.Popen[bytes]) -> Stand:
    for _ in range(600):
        if process.poll() is not None:
            raise DemoFailed(f"the {stand.name} sandbox did not start (exit code {process.returncode})")
        try:
            requests.get(f"{stand.url}/_sandbox/health", timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return stand
    raise DemoFailed(f"the {stand.name} sandbox does not answer at {stand.url}")


def _write_config(folder: Path, stands: Sequence[Stand]) -> Path:
    urls = {stand.name: stand.url for stand in stands}
    shutil.copytree(_EXAMPLES / "plans", folder / "plans")
    shutil.copy(_EXAMPLES / "assignments.csv", folder / "assignments.csv")
    for name in urls:
        _own_mapping(folder, name)
    config = folder / "config.toml"
    config.write_text(
        f'''{_WRITTEN}: the sandboxes' addresses and their public test credentials.
data_dir = "data"

[plans]
files = ["plans/*.toml"]
assignments = "assignments.csv"

[write_back]
pay_on_shared_records = true

[log]
level = "warning"

[connections.salesforce]
connector = "salesforce"
mapping = "salesforce.toml"
instance_url = "{urls["salesforce"]}"
auth = "client_credentials"
client_id = "sandbox-consumer"
client_secret = "sandbox-secret"

[connections.hubspot]
connector = "hubspot"
mapping = "hubspot.toml"
base_url = "{urls["hubspot"]}"
access_token = "pat-sandbox-0000"
ten_second_limit = 180  # the sandbox allows 190
''',
        encoding="utf-8",
    )
    return config


def _own_mapping(folder: Path, name: str) -> None:
    """The shipped mapping with the company's own field for the amount, as an admin would change it."""
    field, own = ("Amount", "ARR__c") if name == "salesforce" else ("amount", "arr")
    shipped = (DEFAULT_MAPPINGS / f"{name}.toml").read_text(encoding="utf-8")
    changed = shipped.replace(f'amount = "{field}"', f'amount = "coalesce({own}, {field})"')
    (folder / f"{name}.toml").write_text(changed, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Story:
    """The demo with everything it needs."""

    house: House
    stands: Sequence[Stand]
    output: Output
    engine: Engine

    def tell(self) -> None:
        """From empty tables to figures in both CRMs, then a change, then nothing left to do."""
        self._provision()
        self.output.heading("3. First sync: everything is read, calculated and written")
        self._expect_done(self._sync())
        self.output.heading("4. What the CRMs hold now, read through their own APIs")
        self._compare()
        self._people()
        self.output.heading("5. An hour later our own writes come back as changes: nothing to do")
        self._hour_passes()
        self._expect_nothing_written(self._sync())
        self.output.heading("6. A sales person wins a deal in the CRM")
        self._change_a_deal()
        self._expect_one(self._sync())
        self._compare()
        self.output.heading("7. Once more: nothing has changed, nothing is written")
        self._expect_nothing_written(self._sync())
        self.output.heading("All figures in both CRMs are what was calculated.")

    def _provision(self) -> None:
        self.output.heading("2. Custom fields are provisioned")
        for connection in chosen(self.house, []):
            steps = provision_connection(self.house, connection, dry_run=False)
            if any(step.action == "conflict" for step in steps):
                raise DemoFailed(f"{connection.name}: a field is in the way: {steps}")
            created = sum(step.action == "create" for step in steps)
            self.output.say(f"{connection.name}: {created} fields created, visible to the user Attain signs in as")

    def _sync(self) -> SyncReport:
        from attain.cli.sync import show_steps

        with ProgressBars(self.output.aside) as bars:
            report = take_steps(self.house, self.engine, chosen(self.house, []), Steps(), bars)
        show_steps(self.output, report)
        return report

    def _expect_done(self, report: SyncReport) -> None:
        unfinished = [step for step in report.steps if step.state != "done"]
        if unfinished or report.calculated is None:
            reasons = [step.message for step in unfinished] + [str(problem) for problem in report.problems]
            raise DemoFailed(f"a step did not finish: {'; '.join(reasons)}")

    def _expect_nothing_written(self, report: SyncReport) -> None:
        self._expect_done(report)
        calls = [(step.connection, step.calls) for step in report.steps if step.step == "write-back" and step.written]
        wanted = sum(written.wanted for step in report.steps for written in step.written)
        if wanted:
            raise DemoFailed(f"{wanted} records were to be written, none was expected: {calls}")
        self.output.say("Written: nothing.")

    def _expect_one(self, report: SyncReport) -> None:
        self._expect_done(report)
        deals = sum(pulled.new + pulled.changed for step in report.steps for pulled in step.pulled)
        people = report.calculated.participants if report.calculated else 0
        if deals != 1 or people != 1:
            raise DemoFailed(f"one changed deal and one recalculated person were expected, not {deals} and {people}")
        if not any(written.confirmed for step in report.steps for written in step.written):
            raise DemoFailed("the change was not written back")

    def _hour_passes(self) -> None:
        for stand in self.stands:
            stand.post("clock", {"advance_seconds": _HOUR})

    def _change_a_deal(self) -> None:
        deal = _an_open_deal(self.stands[0])
        values = {"StageName": "Closed Won", "CloseDate": self.house.today.isoformat()}
        url = f"{self.stands[0].url}/_sandbox/records/Opportunity/{deal['Id']}"
        requests.patch(url, json={"values": values}, timeout=30).raise_for_status()
        self.output.say(f"{deal['Name']}: {deal['StageName']} -> Closed Won, closed today")

    def _compare(self) -> None:
        """Every target field of every record with results, both CRMs."""
        total = 0
        with ProgressBars(self.output.aside) as bars:
            bars.begin("compare", 4)
            for connection in chosen(self.house, []):
                with link(self.house, self.engine, connection) as one:
                    for section in one.mapping.writes.values():
                        total += self._compare_section(connection.name, one.connection_id, section)
                        bars.advance("compare", 1)
        self.output.say(f"Compared {total:,} values in the CRMs with the calculation: all equal.")

    def _compare_section(self, name: str, connection_id: int, section: WriteMapping) -> int:
        with self.engine.begin() as conn:
            results = (
                deal_results(conn, connection_id)
                if section.results == "deal"
                else participant_results(conn, connection_id, today=self.house.today)
            )
        wanted = rendered(section, results).frame
        stand = next(stand for stand in self.stands if stand.name == name)
        held = canonical(section, _read_crm(stand, section, wanted[ID].to_list()))
        joined = wanted.join(held, on=ID, how="left", suffix=" held")
        for field in (field.name for field in section.fields):
            wrong = joined.filter(pl.col(field).ne_missing(pl.col(f"{field} held")))
            if not wrong.is_empty():
                raise DemoFailed(
                    f"{name} {section.object_name}.{field}: {wrong.height} records do not hold what was calculated"
                )
        return joined.height * len(section.fields)

    def _people(self) -> None:
        """Per rep what was calculated, and the payout that the CRM holds, read through its own API."""
        with self.engine.begin() as conn:
            found = _people(conn, self.house.today)
        held = _held_payouts(self.stands)
        shown = [row for row in found if row[3] is not None or row[6]]
        columns = ("rep", "team", "period", "quota", "credited", "attainment", "payout", "in the CRM")
        self.output.table(columns, [_row(row, held) for row in shown], numbers=columns[3:])
        if len(found) > len(shown):
            self.output.say(f"and {len(found) - len(shown)} people without quota and without earnings")


def _row(row: Any, held: dict[str, set[Decimal]]) -> tuple[str, ...]:
    email, team, period, quota, credited, attainment, payout, currency = row
    if held.get(email) != {payout}:
        raise DemoFailed(f"{email}: the CRM holds {held.get(email)} as payout, calculated is {payout}")
    figures = (money(quota), money(credited), percent(attainment), money(payout, currency), money(payout, currency))
    return (email, team, period, *figures)


def _held_payouts(stands: Sequence[Stand]) -> dict[str, set[Decimal]]:
    """Payout by email, as each CRM holds it on the user."""
    held: dict[str, set[Decimal]] = {}
    rows = [
        (row["Email"], row["Attain_Payout__c"]) for row in _query(stands[0], "SELECT Email, Attain_Payout__c FROM User")
    ]
    rows += [
        (row["hs_email"], row["attain_payout"]) for row in _hubspot_users(stands[1], ["hs_email", "attain_payout"])
    ]
    for email, payout in rows:
        if payout is not None:
            held.setdefault(email.lower(), set()).add(Decimal(str(payout)))
    return held


def _hubspot_users(stand: Stand, properties: list[str]) -> list[dict[str, Any]]:
    answer = requests.get(
        f"{stand.url}/crm/objects/2026-09/users",
        params={"limit": "100", "properties": properties},
        headers={"Authorization": "Bearer pat-sandbox-0000"},
        timeout=60,
    )
    answer.raise_for_status()
    return [record["properties"] for record in answer.json()["results"]]


def _people(conn: Connection, today: date) -> list[Any]:
    """The statements of the period that holds today, best attainment first."""
    query = """
        SELECT email, coalesce(team, ''), statement.period, quota, credited, attainment, payout, statement.currency
        FROM statement JOIN participant ON participant.id = participant_id JOIN period USING (period)
        WHERE :today BETWEEN starts_on AND ends_on ORDER BY attainment DESC NULLS LAST, email
    """
    return list(conn.execute(text(query), {"today": today}))


def _an_open_deal(stand: Stand) -> dict[str, str]:
    """An open, unsplit deal of an active owner with an amount in the company's currency."""
    query = (
        "SELECT Id, Name, StageName FROM Opportunity WHERE IsClosed = false AND Amount > 10000 "
        "AND CurrencyIsoCode = 'USD' AND Owner.IsActive = true ORDER BY Id LIMIT 200"
    )
    split = {row["OpportunityId"] for row in _query(stand, "SELECT OpportunityId FROM OpportunitySplit")}
    for row in _query(stand, query):
        if row["Id"] not in split:
            return row
    raise DemoFailed("there is no open deal to win among so few.", "Give more, such as --salesforce-deals 500.")


def _query(stand: Stand, soql: str) -> list[dict[str, Any]]:
    headers = {"Authorization": "Bearer sandbox-session"}
    path: str | None = "/services/data/v66.0/query"
    parameters: dict[str, str] | None = {"q": soql}
    rows: list[dict[str, Any]] = []
    while path is not None:
        answer = requests.get(f"{stand.url}{path}", params=parameters, headers=headers, timeout=60)
        answer.raise_for_status()
        body = answer.json(parse_float=Decimal)
        rows += body["records"]
        path, parameters = body.get("nextRecordsUrl"), None
    return rows


def _read_crm(stand: Stand, section: WriteMapping, ids: list[str]) -> pl.DataFrame:
    fields = [field.name for field in section.fields]
    if stand.name == "salesforce":
        soql = f"SELECT Id, {', '.join(fields)} FROM {section.object_name}"  # noqa: S608 - names of the mapping
        found = {row["Id"]: row for row in _query(stand, soql)}
    else:
        found = _batch_read(stand, section.object_name, fields, ids)
    rows = [(key, *(_text(found[key].get(name)) for name in fields)) for key in ids if key in found]
    return pl.DataFrame(rows, schema=dict.fromkeys((ID, *fields), pl.String), orient="row")


def _batch_read(stand: Stand, object_name: str, fields: list[str], ids: list[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(ids), 100):
        body = {"inputs": [{"id": one} for one in ids[start : start + 100]], "properties": fields}
        answer = requests.post(
            f"{stand.url}/crm/objects/2026-09/{object_name}/batch/read",
            json=body,
            headers={"Authorization": "Bearer pat-sandbox-0000"},
            timeout=60,
        )
        if answer.status_code == 429:
            time.sleep(1)
            return found | _batch_read(stand, object_name, fields, ids[start:])
        answer.raise_for_status()
        found |= {record["id"]: record["properties"] for record in answer.json()["results"]}
    return found


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
