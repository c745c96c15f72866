"""The guard: each thing that speaks against closing is found, and nothing is found where nothing does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, text

from problems import Problem
from spm.plans import plan_version
from spm.plans.model import Component, MarginalTiers, Measure, Plan, Rounding, Span, Tier, TierBasis
from spm.store.closing import find_period, freeze
from spm.store.connections import add_problems, finish_run, start_run
from spm.store.facts import replace_children
from spm.store.guard import CODES, Limits, Watch, findings
from spm.store.reference import apply_plans
from tests.spm.store.pages import NOW, split, splits
from tests.spm.store.paying import deal, hire, line, pay, statement

TODAY = date(2026, 4, 2)


@pytest.fixture
def watch(conn: Connection, acme: int) -> Watch:
    """March, in which ann was paid 60 for a deal over 1,000; nothing speaks against closing it."""
    ann, _bob = hire(conn, acme, "ann", "bob")
    pay(conn, [line(ann, deal_id=deal(conn, acme))], [statement(ann)])
    run = start_run(conn, "pull", connection_id=acme, now=NOW - timedelta(hours=1))
    finish_run(conn, run, "done", counts={}, calls={}, now=NOW - timedelta(hours=1))
    return watching(conn, "2026-03")


def watching(conn: Connection, period: str) -> Watch:
    found = find_period(conn, period)
    assert found is not None
    return Watch(found, Limits(), ["acme"], TODAY, NOW)


def codes(conn: Connection, watch: Watch) -> list[str]:
    return [one.code for one in findings(conn, watch)]


def owner_unknown(conn: Connection, acme: int) -> None:
    deal(conn, acme, "d2", owner_id="u9")


def credited_over(conn: Connection, acme: int) -> None:
    lines = [line(1, deal_id=deal(conn, acme)), line(2, deal_id=deal(conn, acme), share=Decimal("0.5"))]
    _pay(conn, lines)


def deal_twice(conn: Connection, acme: int) -> None:
    deal(conn, acme, account="Acme")
    deal(conn, acme, "d2", account="ACME")


def missing_rate(conn: Connection, acme: int) -> None:
    fault = Problem("acme deal d1", "currency", "no rate from CHF to USD on 2026-03-10.", "Add a rate.")
    add_problems(conn, "calculation", [fault], now=NOW)


def plan_faults(conn: Connection, acme: int) -> None:
    add_problems(conn, "plans and quotas", [Problem("ae.toml:1", "rate", "is no rate.", "Mend it.")], now=NOW)


def problem(conn: Connection, acme: int) -> None:
    add_problems(conn, "acme Opportunity", [Problem("acme Opportunity 1", "amount", "is no number.", "x")], now=NOW)


def below_zero(conn: Connection, acme: int) -> None:
    _pay(conn, [line(1, "-5", deal_id=deal(conn, acme))])


def left_with_a_draw(conn: Connection, acme: int) -> None:
    ann = _numbers(conn)[0]
    pay(conn, [], [statement(ann, draw_balance=Decimal(300))])
    conn.execute(text("UPDATE participant SET leave_date = '2026-03-15' WHERE id = :ann"), {"ann": ann})


def payout_share(conn: Connection, acme: int) -> None:
    number = deal(conn, acme)
    _pay(conn, [line(1, "300", deal_id=number), line(2, "200.01", deal_id=number, role="overlay")])


def cap_held(conn: Connection, acme: int) -> None:
    _pay(conn, [line(1, deal_id=deal(conn, acme)), line(1, "-10", cause="cap_held")])


def not_read(conn: Connection, acme: int) -> None:
    conn.execute(text("UPDATE sync_run SET finished_at = :at"), {"at": NOW - timedelta(hours=25)})


def never_read(conn: Connection, acme: int) -> None:
    conn.execute(text("UPDATE sync_run SET outcome = 'failed'"))


def earlier_open(conn: Connection, acme: int) -> None:
    ann = _numbers(conn)[0]
    pay(conn, [line(ann)], [statement(ann), statement(ann, "2026-01")])


def tier_gap(conn: Connection, acme: int) -> None:
    _in_second_tier(conn, acme, ("0.1", "0", "0.2"))


def threshold(conn: Connection, acme: int) -> None:
    _in_second_tier(conn, acme, ("0", "0", "0.2"))


def _in_second_tier(conn: Connection, acme: int, rates: tuple[str, ...]) -> None:
    """A credit that earns nothing, in the second of three tiers with these rates."""
    bounds = [Decimal(0), Decimal(10), Decimal(2000)]
    ends = [*bounds[1:], None]
    tiers = tuple(Tier(start, end, Decimal(rate)) for start, end, rate in zip(bounds, ends, rates, strict=True))
    measure = Measure("bookings", "amount", None, "close_date")
    part = Component("bookings", measure, "owner", Span.MONTH, MarginalTiers(TierBasis.AMOUNT, tiers))
    version = plan_version(Plan("AE", "USD", Span.MONTH, Rounding(), (part,)))
    apply_plans(conn, [version], now=NOW)
    _pay(conn, [line(1, "0", deal_id=deal(conn, acme), plan_version=version.hash, tier=2, rate=Decimal(0))])


def _numbers(conn: Connection) -> list[int]:
    return list(conn.scalars(text("SELECT id FROM participant ORDER BY id")))


def _pay(conn: Connection, lines: list[dict[str, Any]]) -> None:
    """The lines of participants 1 and 2, whatever their numbers are."""
    numbers = _numbers(conn)
    lines = [{**one, "participant_id": numbers[one["participant_id"] - 1]} for one in lines]
    pay(conn, lines, [statement(number) for number in sorted({one["participant_id"] for one in lines})])


def test_nothing_is_found_where_nothing_is_wrong(conn: Connection, watch: Watch) -> None:
    assert findings(conn, watch) == []


@pytest.mark.parametrize(
    ("arrange", "code", "said"),
    [
        (owner_unknown, "owner_unknown", "Big one is won and belongs to the owner u9"),
        (
            credited_over,
            "credited_over",
            "bookings (AE) credits 150 % of it: ann@example.com 100 %, bob@example.com 50 %",
        ),
        (deal_twice, "deal_twice", "Big one: the same name"),
        (missing_rate, "missing_rate", "no rate from CHF"),
        (plan_faults, "plan_faults", "is no rate"),
        (problem, "problem", "is no number"),
        (below_zero, "negative_balance", "the payout of ann@example.com is -5.00 USD"),
        (left_with_a_draw, "negative_balance", "ann@example.com has left with a draw of 300.00 USD not recovered"),
        (payout_share, "payout_share", "Big one pays 500.01 USD on 1,000.00 USD: more than 50 %"),
        (cap_held, "cap_held", "bookings of ann@example.com: 10.00 USD above the cap"),
        (not_read, "sync_old", "acme was last read on 2026-11-22 08:00 UTC"),
        (never_read, "sync_old", "acme was never read"),
        (earlier_open, "earlier_open", "2026-01 is not closed"),
        (tier_gap, "tier_gap", "bookings of ann@example.com: 1,000.00 USD lie in a gap"),
    ],
)
def test_each_thing_is_found(
    conn: Connection, acme: int, watch: Watch, arrange: Callable[[Connection, int], None], code: str, said: str
) -> None:
    arrange(conn, acme)
    found = findings(conn, watch)
    assert [one.code for one in found] == [code]
    assert said in found[0].message
    assert found[0].hint


@pytest.mark.parametrize(
    ("arrange", "why"),
    [
        (lambda conn, acme: deal(conn, acme, "d2", owner_id="u9", status="open"), "it is not won"),
        (lambda conn, acme: deal(conn, acme, "d2", owner_id="u9", close_date=date(2026, 4, 1)), "it counts in April"),
        (
            lambda conn, acme: deal_twice(conn, acme) or deal(conn, acme, "d2", account="ACME", amount=7),
            "other amounts",
        ),
        (
            lambda conn, acme: (
                deal(conn, acme, "d2", owner_id="u9"),
                replace_children(conn, acme, "deal_split", ["d2"], splits(split("s", "d2", "u1", "1")), now=NOW),
            ),
            "its splits say who is credited",
        ),
        (threshold, "nothing below it pays: a threshold, no gap"),
        (
            lambda conn, acme: add_problems(conn, "x", [Problem("x", "", "x", "x", "warning")], now=NOW),
            "a warning keeps nothing out",
        ),
        (
            lambda conn, acme: add_problems(conn, "acme write-back", [Problem("x", "", "x", "x")], now=NOW),
            "what a CRM refused changes no pay",
        ),
    ],
)
def test_what_looks_alike_is_not_found(
    conn: Connection, acme: int, watch: Watch, arrange: Callable[[Connection, int], object], why: str
) -> None:
    arrange(conn, acme)
    assert findings(conn, watch) == [], why


def test_everything_is_found_at_once_in_a_fixed_order(conn: Connection, acme: int, watch: Watch) -> None:
    for arrange in (problem, owner_unknown, not_read, missing_rate):
        arrange(conn, acme)
    found = codes(conn, watch)
    assert found == ["sync_old", "owner_unknown", "missing_rate", "problem"]
    assert found == sorted(found, key=list(CODES).index)


def test_a_period_that_has_not_ended_and_one_without_statements(conn: Connection, watch: Watch) -> None:
    april = watching(conn, "2026-04")
    found = findings(conn, replace(april, today=date(2026, 4, 30)))
    assert [(one.code, one.waivable) for one in found] == [
        ("nothing_to_close", False),
        ("not_over", True),
        ("earlier_open", True),
    ]
    march = find_period(conn, "2026-03")
    assert march is not None
    freeze(conn, march, "Ann Lee", [], now=NOW)
    assert codes(conn, replace(april, today=date(2026, 5, 1))) == ["nothing_to_close"]


def test_the_limits_are_settings(conn: Connection, acme: int, watch: Watch) -> None:
    payout_share(conn, acme)
    not_read(conn, acme)
    assert codes(conn, replace(watch, limits=Limits(Decimal(1), 48))) == []


def test_a_connection_not_in_use_may_be_old(conn: Connection, acme: int, watch: Watch) -> None:
    not_read(conn, acme)
    assert codes(conn, replace(watch, connections=[])) == []
