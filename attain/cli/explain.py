"""`attain explain`: every cent of a statement: deal, credit, tier slice, rate, plan version."""

from __future__ import annotations

from pathlib import Path

import click
import polars as pl
from sqlalchemy import Connection

from attain.cli.frame import command
from attain.cli.output import DONE, PROBLEMS_FOUND, Output, problems_as_json
from attain.wiring import database, open_house
from problems import Problem, did_you_mean
from spm.explain import Explanation, explain_statement
from spm.store.plan_versions import load_plan_versions
from spm.store.results import deal_names, emails_of, find_participant, load_lines, load_statements, participant_emails


@click.command(epilog="Example: attain explain jo.doe@example.com 2026-03")
@click.argument("email")
@click.argument("period")
@command
def explain(email: str, period: str, config: Path | None, output: Output) -> int:
    """Explain what EMAIL earned in PERIOD, line by line.

    PERIOD is one the plan pays by: 2026-03, 2026-Q1 or 2026.
    """
    house = open_house(config)
    with database(house) as engine, engine.begin() as conn:
        found = explained(conn, email, period)
    if isinstance(found, Problem):
        output.problems([found])
        output.document({"ok": False, "problems": problems_as_json([found])})
        return PROBLEMS_FOUND
    output.say(found.text)
    output.document({"ok": True, **found.figures})
    return DONE


def _no_statement(email: str, period: str, there: list[str]) -> Problem:
    if not there:
        hint = "Nobody put this person on a plan: see plans.assignments, then run `attain sync`."
    elif len(there) == 1:
        hint = f"There is one for {there[0]}: `attain explain {email} {there[0]}`."
    else:
        hint = f"There are statements for {there[0]} to {there[-1]}: `attain explain {email} {there[-1]}`."
    return Problem("attain explain", "period", f"{email} has no statement for {period}.", hint)


def explained(conn: Connection, email: str, period: str) -> Explanation | Problem:
    """The statement of one person and period, or why there is none."""
    email = email.strip().lower()  # as it is stored
    person = find_participant(conn, email)
    if person is None:
        hint = did_you_mean(email, participant_emails(conn), "Emails come from the CRM's users: run `attain sync`.")
        return Problem("attain explain", "email", f"nobody is known as {email}.", hint)
    statements = load_statements(conn, [person])
    chosen = statements.filter(pl.col("period") == period)
    if chosen.is_empty():
        return _no_statement(email, period, statements["period"].to_list())
    lines = load_lines(conn, [person], period)
    names = deal_names(conn, lines["deal_id"].drop_nulls().unique().to_list())
    deals = pl.DataFrame(
        {"deal_id": list(names), "name": list(names.values())}, {"deal_id": pl.Int64, "name": pl.String}
    )
    versions = pl.concat([chosen["plan_version"], lines["plan_version"]]).drop_nulls().unique()
    plans = load_plan_versions(conn, versions.to_list())
    people = emails_of(conn, lines["from_participant_id"].drop_nulls().unique().to_list())
    return explain_statement(chosen, lines, deals=deals, person=email, plans=plans, people=people)
