"""Faults in mid-run and killed processes: nothing lost, nothing twice, the CRM ends with the same values."""

from __future__ import annotations

import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.end_to_end.office import Office, control, query
from tests.fixtures.sandbox import Start

HTML = "<html><body>Down for maintenance</body></html>"
FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("a 503 page", {"kind": "answer", "status": 503, "body": HTML, "content_type": "text/html"}),
    ("a 200 with HTML", {"kind": "answer", "status": 200, "body": HTML, "content_type": "text/html"}),
    ("an expired session", {"kind": "expire_token"}),
    ("half a body", {"kind": "truncate"}),
    ("a reset", {"kind": "reset"}),
]
FIELDS = "Id, Attain_Credited__c, Attain_Commission__c, Attain_Estimated_Commission__c, Attain_Explanation__c"


@pytest.fixture
def small_pages(tmp_path: Path, database: Engine, salesforce_sandbox: Start) -> Office:
    """Salesforce in pages of 200, so that reads and writes have a middle."""
    url = salesforce_sandbox(deals=700, activities=10, page_size=200).url
    return Office(tmp_path, database, salesforce=url).furnish()


@pytest.mark.parametrize("endpoint", ["query_all", "query_more", "collections"])
@pytest.mark.parametrize(("what", "fault"), FAULTS, ids=[name for name, _ in FAULTS])
def test_a_fault_in_mid_run_loses_nothing(small_pages: Office, endpoint: str, what: str, fault: dict[str, Any]) -> None:
    small_pages.run("provision")
    hit = {**fault, "endpoint": endpoint, "after": 1, "count": 1}
    control(small_pages.salesforce, "POST", "faults", hit)
    said = small_pages.run("sync", "--json")
    steps = {step["step"]: step["state"] for step in said.document["steps"]}
    assert steps == {"pull": "done", "write-back": "done"}, what
    _holds_everything(small_pages)


def _holds_everything(office: Office) -> None:
    living = query(office.salesforce, "SELECT Id FROM Opportunity WHERE IsDeleted = false ORDER BY Id")
    with office.database.connect() as conn:
        stored = conn.execute(text("SELECT crm_id FROM deal WHERE gone_at IS NULL ORDER BY crm_id")).scalars().all()
        wanted = conn.execute(text("SELECT count(*) FROM outbox WHERE state <> 'confirmed'")).scalar()
    assert [row["Id"] for row in living] == list(stored)
    assert wanted == 0


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_values(
    small_pages: Office, tmp_path: Path, second_database: Engine, salesforce_sandbox: Start
) -> None:
    undisturbed = replace(
        small_pages,
        folder=tmp_path / "undisturbed",
        database=second_database,
        salesforce=salesforce_sandbox(deals=700, activities=10, page_size=200).url,
    )
    undisturbed.folder.mkdir()
    undisturbed.furnish().run("provision")
    undisturbed.run("sync")

    small_pages.run("provision")
    control(small_pages.salesforce, "POST", "faults", {"endpoint": "*", "kind": "latency", "latency_ms": 60})
    for delay in (1.6, 1.9, 2.2, 2.5, 2.8, 3.1, 3.4):
        process = small_pages.start("sync")
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    control(small_pages.salesforce, "DELETE", "faults")
    assert _steps(small_pages) == {"pull": "done", "write-back": "done"}
    everything = f"SELECT {FIELDS} FROM Opportunity ORDER BY Id"
    assert query(small_pages.salesforce, everything) == query(undisturbed.salesforce, everything)


def _steps(office: Office) -> dict[str, str]:
    document = office.run("sync", "--json").document
    return {step["step"]: step["state"] for step in document["steps"]}
