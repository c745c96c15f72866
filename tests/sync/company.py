"""A company whose facts, plans and periods a test moves along: everything goes through the store and the sync steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, text

from spm.calendar import Months
from spm.plans import PlanVersion, plan_version
from spm.plans.model import Component, FlatRate, Measure, Plan, Rounding, Span
from spm.store.closing import reopen
from spm.store.connections import ensure_connection
from spm.store.facts import mark_gone, replace_children, store_page
from spm.store.guard import CODES, Limits
from spm.store.reference import apply_assignments, apply_plans, apply_quotas
from spm.store.results import load_lines, load_statements
from sync.calculate import Basis, Calculated, recalculate
from sync.closing import Order, Outcome, Waiver, close_period
from tests.spm.store.pages import deals, people, person, splits


class Silent:
    """Progress nobody looks at."""

    def begin(self, task: str, total: int | None = None) -> None: ...
    def advance(self, task: str, done: int, total: int | None = None) -> None: ...
    def end(self, task: str) -> None: ...


EVERYTHING = tuple(Waiver(code, "", "a test") for code in CODES)


def flat(rate: str = "0.1", *, name: str = "Flat", currency: str = "USD", span: Span = Span.MONTH) -> Plan:
    """A plan that pays a share of what the owner, or those who split the deal, sold, month by month."""
    measure = Measure("bookings", "amount", None, "close_date")
    return Plan(
        name,
        currency,
        Span.MONTH,
        Rounding(),
        (Component("Sales", measure, "revenue", span, FlatRate(Decimal(rate))),),
    )


@dataclass(slots=True)
class Company:
    """`today` is the company's day; each step moves the moment at which things become known one minute on."""

    engine: Engine
    folder: Path
    today: date = date(2026, 1, 31)
    connection: int = 0
    plans: Sequence[PlanVersion] = ()
    ticks: int = 0
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """A later moment of today each time."""
        self.ticks += 1
        return datetime(self.today.year, self.today.month, self.today.day, 8, tzinfo=UTC) + timedelta(
            minutes=self.ticks
        )

    def begin(self, *names: str, plan: Plan | None = None) -> Company:
        """People (owners named as they are), all on one plan since 2026 began."""
        with self.engine.begin() as conn:
            self.connection = ensure_connection(conn, "acme", "salesforce")
        self.hire(*names)
        self.assign("*,Flat,2026-01-01")
        return self.rule(plan or flat())

    def hire(self, *names: str, **more: Any) -> None:
        rows = [person(f"{name}@example.com", name, **more) for name in names]
        with self.engine.begin() as conn:
            store_page(conn, self.connection, "participant", people(*rows), now=self.now, seen_at=None)
            found = conn.execute(text("SELECT email, id FROM participant"))
            self.numbers = {row.email.partition("@")[0]: row.id for row in found}

    def rule(self, *plans: Plan) -> Company:
        self.plans = [plan_version(plan) for plan in plans]
        with self.engine.begin() as conn:
            apply_plans(conn, self.plans, now=self.now)
        return self

    def assign(self, *rows: str) -> None:
        path = self.folder / "assignments.csv"
        path.write_text("who,plan,starts_on,ends_on\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        with self.engine.begin() as conn:
            apply_assignments(conn, [path], now=self.now)

    def quotas(self, *rows: str) -> None:
        path = self.folder / "quotas.csv"
        path.write_text("email,starts_on,ends_on,amount\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        with self.engine.begin() as conn:
            apply_quotas(conn, [path], now=self.now)

    def sell(
        self, crm_id: str, owner: str = "ann", amount: str | int = 1000, day: str = "2026-01-10", **more: Any
    ) -> None:
        row = {"id": crm_id, "name": f"Deal {crm_id}", "owner_id": owner, "close_date": date.fromisoformat(day), **more}
        with self.engine.begin() as conn:
            frame = deals({**row, "amount": Decimal(amount)})
            store_page(conn, self.connection, "deal", frame, now=self.now, seen_at=None)

    def lose(self, crm_id: str) -> None:
        with self.engine.begin() as conn:
            mark_gone(conn, self.connection, "deal", [crm_id], now=self.now)

    def split(self, deal: str, *rows: dict[str, Any]) -> None:
        with self.engine.begin() as conn:
            replace_children(conn, self.connection, "deal_split", [deal], splits(*rows), now=self.now)

    def basis(self) -> Basis:
        return Basis(self.plans, Months(), self.today, self.now)

    def calculate(self, *, full: bool = False) -> Calculated:
        return recalculate(self.engine, self.basis(), Silent(), full=full)

    def close(self, period: str, waivers: Sequence[Waiver] = EVERYTHING) -> Outcome:
        order = Order(period, "Ann Lee", waivers, Limits(), [])
        return close_period(self.engine, self.basis(), order, Silent())

    def reopen(self, period: str) -> None:
        with self.engine.begin() as conn:
            assert reopen(conn, period, "Ann Lee", "a test", now=self.now) is not None

    def lines(self, name: str = "ann", period: str | None = None) -> pl.DataFrame:
        with self.engine.begin() as conn:
            return load_lines(conn, [self.numbers[name]], period)

    def payouts(self, name: str = "ann") -> dict[str, Decimal]:
        with self.engine.begin() as conn:
            rows = load_statements(conn, [self.numbers[name]])
        return dict(rows.select("period", "payout").iter_rows())

    def do(self, statement: str) -> Any:
        """One statement of SQL; its first value."""
        with self.engine.begin() as conn:
            return _first(conn, statement)


def _first(conn: Connection, statement: str) -> Any:
    result = conn.execute(text(statement))
    return result.scalar() if result.returns_rows else None
