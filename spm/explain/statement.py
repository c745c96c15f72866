"""Every cent in words: a statement line by line, and a deal in a sentence that fits a CRM field.

40,000.00 USD at 6 % up to quota + 10,000.00 USD at 9 % above quota = 3,300.00 USD (AE 2026, Mar 2026)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from spm import wording
from spm.engine.days import longer
from spm.explain.line import Names, cents, words
from spm.plans import PlanVersion
from spm.plans.model import Unit


@dataclass(frozen=True, slots=True)
class Explanation:
    """A statement explained. `figures` are for `--json` (numbers as exact text), `text` is for people."""

    figures: Mapping[str, Any]
    text: str


def explain_statement(
    statement: pl.DataFrame,
    lines: pl.DataFrame,
    *,
    deals: pl.DataFrame,
    person: str,
    plans: Sequence[PlanVersion],
    people: Mapping[int, str] | None = None,
) -> Explanation:
    """Explain one statement (one row of frames.STATEMENTS) by its lines (frames.LINES).

    `deals` has `deal_id` and `name`; `person` is how to call whose statement it is; `plans` hold the versions that the
    lines name (of a version that is missing, tiers are told by their amounts). `people`: how to call those whose
    credits rolled up, by `participant_id`.

    Raises ValueError where the statement is not one row, or not the sum of its lines.
    """
    if statement.height != 1:
        raise ValueError(f"one statement is explained at a time, not {statement.height}")
    head = statement.row(0, named=True)
    if sum(lines["amount"]) != head["payout"]:
        raise ValueError(f"the statement {head['period']} of {person} is not the sum of its lines")
    versions = {version.hash: version for version in plans}
    names = Names.of(dict(deals.select("deal_id", "name").iter_rows()), people or {}, plans)
    told = [_line(row, names) for row in lines.sort("line_no").iter_rows(named=True)]
    arithmetic = _attainment(head, versions.get(head["plan_version"]))
    figures = {"person": person, **_plain(head), "arithmetic": arithmetic, "lines": told}
    return Explanation(figures, _text(head, person, arithmetic, told))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    hidden = {"participant_id", "from_participant_id"}
    numbers = {"line_no", "tier", "deal_id"}
    return {
        name: value if value is None or name in numbers else _figure(value)
        for name, value in row.items()
        if name not in hidden
    }


def _figure(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else str(value)


def _line(row: Mapping[str, Any], names: Names) -> dict[str, Any]:
    whose = row["from_participant_id"]
    person = None if whose is None else names.person(whose)
    return {**_plain(row), "deal": names.deal(row), "from": person, "words": words(row, names)}


def _over(version: PlanVersion | None) -> str:
    """`quarter` where quota and credit are those of more than the statement's own period; else empty."""
    if version is None:
        return ""
    span = longer(version.plan.components[0].accumulate, version.plan.statement)
    return "" if span is version.plan.statement else span.value


def _attainment(head: Mapping[str, Any], version: PlanVersion | None) -> str:
    over = _over(version)
    pieces = version is not None and version.plan.components[0].measure.unit is Unit.NUMBER

    def told(number: Decimal) -> str:
        return wording.number(number) if pieces else f"{wording.amount(cents(number))} {head['currency']}"

    since = f" since the {over} began" if over else ""
    credited = f"{told(head['credited'])}{since}"
    if head["attainment"] is None:
        return f"credited {credited}; there is no quota, so no attainment"
    whole = f" of the {over}" if over else ""
    return f"credited {credited} / quota{whole} {told(head['quota'])} = {head['attainment'] * 100:.2f} %"


def _text(head: Mapping[str, Any], person: str, arithmetic: str, told: Sequence[Mapping[str, Any]]) -> str:
    title = f"{person}, {wording.period(head['period'])}: {head['plan']} (version {head['plan_version'][:12]})"
    rows = [title, arithmetic, ""]
    component = None
    for line in told:
        if (line["plan_version"], line["component"]) != component:
            component = (line["plan_version"], line["component"])
            rows.append(f"{line['component']} ({line['plan']}, version {line['plan_version'][:12]})")
        rows.append(f"{line['line_no']:>4}  {line['words']}")
    rows += [] if told else ["No deal of this period counts for this plan."]
    count = f", the sum of {len(told)} lines" if len(told) > 1 else ""
    rows += ["", f"Payout: {wording.amount(head['payout'])} {head['currency']}{count}", *_balances(head)]
    return "\n".join(rows)


def _balances(head: Mapping[str, Any]) -> Iterator[str]:
    """What the statement leaves open, and what it comes to in the currency it is paid in."""
    currency = head["currency"]
    if head["earned"] is not None and head["earned"] != head["payout"]:
        yield f"Earned: {wording.amount(head['earned'])} {currency}"
    if head["held"]:
        yield f"Held, to be paid later: {wording.amount(head['held'])} {currency}"
    if head["draw_balance"]:
        yield f"Drawn and not yet recovered: {wording.amount(head['draw_balance'])} {currency}"
    if head["pay_currency"] not in {None, currency} and head["pay_amount"] is not None:
        rate = f"{head['pay_rate'].normalize():f}"
        yield f"Paid: {wording.amount(head['pay_amount'])} {head['pay_currency']}, at a rate of {rate}"
