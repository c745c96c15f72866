"""True-ups: what closed periods would pay by now, less what they have paid, in the open period.

A pure function of lines. For each person, closed period, component and deal, what the calculation now gives is compared
with what was frozen: the period's own lines and the true-ups about it that were frozen since. The difference is one
line in the open period, whose `item` names the period it makes up for. So for everybody, at any time,

    what was frozen + what is open, true-ups included = what a calculation of everything gives

also after a period was reopened: what was made up for it elsewhere is then taken back, since it pays for itself again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from problems import Problem
from spm.engine.digests import NO_LINES, hashes
from spm.engine.exact import converted, money, rounded
from spm.engine.exchange import crosses, usable
from spm.engine.people import person
from spm.frames import LINES, MONEY, STATEMENTS, Facts, Results, Schema
from spm.plans import PlanVersion

TRUE_UP = "true_up"
_STATEMENT = ["participant_id", "period"]
_KEY = ["participant_id", "period", "component", "deal_id", "currency"]
_PLACE = ["participant_id", "currency", "kind"]

PAID: Schema = {
    **{name: LINES[name] for name in _KEY},  # `period`: the one that was paid for, not the one it stands in
    "plan": pl.String,
    "plan_version": pl.String,
    "amount": MONEY,
    "settled_at": pl.Datetime("us", "UTC"),  # the last closing that paid any of it
}
"""What closed periods have paid: own lines by their period, true-ups by the period they make up for."""

OWED: Schema = {**PAID, "reason": pl.String}
"""What is still to be paid, or taken back: `amount` is the difference."""


@dataclass(frozen=True, slots=True)
class Books:
    """What a settlement needs besides the results: closed periods (PERIODS and `closed_at`), the calendar (PERIODS),
    the plan versions, and facts (people and exchange rates)."""

    closed: pl.DataFrame
    periods: pl.DataFrame
    plans: Sequence[PlanVersion]
    facts: Facts


def differences(lines: pl.DataFrame, paid: pl.DataFrame, closed: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """What closed periods would pay by `lines` (frames.LINES, all of the calendar) and have not paid (PAID): OWED,
    without reasons. Periods outside of the calendar are left out: nothing is known of them."""
    due = (
        lines.join(closed, on="period", how="semi")
        .group_by(_KEY)
        .agg(pl.col("plan", "plan_version").last(), due=pl.col("amount").sum())
    )
    known = paid.join(periods, on="period", how="semi")
    joined = due.join(known, on=_KEY, how="full", coalesce=True, nulls_equal=True, suffix="_paid")
    closed_at = joined.join(closed.select("period", "closed_at"), on="period", how="left", maintain_order="left")
    found = closed_at.select(
        *_KEY,
        plan=pl.coalesce("plan", "plan_paid"),
        plan_version=pl.coalesce("plan_version", "plan_version_paid"),
        amount=(pl.col("due").fill_null(money(0)) - pl.col("amount").fill_null(money(0))).cast(MONEY),
        settled_at=pl.coalesce("settled_at", "closed_at"),
        reason=pl.lit(None, dtype=pl.String),
    )
    return found.filter(pl.col("amount") != money(0)).select(*OWED).sort(_KEY, nulls_last=False)


def settled(results: Results, owed: pl.DataFrame, books: Books) -> Results:
    """The results with what is owed (OWED) in the open statements, and without statements of closed periods.

    The open statement is the first that ends after the last closed period of the kind it makes up for, in the same
    currency; where there is none, one is made for the next period of that kind. What fits nowhere is a Problem.
    """
    open_ones = results.statements.join(books.closed, on="period", how="anti")
    kinds = pl.concat([books.periods.select("period", "kind"), books.closed.select("period", "kind")]).unique("period")
    wanted = owed.join(kinds, on="period", how="left", maintain_order="left")
    places, problems = _places(wanted, open_ones, books)
    placed = wanted.join(places, on=_PLACE, how="inner").sort(
        "participant_id", "into", "period", "component", "deal_id"
    )
    made = _made(placed, open_ones, results.statements)
    statements = pl.concat([open_ones, made.select(*STATEMENTS)])
    own = results.lines.join(statements, on=_STATEMENT, how="semi")
    added = _lines(placed, own)
    lines = pl.concat([own, added]).sort(*_STATEMENT, "line_no")
    return Results(
        lines,
        _with_sums(statements, added, lines, books).sort(_STATEMENT),
        results.estimates,
        (*results.problems, *problems),
        results.conservation,
    )


def _places(wanted: pl.DataFrame, open_ones: pl.DataFrame, books: Books) -> tuple[pl.DataFrame, list[Problem]]:
    """`into`, the period of the statement that each person, currency and kind of closed period goes to."""
    groups = wanted.select(_PLACE).unique().sort(_PLACE)
    over = books.closed.group_by("kind").agg(over=pl.col("ends_on").max())
    asked = groups.join(over, on="kind", how="left")
    days = books.periods.select("period", "starts_on", "ends_on", into_kind="kind")
    offers = open_ones.select("participant_id", "currency", "period").join(days, on="period")
    offered = asked.join(offers, on=["participant_id", "currency"], how="inner").filter(
        pl.col("over").is_null() | (pl.col("ends_on") > pl.col("over"))
    )
    first = (
        offered.sort("starts_on", "ends_on").group_by(_PLACE, maintain_order=True).agg(into=pl.col("period").first())
    )
    rest = asked.join(first, on=_PLACE, how="anti")
    following, problems = _following(rest, open_ones, books)
    return pl.concat([first.select(*_PLACE, "into"), following]), problems


def _following(rest: pl.DataFrame, open_ones: pl.DataFrame, books: Books) -> tuple[pl.DataFrame, list[Problem]]:
    """The period after the last closed one, for people without a statement in it; one currency a statement."""
    days = books.periods.select("kind", "starts_on", into="period")
    after = rest.join(days, on="kind", how="left").filter(
        pl.col("over").is_null() | (pl.col("starts_on") > pl.col("over"))
    )
    first = after.sort("starts_on").group_by(_PLACE, maintain_order=True).agg(pl.col("into").first())
    taken = open_ones.select("participant_id", into="period")
    free = first.join(taken, on=["participant_id", "into"], how="anti").sort("participant_id", "into", "currency")
    alone = free.unique(["participant_id", "into"], keep="first", maintain_order=True)
    problems = [_homeless(row, books.facts) for row in rest.join(alone, on=_PLACE, how="anti").iter_rows(named=True)]
    return alone.select(*_PLACE, "into"), problems


def _homeless(row: dict[str, object], facts: Facts) -> Problem:
    message = f"what closed periods paid in {row['currency']} has changed, and no open statement is in that currency."
    hint = "Settle it by hand: `attain adjust`; `attain statement` shows what would have been paid."
    return Problem(person(facts.participants, row["participant_id"]), "true_up", message, hint)


def _lines(placed: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """The true-up lines, numbered after the statement's own."""
    last = own.group_by(_STATEMENT).agg(last=pl.col("line_no").max())
    moved = placed.with_columns(item=pl.col("period"), period=pl.col("into"))
    joined = moved.join(last, on=_STATEMENT, how="left", maintain_order="left")
    number = pl.col("last").fill_null(0) + pl.int_range(1, pl.len() + 1).over(_STATEMENT)
    filled = joined.with_columns(line_no=number.cast(pl.Int32), cause=pl.lit(TRUE_UP))
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in LINES.items() if name not in filled.columns]
    return filled.with_columns(missing).select(*LINES)


def _made(placed: pl.DataFrame, open_ones: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Statements for those who have none in the period that their true-ups go to; what the person still holds is that
    of their last statement."""
    homes = placed.select("participant_id", "currency", "into", "plan", "plan_version").rename({"into": "period"})
    new = homes.unique(_STATEMENT, keep="last", maintain_order=True).join(open_ones, on=_STATEMENT, how="anti")
    last = (
        known.sort(_STATEMENT)
        .group_by("participant_id", maintain_order=True)
        .agg(pl.col("held", "draw_balance", "pay_currency").last())
    )
    joined = new.join(last, on="participant_id", how="left").with_columns(
        pl.col("held", "draw_balance").fill_null(money(0)),
        pl.col("pay_currency").fill_null(pl.col("currency")),
        credited=money(0),
        payout=money(0),
        earned=money(0),
        hash=pl.lit(NO_LINES),
    )
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in STATEMENTS.items() if name not in joined.columns]
    return joined.with_columns(missing)


def _with_sums(statements: pl.DataFrame, added: pl.DataFrame, lines: pl.DataFrame, books: Books) -> pl.DataFrame:
    """Payout, earned, pay and hash of the statements that got lines."""
    touched = statements.join(added, on=_STATEMENT, how="semi")
    more = added.group_by(_STATEMENT).agg(more=pl.col("amount").sum())
    made = hashes(lines.join(touched, on=_STATEMENT, how="semi")).rename({"hash": "made"})
    summed = (
        touched.join(more, on=_STATEMENT)
        .join(made, on=_STATEMENT)
        .with_columns(
            payout=(pl.col("payout") + pl.col("more")).cast(MONEY),
            earned=(pl.col("earned") + pl.col("more")).cast(MONEY),
            hash=pl.col("made"),
        )
    )
    untouched = statements.join(added, on=_STATEMENT, how="anti")
    return pl.concat([untouched, _paid_out(summed.select(*STATEMENTS), books)])


def _paid_out(statements: pl.DataFrame, books: Books) -> pl.DataFrame:
    """The statements with what they pay in the pay currency, at the rate of the period's last day."""
    if statements.is_empty():
        return statements
    ends = statements.join(books.periods.select("period", on="ends_on"), on="period", how="left")
    rates, _ = usable(books.facts.fx_rates)
    cross = [
        crosses(ends.filter(pl.col("pay_currency") == into).select("currency", "on"), rates, into).with_columns(
            pay_currency=pl.lit(into)
        )
        for into in sorted(ends["pay_currency"].drop_nulls().unique())
    ]
    if not cross:
        return statements
    joined = ends.join(pl.concat(cross), on=["currency", "on", "pay_currency"], how="left").with_columns(
        pay_rate=pl.col("cross").cast(MONEY), exact=converted(pl.col("payout"), pl.col("cross"))
    )
    return joined.with_columns(pay_amount=_rounded_by_plan(books.plans)).select(*STATEMENTS)


def _rounded_by_plan(plans: Sequence[PlanVersion]) -> pl.Expr:
    amount = pl.col("exact").round(2, mode="half_away_from_zero")
    for version in plans:
        by_plan = rounded(pl.col("exact"), version.plan.rounding)
        amount = pl.when(pl.col("plan_version") == version.hash).then(by_plan).otherwise(amount)
    return amount.cast(MONEY)
