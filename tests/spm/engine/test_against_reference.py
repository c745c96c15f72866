"""Random plans tried on random tables pay what a slow calculation from docs/plans.md says, person and period each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from spm.calendar import Months
from spm.frames import NOT_EARNED
from spm.trial.trying import Wanted, read_tables, tried
from tests.spm.engine import reference_money_worlds, reference_quota_worlds, reference_source_worlds
from tests.spm.engine.reference_money import MoneyFacts, MoneyPlan
from tests.spm.engine.reference_quotas import F, Facts, Fiscal, OnePlan
from tests.spm.engine.reference_sources import ManyFacts, Sourced

pytestmark = pytest.mark.slow  # make test-slow

Key = tuple[str, str]
Figures = dict[str, F | None]
_SUMS = ("payout", "earned", "draw_balance")
_QUOTA_TABLES = ("people", "assignments", "absences", "quotas", "deals")
_SOURCE_TABLES = ("people", "hierarchy", "assignments", "deals", "splits", "items", "payments")
_MONEY_TABLES = ("people", "assignments", "deals", "splits", "entries", "quotas", "fx_rates")
_RESULTS = ("activities", "entries", "quotas")


@pytest.mark.parametrize("seed", range(14))
def test_quotas_proration_floors_and_draws_are_those_of_the_slow_calculation(tmp_path: Path, seed: int) -> None:
    given = reference_quota_worlds.world(Random(seed))
    facts = Facts(**{name: given[name] for name in ("today", *_QUOTA_TABLES)}, fiscal=Fiscal(given["fiscal"]))
    expected = together([OnePlan(plan, facts) for plan in given["plans"]])
    found = results(tmp_path, given["plans"], given, _QUOTA_TABLES)
    first = min((period for _, period in found), default="")  # a trial begins with the year of the first fact
    assert found.items() <= expected.items()
    assert {key for key in expected if key[1] >= first} == set(found)


@pytest.mark.parametrize("seed", range(14))
def test_sources_rules_roll_ups_matrices_pools_and_budgets_are_those_of_the_slow_calculation(
    tmp_path: Path, seed: int
) -> None:
    given = reference_source_worlds.world(Random(seed))
    facts = ManyFacts(**{name: given[name] for name in ("today", *_SOURCE_TABLES, *_RESULTS)})
    expected = {key: alike(figures) for key, figures in Sourced(given["plan"], facts).statements().items()}
    assert results(tmp_path, [given["plan"]], given, (*_SOURCE_TABLES, *_RESULTS)) == expected


@pytest.mark.parametrize("seed", range(12))
def test_currencies_are_converted_as_the_slow_calculation_does(tmp_path: Path, seed: int) -> None:
    given = reference_money_worlds.world(Random(seed))
    facts = MoneyFacts(**{name: given[name] for name in ("today", *_MONEY_TABLES)})
    plan = MoneyPlan(given["plan"], facts)
    statements, paid = plan.statements(), plan.paid()
    expected = {key: alike(figures) | {"pay_amount": paid[key]} for key, figures in statements.items()}
    assert results(tmp_path, [given["plan"]], given, _MONEY_TABLES, "pay_amount") == expected


def results(
    folder: Path, plans: Sequence[Any], given: Mapping[str, Any], names: Sequence[str], *more: str
) -> dict[Key, Figures]:
    """What the engine says, by person and period."""
    paths, files = reference_quota_worlds.write(folder, plans, {name: given[name] for name in names})
    tables, problems = read_tables(files)
    found = tried(paths, tables, Wanted(given["today"], Months(given.get("fiscal", 1))))
    assert not problems
    assert found.trial is not None, found.problems
    assert found.results is not None
    columns = ("payout", "earned", "draw_balance", "quota", "credited", "attainment", *more)
    return {
        (found.trial.emails[row["participant_id"]], row["period"]): alike(
            {name: None if row[name] is None else F(row[name]) for name in columns}
        )
        for row in found.results.statements.iter_rows(named=True)
    }


def together(plans: Sequence[OnePlan]) -> dict[Key, Figures]:
    """The statements of people who change plans: sums of all plans, and the quota of the later one."""
    each = [plan.statements() for plan in plans]
    found: dict[Key, Figures] = {}
    balances: dict[str, list[F]] = {}
    for person, period in sorted({key for statements in each for key in statements}, key=lambda key: key[1]):
        owed = balances.setdefault(person, [F(0)] * len(plans))
        there = [number for number, statements in enumerate(each) if (person, period) in statements]
        later = max(there, key=lambda number: last_day(plans[number], person, period))
        sums = {name: sum((each[number][person, period][name] or F(0) for number in there), F(0)) for name in _SUMS}
        for number in there:
            owed[number] = each[number][person, period]["draw_balance"] or F(0)
        found[person, period] = alike({**each[later][person, period], **sums, "draw_balance": sum(owed, F(0))})
    return found


def last_day(plan: OnePlan, person: str, period: str) -> Any:
    return max(day for day in plan.on[person] if plan.fiscal.name(plan.statement, day) == period)


def alike(figures: Figures) -> Figures:
    """Money to the cent as it is, quotas and what goes by them to six places; no quota is one of 0."""
    places = {"quota": 6, "credited": 8, "attainment": 6}
    found = {name: None if each is None else round(each, places.get(name, 10)) for name, each in figures.items()}
    return found | {"quota": found["quota"] or None}


@pytest.mark.parametrize("seed", range(100, 110))
def test_an_estimate_is_what_the_plan_pays_more_with_the_deal_won_today(tmp_path: Path, seed: int) -> None:
    given = _with_open_deal(Random(seed))
    before, known = _earned(tmp_path, given)
    given["deals"][-1]["status"] = "won"
    after, _ = _earned(tmp_path, given)
    assert known  # somebody is estimated
    assert known == {person: after.get(person, F(0)) - before.get(person, F(0)) for person in known}


def _with_open_deal(source: Random) -> dict[str, Any]:
    """A world whose last deal is open; without pools, budgets and overrides, which no estimate is made of."""
    given = reference_source_worlds.world(source)
    kept = [each for each in given["plan"]["components"] if not {"pool", "budget", "earnings_of"} & set(each)]
    names = {each["name"] for each in kept}
    kept = [each for each in kept if "matrix" not in each or each["matrix"]["other"] in names]
    given["plan"]["components"] = [*kept, {"name": "All", "rate": "0.05", "role": "revenue"}]
    given["deals"] = [{**deal, "status": "won"} for deal in given["deals"] if deal["close_date"] <= given["today"]]
    row = {"deal_id": "z", "owner": "ann@example.com", "amount": "1500", "close_date": given["today"]}
    given["deals"].append({**row, "deal_type": "New", "engineer": "cal@example.com", "status": "open"})
    there = {deal["deal_id"] for deal in given["deals"]}
    for name in ("splits", "items", "payments"):
        given[name] = [each for each in given[name] if each["deal_id"] in there]
    parts = [("ann@example.com", "0.3333333333"), ("dan@example.com", "0.6666666667")]
    split = {"deal_id": "z", "role": "revenue", "amount": None}
    given["splits"] += [{**split, "email": email, "share": share} for email, share in parts]
    return given


def _earned(folder: Path, given: Mapping[str, Any]) -> tuple[dict[str, F], dict[str, F]]:
    """What each person earns in all, and the estimates of the open deal."""
    tables = {name: given[name] for name in (*_SOURCE_TABLES, *_RESULTS)}
    paths, files = reference_quota_worlds.write(folder, [given["plan"]], tables)
    read, problems = read_tables(files)
    found = tried(paths, read, Wanted(given["today"]))
    assert not problems
    assert found.trial is not None, found.problems
    assert found.results is not None
    emails = found.trial.emails
    sums: dict[str, F] = {}
    for row in found.results.lines.iter_rows(named=True):
        if row["cause"] not in NOT_EARNED:
            person = emails[row["participant_id"]]
            sums[person] = sums.get(person, F(0)) + F(row["amount"])
    rows = found.results.estimates.iter_rows(named=True)
    return sums, {emails[row["participant_id"]]: F(row["amount"]) for row in rows}
