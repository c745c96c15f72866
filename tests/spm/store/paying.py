"""People, deals, statements and lines in the store, for the tests of what is paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
from sqlalchemy import Connection, text

from spm.calendar import periods
from spm.engine import hashes
from spm.engine.digests import NO_LINES
from spm.frames import ESTIMATES, LINES, STATEMENTS, Results, empty
from spm.store.facts import store_page
from spm.store.results import save_results
from tests.spm.store.pages import NOW, deals, people, person

CALENDAR = periods(1, 2026, 2026)
_KEY = ["participant_id", "period"]


def hire(conn: Connection, acme: int, *names: str) -> list[int]:
    """Participants by name, owners u1, u2, ... in this order; their numbers."""
    rows = [person(f"{name}@example.com", f"u{number}") for number, name in enumerate(names, 1)]
    store_page(conn, acme, "participant", people(*rows), now=NOW, seen_at=NOW)
    found = conn.execute(text("SELECT email, id FROM participant"))
    numbers = {row.email: row.id for row in found}
    return [numbers[f"{name}@example.com"] for name in names]


def deal(conn: Connection, acme: int, crm_id: str = "d1", *, now: datetime = NOW, **more: Any) -> int:
    """A won deal of u1 over 1,000 USD on 2026-03-10, unless said otherwise; its number."""
    store_page(conn, acme, "deal", deals({"id": crm_id, **more}), now=now, seen_at=None)
    return int(conn.scalar(text("SELECT id FROM deal WHERE crm_id = :id"), {"id": crm_id}) or 0)


def line(participant: int, amount: str = "60", **more: Any) -> dict[str, Any]:
    """A line of 1,000 USD at 6 % in March."""
    return {
        "participant_id": participant,
        "period": "2026-03",
        "plan": "AE",
        "plan_version": "v1",
        "component": "bookings",
        "cause": "credit",
        "role": "owner",
        "share": Decimal(1),
        "deal_amount": Decimal(1000),
        "deal_currency": "USD",
        "fx_rate": Decimal(1),
        "credited": Decimal(1000),
        "tier": 0,
        "rate": Decimal("0.06"),
        "amount": Decimal(amount),
        "currency": "USD",
        **more,
    }


def statement(participant: int, period: str = "2026-03", **more: Any) -> dict[str, Any]:
    """A statement; payout and hash follow from the lines."""
    return {
        "participant_id": participant,
        "period": period,
        "plan": "AE",
        "plan_version": "v1",
        "quota": Decimal(2000),
        "credited": Decimal(1000),
        "attainment": Decimal("0.5"),
        "currency": "USD",
        "held": Decimal(0),
        "draw_balance": Decimal(0),
        "pay_currency": "USD",
        "pay_rate": Decimal(1),
        **more,
    }


def results(lines: Sequence[dict[str, Any]], statements: Sequence[dict[str, Any]]) -> Results:
    """The results of these lines, numbered in their order within each statement."""
    numbered = _frame(lines, LINES).with_columns(line_no=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(_KEY))
    ordered = numbered.sort(*_KEY, "line_no")
    sums = ordered.group_by(_KEY).agg(total=pl.col("amount").sum())
    joined = (
        _frame(statements, STATEMENTS)
        .join(sums, on=_KEY, how="left")
        .join(hashes(ordered).rename({"hash": "made"}), on=_KEY, how="left")
    )
    total = pl.col("total").fill_null(pl.lit(0, STATEMENTS["payout"]))
    filled = joined.with_columns(payout=total, earned=total, pay_amount=total, hash=pl.col("made").fill_null(NO_LINES))
    return Results(ordered, filled.select(*STATEMENTS), empty(ESTIMATES), ())


def _frame(rows: Sequence[dict[str, Any]], schema: Any) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def pay(
    conn: Connection, lines: Sequence[dict[str, Any]], statements: Sequence[dict[str, Any]], *, now: datetime = NOW
) -> None:
    """Make these the results of everybody in 2026."""
    everybody = list(conn.scalars(text("SELECT id FROM participant ORDER BY id")))
    save_results(conn, results(lines, statements), everybody, CALENDAR, now=now)
