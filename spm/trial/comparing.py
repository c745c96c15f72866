"""Two sets of plans on the same facts: what each person gets by one and by the other, over the past and the pipeline.

The pipeline are the open deals that close inside the span, each as if it were won on the day it is expected, or today
where that day is empty or past.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import polars as pl

from problems import Problem
from spm.engine import calculate
from spm.frames import MONEY, Facts, Results
from spm.plans import PlanVersion
from spm.plans.model import Source

_KEY = ("participant_id", "currency")
_SIDES = ("before", "after")
ZERO = pl.lit(Decimal(0), MONEY)


@dataclass(frozen=True, slots=True)
class Question:
    """What to compare over: the statements of the periods that touch the days from `first` to `last`."""

    first: date
    last: date
    today: date


@dataclass(frozen=True, slots=True)
class Side:
    """Plans, and which of them people are on in the place of those that the assignments name."""

    plans: Sequence[PlanVersion]
    instead_of: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`people`: one row for each person and currency: `participant_id`, `currency`, `before`, `after` (of the past),
    `before_with_pipeline`, `after_with_pipeline`. `problems`: what is wrong with the calculation after, and was not
    before."""

    people: pl.DataFrame
    problems: tuple[Problem, ...]


def compared(facts: Facts, before: Side, after: Side, question: Question) -> Comparison:
    """What everybody in the facts gets by each side."""
    pipeline = with_pipeline(facts, [*before.plans, *after.plans], question)
    sides = dict(zip(_SIDES, (before, after), strict=True))
    past = {name: _results(facts, side, question) for name, side in sides.items()}
    won = {name: _results(pipeline, side, question) for name, side in sides.items()}
    parts = [_paid(results, facts, question, name) for name, results in past.items()]
    parts += [_paid(results, facts, question, f"{name}_with_pipeline") for name, results in won.items()]
    people = parts[0]
    for part in parts[1:]:
        people = people.join(part, on=_KEY, how="full", coalesce=True)
    figures = pl.exclude(*_KEY).fill_null(ZERO)
    new = tuple(problem for problem in past["after"].problems if problem not in set(past["before"].problems))
    return Comparison(people.with_columns(figures).sort(_KEY), new)


def with_pipeline(facts: Facts, plans: Sequence[PlanVersion], question: Question) -> Facts:
    """The facts with open deals won: on their close date, or today where that is empty or past."""
    day = pl.max_horizontal(pl.col("close_date"), pl.lit(question.today, pl.Date))
    opened = pl.col("status") == "open"
    counting = {
        part.measure.date for version in plans for part in version.plan.components if _of_deals(part.measure.source)
    }
    other = [name for name in sorted(counting) if facts.deals.schema.get(name) == pl.Date and name != "close_date"]
    dated = facts.deals.with_columns(
        pl.when(opened).then(day).otherwise("close_date").alias("close_date"),
        *(pl.when(opened).then(pl.coalesce(name, day)).otherwise(name).alias(name) for name in other),
    )
    won = opened & (pl.col("close_date") <= question.last)
    return replace(facts, deals=dated.with_columns(status=pl.when(won).then(pl.lit("won")).otherwise("status")))


def _of_deals(source: Source) -> bool:
    return source in (Source.DEALS, Source.LINE_ITEMS)


def _results(facts: Facts, side: Side, question: Question) -> Results:
    plan = pl.col("plan").replace(dict(side.instead_of))
    on = replace(facts, assignments=facts.assignments.with_columns(plan))
    return calculate(on, side.plans, today=question.last)


def _paid(results: Results, facts: Facts, question: Question, name: str) -> pl.DataFrame:
    touching = facts.periods.filter(pl.col("starts_on") <= question.last, pl.col("ends_on") >= question.first)
    inside = results.statements.join(touching.select("period").unique(), on="period", how="semi")
    return inside.group_by(_KEY).agg(pl.col("payout").sum().alias(name))
