"""Plans in plain language: every rule of every feature is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from spm.plans import load_plan
from spm.plans.words import plan_words
from tests.spm.plans.features import BARE, CREDITING, EVERY, HEAD, MODIFIERS, PLAN, RATES, SALES, SOURCES

MARGINAL = 'tier_mode = "marginal"\ntiers = [{to = 1, rate = 0.06}, {rate = 0.09}]\n'


def words(folder: Path, text: str) -> str:
    path = folder / "plan.toml"
    path.write_text(HEAD + text)
    plan = load_plan(path).plan
    assert plan
    return plan_words(plan)


WHOLE = [
    ("half years", "Pays every half-year, in USD."),
    ("rounding", "Each earning is rounded to whole units, the rest cut off."),
    ("pay currency of each", "in USD, converted into each one's own currency at the rate of the period's last day."),
    ("pay currency", "in USD, paid in EUR at the rate of the period's last day."),
    ("rates of the plan", "converted at the plan's own rates: 1 EUR = 1.25 USD and 1 GBP = 1.5 USD."),
    ("rate of another day", "converted into USD at the rate of the day in created_on."),
    ("split rounding", "rounded to 2 places; what that leaves over goes to the largest part."),
    ("split rounding to units", "rounded to whole units; what that leaves over goes to the owner's part."),
    ("proration", "Prorated by calendar days on the plan: quota, target, draw and floor. Days of leave do not count."),
    (
        "proration by working days",
        "Prorated by working days (Monday to Friday, without 2 holidays) on the plan: quota.",
    ),
    (
        "seasonality",
        "A quota for bookings falls on the fiscal months of its year by 5 %, 5 %, 10 %, 5 %, 5 %, 10 %, 5 %,",
    ),
    ("ramp", "In the first months on the plan the quota for bookings is 25 %, 50 % and 75 % of the full one."),
    ("draw", "A draw of 2,000 USD a month: earnings below it are filled up to it, and what was advanced is taken"),
    (
        "draw of each",
        "each one's draw a month, for the first 6 months: it is paid besides what is earned, and it is never",
    ),
    (
        "guarantee and cap",
        "At most 50,000 USD a year; what is above is held for review.\n  At least 1,000 USD a month.",
    ),
]
COUNTED = [
    ("count of deals", "0.10 USD a deal of sales.\n  Counts each won deal; on its close date."),
    ("weight", "Counts the amount of each won deal, times case when deal_type = 'Renewal' then 0.5 else 1 end;"),
    ("line items", "Counts the amount of each line item of a won deal, where family = 'Cloud'; on its close date."),
    ("pieces", "50 USD a piece of sales.\n  Counts the quantity of each line item of a won deal, as a number;"),
    (
        "activities",
        "25 USD an activity of sales.\n  Counts each activity, where type = 'meeting' and done; on the day it",
    ),
    ("activities", "Credited to who did it."),
    (
        "entries",
        "1,000 USD times the value entered for mbo.\n  Counts the value of each entry for mbo, as a number; on",
    ),
    ("entries in money", "10 % of sales.\n  Counts the value of each entry for services; on its day."),
    (
        "payments",
        "Counts the amount of each payment of a won deal, where kind = 'payment' and deal_amount > 10; on its",
    ),
    ("earnings", "Counts the amount of each earning in New business; on its day."),
    ("earnings", "Counts for one what the people who report to one directly earn, besides one's own;"),
]
CREDITED = [
    ("overlay", "Credited by the overlay splits of a deal; without any, to nobody."),
    ("credit rules", "Credited 100 % of a deal to the owner, as rule."),
    ("credit rules", "Credited 50 % of a deal to the person in se_email, as engineer, where amount > 10."),
    ("credit rules", "Credited 10 % of a deal to everybody in the team EMEA, as rule."),
    ("managers", "Counts for one what the people who report to one directly are credited, besides one's own;"),
    ("managers all the way up", "what the people at every level below one are credited, and nothing of one's own;"),
    ("two levels", "what the people on the 2 levels below one are credited"),
    ("team", "what the members of one's team are credited"),
    ("days and budget", "Pays at most 10,000 USD to all people together, first come first served."),
    ("days and budget", "Only from 2026-03-01 to 2026-03-31."),
]
PAID = [
    ("flat", "10 % of sales."),
    ("per unit", "100 USD a deal of sales."),
    ("marginal", "6 % of sales up to 100 % of quota, then 9 %."),
    ("marginal", "Marginal tiers: the part of each year's total that lies in a tier earns the rate of that tier."),
    ("marginal", "Adds up over each year, against the quota for bookings."),
    ("whole amount", "in each year, by the total credited: 6 % of sales up to 1,000 USD, 9 % above 1,000 USD."),
    ("whole amount", "Exactly on a bound the lower tier counts."),
    ("whole amount", "when another tier is reached, what was credited before is paid again at its rate."),
    ("whole amount by attainment", "by quota attainment: 6 % of sales below 100 % of quota, 9 % from 100 % of quota."),
    ("whole amount by attainment", "Exactly on a bound the higher tier counts."),
    (
        "base plus top",
        "6 % of sales up to 100 % of quota; all that is over it earns one rate, by quota attainment: 9 % from",
    ),
    (
        "base plus top",
        "9 % from 100 % of quota, 12 % from 125 % of quota.\n  Exactly on a bound the higher tier counts.",
    ),
    ("base plus top by amount", "6 % of sales up to 1,000 USD, then 9 % of all that is over it."),
    ("by count", "6 % of sales up to 5 deals, then 9 %."),
    ("by count", "deals are counted over each year; each earns the rate of the tier that its number is in."),
    ("multipliers of a base rate", "8 % of sales up to 100 % of quota, then 12 %."),
    (
        "curve",
        "A share of the target incentive (10,000 USD a quarter), by quota attainment: 0 % at 50 % of quota, 100 %",
    ),
    ("curve", "In a straight line from point to point; below the first, nothing; beyond the last, on with the same"),
    ("curve in steps", "by the total credited: 5 % of sales at 0 USD and 10 % at 1,000 USD."),
    ("curve in steps", "Each holds up to the next; below the first, as at the first; beyond the last, no more."),
    (
        "steps",
        "A bonus, once in each year: 1,000 USD at 100,000 USD and 2,500 USD at 200,000 USD; the steps reached add",
    ),
    (
        "highest step",
        "a share of the target incentive (each one's incentive): 50 % at 5 deals and 100 % at 10 deals; only",
    ),
    (
        "matrix",
        "by quota attainment and by the total credited of renewals:\n  - from 50 % of quota: 25 % with 0 USD, 50 %",
    ),
    ("matrix", "nothing below the first of either."),
    (
        "pool by rate",
        "A team shares 2 % of its sales of each year, divided among its members by what each is credited.",
    ),
    (
        "pool of an amount",
        "A team shares 9,000 USD of each year once it has reached 100 % of its quota, divided among its",
    ),
    (
        "gaps pay nothing",
        "Nothing up to 10 USD, then 6 % of sales up to 20 USD, then nothing up to 30 USD, then 9 % up to",
    ),
]
CHANGED = [
    ("gate", "Nothing is paid unless sales reach 50 % of quota; once that is reached, what was kept back is paid."),
    ("gate of another", "Only 50 % of it is paid unless renewals reach 1,000 USD in the quarter;"),
    ("multiplier", "multiplied by quota attainment of renewals: x 0.8 at 0 % of quota and x 1.2 at 100 % of quota."),
    (
        "multiplier by a line",
        "multiplied by the total credited of renewals: x 1 at 0 USD and x 2 at 100 USD. In a straight",
    ),
    ("caps", "At most 500 USD a deal; what is above is not paid."),
    ("caps", "At most 9,000 USD a year; what is above is held for review."),
    ("cap of target", "At most 2 times the target incentive a quarter; what is above is not paid."),
    ("floors", "At least 10 USD a deal.\n  At least each one's minimum a month."),
    (
        "hold",
        "It is paid on the customer's payment, in step with partial payments; amount and rate are fixed when it is",
    ),
    ("hold in part", "50 % of it is paid 30 days after go live, all at once;"),
    (
        "clawback",
        "What a deal paid is taken back on a refund within 90 days of the day it counted, in the period in which",
    ),
    (
        "clawback restated",
        "The part of what a deal paid that falls to the days left is taken back on churned on, as if the",
    ),
]
TABLE = [
    *((PLAN[name], said) for name, said in WHOLE),
    *((SOURCES[name], said) for name, said in COUNTED),
    *((CREDITING[name], said) for name, said in CREDITED),
    *((RATES[name], said) for name, said in PAID),
    *((MODIFIERS[name], said) for name, said in CHANGED),
]


@pytest.mark.parametrize(("text", "said"), TABLE)
def test_a_rule_is_said_in_plain_language(tmp_path: Path, text: str, said: str) -> None:
    told = words(tmp_path, text)
    assert said in told, told


@pytest.mark.parametrize("features", [PLAN, SOURCES, CREDITING, RATES, MODIFIERS])
def test_every_feature_is_in_the_table(features: dict[str, str]) -> None:
    said = {text for text, _ in TABLE}
    silent = {"count written out"}  # the same plan as `count of deals`
    assert [name for name, text in features.items() if text not in said and name not in silent] == []


@pytest.mark.parametrize("name", EVERY)
def test_words_are_whole_sentences_in_lines(name: str, tmp_path: Path) -> None:
    told = words(tmp_path, EVERY[name])
    assert told.endswith("\n")
    sentences = [line for line in told.splitlines() if line.startswith("  ")]
    assert sentences
    assert [line for line in sentences if line[-1] not in ".:;" or line.lstrip("- ")[:1] == " "] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BARE + MARGINAL + 'accumulate = "deal"\ntier_by = "amount"\n', "Each deal stands alone."),
        (BARE + MARGINAL + 'accumulate = "plan"\ntier_by = "amount"\n', "Adds up over the whole time on the plan."),
        (BARE + MARGINAL + 'accumulate = "half"\ntier_by = "amount"\n', "Adds up over each half-year."),
        (
            BARE + MARGINAL.replace("marginal", "whole_amount") + 'accumulate = "deal"\ntier_by = "amount"\n',
            "One rate for all of a deal, by its size: 6 % of sales below 1 USD, 9 % from 1 USD.",
        ),
        (SALES.replace('"Sales"', '"SPIF March"'), "10 % of SPIF March."),  # not `sPIF`
        (SALES.replace("0.1", "0"), "Nothing for sales."),
        (SALES + 'role = "owner"\n', "Credited to the owner of a deal, all of it."),
        (SALES + 'date = "started_on"\n', "on the day in started_on."),
        (SALES + "starts_on = 2026-03-01\n", "Only from 2026-03-01 on."),
        (SALES + "ends_on = 2026-03-01\n", "Only up to 2026-03-01."),
        (SALES + "caps = [{amount = 0.5, over = 'deal'}]\n", "At most 0.50 USD a deal;"),
    ],
)
def test_words_fit_what_is_said(tmp_path: Path, text: str, said: str) -> None:
    assert said in words(tmp_path, text)


def test_the_whole_of_a_plan(tmp_path: Path) -> None:
    text = (
        BARE.replace("Sales", "New business")
        + 'condition = "deal_type = \'New\'"\naccumulate = "quarter"\ntier_by = "attainment"\n'
        + MARGINAL
    )
    assert words(tmp_path, text) == (
        "Test\n"
        "  Pays every month, in USD. Each earning is rounded to 2 places, half of the last place away from zero.\n"
        "\n"
        "New business\n"
        "  6 % of new business up to 100 % of quota, then 9 %.\n"
        "  Marginal tiers: the part of each quarter's total that lies in a tier earns the rate of that tier.\n"
        "  Adds up over each quarter, against the quota for bookings.\n"
        "  Counts the amount of each won deal, where deal_type = 'New'; on its close date.\n"
        "  Credited by the revenue splits of a deal, or all of it to the owner where there are none.\n"
        "\n"
        "The whole plan\n"
        "  Other currencies are converted into USD at the rate of the day a deal counts on.\n"
    )
