"""Apply what people set: plan versions, assignments, quotas and exchange rates from their files.

Each `apply_*` makes the files' content the present one: what is new is added, what is no longer there is taken out, and
whoever it touches is marked; applying the same content again changes nothing. With an error in the files nothing of
that kind changes. A person nobody knows yet is a warning: the row waits for them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection, text

from problems import Problem, did_you_mean
from spm.plans import PlanVersion
from spm.store.assigned import EVERYBODY, TEAM, load_assignments
from spm.store.audit import Deed, append, rules_changed
from spm.store.by_hand import mark_emails
from spm.store.hierarchy import team_members
from spm.store.history import at_moment
from spm.store.marks import mark_all, mark_each, mark_participants
from spm.store.moves import mark_reassigned
from spm.store.rule_sets import Placed, compare, store
from spm.store.rules import AssignmentRule, QuotaRule, RateRule, read_assignments, read_quotas, read_rates
from spm.store.unknown import unknown_emails, unknown_teams

_CSV = {"source": "csv"}
"""The rows that are from files, among those of CRMs."""


def apply_plans(conn: Connection, plans: Sequence[PlanVersion], *, now: datetime) -> list[Problem]:
    """Put exactly these plans in force. Versions are kept for ever; a plan not among them is in force no longer."""
    names = [plan.name for plan in plans]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        hint = "Give every plan a name of its own."
        return [Problem("plans", name, f"two files describe the plan {name!r}.", hint) for name in twice]
    held: dict[str, str] = {row.name: row.version for row in conn.execute(text("SELECT name, version FROM plan"))}
    wanted = {plan.name: plan.hash for plan in plans}
    at_moment(conn, now)
    for plan in plans:
        _keep_version(conn, plan, now)
    conn.execute(text("DELETE FROM plan WHERE name <> ALL(CAST(:names AS text[]))"), {"names": names})
    changed = {name for name in {*held, *wanted} if held.get(name) != wanted.get(name)}
    _mark_plans(conn, changed)
    for name in sorted(changed):
        versions = {"from": held.get(name), "to": wanted.get(name)}
        append(conn, Deed("plan.apply" if name in wanted else "plan.withdraw", name, versions), now=now)
    return []


def _keep_version(conn: Connection, plan: PlanVersion, now: datetime) -> None:
    values = {"hash": plan.hash, "name": plan.name, "text": plan.text, "now": now}
    reach = {"shared": plan.plan.shared, "watches": plan.plan.watches_deals}
    conn.execute(
        text("""
            INSERT INTO plan_version (hash, name, text, recorded_at) VALUES (:hash, :name, :text, :now)
            ON CONFLICT (hash) DO NOTHING
        """),
        values,
    )
    conn.execute(
        text("""
            INSERT INTO plan AS held (name, version, shared, watches_deals) VALUES (:name, :hash, :shared, :watches)
            ON CONFLICT (name) DO UPDATE SET version = excluded.version, shared = excluded.shared,
                                             watches_deals = excluded.watches_deals
            WHERE (held.version, held.shared, held.watches_deals)
                  <> (excluded.version, excluded.shared, excluded.watches_deals)
        """),
        {**values, **reach},
    )


def _mark_plans(conn: Connection, names: Collection[str]) -> None:
    if not names:
        return
    firsts: dict[int, date] = {}
    for number, plan, starts_on, _ in load_assignments(conn, None).iter_rows():
        if plan in names:
            firsts[number] = min(starts_on, firsts.get(number, starts_on))
    mark_each(conn, firsts, "plan")


def apply_assignments(conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]:
    """Make these files' rows (who, plan, starts_on, ends_on) the assignments. Returns every problem found."""
    rules, problems = read_assignments(paths)
    if problems:
        return problems
    change = compare(conn, "plan_assignment", AssignmentRule, rules)
    if change.rules:
        before = load_assignments(conn, None)
        store(conn, "plan_assignment", change, now=now)
        rules_changed(conn, "assignment.change", [*change.gone.values()], change.new, now=now)
        mark_reassigned(conn, before, load_assignments(conn, None))
    return [*_unknown_people(conn, rules), *_unknown_plans(conn, rules)]


def apply_quotas(conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]:
    """Make these files' rows (email, measure, starts_on, ends_on, amount, currency) the quotas people set by hand.

    They stand in the place of quotas from a CRM that they overlap, for the same person and measure.
    """
    rules, problems = read_quotas(paths)
    if problems:
        return problems
    change = compare(conn, "quota", QuotaRule, rules, _CSV)
    store(conn, "quota", change, now=now, only=_CSV)
    rules_changed(conn, "quota.change", [*change.gone.values()], change.new, now=now)
    _mark_quotas(conn, change.rules)
    emails = [(where, "email", rule.email) for where, rule in rules if rule.email is not None]
    teams = [(where, "email", rule.team) for where, rule in rules if rule.team is not None]
    return [*unknown_emails(conn, emails), *unknown_teams(conn, teams)]


def _mark_quotas(conn: Connection, rules: Sequence[QuotaRule]) -> None:
    mark_emails(conn, [(rule.email, rule.starts_on) for rule in rules if rule.email is not None], "quota")
    for rule in rules:
        if rule.team is not None:
            mark_participants(conn, team_members(conn, [rule.team]), rule.starts_on, "quota")


def apply_fx_rates(conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]:
    """Make these files' rows (base, currency, rate, starts_on) the exchange rates people set by hand.

    For a pair of currencies they name, rates from a CRM no longer count.
    """
    rules, problems = read_rates(paths)
    if problems:
        return problems
    change = compare(conn, "fx_rate", RateRule, rules, _CSV)
    store(conn, "fx_rate", change, now=now, only=_CSV)
    if change.rules:
        days = [rule.starts_on for rule in change.rules]
        mark_all(conn, "fx_rate", min((day for day in days if day), default=None) if all(days) else None)
    return []


def _unknown_people(conn: Connection, rules: Placed[AssignmentRule]) -> list[Problem]:
    emails = [
        (where, "who", rule.who) for where, rule in rules if rule.who != EVERYBODY and not rule.who.startswith(TEAM)
    ]
    teams = [(where, "who", rule.who.removeprefix(TEAM)) for where, rule in rules if rule.who.startswith(TEAM)]
    return [*unknown_emails(conn, emails), *unknown_teams(conn, teams)]


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
