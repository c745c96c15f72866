"""Apply what people set: plan versions, assignments, quotas and exchange rates from their files.

Each `apply_*` makes the files' content the present one: what is new is added, what is no longer there is taken out, and
whoever it touches is marked; applying the same content again changes nothing. With an error in the files nothing of
that kind changes. A person nobody knows yet is a warning: the row waits for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, text

from problems import Problem, did_you_mean
from spm.store.assigned import EVERYBODY, TEAM, load_assignments
from spm.store.audit import Deed, append, rules_changed
from spm.store.marks import mark_all, mark_participants
from spm.store.rules import AssignmentRule, Placed, QuotaRule, RateRule, read_assignments, read_quotas, read_rates

_Rule = TypeVar("_Rule")


class Version(Protocol):
    """A plan version: `text` is all of it, `hash` names it."""

    @property
    def name(self) -> str: ...
    @property
    def hash(self) -> str: ...
    @property
    def text(self) -> str: ...


def apply_plans(conn: Connection, plans: Sequence[Version], *, now: datetime) -> list[Problem]:
    """Put exactly these plans in force. Versions are kept for ever; a plan not among them is in force no longer."""
    names = [plan.name for plan in plans]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        hint = "Give every plan a name of its own."
        return [Problem("plans", name, f"two files describe the plan {name!r}.", hint) for name in twice]
    held: dict[str, str] = {row.name: row.version for row in conn.execute(text("SELECT name, version FROM plan"))}
    wanted = {plan.name: plan.hash for plan in plans}
    for plan in plans:
        _keep_version(conn, plan, now)
    conn.execute(text("DELETE FROM plan WHERE name <> ALL(CAST(:names AS text[]))"), {"names": names})
    changed = {name for name in {*held, *wanted} if held.get(name) != wanted.get(name)}
    _mark_plans(conn, changed)
    for name in sorted(changed):
        versions = {"from": held.get(name), "to": wanted.get(name)}
        append(conn, Deed("plan.apply" if name in wanted else "plan.withdraw", name, versions), now=now)
    return []


def _keep_version(conn: Connection, plan: Version, now: datetime) -> None:
    values = {"hash": plan.hash, "name": plan.name, "text": plan.text, "now": now}
    conn.execute(
        text("""
            INSERT INTO plan_version (hash, name, text, recorded_at) VALUES (:hash, :name, :text, :now)
            ON CONFLICT (hash) DO NOTHING
        """),
        values,
    )
    conn.execute(
        text("""
            INSERT INTO plan (name, version) VALUES (:name, :hash)
            ON CONFLICT (name) DO UPDATE SET version = excluded.version WHERE plan.version <> excluded.version
        """),
        values,
    )


def _mark_plans(conn: Connection, names: Collection[str]) -> None:
    if not names:
        return
    firsts: dict[int, date] = {}
    for number, plan, starts_on, _ in load_assignments(conn, None).iter_rows():
        if plan in names:
            firsts[number] = min(starts_on, firsts.get(number, starts_on))
    for number, since in sorted(firsts.items()):
        mark_participants(conn, [number], since, "plan")


def apply_assignments(conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]:
    """Make these files' rows (who, plan, starts_on, ends_on) the assignments. Returns every problem found."""
    rules, problems = read_assignments(paths)
    if problems:
        return problems
    columns = "who, plan, starts_on, ends_on"
    held = [AssignmentRule(*row) for row in conn.execute(text(f"SELECT {columns} FROM plan_assignment"))]  # noqa: S608
    before = load_assignments(conn, None)
    gone, new = _difference(held, rules)
    if gone or new:
        delete = "DELETE FROM plan_assignment WHERE (who, plan, starts_on) = (:who, :plan, :starts_on)"
        _execute(conn, f"{delete} AND ends_on IS NOT DISTINCT FROM CAST(:ends_on AS date)", gone)
        insert = f"INSERT INTO plan_assignment ({columns}, recorded_at)"
        _execute(conn, f"{insert} VALUES (:who, :plan, :starts_on, :ends_on, :now)", new, now=now)
        rules_changed(conn, "assignment.change", gone, new, now=now)
        after = load_assignments(conn, None)
        _mark_differences(conn, {*before.iter_rows()} ^ {*after.iter_rows()})
    return [*_unknown_people(conn, rules), *_unknown_plans(conn, rules)]


def _mark_differences(conn: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    firsts: dict[int, date] = {}
    for number, _, starts_on, _ in rows:
        firsts[number] = min(starts_on, firsts.get(number, starts_on))
    for number, since in sorted(firsts.items()):
        mark_participants(conn, [number], since, "assignment")


def apply_quotas(conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]:
    """Make these files' rows (email, measure, starts_on, ends_on, amount, currency) the quotas people set by hand.

    They stand in the place of quotas from a CRM that they overlap, for the same person and measure.
    """
    rules, problems = read_quotas(paths)
    if problems:
        return problems
    columns = "email, measure, starts_on, ends_on, amount, currency"
    query = f"SELECT {columns} FROM quota WHERE source = 'csv' AND gone_at IS NULL"  # noqa: S608
    gone, new = _difference([QuotaRule(*row) for row in conn.execute(text(query))], rules)
    _execute(
        conn,
        """DELETE FROM quota WHERE connection_id IS NULL
           AND (email, measure, starts_on, ends_on) = (:email, :measure, :starts_on, :ends_on)""",
        gone,
    )
    _execute(
        conn,
        f"""INSERT INTO quota (source, {columns}, recorded_at)
            VALUES ('csv', :email, :measure, :starts_on, :ends_on, :amount, :currency, :now)""",  # noqa: S608
        new,
        now=now,
    )
    rules_changed(conn, "quota.change", gone, new, now=now)
    _mark_emails(conn, [*gone, *new])
    return _unknown_emails(conn, [(where, "email", rule.email) for where, rule in rules])


def _mark_emails(conn: Connection, rules: Iterable[QuotaRule]) -> None:
    firsts: dict[str, date] = {}
    for rule in rules:
        firsts[rule.email] = min(rule.starts_on, firsts.get(rule.email, rule.starts_on))
    rows = conn.execute(text("SELECT id, email FROM participant WHERE email = ANY(:emails)"), {"emails": list(firsts)})
    for number, email in rows.all():
        mark_participants(conn, [number], firsts[email], "quota")


def apply_fx_rates(conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]:
    """Make these files' rows (base, currency, rate, starts_on) the exchange rates people set by hand.

    For a pair of currencies they name, rates from a CRM no longer count.
    """
    rules, problems = read_rates(paths)
    if problems:
        return problems
    columns = "base, currency, rate, starts_on"
    query = f"SELECT {columns} FROM fx_rate WHERE connection_id IS NULL"  # noqa: S608
    gone, new = _difference([RateRule(*row) for row in conn.execute(text(query))], rules)
    _execute(
        conn,
        """DELETE FROM fx_rate WHERE connection_id IS NULL AND (base, currency, rate) = (:base, :currency, :rate)
           AND starts_on IS NOT DISTINCT FROM CAST(:starts_on AS date)""",
        gone,
    )
    _execute(
        conn,
        f"""INSERT INTO fx_rate (source, {columns}, recorded_at)
            VALUES ('csv', :base, :currency, :rate, :starts_on, :now)""",  # noqa: S608
        new,
        now=now,
    )
    if gone or new:
        days = [rule.starts_on for rule in (*gone, *new)]
        mark_all(conn, "fx_rate", min((day for day in days if day), default=None) if all(days) else None)
    return []


def _difference(held: Sequence[_Rule], rules: Placed[_Rule]) -> tuple[list[_Rule], list[_Rule]]:
    """What is held and no longer wanted, and what is wanted and not held; in a fixed order."""
    wanted = list(dict.fromkeys(rule for _, rule in rules))
    return [rule for rule in held if rule not in set(wanted)], [rule for rule in wanted if rule not in set(held)]


def _execute(conn: Connection, statement: str, rules: Sequence[object], **more: object) -> None:
    rows = [{**{name: getattr(rule, name) for name in rule.__dataclass_fields__}, **more} for rule in rules]  # type: ignore[attr-defined]
    if rows:
        conn.execute(text(statement), rows)


def _unknown_people(conn: Connection, rules: Placed[AssignmentRule]) -> list[Problem]:
    emails = [
        (where, "who", rule.who) for where, rule in rules if rule.who != EVERYBODY and not rule.who.startswith(TEAM)
    ]
    teams = [(where, rule.who.removeprefix(TEAM)) for where, rule in rules if rule.who.startswith(TEAM)]
    known = conn.scalars(text("SELECT DISTINCT team FROM participant WHERE team IS NOT NULL ORDER BY team")).all()
    lost = [
        Problem(
            where,
            "who",
            f"nobody is in a team {team!r}; the row waits until somebody is.",
            did_you_mean(team, known, "Check the team's name in the CRM, and the mapping of `team`."),
            "warning",
        )
        for where, team in teams
        if team not in known
    ]
    return [*_unknown_emails(conn, emails), *lost]


def _unknown_emails(conn: Connection, said: Sequence[tuple[str, str, str]]) -> list[Problem]:
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


def _unknown_plans(conn: Connection, rules: Placed[AssignmentRule]) -> list[Problem]:
    known = conn.scalars(text("SELECT name FROM plan ORDER BY name")).all()
    return [
        Problem(
            where,
            "plan",
            f"there is no plan {rule.plan!r}.",
            did_you_mean(rule.plan, known, "Name a plan that [plans] files describe."),
        )
        for where, rule in rules
        if rule.plan not in known
    ]
