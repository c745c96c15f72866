"""Closing a period: calculate, look, freeze; all of it or nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from problems import Problem
from spm.store.audit import verify
from spm.store.closed import while_closing
from spm.store.closing import Close, closes
from spm.store.frozen import moved
from sync.calculate import recalculate
from sync.closing import Waiver, read_waiver
from tests.sync.company import Company, Silent

ROOT = Path(__file__).resolve().parents[2]


def closed(company: Company) -> list[Close]:
    with company.engine.begin() as conn:
        return closes(conn)


def faults(company: Company) -> list[str]:
    """What shows that something closed has moved, or that the log was changed."""
    with company.engine.begin() as conn:
        found = [
            fault
            for one in closes(conn)
            if one.state == "closed"
            for fault in moved(conn, one.id, one.period, one.hash)
        ]
        return [problem.message for problem in (*found, *verify(conn).problems)]


@pytest.fixture
def january(company: Company) -> Company:
    """Ann and bob have sold in January; it is the third of February, and nothing was calculated for it yet."""
    company.begin("ann", "bob")
    company.sell("d1")
    company.sell("d2", "bob", 500)
    company.calculate()
    company.sell("d3", amount=70)
    company.today = date(2026, 2, 3)
    return company


def test_closing_calculates_first_what_nobody_has_yet(january: Company) -> None:
    outcome = january.close("2026-01", [])
    assert outcome.findings == ()
    assert outcome.close is not None
    assert outcome.close.statements == 2
    assert january.payouts("ann")["2026-01"] == 107
    assert faults(january) == []


def test_nothing_is_closed_while_a_finding_stands(january: Company) -> None:
    january.sell("d4", "nobody")
    outcome = january.close("2026-01", [Waiver("cap_held", "", "agreed")])
    assert [(one.finding.code, one.reason) for one in outcome.findings] == [("owner_unknown", None)]
    assert (outcome.close, closed(january)) == (None, [])


@pytest.mark.parametrize(
    ("waiver", "is_closed"),
    [
        (Waiver("owner_unknown", "", "house accounts"), True),
        (Waiver("owner_unknown", "acme deal d4", "house account"), True),
        (Waiver("owner_unknown", "acme deal d5", "house account"), False),  # another deal
        (Waiver("sync_old", "", "house accounts"), False),  # another finding
    ],
)
def test_a_finding_is_waived_with_a_reason_that_is_kept(january: Company, waiver: Waiver, is_closed: bool) -> None:
    january.sell("d4", "nobody")
    close = january.close("2026-01", [waiver]).close
    assert (close is not None) == is_closed
    if close is not None:
        assert [(one["finding"], one["reason"]) for one in close.waived] == [("owner_unknown", waiver.reason)]


def test_what_makes_a_closing_senseless_is_not_waived(january: Company) -> None:
    outcome = january.close("2026-02-29")
    assert [problem.message for problem in outcome.problems] == ["there is no period 2026-02-29."]
    assert january.close("2026-03").close is None  # nobody has a statement


def test_a_closed_period_is_not_closed_again(january: Company) -> None:
    january.close("2026-01")
    outcome = january.close("2026-01")
    assert [problem.message for problem in outcome.problems] == ["the period 2026-01 is closed already."]
    assert len(closed(january)) == 1


def test_a_calculation_waits_for_a_closing(january: Company) -> None:
    january.calculate()
    january.sell("d5", amount=1)
    hasty = create_engine(january.engine.url, connect_args={"options": "-c lock_timeout=300ms"})
    with january.engine.begin() as holder:
        while_closing(holder)
        with pytest.raises(OperationalError, match="lock timeout"):
            recalculate(hasty, january.basis(), Silent())
    hasty.dispose()
    assert january.payouts("ann")["2026-01"] == 107  # nothing of it is stored


@pytest.mark.parametrize("blocked", ["audit_head", "frozen_statement", "period_close", "earning_line"])
def test_a_closing_killed_anywhere_has_closed_nothing(january: Company, blocked: str) -> None:
    """The table is locked, so that the process stands still in the middle of its work when it is killed."""
    url = january.engine.url.render_as_string(hide_password=False)
    with january.engine.connect() as holder, holder.begin():
        holder.execute(text(f"LOCK TABLE {blocked} IN SHARE MODE"))
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.sync.closing_process", url], cwd=ROOT, env={**os.environ}
        )
        _until_it_waits(january)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        january.do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    assert closed(january) == []
    assert january.do("SELECT count(*) FROM frozen_statement") == 0
    assert january.do("SELECT count(*) FROM audit_entry WHERE action = 'period.close'") == 0
    assert january.close("2026-01", []).close is not None
    assert january.payouts("ann")["2026-01"] == Decimal(107)
    assert faults(january) == []


def _until_it_waits(company: Company) -> None:
    for _ in range(300):
        if company.do(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            return
        time.sleep(0.1)
    raise AssertionError("the process never came to the table")


@pytest.mark.parametrize(
    ("said", "waiver"),
    [
        ("cap_held=agreed = by all", Waiver("cap_held", "", "agreed = by all")),
        ("cap_held:jo@example.com= agreed ", Waiver("cap_held", "jo@example.com", "agreed")),
        ("owner_unknown:acme deal 006:7=x", Waiver("owner_unknown", "acme deal 006:7", "x")),
    ],
)
def test_waivers_are_read(said: str, waiver: Waiver) -> None:
    assert read_waiver(said, ["cap_held", "owner_unknown"]) == waiver


@pytest.mark.parametrize("said", ["cap_hold=agreed", "cap_held", "cap_held=", "cap_held:jo=  ", "=x", ""])
def test_a_waiver_without_finding_or_reason_is_wrong(said: str) -> None:
    assert isinstance(read_waiver(said, ["cap_held"]), Problem)
