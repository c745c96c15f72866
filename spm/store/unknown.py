"""Rows of files that name people, teams, deals or measures that are not there (yet): each waits, and is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg import sql
from sqlalchemy import Connection, text

from problems import Problem, did_you_mean
from spm.store.bulk import run
from spm.store.hierarchy import SPELLS


def unknown_emails(conn: Connection, said: Iterable[tuple[str, str, str]]) -> list[Problem]:
    """A warning for each (place, column, email) that is no participant's."""
    known = conn.scalars(text("SELECT email FROM participant ORDER BY email")).all()
    there = set(known)
    return [
        Problem(
            where,
            column,
            f"no connected CRM has a person with the email {email!r}; the row waits until one has.",
            did_you_mean(email, known, "Check the email, or sync the users of the CRM."),
            "warning",
        )
        for where, column, email in said
        if email not in there
    ]


def unknown_teams(conn: Connection, said: Iterable[tuple[str, str, str]]) -> list[Problem]:
    """A warning for each (place, column, team) that nobody ever was in."""
    query = sql.SQL("SELECT DISTINCT team FROM ({}) AS spell WHERE team IS NOT NULL ORDER BY team").format(SPELLS)
    known = [row[0] for row in run(conn, query, {})]
    return [
        Problem(
            where,
            column,
            f"nobody is in a team {team!r}; the row waits until somebody is.",
            did_you_mean(team, known, "Check the team's name in the CRM, and the mapping of `team`."),
            "warning",
        )
        for where, column, team in said
        if team not in known
    ]


_ENTERED = """
    SELECT DISTINCT part ->> 'measure' FROM plan JOIN plan_version ON plan_version.hash = plan.version
    CROSS JOIN jsonb_array_elements(plan_version.text::jsonb -> 'components') AS part
    WHERE part ->> 'source' = 'entries' ORDER BY 1
"""


def unknown_measures(conn: Connection, said: Iterable[tuple[str, str]]) -> list[Problem]:
    """A warning for each (place, measure) that no component of a plan in force counts entries of."""
    known = list(conn.scalars(text(_ENTERED)))
    otherwise = 'Name the measure of a component with source = "entries".'
    return [
        Problem(
            where,
            "measure",
            f"no plan in force counts entries of {measure!r}; the row waits until one does.",
            did_you_mean(measure, known, otherwise),
            "warning",
        )
        for where, measure in said
        if measure not in known
    ]


_FOUND = """
    SELECT said.place, count(deal.id)
    FROM unnest(%(names)s::text[], %(ids)s::text[]) WITH ORDINALITY AS said (name, crm_id, place)
    JOIN connection ON said.name IS NULL OR connection.name = said.name
    LEFT JOIN deal ON deal.connection_id = connection.id AND deal.crm_id = said.crm_id
    GROUP BY said.place
"""


def unknown_deals(conn: Connection, said: Sequence[tuple[str, str | None, str]]) -> list[Problem]:
    """A Problem for each (place, connection's name, deal's id) that is not one deal: a warning where it is none yet, an
    error where several connections have a deal with that id."""
    values = {"names": [name for _, name, _ in said], "ids": [crm_id for *_, crm_id in said]}
    found = {row[0]: row[1] for row in run(conn, sql.SQL(_FOUND), values)}
    connections = list(conn.scalars(text("SELECT name FROM connection ORDER BY name")))
    problems = []
    for place, (where, name, crm_id) in enumerate(said, 1):
        if name is not None and name not in connections:
            hint = did_you_mean(name, connections, "Write the name of a section [connections.<name>] of the settings.")
            message = f"there is no connection {name!r} yet; the row waits until there is."
            problems.append(Problem(where, "deal", message, hint, "warning"))
        elif not found.get(place):
            message = f"no connected CRM has a deal {crm_id!r}; the row waits until one has."
            problems.append(Problem(where, "deal", message, "Check the id, or sync the deals of the CRM.", "warning"))
        elif found[place] > 1:
            message = f"several connections have a deal {crm_id!r}; the row counts for none of them."
            problems.append(
                Problem(where, "deal", message, f"Write which one: {connections[0]}:{crm_id}, for example.")
            )
    return problems
