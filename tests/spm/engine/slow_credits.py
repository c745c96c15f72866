"""Credits a second time: one record after the other, with fractions, sharing no code with the engine.

It follows docs/plans.md, for deals, line items, payments, activities and entries of a year, in one order of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from spm.frames import Facts
from spm.plans.model import Component, Plan, RollUp, RollUpTo, Source, SplitResidual

Row = dict[str, Any]
_ON_A_DEAL = {Source.DEALS, Source.LINE_ITEMS, Source.PAYMENTS}
_WHOLE = Fraction(1, 10**9)


@dataclass(frozen=True)
class Slow:
    """A credit: the record's place, whose it is and was, and the part of it in the record's currency."""

    person: int | None
    day: date
    place: tuple[Any, ...]
    share: Fraction
    whose: int | None
    role: str
    split: int
    part: Fraction
    record: Row
    value: Fraction


def half_even(number: Fraction, places: int = 10) -> Fraction:
    return Fraction(round(number * 10**places), 10**places)


def cents(number: Fraction) -> Fraction:
    size = math.floor(abs(number) * 100 + Fraction(1, 2))
    return Fraction(size if number >= 0 else -size, 100)


def slow_credits(facts: Facts, plan: Plan, component: Component) -> list[tuple[Any, ...]]:
    """Person, day, deal, item, whose, role, share and credit, in order."""
    found = [each for record in _records(facts, component) for each in _of_record(facts, plan, component, record)]
    emails = dict(facts.participants.select("participant_id", "email").iter_rows())
    found.sort(
        key=lambda e: (
            e.person,
            e.day,
            e.place,
            -e.share,
            e.whose is not None,
            emails.get(e.whose, ""),
            e.role,
            e.split,
        )
    )
    told = [(each, _converted(plan, each)) for each in found if _on_plan(facts, each)]
    return [
        (e.person, e.day, e.record["deal_id"], e.record["item"], e.whose, e.role, e.share, credit)
        for e, credit in told
        if credit is not None
    ]


def _records(facts: Facts, component: Component) -> Iterator[Row]:
    source = component.measure.source
    won = {row["deal_id"]: row for row in facts.deals.iter_rows(named=True) if row["status"] == "won"}
    if source is Source.DEALS:
        for row in won.values():
            yield row | {"item": None, "day": row["close_date"], "what": row["amount"], "whole": row["amount"]}
    frames = {
        Source.LINE_ITEMS: facts.items,
        Source.PAYMENTS: facts.payments,
        Source.ACTIVITIES: facts.activities,
        Source.ENTRIES: facts.entries,
    }
    for own in frames[source].iter_rows(named=True) if source in frames else ():
        if source in _ON_A_DEAL and own["deal_id"] in won:
            deal = won[own["deal_id"]]
            day = own["on"] if source is Source.PAYMENTS else deal["close_date"]
            yield {**deal, "item": own["item"], "day": day, "what": own["amount"], "whole": deal["amount"]}
        elif source is Source.ACTIVITIES:
            yield {**own, "day": own["happened_on"], "what": 1, "owner_participant_id": own["participant_id"]}
        elif source is Source.ENTRIES and own["measure"] == component.measure.name:
            yield {**own, "deal_id": None, "day": own["on"], "what": own["value"]} | {
                "owner_participant_id": own["participant_id"]
            }


def _of_record(facts: Facts, plan: Plan, component: Component, record: Row) -> Iterator[Slow]:
    value = Fraction(record["what"]) * Fraction(component.measure.weight or 1)
    place = (record.get("crm_id") or "", len(record["item"] or ""), record["item"] or "")
    first = Slow(None, record["day"], place, Fraction(1), None, "owner", 0, value, record, value)
    named = list(_by_rules(facts, component, first) if component.credit else _by_role(facts, component, first))
    for each in _rounded(facts, plan, named) if plan.splits else named:
        if each.person is not None:
            yield from _rolled_up(facts, component.roll_up, each)


def _by_rules(facts: Facts, component: Component, first: Slow) -> Iterator[Slow]:
    people = {row["email"]: row["participant_id"] for row in facts.participants.iter_rows(named=True)}
    for number, rule in enumerate(component.credit):
        share = Fraction(rule.share)
        who = [people.get(rule.to)]
        if rule.to == "owner":
            who = [first.record["owner_participant_id"]]
        if rule.to.startswith("team:"):
            who = [row["participant_id"] for row in _tree(facts, first.day) if row["team"] == rule.to[5:]]
        for person in who:
            if person is not None:
                part = half_even(first.value * share)
                yield replace(first, person=person, share=share, role=rule.role, split=number, part=part)


def _by_role(facts: Facts, component: Component, first: Slow) -> Iterator[Slow]:
    deal_id = first.record["deal_id"]
    splits = [row for row in facts.splits.iter_rows(named=True) if row["deal_id"] == deal_id]
    splits = [row for row in splits if (row["role"] or "revenue") == component.role]
    if component.measure.source not in _ON_A_DEAL or component.role == "owner" or not splits:
        yield replace(first, person=first.record["owner_participant_id"])
        return
    for row in splits:
        made = replace(first, person=row["participant_id"], role=component.role, split=row["split_id"])
        if row["amount"] is None:
            share = Fraction(row["share"])
            yield replace(made, share=share, part=half_even(first.value * share))
            continue
        told, whole = Fraction(row["amount"]), Fraction(first.record["whole"])
        if abs(told) <= 100 * abs(whole):  # else it is no part of the deal, and nobody's
            part = told if first.value == whole else half_even(first.value * told / whole)
            yield replace(made, share=half_even(told / whole), part=part)


def _rounded(facts: Facts, plan: Plan, named: list[Slow]) -> Iterator[Slow]:
    emails = {row["participant_id"]: row["email"] for row in facts.participants.iter_rows(named=True)}
    assert plan.splits
    kind = plan.splits.residual
    for role in {each.role for each in named}:
        parts = [each for each in named if each.role == role]
        if len(parts) == 1 or abs(sum((each.share for each in parts), Fraction(0)) - 1) > _WHOLE:
            yield from parts
            continue
        owner = parts[0].record["owner_participant_id"]

        def rank(each: Slow, owner: int | None = owner) -> Any:
            tie = (emails.get(each.person, ""), each.split)
            orders: dict[SplitResidual, Any] = {
                SplitResidual.LARGEST: (-each.share, *tie),
                SplitResidual.SMALLEST: (each.share, *tie),
                SplitResidual.FIRST: each.split,
                SplitResidual.LAST: -each.split,
                SplitResidual.OWNER: (each.person is None or each.person != owner, -each.share, *tie),
            }
            return orders[kind]

        lucky = min(parts, key=rank)
        rounded = {id(each): cents(_unrounded(each)) for each in parts}
        residual = parts[0].value - sum(rounded.values())
        for each in parts:
            yield replace(each, part=rounded[id(each)] + (residual if each is lucky else 0))


def _unrounded(each: Slow) -> Fraction:
    """A part by share is rounded from its product, not from its ten places."""
    return each.value * each.share if each.part == half_even(each.value * each.share) else each.part


def _tree(facts: Facts, day: date) -> list[Row]:
    rows = facts.hierarchy.iter_rows(named=True)
    return [row for row in rows if (row["starts_on"] or date.min) <= day <= (row["ends_on"] or date.max)]


def _rolled_up(facts: Facts, roll_up: RollUp | None, each: Slow) -> Iterator[Slow]:
    if roll_up is None or roll_up.own:
        yield each
    if roll_up is None:
        return
    tree = {row["participant_id"]: row for row in _tree(facts, each.day)}
    team = tree[each.person]["team"] if each.person in tree else None
    others: list[int | None] = []
    if roll_up.to is RollUpTo.TEAM:
        others = [who for who, row in tree.items() if team and row["team"] == team and who != each.person]
    else:
        above = tree[each.person]["manager_id"] if each.person in tree else None
        while above and above != each.person and above not in others and len(others) < (roll_up.levels or 99):
            others.append(above)
            above = tree[above]["manager_id"] if above in tree else None
    for person in others:
        yield replace(each, person=person, whose=each.person)


def _on_plan(facts: Facts, each: Slow) -> bool:
    return any(
        row["participant_id"] == each.person and row["starts_on"] <= each.day
        for row in facts.assignments.iter_rows(named=True)
    )


def _converted(plan: Plan, each: Slow) -> Fraction | None:
    """In dollars: one euro is 1 / 0.9 dollars on every day, or what the plan says."""
    if each.record.get("currency") != "EUR":
        return each.part
    if plan.exchange.policy == "booked_on" and each.record["booked_on"] is None:
        return None
    rate = Fraction(plan.exchange.rates["EUR"]) if plan.exchange.policy == "plan_rate" else 1 / Fraction(Decimal("0.9"))
    whole = each.part == half_even(each.value * each.share)
    return half_even((each.value * each.share if whole and not plan.splits else each.part) * rate)
