"""From credits to lines of one component: the quota where the tiers need one, then the module of its kind of rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from problems import Problem
from spm.engine import flat, marginal, whole_amount
from spm.engine.credits import open_credits, won_credits
from spm.engine.days import Days
from spm.engine.inputs import Inputs
from spm.engine.people import person
from spm.engine.tiers import with_bounds
from spm.plans.model import Component, FlatRate, MarginalTiers, Plan, Rounding, WholeAmountTiers


class _RateKind(Protocol):
    def earn(self, booked: pl.DataFrame, rate: Any, rounding: Rounding, /) -> pl.DataFrame: ...

    def would_earn(
        self, opened: pl.DataFrame, booked: pl.DataFrame, rate: Any, rounding: Rounding, /
    ) -> pl.DataFrame: ...


KINDS: dict[type, _RateKind] = {FlatRate: flat, MarginalTiers: marginal, WholeAmountTiers: whole_amount}
"""The module that calculates each kind of rate."""


@dataclass(frozen=True, slots=True)
class Earned:
    """What one component came to. `credits`: all credits, also those that earn nothing for want of a quota;
    `opened`: the open deals' credits with `amount`, null where it cannot be said."""

    component: Component
    credits: pl.DataFrame
    lines: pl.DataFrame
    opened: pl.DataFrame
    problems: tuple[Problem, ...]


def earned(inputs: Inputs, plan: Plan, component: Component, quotas: pl.DataFrame) -> Earned:
    """Credits, lines and estimates of one component; `quotas` by person, measure and span of its accumulation."""
    won, opened = won_credits(inputs, plan, component), open_credits(inputs, plan, component)
    counted = _with_quota(won.rows.filter(pl.col("credited") != 0), component, quotas)
    payable = _payable(counted, component)
    kind = KINDS[type(component.rate)]
    lines = kind.earn(payable, component.rate, plan.rounding)
    missing = _without_quota(counted, component, inputs) if component.needs_quota else ()
    estimates = _estimated(_with_quota(opened.rows, component, quotas), payable, plan, component)
    problems = (*won.problems, *opened.problems, *missing)
    return Earned(component, won.rows, lines, estimates, problems)


def _with_quota(booked: pl.DataFrame, component: Component, quotas: pl.DataFrame) -> pl.DataFrame:
    if isinstance(component.rate, FlatRate) or not component.needs_quota:
        return booked
    of_measure = quotas.filter((pl.col("measure") == component.measure.name) & (pl.col("quota") > 0))
    found = with_bounds(of_measure.select("participant_id", "span", "quota"), component.rate)
    return booked.join(found, on=["participant_id", "span"], how="left", maintain_order="left")


def _payable(booked: pl.DataFrame, component: Component) -> pl.DataFrame:
    return booked.drop_nulls("quota") if component.needs_quota else booked


def _estimated(opened: pl.DataFrame, booked: pl.DataFrame, plan: Plan, component: Component) -> pl.DataFrame:
    """`deal_id`, `participant_id`, `credited`, `amount` of each open deal's person; null where something is missing."""
    key = ["deal_id", "participant_id"]
    known = _payable(opened.drop_nulls("credited"), component)
    kind = KINDS[type(component.rate)]
    amounts = kind.would_earn(known, booked, component.rate, plan.rounding)
    added = amounts.group_by(key).agg(pl.col("amount").sum())
    unknown = pl.col("credited").is_null()
    if component.needs_quota:
        unknown |= pl.col("quota").is_null()
    whole = opened.group_by(key).agg(pl.col("credited").sum(), unknown.any().alias("unknown"))
    amount = pl.when(~pl.col("unknown")).then(pl.col("amount").fill_null(0))
    return whole.join(added, on=key, how="left").select(*key, "credited", amount.alias("amount"))


def _without_quota(booked: pl.DataFrame, component: Component, inputs: Inputs) -> Iterator[Problem]:
    lost = booked.filter(pl.col("quota").is_null()).select("participant_id", "span").unique()
    spans = _names(inputs.days, component)
    for participant_id, span in lost.sort("participant_id", "span").iter_rows():
        measure = component.measure.name
        message = f"no quota for {measure} in {spans[span]}; {component.name} earns nothing there until there is one."
        hint = f"Add a quota for {measure} that covers {spans[span]}."
        yield Problem(person(inputs.people, participant_id), f"quota {measure}", message, hint)


def _names(days: Days, component: Component) -> dict[int, str]:
    return dict(days.of_kind(component.accumulate).select("number", "period").iter_rows())
