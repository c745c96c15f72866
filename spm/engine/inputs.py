"""The facts, made ready once for every plan: usable deals, splits, rates, quotas and assignments, and a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from problems import Problem
from spm.engine import findings, hierarchy, sizes
from spm.engine.assigning import assigned, unknown_plans
from spm.engine.days import Days, days_of
from spm.engine.exact import LARGEST_SHARE, money, too_large
from spm.engine.exchange import usable
from spm.engine.quotas import readable
from spm.frames import (
    ABSENCES,
    ACTIVITIES,
    ADJUSTMENTS,
    ENTRIES,
    HIERARCHY,
    ITEMS,
    PAYMENTS,
    Facts,
    empty,
)
from spm.plans import PlanVersion
from spm.plans.model import REVENUE

DEAL_PLACE = "deal place"
"""The place of a deal among those that count on one day; a name that no field of a mapping can have."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the components are calculated from. Frames as in spm.frames, without what cannot be used."""

    deals: pl.DataFrame
    splits: pl.DataFrame
    people: pl.DataFrame
    quotas: pl.DataFrame
    assignments: pl.DataFrame
    rates: pl.DataFrame
    days: Days
    today: date
    places: pl.DataFrame  # `deal_id` and `place`: the order of deals that count on one day; in `deals` as DEAL_PLACE
    hierarchy: pl.DataFrame = field(default_factory=lambda: empty(HIERARCHY))
    absences: pl.DataFrame = field(default_factory=lambda: empty(ABSENCES))
    items: pl.DataFrame = field(default_factory=lambda: empty(ITEMS))
    activities: pl.DataFrame = field(default_factory=lambda: empty(ACTIVITIES))
    entries: pl.DataFrame = field(default_factory=lambda: empty(ENTRIES))
    payments: pl.DataFrame = field(default_factory=lambda: empty(PAYMENTS))
    adjustments: pl.DataFrame = field(default_factory=lambda: empty(ADJUSTMENTS))
    known: dict[object, object] = field(default_factory=dict)  # what was found once in this calculation


def prepared(facts: Facts, plans: Sequence[PlanVersion], today: date) -> tuple[Inputs, list[Problem]]:
    """The inputs of a calculation on the day `today`, and what is wrong with the facts themselves."""
    amount = pl.when(~too_large(pl.col("amount"))).then("amount")
    deals = facts.deals.with_columns(amount.alias("amount"), _places(facts.deals))
    splits = _usable(facts.splits)
    tree, tree_problems = hierarchy.dated(facts.hierarchy, facts.participants)
    rates, rate_problems = usable(facts.fx_rates)
    quotas, quota_problems = readable(facts.quotas, facts.participants)
    assignments, assignment_problems = assigned(facts.assignments, facts.participants)
    unknown = unknown_plans(assignments, [version.name for version in plans], facts.participants)
    inputs = Inputs(
        deals,
        splits,
        facts.participants,
        quotas,
        assignments,
        rates,
        days_of(facts.periods),
        today,
        deals.select("deal_id", place=DEAL_PLACE),
        hierarchy=tree,
        absences=facts.absences,
        items=sizes.within(facts.items, "quantity", "price", "amount"),
        activities=sizes.within(facts.activities, "duration_minutes"),
        entries=sizes.within(facts.entries, "value"),
        payments=sizes.within(facts.payments, "amount"),
        adjustments=facts.adjustments,
    )
    problems = [*rate_problems, *quota_problems, *assignment_problems, *unknown, *tree_problems, *sizes.beyond(facts)]
    return inputs, [*problems, *findings.of_facts(deals, facts.deals, splits)]


def _usable(splits: pl.DataFrame) -> pl.DataFrame:
    """Splits without what cannot be true: a share beyond reason, and with an amount beyond reason the share, too, since
    it is the amount that would count."""
    sound = ~too_large(pl.col("amount")).fill_null(value=False)
    share = pl.when((pl.col("share").abs() <= money(LARGEST_SHARE)) & sound).then("share")
    amount = pl.when(sound).then("amount")
    return splits.with_columns(share.alias("share"), amount.alias("amount"), pl.col("role").fill_null(REVENUE))


def _places(deals: pl.DataFrame) -> pl.Series:
    """By connection and id in the CRM; a shorter id first, so that numbers stand as numbers."""
    named = deals.select("connection", pl.col("crm_id").str.len_chars().alias("length"), "crm_id", "deal_id")
    order = named.select(pl.arg_sort_by("connection", "length", "crm_id", "deal_id")).to_series()
    return order.arg_sort().cast(pl.UInt32).alias(DEAL_PLACE)
