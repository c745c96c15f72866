"""Every cent in words: a statement line by line, and a deal in a sentence that fits a CRM field.

40,000.00 USD at 6 % up to quota + 10,000.00 USD at 9 % above quota = 3,300.00 USD (AE 2026, Mar 2026)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl

from spm import wording
from spm.engine.days import longer
from spm.explain.tiers import labels
from spm.plans import PlanVersion


@dataclass(frozen=True, slots=True)
class Explanation:
    """A statement explained. `figures` are for `--json` (numbers as exact text), `text` is for people."""

    figures: Mapping[str, Any]
    text: str


def explain_statement(
    statement: pl.DataFrame, lines: pl.DataFrame, *, deals: pl.DataFrame, person: str, plans: Sequence[PlanVersion]
) -> Explanation:
    """Explain one statement (one row of frames.STATEMENTS) by its lines (frames.LINES).

    `deals` has `deal_id` and `name`; `person` is how to call whose statement it is; `plans` hold the versions that the
    lines name (of a version that is missing, tiers are told by their amounts). Raises ValueError where the statement
    is not one row, or is not the sum of its lines.
    """
    if statement.height != 1:
        raise ValueError(f"one statement is explained at a time, not {statement.height}")
    head = statement.row(0, named=True)
    if sum(lines["amount"]) != head["payout"]:
        raise ValueError(f"the statement {head['period']} of {person} is not the sum of its lines")
    versions = {version.hash: version for version in plans}
    names = dict(deals.select("deal_id", "name").iter_rows())
    told = [_line(row, names, versions) for row in lines.sort("line_no").iter_rows(named=True)]
    arithmetic = _attainment(head, _over(head, versions))
    figures = {"person": person, **_plain(head), "arithmetic": arithmetic, "lines": told}
    return Explanation(figures, _text(head, person, arithmetic, told))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    hidden = {"participant_id"}
    numbers = {"line_no", "tier", "deal_id"}
    return {
        name: value if value is None or name in numbers else _figure(value)
        for name, value in row.items()
        if name not in hidden
    }


def _figure(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else str(value)


def _line(row: Mapping[str, Any], names: Mapping[int, str], versions: Mapping[str, PlanVersion]) -> dict[str, Any]:
    deal = names.get(row["deal_id"]) or f"deal {row['deal_id']}"
    said = f"{deal}: {_credit(row)} {_rate(row, versions)} = {wording.amount(row['amount'])} {row['currency']}"
    return {**_plain(row), "deal": deal, "words": said}


def _credit(row: Mapping[str, Any]) -> str:
    """How the deal became a credit, and how much of the credit lies in this line."""
    told = f"{wording.amount(row['deal_amount'])} {row['deal_currency']}"
    if row["share"] != 1:
        told += f" x share {wording.percent(row['share'])} ({row['role']})"
    if row["deal_currency"] != row["currency"]:
        told += f" x rate {row['fx_rate'].normalize():f}"
    credited = f"{wording.amount(_shown(row))} {row['currency']}"
    return credited if told == credited else f"{told}, of it {credited}"


def _shown(row: Mapping[str, Any]) -> Decimal:
    """The credit to two places where that multiplies to the same earning, else exactly: who checks it must arrive."""
    cents = _cents(row["credited"])
    return cents if _cents(cents * row["rate"]) == row["amount"] else row["credited"]


def _cents(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _rate(row: Mapping[str, Any], versions: Mapping[str, PlanVersion]) -> str:
    where = _tier(row, versions)
    if row["cause"] == "retroactive":
        more = "more" if row["rate"] > 0 else "less"
        return f"credited before, now at {wording.percent(abs(row['rate']))} {more}{where}"
    return f"at {wording.percent(row['rate'])}{where}"


def _tier(row: Mapping[str, Any], versions: Mapping[str, PlanVersion]) -> str:
    version = versions.get(row["plan_version"])
    label = labels(version).get((row["component"], row["tier"]), "") if version else ""
    bounds = [("from", row["tier_from"]), ("up to", row["tier_to"])]
    amounts = [f"{word} {wording.amount(bound)}" for word, bound in bounds if bound is not None]
    inside = f" (tier {row['tier']}: {' '.join(amounts)} {row['currency']})" if amounts else ""
    return f"{label}{inside}"


def _over(head: Mapping[str, Any], versions: Mapping[str, PlanVersion]) -> str:
    """`quarter` where quota and credit are those of more than the statement's own period; else empty."""
    version = versions.get(head["plan_version"])
    if version is None:
        return ""
    span = longer(version.plan.components[0].accumulate, version.plan.statement)
    return "" if span is version.plan.statement else span.value


def _attainment(head: Mapping[str, Any], over: str) -> str:
    currency = head["currency"]
    since = f" since the {over} began" if over else ""
    credited = f"{wording.amount(_cents(head['credited']))} {currency}{since}"
    if head["attainment"] is None:
        return f"credited {credited}; there is no quota, so no attainment"
    share = f"{head['attainment'] * 100:.2f} %"
    whole = f" of the {over}" if over else ""
    return f"credited {credited} / quota{whole} {wording.amount(head['quota'])} {currency} = {share}"


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
    rows += ["", f"Payout: {wording.amount(head['payout'])} {head['currency']}{count}"]
    return "\n".join(rows)
