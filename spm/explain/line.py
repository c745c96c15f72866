"""One line of a statement in words: whose credit of what, at which rate, or why else the amount is there.

Acme renewal: 40,000.00 EUR x rate 1.25, of it 10,000.00 USD at 6 % up to quota = 600.00 USD
Acme renewal: Held: until paid = -300.00 USD
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from spm import wording
from spm.explain.causes import HEADS
from spm.explain.tiers import Told, told_of
from spm.plans import PlanVersion

Row = Mapping[str, Any]
_AT_A_RATE = ("credit", "retroactive")
_NOTHING = Told()


@dataclass(frozen=True, slots=True)
class Names:
    """What deals and people are called, and how the plans' components tell their tiers."""

    deals: Mapping[int, str]
    people: Mapping[int, str]
    told: Mapping[tuple[str, str], Told]

    @classmethod
    def of(cls, deals: Mapping[int, str], people: Mapping[int, str], plans: Sequence[PlanVersion]) -> Names:
        """With the components of these versions."""
        told = {(plan.hash, name): each for plan in plans for name, each in told_of(plan).items()}
        return cls(deals, people, told)

    def deal(self, row: Row) -> str | None:
        """The name of the line's deal; None where it has none."""
        return None if row["deal_id"] is None else self.deals.get(row["deal_id"]) or f"deal {row['deal_id']}"

    def person(self, participant_id: int) -> str:
        """What somebody is called."""
        return self.people.get(participant_id) or f"participant {participant_id}"

    def of_component(self, row: Row) -> Told:
        """How the line's component tells its tiers."""
        return self.told.get((row["plan_version"], row["component"]), _NOTHING)


def words(row: Row, names: Names) -> str:
    """The line (a row of frames.LINES) in words."""
    told = names.of_component(row)
    parts = [_subject(row, names), _why(row, told)]
    said = ": ".join(part for part in parts if part)
    return f"{said} = {wording.amount(row['amount'])} {row['currency']}"


def _subject(row: Row, names: Names) -> str:
    """The deal, what of it, and whose: empty where the line is about none."""
    item = row["item"] or ""
    subject = ", ".join(part for part in (names.deal(row), item) if part)
    if row["from_participant_id"] is not None:
        subject += f" from {names.person(row['from_participant_id'])}"
    return subject.strip()


def _why(row: Row, told: Told) -> str:
    if row["cause"] not in _AT_A_RATE:
        return ": ".join(part for part in (HEADS[row["cause"]], row["reason"]) if part)
    credited = _credit(row, told)
    if row["reason"]:
        return ": ".join(part for part in (credited, row["reason"]) if part)
    if row["rate"] is None:
        return credited or HEADS[row["cause"]]
    return f"{credited} {_rate(row, told)}".strip()


def _credit(row: Row, told: Told) -> str:
    """How the record became a credit, and how much of the credit lies in this line."""
    if row["credited"] is None:
        return ""
    credited = _quantity(_shown(row, told), row["currency"], told)
    if row["deal_amount"] is None:
        return credited
    said = _quantity(row["deal_amount"], row["deal_currency"], told)
    if row["share"] is not None and row["share"] != 1:
        said += f" x share {wording.percent(row['share'])} ({row['role']})"
    foreign = row["deal_currency"] not in {None, row["currency"]}
    if row["fx_rate"] is not None and not told.pieces and foreign:
        said += f" x rate {row['fx_rate'].normalize():f}"
    return credited if said == credited else f"{said}, of it {credited}"


def _quantity(number: Decimal, currency: str | None, told: Told) -> str:
    if told.pieces or currency is None:
        return wording.number(number)
    return f"{wording.amount(number)} {currency}"


def _shown(row: Row, told: Told) -> Decimal:
    """The credit to two places where that multiplies to the same earning, else exactly: who checks it must arrive."""
    credited: Decimal = row["credited"]
    whole = cents(credited)
    same = not told.pieces and (row["rate"] is None or cents(whole * row["rate"]) == row["amount"])
    return whole if same else credited


def cents(number: Decimal) -> Decimal:
    """The number to two places."""
    return number.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _rate(row: Row, told: Told) -> str:
    where = _tier(row, told)
    if row["cause"] == "retroactive":
        more = "more" if row["rate"] > 0 else "less"
        each = " each" if told.pieces else ""
        return f"credited before, now at {_price(abs(row['rate']), row, told)}{each} {more}{where}"
    sign = "x" if told.pieces else "at"
    return f"{sign} {_price(row['rate'], row, told)}{where}"


def _price(rate: Decimal, row: Row, told: Told) -> str:
    return f"{wording.amount(rate)} {row['currency']}" if told.pieces else wording.percent(rate)


def _tier(row: Row, told: Told) -> str:
    label = told.tiers.get(row["tier"], "")
    bounds = [("from", row["tier_from"]), ("up to", row["tier_to"])]
    amounts = [f"{word} {told.bound(bound)}" for word, bound in bounds if bound is not None]
    unit = f" {row['currency']}" if told.in_money else ""
    inside = f" (tier {row['tier']}: {' '.join(amounts)}{unit})" if amounts else ""
    return f"{label}{inside}"
