"""What a component counts besides deals: line items, activities, entries, payments, and what others earned."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.spm.engine.building import (
    TODAY,
    Row,
    World,
    activity,
    assignment,
    deal,
    entry,
    fx,
    item,
    paid,
    payment,
    plan,
    quota,
    reports,
    said,
    split,
)

ITEMS = '[[components]]\nname = "Items"\nsource = "line_items"\n'
MEETINGS = '[[components]]\nname = "Meetings"\nsource = "activities"\nper_unit = 25\n'
CASH = '[[components]]\nname = "Cash"\nsource = "payments"\nrate = 0.1\n'
FLAT = '[[components]]\nname = "Sales"\nrate = 0.1\n'
OVERRIDE = (
    '[[components]]\nname = "Override"\nsource = "earnings"\nrate = 0.1\nroll_up = { to = "manager", own = false }\n'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate = 0.1", "150.00"),  # all items: 1000 + 500
        ("rate = 0.1\ncondition = \"family = 'Cloud'\"", "100.00"),  # the rate of a product family
        ("rate = 0.1\ncondition = \"deal_type = 'New'\"", "150.00"),  # the deal's own fields are there
        ("rate = 0.1\nvalue = \"case when family = 'Cloud' then amount else 0 end\"", "100.00"),
        ('rate = 0.1\nvalue = "deal_amount - amount"', "150.00"),  # 500 + 1000 of the deal's 1500
        ("per_unit = 7", "42.00"),  # 4 + 2 pieces
        ("rate = 0.1\nweight = \"case when family = 'Cloud' then 0.5 else 2 end\"", "150.00"),  # 50 + 100
    ],
)
def test_line_items_of_a_won_deal_count_one_by_one(tmp_path: Path, text: str, expected: str) -> None:
    items = [
        item(1, 1, "1000", family="Cloud", quantity=Decimal(4)),
        item(2, 1, "500", family="Support", quantity=Decimal(2)),
    ]
    world = World([deal(1, 1, "1500", "2026-01-05", deal_type="New")], items=items)
    assert paid(world.results(plan(tmp_path, ITEMS + text))) == {"2026-01": expected}


def test_a_line_item_is_named_on_its_line_and_split_like_its_deal(tmp_path: Path) -> None:
    splits = [split(1, 1, 1, "0.6"), split(2, 1, 2, "0.4")]
    world = World(
        [deal(1, 1, "999", "2026-01-05")],
        splits,
        assignments=[assignment(1), assignment(2)],
        items=[item(1, 1, "100"), item(2, 1, "50")],
    )
    lines = world.results(plan(tmp_path, f"{ITEMS}rate = 0.1")).lines
    assert lines.select("participant_id", "item", "amount").rows() == [
        (1, "L1", Decimal(6)),
        (1, "L2", Decimal(3)),
        (2, "L1", Decimal(4)),
        (2, "L2", Decimal(2)),
    ]


def test_line_items_are_in_the_currency_of_their_deal(tmp_path: Path) -> None:
    row = deal(1, 1, "1000", "2026-01-05", currency="EUR")
    world = World([row], items=[item(1, 1, "80")], fx_rates=[fx("USD", "EUR", "0.8")])
    assert paid(world.results(plan(tmp_path, f"{ITEMS}rate = 0.1"))) == {"2026-01": "10.00"}


def test_line_items_of_a_deal_that_is_not_won_do_not_count(tmp_path: Path) -> None:
    world = World([deal(1, 1, "1000", "2026-01-05", status="lost")], items=[item(1, 1, "100")])
    assert not paid(world.results(plan(tmp_path, f"{ITEMS}rate = 0.1")))


def test_line_items_reach_a_tier_in_the_order_of_their_ids(tmp_path: Path) -> None:
    tiers = 'tier_mode = "marginal"\ntier_by = "amount"\ntiers = [{ to = 100, rate = 0.1 }, { from = 100, rate = 0.2 }]'
    world = World([deal(1, 1, "200", "2026-01-05")], items=[item(10, 1, "100"), item(9, 1, "100")])
    lines = world.results(plan(tmp_path, ITEMS + tiers)).lines
    assert lines.select("item", "amount").rows() == [("L9", Decimal(10)), ("L10", Decimal(20))]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("done", "50.00"),  # two that took place
        ("type = 'call' and done", "25.00"),
        ("status = 'held'", "25.00"),
        ("type is not null", "75.00"),  # without a word about it the planned one counts, too
    ],
)
def test_activities_count_for_whose_they_are(tmp_path: Path, condition: str, expected: str) -> None:
    rows = [
        activity(1, 1, "2026-01-05"),
        activity(2, 1, "2026-01-06", type="call", status="held"),
        activity(3, 1, "2026-01-07", done=False),
        activity(4, 2, "2026-01-07"),
    ]
    world = World(activities=rows, others=[2])
    assert paid(world.results(plan(tmp_path, f'{MEETINGS}condition = "{condition}"'))) == {"2026-01": expected}


def test_an_activity_without_a_day_or_a_known_person_is_reported(tmp_path: Path) -> None:
    world = World(activities=[activity(1, 1, None), activity(2, None, "2026-01-05"), activity(3, 1, "2026-01-05")])
    results = world.results(plan(tmp_path, MEETINGS))
    assert paid(results) == {"2026-01": "25.00"}
    assert said(results) == [
        ("activity A1 (happened_on): activity A1: happened_on is empty; it is not credited. Fill it in the CRM."),
        (
            "plan Test, component Meetings (owner_id): 1 record(s), such as activity A2, are of nobody known; not "
            "credited. Give the person an email in the CRM, and sync users."
        ),
    ]


def test_a_meeting_to_come_waits_without_a_word(tmp_path: Path) -> None:
    world = World(activities=[activity(1, 1, "2026-05-05")])
    results = world.results(plan(tmp_path, MEETINGS), today=date(2026, 3, 1))
    assert (paid(results), said(results)) == ({}, [])


def test_an_entry_counts_in_the_measure_it_was_entered_for(tmp_path: Path) -> None:
    text = '[[components]]\nname = "MBO"\nmeasure = "mbo"\nsource = "entries"\nper_unit = 5000\n'
    entries = [entry(1, 1, "mbo", "0.8", "2026-03-31"), entry(2, 1, "csat", "1", "2026-03-31")]
    assert paid(World(entries=entries).results(plan(tmp_path, text))) == {"2026-03": "4000.00"}


@pytest.mark.parametrize(
    ("currency", "expected"),
    [
        (None, "10.00"),  # in the plan's currency
        ("EUR", "12.50"),  # 100 / 0.8
    ],
)
def test_an_entry_of_money_is_converted(tmp_path: Path, currency: str | None, expected: str) -> None:
    text = '[[components]]\nname = "By hand"\nmeasure = "extra"\nsource = "entries"\nunit = "money"\nrate = 0.1\n'
    world = World(entries=[entry(1, 1, "extra", "100", "2026-03-31", currency)], fx_rates=[fx("USD", "EUR", "0.8")])
    assert paid(world.results(plan(tmp_path, text))) == {"2026-03": expected}


def test_an_entry_without_a_value_or_with_a_huge_one_is_reported(tmp_path: Path) -> None:
    text = '[[components]]\nname = "MBO"\nmeasure = "mbo"\nsource = "entries"\nper_unit = 5000\n'
    entries = [entry(1, 1, "mbo", None, "2026-03-31"), entry(2, 1, "mbo", "1e15", "2026-03-31")]
    results = World(entries=entries).results(plan(tmp_path, text))
    assert [text for text in said(results) if "E2" in text] == [
        "entry E2 (amount): entry E2: value is empty; it is not credited. Fill it in with the entry.",
        (
            "entry E2 (value): a value of 1000000000000000.0000000000 is beyond 1,000,000,000,000,000; it is not used. "
            "Correct it where it was entered."
        ),
    ]
    assert any("entry E1: value is empty" in text for text in said(results))


def test_a_payment_counts_on_its_own_day_in_its_own_currency(tmp_path: Path) -> None:
    payments = [
        payment(1, 1, "100", "2026-02-03"),
        payment(2, 1, "100", "2026-03-03", currency="EUR"),
        payment(3, 1, None, "2026-04-03"),  # all of the deal
    ]
    world = World([deal(1, 1, "1000", "2026-01-05")], payments=payments, fx_rates=[fx("USD", "EUR", "0.8")])
    assert paid(world.results(plan(tmp_path, CASH))) == {"2026-02": "10.00", "2026-03": "12.50", "2026-04": "100.00"}


def test_a_payment_is_credited_like_its_deal(tmp_path: Path) -> None:
    splits = [split(1, 1, 1, "0.25"), split(2, 1, 2, "0.75")]
    world = World([deal(1, 1, "1000", "2026-01-05")], splits, payments=[payment(1, 1, "400", "2026-02-03")])
    assert paid(world.results(plan(tmp_path, CASH))) == {"2026-02": "10.00"}


def test_a_condition_tells_payments_from_invoices_and_refunds(tmp_path: Path) -> None:
    text = CASH + "condition = \"kind in ('payment', 'refund')\"\n"
    text += "value = \"case when kind = 'refund' then 0 - amount else amount end\"\n"
    payments = [
        payment(1, 1, "1000", "2026-02-01", "invoice"),
        payment(2, 1, "1000", "2026-02-03"),
        payment(3, 1, "250", "2026-03-03", "refund"),
    ]
    world = World([deal(1, 1, "1000", "2026-01-05")], payments=payments)
    assert paid(world.results(plan(tmp_path, text))) == {"2026-02": "100.00", "2026-03": "-25.00"}


def test_an_override_on_commission_pays_of_what_the_team_earned(tmp_path: Path) -> None:
    reps, manager = plan(tmp_path, FLAT, "Reps"), plan(tmp_path, OVERRIDE, "Managers")
    world = World(
        [deal(1, 1, "1000", "2026-01-05"), deal(2, 2, "500", "2026-02-05"), deal(3, 9, "500", "2026-02-05")],
        assignments=[assignment(1, "Reps"), assignment(2, "Reps"), assignment(9, "Managers")],
        hierarchy=[reports(1, 9), reports(2, 9)],
    )
    results = world.results(reps, manager)
    assert paid(results, 9) == {"2026-01": "10.00", "2026-02": "5.00"}  # 10 % of 100, of 50
    line = results.lines.filter(participant_id=9).row(0, named=True)
    assert (line["from_participant_id"], line["deal_id"], line["deal_amount"]) == (1, 1, Decimal(100))


def test_an_override_may_be_on_one_component(tmp_path: Path) -> None:
    two = FLAT + '[[components]]\nname = "Kicker"\nper_unit = 50\n'
    reps, manager = plan(tmp_path, two, "Reps"), plan(tmp_path, f'{OVERRIDE}earnings_of = "Kicker"\n', "Managers")
    world = World(
        [deal(1, 1, "1000", "2026-01-05")],
        assignments=[assignment(1, "Reps"), assignment(9, "Managers")],
        hierarchy=[reports(1, 9)],
    )
    assert paid(world.results(reps, manager), 9) == {"2026-01": "5.00"}


def test_what_a_later_deal_lifts_counts_for_the_override_when_it_is_lifted(tmp_path: Path) -> None:
    tiers = (
        '[[components]]\nname = "Sales"\naccumulate = "quarter"\ntier_mode = "whole_amount"\ntier_by = "amount"\n'
        "tiers = [{ to = 1000, rate = 0.05 }, { from = 1000, rate = 0.10 }]\n"
    )
    reps, manager = plan(tmp_path, tiers, "Reps"), plan(tmp_path, OVERRIDE, "Managers")
    world = World(
        [deal(1, 1, "600", "2026-01-05"), deal(2, 1, "400", "2026-02-05")],
        assignments=[assignment(1, "Reps"), assignment(9, "Managers")],
        hierarchy=[reports(1, 9)],
    )
    # 10 % of 30 in January; of 40 and of the 30 made up for deal 1 in February
    assert paid(world.results(reps, manager), 9) == {"2026-01": "3.00", "2026-02": "7.00"}


def test_earnings_in_another_currency_are_converted(tmp_path: Path) -> None:
    reps = plan(tmp_path, f'currency = "EUR"\n{FLAT}', "Reps")
    manager = plan(tmp_path, OVERRIDE, "Managers")
    world = World(
        [deal(1, 1, "800", "2026-01-05", currency="EUR")],
        assignments=[assignment(1, "Reps"), assignment(9, "Managers")],
        hierarchy=[reports(1, 9)],
        fx_rates=[fx("USD", "EUR", "0.8")],
    )
    assert paid(world.results(reps, manager), 9) == {"2026-01": "10.00"}


@pytest.mark.parametrize(
    ("on", "pays"),
    [
        ("2026-02-28", {}),
        ("2026-03-01", {"2026-03": "10.00"}),  # the first day
        ("2026-03-31", {"2026-03": "10.00"}),  # the last day
        ("2026-04-01", {}),
    ],
)
def test_a_component_counts_between_its_own_days(tmp_path: Path, on: str, pays: Row) -> None:
    text = f"{FLAT}starts_on = 2026-03-01\nends_on = 2026-03-31\n"
    assert paid(World([deal(1, 1, "100", on)]).results(plan(tmp_path, text))) == pays


def test_a_weight_counts_for_the_quota_too(tmp_path: Path) -> None:
    text = f"{FLAT}weight = \"case when deal_type = 'Renewal' then 0.5 else 1 end\"\n"
    deals = [deal(1, 1, "100", "2026-01-05", deal_type="Renewal"), deal(2, 1, "100", "2026-01-06", deal_type="New")]
    world = World(deals, quotas=[quota(1, "300", "2026-01-01", "2026-12-31")])
    statement = world.results(plan(tmp_path, text), today=TODAY).statements.row(0, named=True)
    assert (statement["credited"], statement["attainment"], statement["payout"]) == (150, Decimal("0.5"), 15)


@pytest.mark.parametrize(
    ("event", "day", "pays"),
    [
        ("2026-04-05", TODAY, {}),  # within 90 days: it never counted
        ("2026-04-06", TODAY, {"2026-01": "10.00"}),  # a day too late
        ("2026-04-05", date(2026, 3, 31), {"2026-01": "10.00"}),  # has not happened yet
        (None, TODAY, {"2026-01": "10.00"}),
    ],
)
def test_a_clawback_that_restates_takes_the_credit_itself(
    tmp_path: Path, event: str | None, day: date, pays: Row
) -> None:
    text = f'{FLAT}clawback = {{ on = "cancelled_on", within_days = 90, where = "restate" }}\n'
    row = deal(1, 1, "100", "2026-01-05", cancelled_on=date.fromisoformat(event) if event else None)
    other = deal(2, 2, "100", "2026-01-05", cancelled_on=date(2026, 1, 1))
    assert paid(World([row, other]).results(plan(tmp_path, text), today=day)) == pays


def test_a_refund_may_restate_too(tmp_path: Path) -> None:
    text = f'{FLAT}clawback = {{ on = "refund", where = "restate" }}\n'
    deals = [deal(1, 1, "100", "2026-01-05"), deal(2, 1, "200", "2026-01-05")]
    payments = [payment(1, 1, "1", "2026-06-01", "refund"), payment(2, 2, "200", "2026-06-01")]
    assert paid(World(deals, payments=payments).results(plan(tmp_path, text))) == {"2026-01": "20.00"}


def test_line_items_of_an_open_deal_are_estimated(tmp_path: Path) -> None:
    row = deal(1, 1, "1000", "2026-08-05", status="open")
    world = World([row], items=[item(1, 1, "100"), item(2, 1, "50")])
    results = world.results(plan(tmp_path, f"{ITEMS}rate = 0.1\n{MEETINGS}{CASH}"), today=date(2026, 3, 1))
    assert results.estimates.select("deal_id", "credited", "amount").rows() == [(1, 150, 15)]
