"""True-ups: paid statements stay, what is learned later goes to the open period with its cause in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from spm.plans.model import Span
from tests.spm.store.pages import split
from tests.sync.company import Company, flat
from tests.sync.test_closing import faults
from tests.sync.test_replay import quota_plan


@pytest.fixture
def february(company: Company) -> Company:
    """January is closed: ann was paid 100 for d1, bob 50 for d2. It is the third of March."""
    company.begin("ann", "bob")
    company.sell("d1")
    company.sell("d2", "bob", 500)
    company.today = date(2026, 2, 3)
    assert company.close("2026-01").close is not None
    company.today = date(2026, 3, 3)
    company.calculate()
    return company


def true_ups(company: Company, name: str = "ann") -> list[tuple[str, str | None, Decimal]]:
    """The period each stands in, the one it makes up for, the amount."""
    rows = company.lines(name).filter(cause="true_up")
    return list(rows.select("period", "item", "amount").iter_rows())


def reasons(company: Company, name: str = "ann") -> list[str]:
    return company.lines(name).filter(cause="true_up")["reason"].to_list()


def test_nothing_is_made_up_for_where_nothing_changed(february: Company) -> None:
    assert true_ups(february) == []
    assert february.payouts() == {"2026-01": 100, "2026-02": 0, "2026-03": 0}


def test_a_changed_amount_is_made_up_for_in_the_open_period(february: Company) -> None:
    february.sell("d1", amount=750)
    february.calculate()
    assert february.payouts() == {"2026-01": 100, "2026-02": -25, "2026-03": 0}
    assert true_ups(february) == [("2026-02", "2026-01", -25)]
    assert reasons(february) == [
        "Deal d1: amount 1,000.00 -> 750.00, changed in the CRM on 3 March 2026; commission of Jan 2026 -25.00"
    ]
    assert faults(february) == []


def test_who_changed_it_is_named_where_the_mapping_brings_it(february: Company) -> None:
    import polars as pl

    from spm.store.facts import store_page
    from tests.spm.store.pages import deals

    row = {"id": "d1", "name": "Deal d1", "owner_id": "ann", "close_date": date(2026, 1, 10), "amount": Decimal(400)}
    with february.engine.begin() as conn:
        page = deals({**row, "changed_by": "Jo Doe"}, changed_by=pl.String)
        store_page(conn, february.connection, "deal", page, now=february.now, seen_at=None)
    february.calculate()
    assert "amount 1,000.00 -> 400.00, changed in the CRM by Jo Doe on 3 March 2026;" in reasons(february)[0]


@pytest.mark.parametrize(
    ("change", "amount", "said"),
    [
        (lambda c: c.sell("d1", amount=1500), 50, "amount 1,000.00 -> 1,500.00"),
        (lambda c: c.lose("d1"), -100, "deleted in the CRM, found on 3 March 2026"),
        (lambda c: c.sell("d1", status="open"), -100, "status won -> open, changed"),
        (lambda c: c.sell("d1", status="lost", stage="Lost"), -100, "status won -> lost, changed"),
        (lambda c: c.sell("d1", owner="bob"), -100, "owner ann@example.com -> bob@example.com"),
        (lambda c: c.sell("d1", day="2026-03-02"), -100, "close date 10 January 2026 -> 2 March 2026"),
        (lambda c: c.sell("d1", currency="EUR"), -100, "currency USD -> EUR"),
        (lambda c: c.sell("d9", amount=10), 1, "first read from the CRM on 3 March 2026"),
        (
            lambda c: c.split("d1", split("s1", "d1", "ann", "0.6"), split("s2", "d1", "bob", "0.4")),
            -40,
            "split of ann@example.com nothing -> 60 %, split of bob@example.com nothing -> 40 %, changed in the CRM",
        ),
        (lambda c: c.rule(flat("0.2")), 100, "Deal d1: the plan Flat was changed;"),
        (
            lambda c: c.assign("bob@example.com,Flat,2026-01-01"),
            -100,
            "Deal d1: assignment Flat from 2026-01-01 -> nothing; commission of Jan 2026 -100.00",
        ),
        (
            lambda c: (c.sell("d1", amount=900), c.rule(flat("0.2"))),
            80,
            "amount 1,000.00 -> 900.00, changed in the CRM on 3 March 2026; the plan Flat was changed; commission",
        ),
    ],
)
def test_every_late_change_is_made_up_for_with_its_cause(
    february: Company, change: object, amount: int, said: str
) -> None:
    change(february)  # type: ignore[operator]
    february.calculate()
    assert february.payouts()["2026-01"] == 100
    assert sum(part for _, _, part in true_ups(february)) == amount
    assert said in reasons(february)[0]
    assert faults(february) == []


def test_a_deal_given_to_another_is_paid_there(february: Company) -> None:
    february.sell("d1", owner="bob")
    february.calculate()
    assert true_ups(february, "ann") == [("2026-02", "2026-01", -100)]
    assert true_ups(february, "bob") == [("2026-02", "2026-01", 100)]


def test_a_change_that_is_taken_back_leaves_nothing(february: Company) -> None:
    february.sell("d1", amount=750)
    february.calculate()
    february.sell("d1")
    february.calculate()
    assert true_ups(february) == []
    assert february.payouts() == {"2026-01": 100, "2026-02": 0, "2026-03": 0}


def test_once_it_is_closed_too_only_the_further_difference_is_made_up_for(february: Company) -> None:
    february.sell("d1", amount=750)
    assert february.close("2026-02").close is not None
    february.today = date(2026, 4, 2)
    february.sell("d1", amount=700)
    february.calculate()
    assert true_ups(february) == [("2026-02", "2026-01", -25), ("2026-03", "2026-01", -5)]
    assert reasons(february)[1].startswith("Deal d1: amount 750.00 -> 700.00, changed in the CRM on 2 April 2026")
    february.sell("d1")
    february.calculate()
    assert true_ups(february) == [("2026-02", "2026-01", -25), ("2026-03", "2026-01", 25)]
    assert faults(february) == []


def test_several_periods_and_deals_give_a_line_each(february: Company) -> None:
    february.sell("d3", amount=200, day="2026-02-10")
    assert february.close("2026-02").close is not None
    for deal, day in (("d1", "2026-01-10"), ("d3", "2026-02-10")):
        february.sell(deal, amount=100, day=day)
    february.sell("d4", amount=50, day="2026-01-20")
    february.calculate()
    found = true_ups(february)
    assert [(into, of) for into, of, _ in found] == [
        ("2026-03", "2026-01"),
        ("2026-03", "2026-01"),
        ("2026-03", "2026-02"),
    ]
    assert sorted(part for *_, part in found) == [-90, -10, 5]


def test_a_reopened_period_pays_for_itself_again(february: Company) -> None:
    february.sell("d1", amount=750)
    assert february.close("2026-02").close is not None
    february.reopen("2026-01")
    february.calculate()
    assert february.payouts() == {"2026-01": 75, "2026-02": -25, "2026-03": 25}
    assert february.close("2026-01").close is not None
    assert february.payouts() == {"2026-01": 75, "2026-02": -25, "2026-03": 25}
    assert faults(february) == []


def test_somebody_who_left_gets_a_statement_for_it(february: Company) -> None:
    february.assign("ann@example.com,Flat,2026-01-01,2026-01-31", "bob@example.com,Flat,2026-01-01")
    february.sell("d1", amount=750)
    february.calculate()
    assert february.payouts() == {"2026-01": 100, "2026-02": -25}
    february.sell("d1")
    february.calculate()
    assert february.payouts() == {"2026-01": 100}


def test_a_statement_in_another_currency_takes_no_true_up(february: Company) -> None:
    february.rule(flat(), flat(name="Euro", currency="EUR"))
    february.assign("ann@example.com,Flat,2026-01-01,2026-01-31", "ann@example.com,Euro,2026-02-01")
    february.sell("d1", amount=750)
    problems = february.calculate().problems
    assert true_ups(february) == []
    assert [problem.where for problem in problems if problem.field == "true_up"] == ["ann@example.com"]
    assert february.payouts()["2026-01"] == 100


def test_a_clock_that_is_set_back_moves_nothing(february: Company) -> None:
    assert february.close("2026-02").close is not None
    before = february.payouts()
    february.today = date(2026, 1, 5)
    february.calculate(full=True)
    assert {period: february.payouts()[period] for period in ("2026-01", "2026-02")} == {"2026-01": 100, "2026-02": 0}
    assert true_ups(february) == []
    february.today = date(2026, 3, 4)
    february.calculate(full=True)
    assert february.payouts() == before
    assert faults(february) == []


def test_a_year_that_is_long_over_is_made_up_for_and_carried(company: Company) -> None:
    """A later calculation that does not look at the old year leaves what it found there."""
    company.begin("ann", plan=flat(span=Span.MONTH))
    company.sell("d1")
    for month in range(1, 13):
        company.today = date(2026 + month // 12, month % 12 + 1, 2)
        assert company.close(f"2026-{month:02}").close is not None
    company.today = date(2027, 2, 2)
    company.sell("d1", amount=900)
    company.calculate()
    assert true_ups(company) == [("2027-01", "2026-01", -10)]
    company.sell("d5", amount=100, day="2027-02-01")
    company.calculate()
    assert true_ups(company) == [("2027-01", "2026-01", -10)]
    before = company.lines()
    company.calculate(full=True)
    assert company.lines().equals(before)


def test_true_ups_are_numbered_and_covered_by_the_hash(february: Company) -> None:
    february.sell("d5", amount=300, day="2026-02-20")
    february.sell("d1", amount=750)
    february.calculate()
    lines = february.lines(period="2026-02")
    assert lines["line_no"].to_list() == [1, 2]
    assert lines["cause"].to_list() == ["credit", "true_up"]
    assert february.payouts()["2026-02"] == 5
    assert february.do(
        "SELECT pay_amount = payout AND earned = payout FROM statement WHERE period = '2026-02' AND payout = 5"
    )
    before = february.do("SELECT hash FROM statement WHERE period = '2026-02' AND payout = 5")
    february.sell("d1", amount=750, account="Acme")  # the words change, not the amount
    february.calculate()
    assert february.do("SELECT hash FROM statement WHERE period = '2026-02' AND payout = 5") != before


def test_a_quota_that_was_changed_is_named_on_every_line_it_moves(company: Company) -> None:
    company.begin("ann", plan=quota_plan())
    company.quotas("ann@example.com,2026-01-01,2026-01-31,1000")
    company.sell("d1", amount=800)
    company.sell("d2", amount=400, day="2026-01-20")
    company.today = date(2026, 2, 3)
    assert company.close("2026-01").close is not None
    company.quotas("ann@example.com,2026-01-01,2026-01-31,500")
    company.calculate()
    assert sum(part for *_, part in true_ups(company)) == 50
    change = "quota bookings 1,000.00 from 2026-01-01 to 2026-01-31 -> bookings 500.00 from 2026-01-01 to 2026-01-31"
    assert reasons(company) == [
        f"Deal d1: {change}; commission of Jan 2026 +30.00",
        f"Deal d2: {change}; commission of Jan 2026 +20.00",
    ]


def test_a_tier_that_another_deal_no_longer_reaches_is_told_by_that_deal(company: Company) -> None:
    company.begin("ann", plan=quota_plan())
    company.quotas("ann@example.com,2026-01-01,2026-01-31,1000")
    company.sell("d1", amount=800)
    company.sell("d2", amount=400, day="2026-01-20")
    company.today = date(2026, 2, 3)
    assert company.close("2026-01").close is not None
    company.sell("d1", amount=500)
    company.calculate()
    change = "amount 800.00 -> 500.00, changed in the CRM on 3 February 2026"
    assert reasons(company) == [
        f"Deal d1: {change}; commission of Jan 2026 -30.00",
        f"Deal d2: Deal d1: {change}; commission of Jan 2026 -20.00",
    ]


def test_a_quarter_is_made_up_for_in_the_next_quarter(company: Company) -> None:
    company.begin("ann", plan=replace(flat(), statement=Span.QUARTER))
    company.sell("d1")
    company.today = date(2026, 4, 3)
    assert company.close("2026-Q1").close is not None
    company.sell("d1", amount=400)
    company.calculate()
    assert company.payouts() == {"2026-Q1": 100, "2026-Q2": -60}
    assert true_ups(company) == [("2026-Q2", "2026-Q1", -60)]
    assert reasons(company)[0].endswith("commission of Q1 2026 -60.00")
    assert faults(company) == []
