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
from spm.store.results import deal_names, find_participant, load_lines, load_statements, participant_emails


@click.command(epilog="Example: attain explain jo.doe@example.com 2026-03")
@click.argument("email")
@click.argument("period")
@command
def explain(email: str, period: str, config: Path | None, output: Output) -> int:
    """Explain what EMAIL earned in PERIOD (2026-03, 2026-Q1, 2026), line by line."""
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


def explained(conn: Connection, email: str, period: str) -> Explanation | Problem:
    """The statement of one person and period, or why there is none."""
    person = find_participant(conn, email)
    if person is None:
        hint = did_you_mean(email, participant_emails(conn), "Emails come from the CRM's users: run `attain sync`.")
        return Problem("attain explain", "email", f"nobody is known as {email}.", hint)
    statements = load_statements(conn, [person])
    chosen = statements.filter(pl.col("period") == period)
    if chosen.is_empty():
        there = statements["period"].to_list()
        spoken = (
            f"There are statements for {there[0]} to {there[-1]}." if there else "Nobody put this person on a plan."
        )
        return Problem("attain explain", "period", f"{email} has no statement for {period}.", spoken)
    lines = load_lines(conn, [person], period)
    names = deal_names(conn, lines["deal_id"].drop_nulls().unique().to_list())
    deals = pl.DataFrame(
        {"deal_id": list(names), "name": list(names.values())}, {"deal_id": pl.Int64, "name": pl.String}
    )
    plans = load_plan_versions(conn, lines["plan_version"].drop_nulls().unique().to_list())
    return explain_statement(chosen, lines, deals=deals, person=email, plans=plans)
