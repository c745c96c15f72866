"""Results: replaced where they differ and only there; what stands on a deal and on a person."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Connection, text

from spm.calendar import periods
from spm.frames import ESTIMATES, LINES, MONEY, STATEMENTS, Results, empty
from spm.store.deal_results import refresh_deals
from spm.store.facts import mark_gone, replace_children, store_page
from spm.store.marks import take_marks
from spm.store.outbox import store_held
from spm.store.results import (
    deal_names,
    find_participant,
    load_lines,
    load_statements,
    participant_emails,
    save_results,
)
from spm.store.write_back import DEAL_RESULTS, PARTICIPANT_RESULTS, deal_results, participant_results
from tests.spm.store.pages import NOW, TODAY, deals, people, person, split, splits

CALENDAR = periods(1, 2026, 2026)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def ann(conn: Connection, acme: int) -> int:
    frame = people(person("ann@example.com", "u1"), person("bob@example.com", "u2"))
    store_page(conn, acme, "participant", frame, now=NOW, seen_at=NOW)
    found = find_participant(conn, " Ann@example.com")
    assert found is not None
    return found


@pytest.fixture
def bob(conn: Connection, ann: int) -> int:
    return int(conn.scalar(text("SELECT id FROM participant WHERE email = 'bob@example.com'")) or 0)


def deal(conn: Connection, acme: int, crm_id: str = "d1", **more: Any) -> int:
    store_page(conn, acme, "deal", deals({"id": crm_id, **more}), now=NOW, seen_at=NOW)
    return int(conn.scalar(text("SELECT id FROM deal WHERE crm_id = :id"), {"id": crm_id}) or 0)


def line(person_id: int, deal_id: int | None, amount: str = "60", **more: Any) -> dict[str, Any]:
    return {
        "participant_id": person_id,
        "period": "2026-03",
        "line_no": 1,
        "plan": "AE",
        "plan_version": "v1",
        "component": "bookings",
        "cause": "credit",
        "deal_id": deal_id,
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


def statement(person_id: int, payout: str = "60", **more: Any) -> dict[str, Any]:
    return {
        "participant_id": person_id,
        "period": "2026-03",
        "plan": "AE",
        "plan_version": "v1",
        "quota": Decimal(2000),
        "credited": Decimal(1000),
        "attainment": Decimal("0.5"),
        "payout": Decimal(payout),
        "currency": "USD",
        "hash": f"hash of {payout}",
        **more,
    }


def estimate(person_id: int, deal_id: int, amount: str = "10") -> dict[str, Any]:
    figures = {"credited": Decimal(100), "amount": Decimal(amount), "currency": "USD"}
    return {"deal_id": deal_id, "participant_id": person_id, **figures}


def results(
    lines: tuple[dict[str, Any], ...] = (),
    statements: tuple[dict[str, Any], ...] = (),
    estimates: tuple[dict[str, Any], ...] = (),
) -> Results:
    frames = (
        pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
        if rows
        else empty(schema)
        for rows, schema in ((lines, LINES), (statements, STATEMENTS), (estimates, ESTIMATES))
    )
    return Results(*frames, problems=())


def save(conn: Connection, found: Results, *people_: int, now: Any = NOW) -> Any:
    saved = save_results(conn, found, people_, CALENDAR, now=now)
    refresh_deals(conn)
    return saved


def shown(conn: Connection, acme: int, crm_id: str = "d1") -> dict[str, Any]:
    return deal_results(conn, acme).filter(pl.col("$id") == crm_id).row(0, named=True)


def rep(conn: Connection, acme: int, owner: str = "u1", today: date = date(2026, 3, 20)) -> dict[str, Any]:
    return participant_results(conn, acme, today=today).filter(pl.col("$id") == owner).row(0, named=True)


def test_what_was_calculated_is_read_again(conn: Connection, acme: int, ann: int) -> None:
    found = results((line(ann, deal(conn, acme)),), (statement(ann),))
    saved = save(conn, found, ann)
    assert (saved.statements_changed, saved.lines_written) == (1, 1)
    assert load_lines(conn, [ann]).equals(found.lines)
    assert load_lines(conn, [ann], "2026-04").is_empty()
    assert load_statements(conn).drop("calculated_at").equals(found.statements)


def test_the_same_results_change_nothing(conn: Connection, acme: int, ann: int) -> None:
    found = results((line(ann, deal(conn, acme)),), (statement(ann),), (estimate(ann, deal(conn, acme, "d2")),))
    save(conn, found, ann)
    saved = save(conn, found, ann, now=LATER)
    assert (saved.statements_changed, saved.lines_written) == (0, 0)
    assert load_statements(conn)["calculated_at"].to_list() == [NOW]
    assert {shown(conn, acme, crm_id)["calculated_at"] for crm_id in ("d1", "d2")} == {NOW}
    assert rep(conn, acme)["calculated_at"] == NOW


def test_a_different_statement_takes_its_lines_with_it(conn: Connection, acme: int, ann: int) -> None:
    number = deal(conn, acme)
    april = {"period": "2026-04"}
    save(conn, results((line(ann, number), line(ann, None, **april)), (statement(ann), statement(ann, **april))), ann)
    lines = (line(ann, number, "70"), line(ann, None, **april))
    saved = save(conn, results(lines, (statement(ann, "70"), statement(ann, **april))), ann, now=LATER)
    assert (saved.statements_changed, saved.lines_written) == (1, 1)
    assert load_lines(conn)["amount"].to_list() == [70, 60]
    assert load_statements(conn)["calculated_at"].to_list() == [LATER, NOW]


def test_a_statement_there_is_no_more_is_taken_away(conn: Connection, acme: int, ann: int) -> None:
    save(conn, results((line(ann, deal(conn, acme)),), (statement(ann),)), ann)
    assert save(conn, results(), ann).statements_changed == 1
    assert load_lines(conn).is_empty()
    assert load_statements(conn).is_empty()


def test_other_people_and_other_periods_are_left(conn: Connection, acme: int, ann: int, bob: int) -> None:
    last_year = {"period": "2025-12"}
    conn.execute(text("INSERT INTO period VALUES ('2025-12', 'month', '2025-12-01', '2025-12-31')"))
    whole = periods(1, 2025, 2026)
    save_results(conn, results((), (statement(ann, **last_year), statement(bob))), [ann, bob], whole, now=NOW)
    save(conn, results(), ann)
    assert load_statements(conn)["period"].to_list() == ["2025-12", "2026-03"]


def test_the_calendar_is_kept_with_the_results(conn: Connection, ann: int) -> None:
    save(conn, results(), ann)
    kept = conn.execute(text("SELECT period, kind, starts_on, ends_on FROM period")).all()
    assert sorted(kept) == sorted(CALENDAR.select("period", "kind", "starts_on", "ends_on").rows())


def test_a_deal_shows_its_owners_results(conn: Connection, acme: int, ann: int, bob: int) -> None:
    number = deal(conn, acme)
    save(conn, results((line(ann, number), line(bob, number, "5")), (statement(ann), statement(bob, "5"))), ann, bob)
    row = shown(conn, acme)
    assert (row["credited"], row["commission"], row["currency"], row["period"]) == (1000, 60, "USD", "2026-03")
    assert row["explanation"].endswith("= 60.00 USD (AE, Mar 2026)")
    assert dict(deal_results(conn, acme).schema) == DEAL_RESULTS


def test_credit_is_counted_once_however_many_components_pay(conn: Connection, acme: int, ann: int) -> None:
    number = deal(conn, acme)
    lines = (
        line(ann, number, "30", credited=Decimal(600)),
        line(ann, number, "20", credited=Decimal(400), line_no=2, tier=1),
        line(ann, number, "10", line_no=3, component="renewals"),
    )
    save(conn, results(lines, (statement(ann),)), ann)
    row = shown(conn, acme)
    assert (row["credited"], row["commission"]) == (1000, 60)


def test_a_later_rate_change_is_commission_but_no_credit(conn: Connection, acme: int, ann: int) -> None:
    number = deal(conn, acme)
    more = line(ann, number, "15", period="2026-04", cause="retroactive")
    save(conn, results((line(ann, number), more), (statement(ann), statement(ann, "15", period="2026-04"))), ann)
    row = shown(conn, acme)
    assert (row["credited"], row["commission"], row["period"]) == (1000, 75, "2026-03")


def test_an_open_deal_shows_its_estimate(conn: Connection, acme: int, ann: int, bob: int) -> None:
    number = deal(conn, acme, status="open")
    save(conn, results(estimates=(estimate(ann, number), estimate(bob, number, "3"))), ann, bob)
    row = shown(conn, acme)
    assert (row["estimated_commission"], row["commission"], row["credited"]) == (10, None, None)


def test_a_deal_that_pays_nothing_any_more_is_cleared(conn: Connection, acme: int, ann: int) -> None:
    save(conn, results((line(ann, deal(conn, acme)),), (statement(ann),)), ann)
    save(conn, results((), (statement(ann, "0"),)), ann, now=LATER)
    row = shown(conn, acme)
    assert {row[name] for name in DEAL_RESULTS if name not in {"$id", "calculated_at"}} == {None}
    assert row["calculated_at"] == LATER


def test_a_deal_that_never_paid_is_not_shown(conn: Connection, acme: int, ann: int) -> None:
    deal(conn, acme)
    save(conn, results((), (statement(ann, "0"),)), ann)
    assert deal_results(conn, acme).is_empty()


def test_a_deal_that_never_paid_but_holds_a_figure_is_cleared(conn: Connection, acme: int, ann: int) -> None:
    deal(conn, acme, "d2")
    deal(conn, acme)
    save(conn, results((), (statement(ann, "0"),)), ann)
    store_held(conn, acme, "Opportunity", pl.DataFrame({"$id": ["d1"], "Attain_Credited__c": ["1.5"]}))
    row = shown(conn, acme)
    assert {row[name] for name in DEAL_RESULTS if name != "$id"} == {None}
    assert deal_results(conn, acme).height == 1


def test_a_gone_deal_is_not_written_to_whatever_it_held(conn: Connection, acme: int, ann: int) -> None:
    deal(conn, acme)
    store_held(conn, acme, "Opportunity", pl.DataFrame({"$id": ["d1"], "Attain_Credited__c": ["1.5"]}))
    mark_gone(conn, acme, "deal", ["d1"], now=LATER)
    assert deal_results(conn, acme).is_empty()


def test_a_stamp_moves_with_the_deals_figures_alone(conn: Connection, acme: int, ann: int) -> None:
    first, second = deal(conn, acme, "d1"), deal(conn, acme, "d2")
    save(conn, results((line(ann, first), line(ann, second, line_no=2)), (statement(ann, "120"),)), ann)
    lines = (line(ann, first, line_no=2), line(ann, second, "70", line_no=1))
    save(conn, results(lines, (statement(ann, "130"),)), ann, now=LATER)
    assert (shown(conn, acme, "d1")["calculated_at"], shown(conn, acme, "d2")["calculated_at"]) == (NOW, LATER)


def test_a_split_deal_given_to_another_shows_the_others_results(
    conn: Connection, acme: int, ann: int, bob: int
) -> None:
    number = deal(conn, acme)
    shares = splits(split("s1", "d1", "u1", "0.5"), split("s2", "d1", "u2", "0.5"))
    replace_children(conn, acme, "deal_split", ["d1"], shares, now=NOW)
    found = results((line(ann, number, "30"), line(bob, number, "25")), (statement(ann, "30"), statement(bob, "25")))
    save(conn, found, ann, bob)
    deal(conn, acme, owner_id="u2")
    save(conn, found, *take_marks(conn).participants, now=LATER)  # nobody's lines are different
    assert shown(conn, acme)["commission"] == 25


def test_a_split_deal_of_nobody_given_to_a_sharer_shows_theirs(conn: Connection, acme: int, ann: int) -> None:
    number = deal(conn, acme, owner_id="nobody")
    replace_children(conn, acme, "deal_split", ["d1"], splits(split("s1", "d1", "u1", "1")), now=NOW)
    found = results((line(ann, number),), (statement(ann),))
    save(conn, found, ann)
    assert deal_results(conn, acme).is_empty()
    deal(conn, acme, owner_id="u1")
    save(conn, found, ann)
    assert shown(conn, acme)["commission"] == 60


def test_a_deal_given_to_nobody_is_cleared(conn: Connection, acme: int, ann: int) -> None:
    save(conn, results((line(ann, deal(conn, acme)),), (statement(ann),)), ann)
    deal(conn, acme, owner_id="nobody")
    save(conn, results((), (statement(ann, "0"),)), *take_marks(conn).participants)
    assert shown(conn, acme)["commission"] is None


def test_a_gone_deal_is_not_written_to_and_forgets_its_figures(conn: Connection, acme: int, ann: int) -> None:
    save(conn, results((line(ann, deal(conn, acme)),), (statement(ann),)), ann)
    mark_gone(conn, acme, "deal", ["d1"], now=NOW)
    save(conn, results((), (statement(ann, "0"),)), ann)
    assert deal_results(conn, acme).is_empty()
    deal(conn, acme)  # it is back, and its owner earns nothing on it now
    assert shown(conn, acme)["commission"] is None


def test_results_go_to_their_own_connection(conn: Connection, acme: int, globex: int, ann: int) -> None:
    save(conn, results((line(ann, deal(conn, acme)),), (statement(ann),)), ann)
    assert deal_results(conn, globex).is_empty()
    assert participant_results(conn, globex, today=TODAY).is_empty()


def test_a_person_shows_the_statement_of_today(conn: Connection, acme: int, ann: int) -> None:
    save(conn, results((), (statement(ann), statement(ann, "99", period="2026-04"))), ann)
    row = rep(conn, acme)
    figures = {"period": "2026-03", "quota": 2000, "credited": 1000, "attainment": Decimal("0.5"), "payout": 60}
    assert {name: row[name] for name in figures} == figures
    assert rep(conn, acme, today=date(2026, 4, 1))["payout"] == 99
    assert dict(participant_results(conn, acme, today=TODAY).schema) == PARTICIPANT_RESULTS


def test_a_person_without_a_statement_is_cleared(conn: Connection, acme: int, ann: int) -> None:
    save(conn, results((), (statement(ann),)), ann)
    row = rep(conn, acme, owner="u2")
    assert {row[name] for name in PARTICIPANT_RESULTS if name != "$id"} == {None}


def test_somebody_without_a_record_to_write_to_is_not_shown(conn: Connection, acme: int, ann: int) -> None:
    frame = people(person("cy@example.com", "u3", record_id=None))
    store_page(conn, acme, "participant", frame, now=NOW, seen_at=NOW)
    assert participant_results(conn, acme, today=TODAY)["$id"].to_list() == ["u1", "u2"]


def test_the_shorter_of_two_periods_is_shown(conn: Connection, acme: int, ann: int) -> None:
    save(conn, results((), (statement(ann, "500", period="2026-Q1"), statement(ann))), ann)
    assert rep(conn, acme)["period"] == "2026-03"


@pytest.mark.parametrize(
    ("row", "forecast"),
    [
        ({"probability": Decimal("0.25")}, "62.5"),
        ({"probability": None}, "60"),  # unknown, not certain
        ({"probability": Decimal("0.25"), "close_date": date(2026, 4, 1)}, "60"),  # pays in another period
        ({"probability": Decimal("0.25"), "close_date": None}, "60"),
    ],
)
def test_the_forecast_weighs_open_deals_of_the_period(
    conn: Connection, acme: int, ann: int, row: dict[str, Any], forecast: str
) -> None:
    number = deal(conn, acme, status="open", **row)
    save(conn, results((), (statement(ann),), (estimate(ann, number),)), ann)
    assert rep(conn, acme)["forecast"] == Decimal(forecast)


def test_the_forecast_moves_the_stamp(conn: Connection, acme: int, ann: int) -> None:
    number = deal(conn, acme, status="open", probability=Decimal(1))
    save(conn, results((), (statement(ann),), (estimate(ann, number),)), ann)
    save(conn, results((), (statement(ann),), (estimate(ann, number, "11"),)), ann, now=LATER)
    assert rep(conn, acme)["calculated_at"] == LATER


def test_rank_is_by_attainment_and_needs_a_quota(conn: Connection, acme: int, ann: int, bob: int) -> None:
    frame = people(*(person(f"{name}@example.com", name) for name in ("cy", "dee")))
    store_page(conn, acme, "participant", frame, now=NOW, seen_at=NOW)
    cy, dee = (find_participant(conn, f"{name}@example.com") or 0 for name in ("cy", "dee"))
    attained = {ann: "0.5", bob: "1.5", cy: "0.5", dee: None}
    statements = tuple(
        statement(number, attainment=None if value is None else Decimal(value)) for number, value in attained.items()
    )
    save(conn, results((), statements), *attained)
    ranks = dict(participant_results(conn, acme, today=date(2026, 3, 1)).select("$id", "rank").rows())
    assert ranks == {"u2": 1, "u1": 2, "cy": 2, "dee": None}


def test_exact_amounts_survive(conn: Connection, acme: int, ann: int) -> None:
    amount = Decimal("1234567890123456.0123456789")
    save(conn, results((line(ann, deal(conn, acme), str(amount)),), (statement(ann, str(amount)),)), ann)
    assert shown(conn, acme)["commission"] == amount
    assert deal_results(conn, acme).schema["commission"] == MONEY


def test_people_and_deals_go_by_name_in_explanations(conn: Connection, acme: int, ann: int) -> None:
    named, unnamed = deal(conn, acme), deal(conn, acme, "d2", name=None)
    assert deal_names(conn, [named, unnamed]) == {named: "Big one", unnamed: "d2"}
    assert participant_emails(conn) == ["ann@example.com", "bob@example.com"]
    assert find_participant(conn, "nobody@example.com") is None
