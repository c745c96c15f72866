"""Apply what people keep by hand: hierarchy, absences, entries, payments and line items from their files.

As in spm.store.reference: each `apply_*` makes the files' content the present one and marks whom the difference touches
from its first day; the same content again changes nothing; with an error in the files nothing of that kind changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection, text

from problems import Problem
from spm.store.audit import rules_changed
from spm.store.deal_marks import DealNamed, mark_named_deals
from spm.store.hand_rules import (
    AbsenceRule,
    EntryRule,
    HierarchyRule,
    LineItemRule,
    PaymentRule,
    read_absences,
    read_entries,
    read_hierarchy,
    read_line_items,
    read_payments,
)
from spm.store.marks import mark_each
from spm.store.moves import moving
from spm.store.rule_sets import compare, store
from spm.store.unknown import unknown_deals, unknown_emails, unknown_measures


def apply_hierarchy(conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]:
    """Make these files' rows (email, manager, team, starts_on, ends_on) the hierarchy of the people they name: what a
    CRM says of the manager and team of these no longer counts."""
    rules, problems = read_hierarchy(paths)
    if problems:
        return problems
    change = compare(conn, "hierarchy_entry", HierarchyRule, rules)
    if change.rules:
        with moving(conn, None):
            store(conn, "hierarchy_entry", change, now=now)
        rules_changed(conn, "hierarchy.change", [*change.gone.values()], change.new, now=now)
    managers = [(where, "manager", rule.manager) for where, rule in rules if rule.manager is not None]
    return unknown_emails(conn, [*((where, "email", rule.email) for where, rule in rules), *managers])


def apply_absences(conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]:
    """Make these files' rows (email, starts_on, ends_on, reason) the days of leave."""
    rules, problems = read_absences(paths)
    if problems:
        return problems
    change = compare(conn, "absence", AbsenceRule, rules)
    store(conn, "absence", change, now=now)
    rules_changed(conn, "absence.change", [*change.gone.values()], change.new, now=now)
    mark_emails(conn, [(rule.email, rule.starts_on) for rule in change.rules], "absence")
    return unknown_emails(conn, [(where, "email", rule.email) for where, rule in rules])


def apply_entries(conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]:
    """Make these files' rows (email, measure, on, value, currency, note, item) the results entered by hand."""
    rules, problems = read_entries(paths)
    if problems:
        return problems
    change = compare(conn, "entry", EntryRule, rules)
    store(conn, "entry", change, now=now)
    rules_changed(conn, "entry.change", [*change.gone.values()], change.new, now=now)
    mark_emails(conn, [(rule.email, rule.happened_on) for rule in change.rules], "entry")
    people = unknown_emails(conn, [(where, "email", rule.email) for where, rule in rules])
    return [*people, *unknown_measures(conn, [(where, rule.measure) for where, rule in rules])]


def apply_payments(conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]:
    """Make these files' rows (deal, kind, on, amount, currency, item) what happened to deals after they were booked."""
    rules, problems = read_payments(paths)
    if problems:
        return problems
    change = compare(conn, "payment", PaymentRule, rules)
    store(conn, "payment", change, now=now)
    touched = [DealNamed(rule.deal_connection, rule.deal_crm_id, rule.happened_on) for rule in change.rules]
    mark_named_deals(conn, touched, "payment", today=now.date())
    return unknown_deals(conn, [(where, rule.deal_connection, rule.deal_crm_id) for where, rule in rules])


def apply_line_items(conn: Connection, paths: Sequence[Path], *, now: datetime) -> list[Problem]:
    """Make these files' rows (deal, item, product, family, quantity, price, amount) the line items of deals."""
    rules, problems = read_line_items(paths)
    if problems:
        return problems
    change = compare(conn, "deal_line", LineItemRule, rules)
    store(conn, "deal_line", change, now=now)
    touched = [DealNamed(rule.deal_connection, rule.deal_crm_id, None) for rule in change.rules]
    mark_named_deals(conn, touched, "line item", today=now.date())
    return unknown_deals(conn, [(where, rule.deal_connection, rule.deal_crm_id) for where, rule in rules])


def mark_emails(conn: Connection, touched: Iterable[tuple[str, date]], cause: str) -> None:
    """Mark the participants with these emails, each from the earliest of its days on; others are passed over."""
    firsts: dict[str, date] = {}
    for email, day in touched:
        firsts[email] = min(day, firsts.get(email, day))
    rows = conn.execute(text("SELECT id, email FROM participant WHERE email = ANY(:emails)"), {"emails": list(firsts)})
    mark_each(conn, {number: firsts[email] for number, email in rows}, cause)
