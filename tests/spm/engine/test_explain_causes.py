"""Every kind of line in words: reasons, pieces, roll-ups, and lines that are about no deal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from spm.explain import Explanation, deal_explanations, explain_statement
from spm.explain.causes import ASIDES, HEADS
from spm.frames import CAUSES, LINES, STATEMENTS
from spm.plans import PlanVersion
from tests.spm.engine.building import Row, World, deal, frame, plan, quota

SALES = '[[components]]\nname = "Sales"\naccumulate = "quarter"\n'
UNITS = (
    '[[components]]\nname = "Units"\nunit = "number"\nvalue = "amount"\naccumulate = "quarter"\n'
    'tier_mode = "{}"\ntier_by = "amount"\ntiers = [{{ to = 2, rate = 50 }}, {{ from = 2, rate = 80 }}]\n'
)
COUNTED = (
    SALES + 'tier_mode = "{}"\ntier_by = "count"\ntiers = [{{ to = 1, rate = 0.1 }}, {{ from = 1, rate = 0.2 }}]\n'
)
PER_UNIT = UNITS.partition("tier_mode")[0] + "per_unit = 50\n"
CURVE = SALES + (
    'target = 1000\ncurve_by = "attainment"\ncurve_pays = "target"\n'
    'curve = [{ at = 0, pays = 0 }, { at = "100 %", pays = "100 %" }]\n'
)
QUOTA = [quota(1, "400", "2026-01-01", "2026-03-31")]
DEALS = [deal(1, 1, "3", "2026-01-05"), deal(2, 1, "1", "2026-02-05")]


def words(world: World, version: PlanVersion, period: str) -> list[str]:
    """The words of the lines of a statement of participant 1."""
    results, facts = world.results(version, today=date(2026, 3, 31)), world.facts()
    rows = {"period": period, "participant_id": 1}
    told = explain_statement(
        results.statements.filter(**rows),
        results.lines.filter(**rows),
        deals=facts.deals,
        person="Ann",
        plans=[version],
    )
    return [line["words"] for line in told.figures["lines"]]


def sentences(world: World, version: PlanVersion) -> list[str]:
    return deal_explanations(world.results(version, today=date(2026, 3, 31)).lines, [version])["explanation"].to_list()


@pytest.mark.parametrize(
    ("text", "january", "february", "sentence"),
    [
        (
            PER_UNIT,
            ["Deal 1: 3 x 50.00 USD = 150.00 USD"],
            ["Deal 2: 1 x 50.00 USD = 50.00 USD"],
            "3 x 50.00 USD = 150.00 USD (Test, Jan 2026)",
        ),
        (
            UNITS.format("marginal"),
            [
                "Deal 1: 3, of it 2 x 50.00 USD up to 2 (tier 1: up to 2) = 100.00 USD",
                "Deal 1: 3, of it 1 x 80.00 USD above 2 (tier 2: from 2) = 80.00 USD",
            ],
            ["Deal 2: 1 x 80.00 USD above 2 (tier 2: from 2) = 80.00 USD"],
            "2 x 50.00 USD up to 2 + 1 x 80.00 USD above 2 = 180.00 USD (Test, Jan 2026)",
        ),
        (
            COUNTED.format("marginal"),
            ["Deal 1: 3.00 USD at 10 % up to 1 credit (tier 1: up to 1) = 0.30 USD"],
            ["Deal 2: 1.00 USD at 20 % above 1 credit (tier 2: from 1) = 0.20 USD"],
            "3.00 USD at 10 % up to 1 credit = 0.30 USD (Test, Jan 2026)",
        ),
        (
            COUNTED.format("whole_amount") + 'at_bound = "lower_tier"',
            ["Deal 1: 3.00 USD at 10 % for a total up to 1 credit (tier 1: up to 1) = 0.30 USD"],
            [
                "Deal 2: 1.00 USD at 20 % for a total above 1 credit (tier 2: from 1) = 0.20 USD",
                (
                    "Deal 1: 3.00 USD credited before, now at 10 % more for a total above 1 credit (tier 2: from 1)"
                    " = 0.30 USD"
                ),
            ],
            (
                "3.00 USD at 10 % for a total up to 1 credit + 0.30 USD for 10 % more for a total above 1 credit"
                " (Feb 2026) = 0.60 USD (Test, Feb 2026)"
            ),
        ),
        (
            CURVE,
            ["Deal 1: 3.00 USD: 3.00 of 400.00 is 0.75 %: 0.75 % of the target 1,000.00 = 7.50 USD"],
            [
                (
                    "Deal 2: 1.00 USD: 4.00 of 400.00 is 1 %: 1 % of the target 1,000.00 = 10.00, less 7.50 before"
                    " = 2.50 USD"
                )
            ],
            "3.00 USD (3.00 of 400.00 is 0.75 %: 0.75 % of the target 1,000.00) = 7.50 USD (Test, Jan 2026)",
        ),
    ],
    ids=["per unit", "tiers of pieces", "tiers by count", "whole amount by count", "curve"],
)
def test_every_kind_of_rate_is_told(
    tmp_path: Path, text: str, january: list[str], february: list[str], sentence: str
) -> None:
    world, version = World(DEALS, quotas=QUOTA), plan(tmp_path, text)
    assert words(world, version, "2026-01") == january
    assert words(world, version, "2026-02") == february
    assert sentences(world, version)[0] == sentence


def made(*rows: Row, people: dict[int, str] | None = None) -> Explanation:
    """A statement of these lines and nothing more, explained without its plan."""
    first = {"participant_id": 1, "period": "2026-03", "plan": "AE", "plan_version": "0" * 64, "currency": "USD"}
    told = [{**first, "component": "Sales", "line_no": number, **row} for number, row in enumerate(rows, 1)]
    lines = frame(LINES, told)
    zero = dict.fromkeys(("credited", "earned", "held", "draw_balance"), Decimal(0))
    statement = frame(STATEMENTS, [{**first, **zero, "payout": lines["amount"].sum()}])
    deals = pl.DataFrame({"deal_id": [7], "name": ["Acme renewal"]})
    return explain_statement(statement, lines, deals=deals, person="Ann", plans=[], people=people)


def line(cause: str, amount: str, **others: object) -> Row:
    return {"cause": cause, "amount": Decimal(amount), **others}


CREDIT = {
    "role": "owner",
    "share": Decimal(1),
    "deal_amount": Decimal(100),
    "deal_currency": "USD",
    "fx_rate": Decimal(1),
    "credited": Decimal(100),
    "rate": Decimal("0.1"),
}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (line("gate", "-5", reason="40 % of 50 %"), "Gate: 40 % of 50 % = -5.00 USD"),
        (line("cap", "-5", deal_id=7, reason="at most 10.00"), "Acme renewal: Cap: at most 10.00 = -5.00 USD"),
        (line("cap_held", "-5"), "Cap, kept for review = -5.00 USD"),
        (line("hold", "-5", deal_id=7, reason="until paid"), "Acme renewal: Held: until paid = -5.00 USD"),
        (
            line("release", "5", deal_id=7, item="INV-9", reason="paid on 2026-03-04"),
            "Acme renewal, INV-9: Released: paid on 2026-03-04 = 5.00 USD",
        ),
        (line("draw", "500", reason="up to 500.00"), "Draw: up to 500.00 = 500.00 USD"),
        (line("adjustment", "9", deal_id=99, reason="kept"), "deal 99: Adjustment: kept = 9.00 USD"),  # no name
        (line("credit", "9", reason="60 %: 9.00"), "60 %: 9.00 = 9.00 USD"),  # a matrix: no credit of its own
        (
            line("credit", "10", deal_id=7, from_participant_id=2, **CREDIT),
            "Acme renewal from p2@example.com: 100.00 USD at 10 % = 10.00 USD",
        ),
        (
            line("credit", "10", deal_id=7, from_participant_id=3, **CREDIT),
            "Acme renewal from participant 3: 100.00 USD at 10 % = 10.00 USD",
        ),
        (
            line("credit", "10", item="MBO-1", **CREDIT | {"deal_currency": None, "deal_amount": Decimal("0.8")}),
            "MBO-1: 0.8, of it 100.00 USD at 10 % = 10.00 USD",
        ),
    ],
)
def test_a_line_says_its_cause_and_its_reason(row: Row, expected: str) -> None:
    told = made(row, people={2: "p2@example.com"})
    assert told.figures["lines"][0]["words"] == expected
    assert f"   1  {expected}" in told.text


def test_every_cause_is_told() -> None:
    assert set(HEADS) == set(ASIDES) == set(CAUSES)
    told = made(*(line(cause, "1") for cause in CAUSES))
    assert [each["words"] for each in told.figures["lines"]] == [f"{HEADS[cause]} = 1.00 USD" for cause in CAUSES]


def test_a_sentence_tells_what_is_held_and_released_and_passes_over_lines_without_a_deal(tmp_path: Path) -> None:
    version = plan(tmp_path, PER_UNIT)
    lines = World(DEALS[:1]).results(version).lines
    more = [
        line("hold", "-150", deal_id=1, line_no=2, period="2026-01"),
        line("draw", "900", line_no=3, period="2026-01"),
        line("release", "50", deal_id=1, line_no=1, period="2026-02"),
        line("clawback", "-50", deal_id=1, line_no=1, period="2026-03"),
    ]
    rows = [{"participant_id": 1, "currency": "USD", "plan": "Test", "component": "Units", **row} for row in more]
    told = deal_explanations(pl.concat([lines, frame(LINES, rows)]), [version])
    assert told.rows() == [
        (
            1,
            (
                "3 x 50.00 USD - 150.00 USD held (Jan 2026) + 50.00 USD released (Feb 2026)"
                " - 50.00 USD clawed back (Mar 2026)"
                " = 0.00 USD (Test, Mar 2026)"
            ),
        )
    ]


def test_what_a_statement_leaves_open_is_told() -> None:
    head = {
        "participant_id": 1,
        "period": "2026-03",
        "plan": "AE",
        "plan_version": "0" * 64,
        "currency": "USD",
        "credited": Decimal(0),
        "payout": Decimal(0),
        "earned": Decimal(10),
        "held": Decimal(25),
        "draw_balance": Decimal(40),
        "pay_currency": "EUR",
        "pay_rate": Decimal("0.9"),
        "pay_amount": Decimal(0),
    }
    deals = pl.DataFrame({"deal_id": [7], "name": ["Acme renewal"]})
    told = explain_statement(frame(STATEMENTS, [head]), frame(LINES, []), deals=deals, person="Ann", plans=[])
    assert told.text.splitlines()[-5:] == [
        "Payout: 0.00 USD",
        "Earned: 10.00 USD",
        "Held, to be paid later: 25.00 USD",
        "Drawn and not yet recovered: 40.00 USD",
        "Paid: 0.00 EUR, at a rate of 0.9",
    ]
