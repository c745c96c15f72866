"""A statement as it was known at a moment: by the same calculation, on what was known then.

Where its period was closed then, it is the frozen one, as it was paid; else it is what would have been paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
from sqlalchemy import Connection, Engine, text

from problems import Problem, did_you_mean
from spm.calendar import Calendar
from spm.explain import Explanation, explain_statement
from spm.plans import PlanVersion
from spm.store.closing import Close, closes
from spm.store.known import as_known
from spm.store.plan_versions import load_plan_versions
from spm.store.results import deal_names, find_participant, load_lines, load_statements, participant_emails
from sync.calculate import Asked, Basis, providers_of, results_of


@dataclass(frozen=True, slots=True)
class Replayed:
    """A statement with its lines, explained; `close` is the closing it was paid by, None where the period was open."""

    explanation: Explanation
    close: Close | None


def replay(engine: Engine, calendar: Calendar, email: str, period: str, *, at: datetime) -> Replayed | Problem:
    """The statement of one person and period as it was known at `at`, or why there was none."""
    email = email.strip().lower()
    with engine.connect() as conn:
        present = find_participant(conn, email)
        known_emails = participant_emails(conn)
    with as_known(engine, at) as conn:
        person = find_participant(conn, email) or present
        if person is None:
            hint = did_you_mean(email, known_emails, "Emails come from the CRM's users: run `attain sync`.")
            return Problem("attain statement", "email", f"nobody is known as {email}.", hint)
        close = next((one for one in closes(conn) if one.period == period and one.state == "closed"), None)
        statements, lines = _frozen(conn, person, period) if close else _calculated(conn, calendar, person, at)
        chosen = statements.filter(pl.col("period") == period)
        if chosen.is_empty():
            return _nothing(email, period, at, statements["period"].to_list())
        return Replayed(_explained(conn, email, chosen, lines.filter(pl.col("period") == period)), close)


def _frozen(conn: Connection, person: int, period: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    return load_statements(conn, [person]).drop("calculated_at"), load_lines(conn, [person], period)


def _calculated(conn: Connection, calendar: Calendar, person: int, at: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    basis = Basis(plans_in_force(conn), calendar, at.astimezone(UTC).date(), at)
    results, _ = results_of(conn, basis, Asked([person], providers_of(conn, basis, [person]), None))
    mine = pl.col("participant_id") == person
    return results.statements.filter(mine), results.lines.filter(mine)


def plans_in_force(conn: Connection) -> Sequence[PlanVersion]:
    """The version of each plan that is (or was then) in force."""
    return load_plan_versions(conn, list(conn.scalars(text("SELECT version FROM plan ORDER BY name"))))


def _nothing(email: str, period: str, at: datetime, there: list[str]) -> Problem:
    hint = "Nobody had put this person on a plan by then."
    if there:
        hint = f"There were statements for {there[0]} to {there[-1]}."
    message = f"{email} had no statement for {period} on {at.astimezone(UTC):%Y-%m-%d}."
    return Problem("attain statement", "period", message, hint)


def _explained(conn: Connection, email: str, statement: pl.DataFrame, lines: pl.DataFrame) -> Explanation:
    names = deal_names(conn, lines["deal_id"].drop_nulls().unique().to_list())
    deals = pl.DataFrame(
        {"deal_id": list(names), "name": list(names.values())}, {"deal_id": pl.Int64, "name": pl.String}
    )
    versions = pl.concat([statement["plan_version"], lines["plan_version"]]).drop_nulls().unique()
    plans = load_plan_versions(conn, versions.to_list())
    others = {row.id: row.email for row in conn.execute(text("SELECT id, email FROM participant"))}
    return explain_statement(statement, lines, deals=deals, person=email, plans=plans, people=others)
