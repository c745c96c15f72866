"""A person's quota for a span of the calendar.

All quota rows of the measure that touch the span add up. A row inside the span counts whole; one that reaches
across its border counts by its days inside: amount x days inside / days of the row. Where the plan prorates quotas,
only the days count that the person is hired, on the plan and not on leave. Before that, an annual row is cut to
months by the plan's seasonality; after it, the first months are multiplied by the shares of its ramp.

Teams: where credits roll up to the members of a team, and for pools, each person has the quota of the team they are in
on their last day of the span on the plan, or at the end of the current statement period where that is earlier.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, cast

import polars as pl

from problems import Problem
from spm.engine import seasons
from spm.engine.days import Days, beside, counted
from spm.engine.exact import EXACT, converted, too_large
from spm.engine.exchange import PLAN_RATE, crosses, planned
from spm.engine.people import person
from spm.engine.proration import active_days, counting, prorated, stays
from spm.engine.ramps import by_month, ramped, shares_of
from spm.frames import MONEY, Schema, empty
from spm.plans.model import PERIOD_SPANS, Component, Plan, Pool, RollUpTo, Span, Unit

if TYPE_CHECKING:  # Inputs are prepared by what is read here
    from spm.engine.inputs import Inputs

ALLOTTED: Schema = {"participant_id": pl.Int64, "span": pl.Int32, "amount": MONEY}
"""What somebody has of a measure in a span; spans have the numbers of their periods, the whole time on a plan has 0."""

_LARGEST = 10**17  # amount x days of a row stays below: twenty places fit beside it
_SORTED = ("participant_id", "team", "measure", "starts_on")


@dataclass(frozen=True, slots=True)
class Ask:
    """Which quota rows are wanted for which kind of span. `what`: what they are, for the plan's proration."""

    measure: str
    kind: Span
    unit: Unit = Unit.MONEY
    what: str = "quota"
    of_team: bool = False
    whole: bool = False  # neither prorated nor ramped: what a team reaches together


def readable(quotas: pl.DataFrame, people: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """The quota rows that can be counted; the others as Problems."""
    size = pl.col("amount").cast(pl.Float64) * counted(pl.col("starts_on"), pl.col("ends_on")).cast(pl.Float64)
    odd = too_large(pl.col("amount")) | (pl.col("amount") < 0) | (pl.col("ends_on") < pl.col("starts_on"))
    odd |= size >= _LARGEST
    marked = quotas.with_columns(odd=odd.fill_null(value=True))
    problems = [
        Problem(
            _whose(people, row),
            f"quota {row['measure']}",
            f"{row['amount']} from {row['starts_on']} to {row['ends_on']} is no usable quota; it is left out.",
            "Correct its amount and days.",
        )
        for row in marked.filter("odd").sort(*_SORTED).iter_rows(named=True)
    ]
    return marked.filter(~pl.col("odd")).drop("odd"), problems


def _whose(people: pl.DataFrame, row: dict[str, object]) -> str:
    return (
        f"team {row['team']}"
        if row["participant_id"] is None and row["team"]
        else person(people, row["participant_id"])
    )


def in_currency(
    quotas: pl.DataFrame, rates: pl.DataFrame, plan: Plan, people: pl.DataFrame
) -> tuple[pl.DataFrame, list[Problem]]:
    """The quotas in the plan's currency, at the rate of their first day, or at the plan's own where it has such; one
    without a rate is a Problem and dropped.

    A quota without a currency is taken to be in that of the plan.
    """
    into = plan.currency
    filled = quotas.with_columns(pl.col("currency").fill_null(into))
    if (filled["currency"] == into).all():
        return filled, []
    filled = filled.with_columns(on=pl.col("starts_on"))
    if plan.exchange.policy == PLAN_RATE:
        known = filled.join(planned(plan), on="currency", how="left")
        at_home = pl.when(pl.col("currency") == into).then(pl.lit(1).cast(EXACT))
        found = known.with_columns(at_home.otherwise("cross").alias("cross"))
    else:
        found = filled.join(crosses(filled, rates, into), on=["currency", "on"], how="left")
    amount = converted(pl.col("amount"), pl.col("cross"))
    problems = list(_without_rate(found.filter(pl.col("cross").is_null()), plan, people))
    return found.drop_nulls("cross").with_columns(amount=amount).drop("cross", "on"), problems


def _without_rate(quotas: pl.DataFrame, plan: Plan, people: pl.DataFrame) -> Iterable[Problem]:
    for row in quotas.sort(*_SORTED).iter_rows(named=True):
        message = f"a quota in {row['currency']} has no rate to {plan.currency} on {row['starts_on']}; it is left out."
        hint = f"Add a rate for {row['currency']} that holds on that day."
        if plan.exchange.policy == PLAN_RATE:
            message = f"the plan has no rate from {row['currency']} to {plan.currency}; a quota is left out."
            hint = f"Add {row['currency']} to exchange.rates of the plan."
        yield Problem(_whose(people, row), f"quota {row['measure']}", message, hint)


def spread(quotas: pl.DataFrame, days: Days, kind: Span) -> pl.DataFrame:
    """The quota of each person, measure and span of that kind: `participant_id`, `measure`, `span`, `quota`."""
    pieces = _touching(quotas, _periods(days, kind))
    inside, whole = counted(pl.col("first"), pl.col("last")), counted(pl.col("starts_on"), pl.col("ends_on"))
    part = (pl.col("amount").cast(EXACT) * inside / whole).cast(MONEY)
    shares = pieces.select("participant_id", "measure", "span", part.alias("quota"))
    return shares.group_by("participant_id", "measure", "span").agg(pl.col("quota").sum())


def for_component(inputs: Inputs, plan: Plan, component: Component) -> tuple[pl.DataFrame, list[Problem]]:
    """`participant_id`, `span` and `quota` of the component's measure over the spans it accumulates in.

    The whole time on the plan is the span 0; a deal has no quota.
    """
    return over(inputs, plan, component, component.accumulate)


def over(inputs: Inputs, plan: Plan, component: Component, kind: Span) -> tuple[pl.DataFrame, list[Problem]]:
    """The same over spans of another kind."""
    pool = isinstance(component.rate, Pool)
    rolled_up = component.roll_up is not None and component.roll_up.to is RollUpTo.TEAM
    measure = component.measure
    ask = Ask(measure.name, kind, measure.unit, of_team=pool or rolled_up, whole=pool)
    found, problems = allotted(inputs, plan, ask)
    return found.rename({"amount": "quota"}), problems


def allotted(inputs: Inputs, plan: Plan, ask: Ask) -> tuple[pl.DataFrame, list[Problem]]:
    """What everybody on the plan has of a measure in each span (ALLOTTED), found once in a calculation."""
    key = ("allotted", plan.name, ask)
    if key not in inputs.known:
        inputs.known[key] = _allotted(inputs, plan, ask)
    return cast(tuple[pl.DataFrame, list[Problem]], inputs.known[key])


def _allotted(inputs: Inputs, plan: Plan, ask: Ask) -> tuple[pl.DataFrame, list[Problem]]:
    if ask.kind is Span.DEAL:
        return empty(ALLOTTED), []
    rows, problems = _rows(inputs, plan, ask)
    rows, uneven = seasons.cut(rows, inputs.days, plan, ask.measure)
    pieces = _pieces(rows.with_row_index("row"), inputs, plan, ask)
    return _added(_counted(pieces, inputs, plan, ask)), [*problems, *uneven]


def _rows(inputs: Inputs, plan: Plan, ask: Ask) -> tuple[pl.DataFrame, list[Problem]]:
    """The rows of the measure, of teams or of people on the plan, in the plan's currency or as numbers."""
    rows = inputs.quotas.filter(pl.col("measure") == ask.measure)
    if ask.of_team:
        rows = rows.filter(pl.col("participant_id").is_null() & pl.col("team").is_not_null())
    else:
        rows = rows.join(stays(inputs, plan), on="participant_id", how="semi")
    if ask.unit is Unit.NUMBER:
        return rows, []
    return in_currency(rows, inputs.rates, plan, inputs.people)


def _pieces(rows: pl.DataFrame, inputs: Inputs, plan: Plan, ask: Ask) -> pl.DataFrame:
    """The parts of the rows that lie in somebody's spans: `participant_id`, `span`, `first`, `last` and theirs."""
    if ask.of_team:
        members = _members(inputs, plan, ask.kind)
        return _within(rows.drop("participant_id").join(members, on="team"))
    if ask.kind is Span.PLAN:
        spans = stays(inputs, plan).with_columns(span=pl.lit(0, dtype=pl.Int32))
        return _within(rows.join(spans.rename({"first": "begins", "last": "until"}), on="participant_id"))
    return _touching(rows, _periods(inputs.days, ask.kind))


def _periods(days: Days, kind: Span) -> pl.DataFrame:
    return days.of_kind(kind).select(span="number", begins="starts_on", until="ends_on")


def _touching(rows: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    return _within(beside(rows, ("starts_on", "ends_on"), spans))


def _within(joined: pl.DataFrame) -> pl.DataFrame:
    """Rows beside a span with what they share of it as `first` and `last`, where they share anything."""
    first, last = pl.max_horizontal("starts_on", "begins"), pl.min_horizontal("ends_on", "until")
    within = joined.with_columns(first=first, last=last).drop("begins", "until")
    return within.filter(pl.col("first") <= pl.col("last"))


def _members(inputs: Inputs, plan: Plan, kind: Span) -> pl.DataFrame:
    """`participant_id`, `span`, `begins`, `until`, `team`: the team that each person has in each span."""
    there = stays(inputs, plan)
    if kind in PERIOD_SPANS:
        there = beside(there, ("first", "last"), _periods(inputs.days, kind))
    else:
        there = there.with_columns(span=pl.lit(0, dtype=pl.Int32), begins="first", until="last")
    present = inputs.days.last_day(inputs.today, plan.statement) or inputs.today
    last = pl.min_horizontal("last", "until", pl.lit(present))
    spans = there.group_by("participant_id", "span").agg(pl.col("begins").min(), pl.col("until").max(), on=last.max())
    teams = inputs.hierarchy.drop_nulls("team").select(
        "participant_id",
        "team",
        since=pl.col("starts_on").fill_null(date.min),
        end=pl.col("ends_on").fill_null(date.max),
    )
    held = spans.join(teams, on="participant_id").filter(pl.col("on").is_between("since", "end"))
    return held.select("participant_id", "span", "begins", "until", "team")


def _counted(pieces: pl.DataFrame, inputs: Inputs, plan: Plan, ask: Ask) -> pl.DataFrame:
    """The pieces with `amount`, the part of the row that each counts for (twenty places)."""
    whole = counted(pl.col("starts_on"), pl.col("ends_on"))
    shares = () if ask.whole else shares_of(plan, ask.measure)
    pieces = by_month(pieces, inputs.days) if shares else pieces
    if prorated(plan, ask.what) and not ask.whole:
        whole = counting(pl.col("starts_on"), pl.col("ends_on"), plan)
        pieces = active_days(pieces, inputs, plan)
    else:
        pieces = pieces.with_columns(days=counted(pl.col("first"), pl.col("last")))
    known = pieces.filter(whole > 0)  # a row of a weekend has no working day, and so nothing to give
    parts = known.with_columns(amount=pl.col("amount").cast(EXACT) * pl.col("days") / whole)
    if not shares:
        return parts
    exact = (pl.col("amount") * pl.col("share").cast(EXACT)).cast(EXACT)
    return ramped(parts, inputs, plan, shares).with_columns(amount=exact)


def _added(pieces: pl.DataFrame) -> pl.DataFrame:
    """Each row's part in a span kept to ten places, then all of them together."""
    of_row = pieces.group_by("participant_id", "span", "row").agg(pl.col("amount").sum().cast(MONEY))
    added = of_row.group_by("participant_id", "span").agg(pl.col("amount").sum())
    return added.select(pl.col(name).cast(kind) for name, kind in ALLOTTED.items()).sort("participant_id", "span")
