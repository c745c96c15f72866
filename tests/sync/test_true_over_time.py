"""Whatever happens in whatever order: nothing closed moves, what is paid adds up, and the past can be read again.

Random lives of a small company: sales that change, vanish, are split and given away, other currencies and rates, plans
that are edited, people who leave and whose records are merged, adjustments, clocks set back, periods closed and
reopened. After every step:

- every closed period proves to be what was closed;
- for everybody, closed statements + open ones with their true-ups = a calculation of everything without any closing.

At the end a full calculation gives the same bytes as the incremental ones left, and what was known after some of the
steps gives the payouts that were stored then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL

from spm.calendar import Months
from spm.engine import calculate
from spm.plans.model import Component, Draw, FlatRate, Measure, Plan, Rounding, Span, Tier, TierBasis, WholeAmountTiers
from spm.store.adjustments import Wish, adjust
from spm.store.facts import store_page
from spm.store.inputs import load_facts
from spm.store.results import load_lines, load_statements
from sync.replay import Replayed, replay
from tests.fixtures.database import fresh_database
from tests.spm.store.pages import page, people, person, split
from tests.sync.company import Company, flat
from tests.sync.test_closing import faults

pytestmark = pytest.mark.slow  # make test-slow

NAMES = ("ann", "bob")
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05")


def tiered() -> Plan:
    """5 % of all that is sold in the quarter, 10 % once that is 1,000: later deals change what earlier ones earn."""
    tiers = (Tier(Decimal(0), Decimal(1000), Decimal("0.05")), Tier(Decimal(1000), None, Decimal("0.1")))
    measure = Measure("bookings", "amount", None, "close_date")
    part = Component("Sales", measure, "revenue", Span.QUARTER, WholeAmountTiers(TierBasis.AMOUNT, tiers))
    return Plan("Flat", "USD", Span.MONTH, Rounding(), (part,))


def by_quota() -> Plan:
    """A flat share, and the same again of what counts once: two components."""
    measure = Measure("bookings", "amount", "amount > 300", "close_date")
    parts = (*flat("0.07").components, Component("Big deals", measure, "owner", Span.MONTH, FlatRate(Decimal("0.03"))))
    return Plan("Flat", "USD", Span.MONTH, Rounding(), parts)


PLANS: tuple[Callable[[], Plan], ...] = (
    flat,
    lambda: flat("0.2"),
    tiered,
    by_quota,
    lambda: replace(flat(), draw=Draw(Decimal(60), recoverable=True)),
)
ASSIGNMENTS = (
    ("*,Flat,2026-01-01,",),
    ("*,Flat,2026-01-01,2026-02-15",),
    ("ann@example.com,Flat,2026-02-01,", "bob@example.com,Flat,2026-01-01,"),
    ("bob@example.com,Flat,2026-01-01,",),
)

_day = st.builds(lambda month, day: f"2026-{month:02}-{day:02}", st.integers(1, 4), st.integers(1, 28))
_deal = st.sampled_from(["d1", "d2", "d3", "d4"])
_owner = st.sampled_from([*NAMES, "nobody"])
_status = st.sampled_from(["won", "won", "won", "open", "lost"])
_currency = st.sampled_from(["USD", "USD", "EUR"])
_sell = st.tuples(st.just("sell"), _deal, _owner, st.integers(-300, 2000), _day, _status, _currency)
_other = st.one_of(
    st.tuples(st.just("lose"), _deal),
    st.tuples(st.just("split"), _deal, st.integers(0, 10)),
    st.tuples(st.just("rate"), st.sampled_from(["0.5", "0.8", "1.25"])),
    st.tuples(st.just("plan"), st.integers(0, len(PLANS) - 1)),
    st.tuples(st.just("assign"), st.integers(0, len(ASSIGNMENTS) - 1)),
    st.tuples(st.just("adjust"), st.sampled_from(NAMES), st.integers(-50, 50)),
    st.tuples(st.just("merge"), st.sampled_from(NAMES)),
    st.tuples(st.just("part")),
    st.tuples(st.just("back"), st.integers(1, 90)),
    st.tuples(st.just("reopen"), st.integers(0, 4)),
)
_close = st.tuples(st.just("close"))
_lives = st.lists(st.one_of(_sell, _sell, _close, _close, _other, _other), min_size=5, max_size=14)


class Life:
    """A company that events happen to."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.known: list[tuple[datetime, dict[str, dict[str, Decimal]]]] = []
        company.begin(*NAMES)
        self.rate("0.8")
        company.calculate()

    def happen(self, event: tuple[Any, ...]) -> None:
        """One event, then an ordinary calculation."""
        getattr(self, event[0])(*event[1:])
        self.company.calculate()
        self.known.append((self.company.now, self.payouts()))

    def sell(self, deal: str, owner: str, amount: int, day: str, status: str, currency: str) -> None:
        self.company.sell(deal, owner, amount, day, status=status, currency=currency)

    def lose(self, deal: str) -> None:
        self.company.lose(deal)

    def split(self, deal: str, tenths: int) -> None:
        share = Decimal(tenths) / 10
        parts = (split(f"{deal}a", deal, "ann", str(share)), split(f"{deal}b", deal, "bob", str(1 - share)))
        self.company.split(deal, *(parts if tenths else ()))

    def rate(self, euro: str) -> None:
        row = {"id": "r1", "base": "USD", "currency": "EUR", "rate": Decimal(euro), "starts_on": date(2025, 1, 1)}
        with self.company.engine.begin() as conn:
            frame = page("fx_rate", row)
            store_page(conn, self.company.connection, "fx_rate", frame, now=self.company.now, seen_at=None, source="R")

    def plan(self, number: int) -> None:
        self.company.rule(PLANS[number]())

    def assign(self, number: int) -> None:
        self.company.assign(*ASSIGNMENTS[number])

    def adjust(self, name: str, amount: int) -> None:
        """In the first period that is open; what cannot be is refused."""
        with self.company.engine.begin() as conn:
            period = next((month for month in MONTHS if month not in self._closed()), "2026-05")
            wish = Wish(f"{name}@example.com", period, Decimal(amount), "Why not", "Ann Lee", "USD")
            adjust(conn, wish, now=self.company.now)

    def merge(self, name: str) -> None:
        """The CRM's record of one person turns out to be the other's."""
        other = NAMES[name == "ann"]
        self._link(person(f"{other}@example.com", name))

    def part(self) -> None:
        """And back."""
        for name in NAMES:
            self._link(person(f"{name}@example.com", name))

    def _link(self, row: dict[str, Any]) -> None:
        with self.company.engine.begin() as conn:
            store_page(conn, self.company.connection, "participant", people(row), now=self.company.now, seen_at=None)

    def close(self) -> None:
        """The next month, some days after its end."""
        closed = self._closed()
        month = next((month for month in MONTHS[:-1] if month not in closed), None)
        if month is not None:
            after = date.fromisoformat(f"{MONTHS[MONTHS.index(month) + 1]}-03")
            self.company.today = max(self.company.today, after)
            self.company.close(month)

    def reopen(self, number: int) -> None:
        if MONTHS[number] in self._closed():
            self.company.reopen(MONTHS[number])

    def back(self, days: int) -> None:
        """A calculation on a machine whose clock is wrong, and one once it is right again."""
        today, self.company.today = self.company.today, self.company.today - timedelta(days=days)
        self.company.calculate(full=True)
        assert faults(self.company) == []
        self.company.today = today
        self.company.calculate(full=True)

    def _closed(self) -> set[str]:
        with self.company.engine.begin() as conn:
            return {row[0] for row in conn.exec_driver_sql("SELECT period FROM period_close WHERE state = 'closed'")}

    def payouts(self) -> dict[str, dict[str, Decimal]]:
        with self.company.engine.begin() as conn:
            rows = load_statements(conn)
        mine = {number: name for name, number in self.company.numbers.items()}
        found: dict[str, dict[str, Decimal]] = {name: {} for name in NAMES}
        for number, period, payout in rows.select("participant_id", "period", "payout").iter_rows():
            found[mine[number]][period] = payout
        return found

    def due(self) -> dict[int, Decimal]:
        """What everybody would be paid in all, had no period ever been closed."""
        with self.company.engine.begin() as conn:
            calendar = Months().periods(date(2026, 1, 1), date(2026, 12, 31))
            facts = load_facts(conn, None, (date(2026, 1, 1), date(2026, 12, 31)), calendar)
        ends = [date(2026, int(month[5:]) + 1, 1) - timedelta(days=1) for month in self._closed()]
        lines = calculate(facts, self.company.plans, today=max([self.company.today, *ends])).lines
        return _sums(lines)

    def paid(self) -> dict[int, Decimal]:
        """What the stored statements, closed and open, add up to."""
        with self.company.engine.begin() as conn:
            return _sums(load_lines(conn))


def _sums(lines: pl.DataFrame) -> dict[int, Decimal]:
    sums = lines.group_by("participant_id").agg(pl.col("amount").sum())
    return {number: total for number, total in sums.iter_rows() if total}


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(events=_lives)
def test_nothing_closed_moves_and_what_is_paid_adds_up(
    database_server: URL, tmp_path: Path, events: list[tuple[Any, ...]]
) -> None:
    for engine in fresh_database(database_server):
        life = Life(Company(engine, tmp_path))
        for event in events:
            life.happen(event)
            assert faults(life.company) == [], event
            assert life.paid() == life.due(), event
        with engine.begin() as conn:
            before = load_statements(conn), load_lines(conn)
        life.company.calculate(full=True)
        with engine.begin() as conn:
            assert load_statements(conn).equals(before[0])
            assert load_lines(conn).equals(before[1])
        for at, payouts in life.known[:: max(1, len(life.known) // 3)]:
            for name in NAMES:
                for period in MONTHS[:2]:
                    found = replay(engine, Months(), f"{name}@example.com", period, at=at)
                    then = Decimal(found.explanation.figures["payout"]) if isinstance(found, Replayed) else None
                    assert then == payouts[name].get(period), (at, name, period)
