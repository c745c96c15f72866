"""Facts for tests, row by row: only what matters to a test is named, the rest is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from spm import frames
from spm.calendar import periods
from spm.engine import calculate
from spm.frames import Facts, Results
from spm.plans import PlanVersion, load_plan, plan_version

TODAY = date(2026, 12, 31)
Row = Mapping[str, Any]


def frame(schema: frames.Schema, rows: Sequence[Row]) -> pl.DataFrame:
    """Rows with the columns they name; every other column of the schema is null."""
    extra = {name: None for row in rows for name in row if name not in schema}
    own = pl.DataFrame([{name: row.get(name) for name in extra} for row in rows])
    base = pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
    return pl.concat([base, own], how="horizontal") if extra else base


def deal(deal_id: int, owner: int | None, amount: str | None, on: str, **others: Any) -> Row:
    """A won deal in USD, unless `others` say otherwise."""
    row = {
        "deal_id": deal_id,
        "connection": "acme",
        "crm_id": f"006{deal_id:03}",
        "name": f"Deal {deal_id}",
        "owner_participant_id": owner,
        "amount": None if amount is None else Decimal(amount),
        "currency": "USD",
        "close_date": date.fromisoformat(on),
        "status": "won",
    }
    return row | others


def split(split_id: int, deal_id: int, person: int | None, share: str, role: str | None = "revenue") -> Row:
    return {
        "split_id": split_id,
        "deal_id": deal_id,
        "participant_id": person,
        "share": Decimal(share),
        "role": role,
    }


def by_amount(split_id: int, deal_id: int, person: int | None, amount: str, role: str | None = "revenue") -> Row:
    """A split that says an amount and no share."""
    return {**split(split_id, deal_id, person, "0", role), "share": None, "amount": Decimal(amount)}


def reports(
    person: int, manager: int | None, team: str | None = None, first: str | None = None, last: str | None = None
) -> Row:
    """Who somebody reports to, and in which team, from the first to the last day."""
    start, end = (date.fromisoformat(day) if day else None for day in (first, last))
    return {"participant_id": person, "manager_id": manager, "team": team, "starts_on": start, "ends_on": end}


def item(number: int, deal_id: int, amount: str | None, **others: Any) -> Row:
    """A line item of a deal, a piece of no product unless `others` say otherwise."""
    price = None if amount is None else Decimal(amount)
    row = {"item_id": number, "deal_id": deal_id, "item": f"L{number}", "quantity": Decimal(1), "amount": price}
    return row | others


def activity(number: int, person: int | None, on: str | None, **others: Any) -> Row:
    """A meeting that took place."""
    day = date.fromisoformat(on) if on else None
    row = {"activity_id": number, "item": f"A{number}", "participant_id": person, "happened_on": day, "done": True}
    return row | {"type": "meeting"} | others


def entry(
    number: int, person: int | None, measure: str, value: str | None, on: str, currency: str | None = None
) -> Row:
    """A result entered by hand."""
    row = {"entry_id": number, "item": f"E{number}", "participant_id": person, "measure": measure, "currency": currency}
    return row | {"value": None if value is None else Decimal(value), "on": date.fromisoformat(on)}


def payment(number: int, deal_id: int, amount: str | None, on: str, kind: str = "payment", **others: Any) -> Row:
    """What a customer paid on a deal; without an amount all of it."""
    paid_ = None if amount is None else Decimal(amount)
    row = {"payment_id": number, "item": f"P{number}", "deal_id": deal_id, "amount": paid_, "kind": kind}
    return row | {"on": date.fromisoformat(on)} | others


def quota(person: int, amount: str, first: str, last: str, **others: Any) -> Row:
    row = {
        "participant_id": person,
        "measure": "bookings",
        "starts_on": date.fromisoformat(first),
        "ends_on": date.fromisoformat(last),
        "amount": Decimal(amount),
        "currency": "USD",
    }
    return row | others


def assignment(person: int, plan: str = "Test", first: str = "2026-01-01", last: str | None = None) -> Row:
    end = date.fromisoformat(last) if last else None
    return {"participant_id": person, "plan": plan, "starts_on": date.fromisoformat(first), "ends_on": end}


def fx(base: str, currency: str, rate: str, first: str | None = None) -> Row:
    start = date.fromisoformat(first) if first else None
    return {"base": base, "currency": currency, "rate": Decimal(rate), "starts_on": start}


@dataclass(frozen=True)
class World:
    """Rows of facts; people are those who are assigned, and `p1@example.com` is participant 1."""

    deals: Sequence[Row] = ()
    splits: Sequence[Row] = ()
    quotas: Sequence[Row] = ()
    assignments: Sequence[Row] = field(default_factory=lambda: [assignment(1)])
    fx_rates: Sequence[Row] = ()
    years: tuple[int, int] = (2026, 2026)
    others: Sequence[int] = ()  # people on no plan
    hierarchy: Sequence[Row] = ()
    absences: Sequence[Row] = ()
    items: Sequence[Row] = ()
    activities: Sequence[Row] = ()
    entries: Sequence[Row] = ()
    payments: Sequence[Row] = ()
    adjustments: Sequence[Row] = ()
    people: Mapping[int, Row] = field(default_factory=dict)  # further columns of participants

    def facts(self) -> Facts:
        people = sorted({row["participant_id"] for row in self.assignments} | set(self.others) | set(self.people))
        named = [
            {"participant_id": person, "email": f"p{person}@example.com", **self.people.get(person, {})}
            for person in people
        ]
        return Facts(
            frame(frames.DEALS, self.deals),
            frame(frames.SPLITS, self.splits),
            frame(frames.PARTICIPANTS, named),
            frame(frames.QUOTAS, self.quotas),
            frame(frames.ASSIGNMENTS, self.assignments),
            frame(frames.FX_RATES, self.fx_rates),
            periods(1, *self.years),
            hierarchy=frame(frames.HIERARCHY, self.hierarchy),
            absences=frame(frames.ABSENCES, self.absences),
            items=frame(frames.ITEMS, self.items),
            activities=frame(frames.ACTIVITIES, self.activities),
            entries=frame(frames.ENTRIES, self.entries),
            payments=frame(frames.PAYMENTS, self.payments),
            adjustments=frame(frames.ADJUSTMENTS, self.adjustments),
        )

    def results(self, *plans: PlanVersion, today: date = TODAY) -> Results:
        return calculate(self.facts(), plans, today=today, conserve=True)


def plan(folder: Path, text: str, name: str = "Test") -> PlanVersion:
    """The version of a plan written as TOML, without its name, currency and statement unless the text has them."""
    head = f'name = "{name}"\n' + ("" if "currency" in text else 'currency = "USD"\n')
    path = folder / f"{name}.toml"
    path.write_text(head + text)
    loaded = load_plan(path)
    assert loaded.plan, loaded.problems
    return plan_version(loaded.plan)


def paid(results: Results, person: int = 1) -> dict[str, str]:
    """The payouts of a person by period, as text with two places, without the periods that pay nothing."""
    rows = results.statements.filter(participant_id=person).select("period", "payout").iter_rows()
    return {period: f"{payout:.2f}" for period, payout in rows if payout}


def said(results: Results) -> list[str]:
    """The problems as people read them."""
    return [str(problem) for problem in results.problems]


def told(results: Results, *causes: str) -> list[tuple[str, str, str]]:
    """Period, amount with two places and reason of the lines of these causes, in order."""
    rows = results.lines.filter(pl.col("cause").is_in(list(causes)))
    return [
        (row["period"], f"{row['amount']:.2f}", row["reason"])
        for row in rows.sort("period", "participant_id", "line_no").iter_rows(named=True)
    ]
