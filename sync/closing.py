"""Close a period: calculate everybody, look at what speaks against it, freeze.

What is found is shown all at once, and nothing is closed while one finding is neither mended nor waived with a reason.
The freezing is one transaction, which begins once nobody waits to be calculated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection, Engine

from connectors.base import TryLater
from problems import Problem, did_you_mean
from spm.store.closed import is_closed, while_closing
from spm.store.closing import Close, find_period, freeze
from spm.store.guard import Finding, Limits, Watch, findings
from spm.store.marks import open_marks
from sync.calculate import Basis, recalculate
from sync.progress import Progress

log = structlog.get_logger()

_ROUNDS = 5
"""How often others may mark somebody between our calculation and the freezing, before it is put off."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding that somebody closes over: its code, whom it is about (empty: all of that code), and why."""

    code: str
    where: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this finding."""
        return self.code == finding.code and self.where in {"", finding.where} and finding.waivable


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be closed, by whom, over what. `connections` are the names of those in use."""

    period: str
    by: str
    waivers: Sequence[Waiver]
    limits: Limits
    connections: Sequence[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding, and the reason for which it was waived; None where it stands in the way."""

    finding: Finding
    reason: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `close` is None where nothing was closed: `problems` or the findings say why."""

    close: Close | None
    findings: tuple[Judged, ...] = ()
    problems: tuple[Problem, ...] = ()


def close_period(engine: Engine, basis: Basis, order: Order, progress: Progress) -> Outcome:
    """Calculate everybody and close the period, if nothing speaks against it that was not waived.

    Raises TryLater where others keep changing facts.
    """
    with engine.begin() as conn:
        if is_closed(conn, order.period):
            return Outcome(None, problems=tuple(_problems(conn, order.period)))
    recalculate(engine, basis, progress, full=True)
    for _ in range(_ROUNDS):
        with engine.begin() as conn:
            while_closing(conn)
            if not open_marks(conn):
                return _closed(conn, basis, order)
        recalculate(engine, basis, progress)
    raise TryLater("facts keep changing while the period is to be closed.", retry_after=timedelta(minutes=1))


def _problems(conn: Connection, name: str) -> list[Problem]:
    if is_closed(conn, name):
        hint = "`attain period list` shows by whom; `attain period verify` proves that it stands."
        return [Problem("attain period close", "period", f"the period {name} is closed already.", hint)]
    if find_period(conn, name) is None:
        hint = "Write it as statements name it: 2026-03, 2026-Q1 or 2026. `attain period list` shows what there is."
        return [Problem("attain period close", "period", f"there is no period {name}.", hint)]
    return []


def _closed(conn: Connection, basis: Basis, order: Order) -> Outcome:
    period = find_period(conn, order.period)
    problems = _problems(conn, order.period)  # another may have been quicker
    if period is None or problems:
        return Outcome(None, problems=tuple(problems))
    watch = Watch(period, order.limits, order.connections, basis.today, basis.now)
    judged = tuple(_judged(finding, order.waivers) for finding in findings(conn, watch))
    if any(one.reason is None for one in judged):
        return Outcome(None, judged)
    waived = [
        {
            "finding": one.finding.code,
            "where": one.finding.where,
            "message": one.finding.message,
            "reason": one.reason or "",
        }
        for one in judged
    ]
    close = freeze(conn, period, order.by, waived, now=basis.now)
    log.info("period.closed", period=close.period, statements=close.statements, waived=len(waived))
    return Outcome(close, judged)


def _judged(finding: Finding, waivers: Sequence[Waiver]) -> Judged:
    reasons = [waiver.reason for waiver in waivers if waiver.covers(finding)]
    return Judged(finding, reasons[0] if reasons else None)


def read_waiver(said: str, codes: Sequence[str]) -> Waiver | Problem:
    """`FINDING=REASON` or `FINDING:WHERE=REASON` as a waiver, or what is wrong with it."""
    what, _, reason = said.partition("=")
    code, _, where = what.strip().partition(":")
    if code not in codes:
        hint = did_you_mean(code, codes, f"Findings: {', '.join(codes)}.")
        return Problem("--waive", said, f"there is no finding {code!r}.", hint)
    if not reason.strip():
        return Problem(
            "--waive", said, "a finding is waived with a reason.", f'Write --waive {code}="why it is right".'
        )
    return Waiver(code, where.strip(), reason.strip())
