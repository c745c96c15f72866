"""Every cent in words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from spm import wording
from spm.explain import Explanation, deal_explanations, explain_deal, explain_statement
from spm.frames import LINES, MONEY, Facts, empty
from spm.plans import PlanVersion
from tests.spm.engine.building import World, assignment, deal, fx, plan, quota, split

TIERED = """
[[components]]
name = "Sales"
accumulate = "quarter"
tier_mode = "{mode}"
tier_by = "{by}"
tiers = [{{ from = 0, to = {bound}, rate = 0.06 }}, {{ from = {bound}, rate = 0.09 }}]
"""
BY_QUOTA = TIERED.format(mode="marginal", by="attainment", bound=1)
WHOLE = TIERED.format(mode="whole_amount", by="amount", bound=1000)
FLAT = '[[components]]\nname = "Sales"\nrate = 0.05'
QUOTA = [quota(1, "40000", "2026-01-01", "2026-03-31")]
TODAY = date(2026, 3, 31)


def sentences(world: World, version: PlanVersion) -> list[str]:
    return deal_explanations(world.results(version, today=TODAY).lines, [version])["explanation"].to_list()


def explained(world: World, version: PlanVersion, period: str) -> Explanation:
    results, facts = world.results(version, today=TODAY), world.facts()
    return of_period(results.statements, results.lines, period, facts, version)


def of_period(
    statements: pl.DataFrame, lines: pl.DataFrame, period: str, facts: Facts, version: PlanVersion
) -> Explanation:
    return explain_statement(
        statements.filter(period=period, participant_id=1),
        lines.filter(period=period, participant_id=1),
        deals=facts.deals,
        person="Ann",
        plans=[version],
    )


def test_a_deal_is_explained_in_one_sentence(tmp_path: Path) -> None:
    world = World([deal(1, 1, "50000", "2026-03-05")], quotas=QUOTA)
    assert sentences(world, plan(tmp_path, BY_QUOTA, "AE 2026")) == []  # nobody is on that plan
    world = World([deal(1, 1, "50000", "2026-03-05")], quotas=QUOTA, assignments=[assignment(1, "AE 2026")])
    assert sentences(world, plan(tmp_path, BY_QUOTA, "AE 2026")) == [
        "40,000.00 USD at 6 % up to quota + 10,000.00 USD at 9 % above quota = 3,300.00 USD (AE 2026, Mar 2026)"
    ]


@pytest.mark.parametrize(
    ("world", "text", "expected"),
    [
        (
            World(
                [deal(1, 1, "70000", "2026-02-05", currency="EUR")],
                [split(1, 1, 1, "0.6")],
                fx_rates=[fx("USD", "EUR", "0.8")],
            ),
            FLAT,
            ["60 % of 70,000.00 EUR: 52,500.00 USD at 5 % = 2,625.00 USD (Test, Feb 2026)"],
        ),
        (
            World([deal(1, 1, "10", "2026-02-05", currency="EUR")], fx_rates=[fx("USD", "EUR", "0.8")]),
            FLAT,
            ["10.00 EUR: 12.50 USD at 5 % = 0.63 USD (Test, Feb 2026)"],
        ),
        (
            World([deal(1, 1, "-600", "2026-02-05")]),
            FLAT,
            ["-600.00 USD at 5 % = -30.00 USD (Test, Feb 2026)"],
        ),
        (
            World([deal(1, 1, "600", "2026-01-05"), deal(2, 1, "600", "2026-02-05")]),
            WHOLE,
            [
                (
                    "600.00 USD at 6 % for a total below 1,000.00 + 18.00 USD for 3 % more for a total from "
                    "1,000.00 (Feb 2026)"
                    " = 54.00 USD (Test, Feb 2026)"
                ),
                "600.00 USD at 9 % for a total from 1,000.00 = 54.00 USD (Test, Feb 2026)",
            ],
        ),
        (
            World([deal(1, 1, "1200", "2026-01-05"), deal(2, 1, "-600", "2026-02-05")]),
            WHOLE,
            [
                (
                    "1,200.00 USD at 9 % for a total from 1,000.00 - 36.00 USD for 3 % less for a total below "
                    "1,000.00 "
                    "(Feb 2026) = 72.00 USD (Test, Feb 2026)"
                ),
                "-600.00 USD at 6 % for a total below 1,000.00 = -36.00 USD (Test, Feb 2026)",
            ],
        ),
        (
            World([deal(1, 1, "100", "2026-01-05")], [split(1, 1, 1, "0.5"), split(2, 1, 1, "0.25")]),
            FLAT,
            ["50 % of 100.00 USD: 50.00 USD at 5 % + 25 % of 100.00 USD: 25.00 USD at 5 % = 3.75 USD (Test, Jan 2026)"],
        ),
        (
            World([deal(1, 1, "100", "2026-01-05")]),
            'statement = "quarter"\n' + FLAT,
            ["100.00 USD at 5 % = 5.00 USD (Test, Q1 2026)"],
        ),
    ],
    ids=["share and currency", "currency", "negative", "lifted", "lowered", "two shares", "quarter"],
)
def test_a_sentence_says_where_the_figure_comes_from(
    tmp_path: Path, world: World, text: str, expected: list[str]
) -> None:
    assert sentences(world, plan(tmp_path, text)) == expected


def test_a_sentence_that_would_be_too_long_says_how_many_parts_there_are(tmp_path: Path) -> None:
    splits = [split(number, 1, 1, "0.05") for number in range(1, 21)]
    (sentence,) = sentences(World([deal(1, 1, "100", "2026-01-05")], splits), plan(tmp_path, FLAT))
    assert sentence == "100.00 USD credited in 20 parts = 5.00 USD (Test, Jan 2026)"


def test_no_sentence_is_longer_than_a_field_holds(tmp_path: Path) -> None:
    version = plan(tmp_path, FLAT, "n" * 120)
    splits = [split(number, 1, 1, "0.05") for number in range(1, 21)]
    world = World([deal(1, 1, "100", "2026-01-05")], splits, assignments=[assignment(1, "n" * 120)])
    assert [len(sentence) <= 255 for sentence in sentences(world, version)] == [True]


def test_one_deal_is_explained_by_itself(tmp_path: Path) -> None:
    version = plan(tmp_path, FLAT)
    lines = World([deal(1, 1, "100", "2026-01-05"), deal(2, 1, "7", "2026-01-05")]).results(version).lines
    assert explain_deal(lines.filter(deal_id=1), [version]) == "100.00 USD at 5 % = 5.00 USD (Test, Jan 2026)"
    assert explain_deal(empty(LINES), [version]) == ""
    with pytest.raises(ValueError, match="one deal is explained at a time, not 2"):
        explain_deal(lines, [version])


def test_tiers_of_a_version_that_is_missing_are_not_described(tmp_path: Path) -> None:
    lines = World([deal(1, 1, "5", "2026-01-05")], quotas=QUOTA).results(plan(tmp_path, BY_QUOTA)).lines
    assert explain_deal(lines, []) == "5.00 USD at 6 % = 0.30 USD (Test, Jan 2026)"


def test_a_statement_is_explained_line_by_line(tmp_path: Path) -> None:
    world = World(
        [deal(1, 1, "30000", "2026-01-05"), deal(2, 1, "40000", "2026-03-05", currency="EUR")],
        [split(1, 2, 1, "0.5", "revenue")],
        quotas=QUOTA,
        fx_rates=[fx("USD", "EUR", "0.8")],
    )
    version = plan(tmp_path, BY_QUOTA)
    assert explained(world, version, "2026-03").text.splitlines() == [
        f"Ann, Mar 2026: Test (version {version.hash[:12]})",
        "credited 55,000.00 USD since the quarter began / quota of the quarter 40,000.00 USD = 137.50 %",
        "",
        f"Sales (Test, version {version.hash[:12]})",
        (
            "   1  Deal 2: 40,000.00 EUR x share 50 % (revenue) x rate 1.25, of it 10,000.00 USD at 6 "
            "% up to quota (tier 1: up "
            "to 40,000.00 USD) = 600.00 USD"
        ),
        (
            "   2  Deal 2: 40,000.00 EUR x share 50 % (revenue) x rate 1.25, of it 15,000.00 USD at 9 "
            "% above quota (tier 2: from "
            "40,000.00 USD) = 1,350.00 USD"
        ),
        "",
        "Payout: 1,950.00 USD, the sum of 2 lines",
    ]


def test_a_lift_of_earlier_credits_is_explained(tmp_path: Path) -> None:
    world = World([deal(1, 1, "600", "2026-01-05"), deal(2, 1, "600", "2026-02-05")])
    text = explained(world, plan(tmp_path, WHOLE), "2026-02").text
    assert (
        "   2  Deal 1: 600.00 USD credited before, now at 3 % more for a total from 1,000.00 (tier "
        "2: from 1,000.00 USD) "
        "= 18.00 USD"
    ) in text


def test_a_statement_without_lines_is_explained_too(tmp_path: Path) -> None:
    text = explained(World(), plan(tmp_path, FLAT), "2026-02").text
    assert "credited 0.00 USD since the year began; there is no quota, so no attainment" in text
    assert "No deal of this period counts for this plan." in text
    assert text.endswith("Payout: 0.00 USD")


def test_the_figures_are_exact_text(tmp_path: Path) -> None:
    figures = explained(World([deal(1, 1, "10.5", "2026-01-05")]), plan(tmp_path, FLAT), "2026-01").figures
    assert figures["payout"] == "0.5300000000"
    assert figures["lines"][0]["credited"] == "10.5000000000"
    assert figures["lines"][0]["deal"] == "Deal 1"
    assert figures["quota"] is None


def test_a_statement_that_is_not_the_sum_of_its_lines_is_refused(tmp_path: Path) -> None:
    version, world = plan(tmp_path, FLAT), World([deal(1, 1, "10", "2026-01-05")])
    results = world.results(version, today=TODAY)
    with pytest.raises(ValueError, match="is not the sum of its lines"):
        of_period(results.statements, empty(LINES), "2026-01", world.facts(), version)


def test_several_statements_at_a_time_are_refused(tmp_path: Path) -> None:
    version, world = plan(tmp_path, FLAT), World()
    results = world.results(version, today=TODAY)
    with pytest.raises(ValueError, match="one statement is explained at a time, not 3"):
        explain_statement(results.statements, results.lines, deals=world.facts().deals, person="Ann", plans=[version])


AMOUNTS = [
    ("0", "0.00"),
    ("0.005", "0.01"),
    ("-0.5", "-0.50"),
    ("999", "999.00"),
    ("1000", "1,000.00"),
    ("1234567.891", "1,234,567.89"),
    ("-100000", "-100,000.00"),
    ("999999999999999.999", "1,000,000,000,000,000.00"),
    ("1002003", "1,002,003.00"),
]


@pytest.mark.parametrize(("number", "expected"), AMOUNTS)
def test_a_column_of_amounts_reads_as_people_write_them(number: str, expected: str) -> None:
    column = pl.DataFrame({"amount": [Decimal(number)]}, schema={"amount": MONEY})
    assert column.select(wording.amounts(pl.col("amount"))).item() == expected


@pytest.mark.parametrize(("number", "expected"), [("0.06", "6 %"), ("0.015", "1.5 %"), ("1", "100 %"), ("0", "0 %")])
def test_a_rate_reads_as_people_write_it(number: str, expected: str) -> None:
    column = pl.DataFrame({"rate": [Decimal(number)]}, schema={"rate": MONEY})
    assert column.select(wording.percents(pl.col("rate"))).item() == expected
    assert wording.percent(Decimal(number)) == expected


def test_an_amount_keeps_the_places_it_has() -> None:
    assert [wording.amount(Decimal(text)) for text in ("1.5000", "1234.5678", "-3", "0E-10")] == [
        "1.50",
        "1,234.5678",
        "-3.00",
        "0.00",
    ]


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("100.004", "of it 100.00 USD at 5 % = 5.00 USD"),  # two places multiply to the same earning
        ("100.0999", "of it 100.0999 USD at 5 % = 5.00 USD"),  # 100.10 x 5 % would be 5.01: the exact figure is needed
    ],
)
def test_a_credit_is_exact_where_two_places_would_not_arrive_at_the_earning(
    amount: str, told: str, tmp_path: Path
) -> None:
    world = World([deal(1, 1, amount, "2026-03-05", currency="EUR")], fx_rates=[fx("USD", "EUR", "1")])
    text = explained(world, plan(tmp_path, FLAT), "2026-03").text
    assert told in text
    assert "credited 100.00 USD" in text or "credited 100.10 USD" in text


def test_what_is_kept_with_a_statement_is_told_too(tmp_path: Path) -> None:
    world = World()
    results, facts = world.results(plan(tmp_path, FLAT), today=TODAY), world.facts()
    stored = results.statements.with_columns(calculated_at=pl.lit(datetime(2026, 3, 31, tzinfo=UTC)))
    version = plan(tmp_path, FLAT)
    figures = of_period(stored, results.lines, "2026-02", facts, version).figures
    assert figures["calculated_at"] == "2026-03-31T00:00:00+00:00"
