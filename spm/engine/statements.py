"""Statements: one for each person and statement period in which they are on a plan, up to the one with today.

A statement's payout is the sum of its lines. Quota, credited and attainment are those of the plan's first component,
over its accumulation span or the statement's period, whichever is longer. Where somebody changes plans within a
period, the statement names the later plan and pays for both; plans in two currencies cannot share one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from problems import Problem
from spm.engine import paying
from spm.engine.days import longer
from spm.engine.digests import NO_LINES, hashes
from spm.engine.earning import Earned
from spm.engine.exact import EXACT, money
from spm.engine.inputs import Inputs
from spm.engine.people import person
from spm.engine.quotas import over
from spm.frames import MONEY, NOT_EARNED, STATEMENTS, empty
from spm.plans import PlanVersion
from spm.plans.model import Span

_KEY = ["participant_id", "period"]


_BEFORE_ALL = date(1, 1, 1)


def of_plan(inputs: Inputs, version: PlanVersion, parts: Sequence[Earned]) -> pl.DataFrame:
    """The statements of one plan without what their lines say: one row for each person and period on it, or in which
    something is paid or taken back later. `parts`: the plan's components, in order."""
    plan, component, first = version.plan, version.plan.components[0], parts[0]
    shown = longer(component.accumulate, plan.statement)
    quotas, _ = over(inputs, plan, component, shown)
    sums = first.credits.group_by("participant_id", number="period").agg(pl.col("credited").sum())
    grid = _with_later(_grid(inputs, version), inputs, version, parts).join(_spans(inputs, version, shown), on="number")
    joined = grid.join(sums, on=["participant_id", "number"], how="left").join(
        quotas, on=["participant_id", "span"], how="left"
    )
    total = pl.col("credited").fill_null(0).cum_sum().over("participant_id", "span")
    summed = joined.sort("participant_id", "number").with_columns(credited=total)
    return summed.with_columns(
        plan=pl.lit(version.name),
        plan_version=pl.lit(version.hash),
        currency=pl.lit(plan.currency),
        attainment=_attainment(),
    )


def _attainment() -> pl.Expr:
    quota = pl.when(pl.col("quota") > 0).then("quota")
    return (pl.col("credited").cast(EXACT) / quota.cast(EXACT)).cast(MONEY)


def _grid(inputs: Inputs, version: PlanVersion) -> pl.DataFrame:
    """Person and period for each period in which they are on the plan, and when they came on it."""
    spells = inputs.assignments.filter(pl.col("plan") == version.name).select("participant_id", "starts_on", "ends_on")
    periods = inputs.days.of_kind(version.plan.statement).filter(pl.col("starts_on") <= inputs.today)
    periods = periods.select("number", "period", first="starts_on", last="ends_on")
    covered = spells.join_where(periods, pl.col("starts_on") <= pl.col("last"), pl.col("ends_on") >= pl.col("first"))
    return covered.group_by("participant_id", "number", "period").agg(since=pl.col("starts_on").max())


def _with_later(grid: pl.DataFrame, inputs: Inputs, version: PlanVersion, parts: Sequence[Earned]) -> pl.DataFrame:
    """The grid and the periods that have lines although their person is no longer on the plan then. A plan that
    somebody is on comes first (`since`) where they have a statement of another one for the same period."""
    late = [part.lines for part in parts if part.component.hold or part.component.clawback]
    if not late:
        return grid
    pairs = pl.concat([lines.select("participant_id", number="period") for lines in late]).unique()
    names = inputs.days.of_kind(version.plan.statement).select("number", "period")
    missing = pairs.join(grid, on=["participant_id", "number"], how="anti").join(names, on="number")
    return pl.concat([grid, missing.with_columns(since=pl.lit(_BEFORE_ALL)).select(grid.columns)])


def _spans(inputs: Inputs, version: PlanVersion, shown: Span) -> pl.DataFrame:
    span = pl.lit(0, dtype=pl.Int32) if shown is Span.PLAN else pl.col(shown.value)
    return inputs.days.days.select(number=pl.col(version.plan.statement.value), span=span).unique()


def finished(
    parts: Sequence[pl.DataFrame],
    left_out: pl.DataFrame,
    lines: pl.DataFrame,
    inputs: Inputs,
    versions: Sequence[PlanVersion],
) -> tuple[pl.DataFrame, list[Problem]]:
    """All statements but `left_out` as frames.STATEMENTS, with what their lines add up to and the hash of them; and why
    a payout could not be told in the currency it is paid in."""
    if not parts:
        return empty(STATEMENTS), []
    made = pl.concat(parts).join(left_out, on=_KEY, how="anti")
    latest = made.sort(*_KEY, "since", "plan").unique(_KEY, keep="last").sort("participant_id", "number")
    sums = summed(lines, [version.hash for version in versions if version.plan.draw and version.plan.draw.recoverable])
    joined = latest.join(sums, on=_KEY, how="left").join(hashes(lines), on=_KEY, how="left")
    filled = joined.with_columns(
        pl.col("payout", "earned", "held", "draw_balance").fill_null(money(0)), pl.col("hash").fill_null(NO_LINES)
    )
    # Balances run on from statement to statement; periods of two kinds follow each other by their first day.
    dated = filled.join(inputs.days.periods.select("period", "starts_on"), on="period").sort(
        "participant_id", "starts_on", "period"
    )
    running = dated.with_columns(pl.col("held", "draw_balance").cum_sum().over("participant_id"))
    paid, problems = paying.paid(running, inputs, versions)
    return paid.select(*STATEMENTS).cast(STATEMENTS).sort(_KEY), problems  # type: ignore[arg-type]


def summed(lines: pl.DataFrame, recoverable: Sequence[str]) -> pl.DataFrame:
    """What the lines of each statement add up to: `payout`, `earned`, and what they add to what is held and drawn.

    `recoverable`: versions of plans whose draw is owed.
    """
    amount, cause = pl.col("amount"), pl.col("cause")
    owed = cause.is_in(["draw", "recovery"]) & pl.col("plan_version").is_in(recoverable)
    return lines.group_by(_KEY).agg(
        payout=amount.sum(),
        earned=amount.filter(~cause.is_in(list(NOT_EARNED))).sum(),
        held=-amount.filter(cause.is_in(["hold", "release"])).sum(),
        draw_balance=amount.filter(owed).sum(),
    )


def in_two_currencies(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Person and period whose plans pay in more than one currency: `participant_id`, `period`, `currencies`."""
    if not parts:
        return empty({**{name: STATEMENTS[name] for name in _KEY}, "currencies": pl.String})
    first, last = pl.col("currency").min(), pl.col("currency").max()
    grouped = pl.concat(parts).group_by(_KEY).agg(first=first, last=last).filter(pl.col("first") != pl.col("last"))
    return grouped.select(*_KEY, currencies=pl.format("{} and {}", "first", "last")).sort(_KEY)


def mixed(found: pl.DataFrame, people: pl.DataFrame) -> Iterator[Problem]:
    """A Problem for each of them."""
    for participant_id, period, currencies in found.iter_rows():
        message = f"is on plans in {currencies} in {period}; there is no statement for it."
        hint = "Let the second assignment start with a statement period."
        yield Problem(person(people, participant_id), "plan", message, hint)
