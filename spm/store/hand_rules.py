"""The rows of hierarchy, absence, entry, payment and line item files as values, checked against themselves."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from pathlib import Path

from problems import Problem
from spm.store.rule_files import Columns, Row, read_rows
from spm.store.rule_sets import Placed, overlaps, twice

HIERARCHY_FILE = Columns(("email",), ("manager", "team", "starts_on", "ends_on"))
ABSENCE_FILE = Columns(("email", "starts_on", "ends_on"), ("reason",))
ENTRY_FILE = Columns(("email", "measure", "on", "value"), ("currency", "note", "item"))
PAYMENT_FILE = Columns(("deal", "on"), ("kind", "amount", "currency", "item"))
LINE_ITEM_FILE = Columns(("deal", "item"), ("product", "family", "quantity", "price", "amount"))
_DIGITS = 28
_PLACES = Decimal("0.0000000001")
_EXACTLY = Context(prec=80)


@dataclass(frozen=True, slots=True)
class HierarchyRule:
    """Whom somebody reports to, by email, and in which team; a day it does not name is without end."""

    email: str
    manager: str | None
    team: str | None
    starts_on: date | None
    ends_on: date | None

    @property
    def of(self) -> Hashable:
        """Who."""
        return self.email


@dataclass(frozen=True, slots=True)
class AbsenceRule:
    """Days of leave, both inclusive."""

    email: str
    starts_on: date
    ends_on: date
    reason: str | None

    @property
    def of(self) -> Hashable:
        """Who."""
        return self.email


@dataclass(frozen=True, slots=True)
class EntryRule:
    """A result entered by hand; `item` is the id people gave it."""

    email: str
    measure: str
    happened_on: date
    value: Decimal
    currency: str | None
    note: str | None
    item: str | None


@dataclass(frozen=True, slots=True)
class PaymentRule:
    """What happened to a deal after it was booked. Without an amount it is all of the deal, without a currency in the
    deal's; without a connection the deal is that of any connection with the id."""

    deal_connection: str | None
    deal_crm_id: str
    kind: str
    happened_on: date
    amount: Decimal | None
    currency: str | None
    item: str | None


@dataclass(frozen=True, slots=True)
class LineItemRule:
    """A line of a deal, in the deal's currency."""

    deal_connection: str | None
    deal_crm_id: str
    item: str
    product: str | None
    family: str | None
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal | None


def read_hierarchy(paths: Sequence[Path]) -> tuple[Placed[HierarchyRule], list[Problem]]:
    """Who reports to whom by these files. Two rows for one person and day are a problem."""
    rows, problems = read_rows(paths, HIERARCHY_FILE)
    rules = [(row.where, rule) for row in rows if (rule := _reporting(row)) is not None]
    return rules, problems + overlaps(rules, "rows of the same person")


def _reporting(row: Row) -> HierarchyRule | None:
    before = len(row.problems)
    email = row.email()
    manager = row.email("manager") if row.values.get("manager") else None
    if manager is not None and manager == email:
        row.wrong("manager", "is the person themself.", "Name whom they report to, or nobody.")
    starts_on = row.day("starts_on")
    ends_on = row.last_day(starts_on)
    if len(row.problems) > before:
        return None
    return HierarchyRule(email, manager, row.values.get("team") or None, starts_on, ends_on)


def read_absences(paths: Sequence[Path]) -> tuple[Placed[AbsenceRule], list[Problem]]:
    """The days of leave in these files. Two absences of one person on one day are a problem."""
    rows, problems = read_rows(paths, ABSENCE_FILE)
    rules = [(row.where, rule) for row in rows if (rule := _absence(row)) is not None]
    return rules, problems + overlaps(rules, "absences of the same person")


def _absence(row: Row) -> AbsenceRule | None:
    before = len(row.problems)
    email, starts_on = row.email(), row.first_day()
    row.text("ends_on")
    ends_on = row.last_day(starts_on)
    if starts_on is None or ends_on is None or len(row.problems) > before:
        return None
    return AbsenceRule(email, starts_on, ends_on, row.values.get("reason") or None)


def read_entries(paths: Sequence[Path]) -> tuple[Placed[EntryRule], list[Problem]]:
    """The results of these files. The same row twice is a problem: nobody can tell whether it counts twice."""
    rows, problems = read_rows(paths, ENTRY_FILE)
    rules = [(row.where, rule) for row in rows if (rule := _entry(row)) is not None]
    return rules, problems + _same(rules)


def _entry(row: Row) -> EntryRule | None:
    before = len(row.problems)
    email, measure, happened_on = row.email(), row.text("measure"), row.first_day("on")
    row.text("value")
    value, currency = row.number("value"), row.currency("currency")
    if happened_on is None or value is None or len(row.problems) > before:
        return None
    note, item = (row.values.get(name) or None for name in ("note", "item"))
    return EntryRule(email, measure, happened_on, value, currency, note, item)


def read_payments(paths: Sequence[Path]) -> tuple[Placed[PaymentRule], list[Problem]]:
    """The payments, invoices and refunds of these files. The same row twice is a problem."""
    rows, problems = read_rows(paths, PAYMENT_FILE)
    rules = [(row.where, rule) for row in rows if (rule := _payment(row)) is not None]
    return rules, problems + _same(rules)


def _payment(row: Row) -> PaymentRule | None:
    before = len(row.problems)
    connection, crm_id = _deal(row)
    happened_on, amount, currency = row.first_day("on"), row.number("amount"), row.currency("currency")
    if amount is not None and amount < 0:
        row.wrong("amount", f"{amount} is below zero.", "Write what is paid back as a positive amount of kind refund.")
    if happened_on is None or len(row.problems) > before:
        return None
    kind, item = row.values.get("kind") or "payment", row.values.get("item") or None
    return PaymentRule(connection, crm_id, kind, happened_on, amount, currency, item)


def read_line_items(paths: Sequence[Path]) -> tuple[Placed[LineItemRule], list[Problem]]:
    """The line items of these files. Two of one deal with the same id are a problem."""
    rows, problems = read_rows(paths, LINE_ITEM_FILE)
    rules = [(row.where, rule) for row in rows if (rule := _line_item(row)) is not None]
    keyed = [(where, (rule.deal_connection, rule.deal_crm_id, rule.item)) for where, rule in rules]
    message = "the same item of the same deal stands in {earlier}."
    return rules, problems + twice(keyed, "item", message, "Give each line of a deal an id of its own.")


def _line_item(row: Row) -> LineItemRule | None:
    before = len(row.problems)
    connection, crm_id = _deal(row)
    item = row.text("item")
    quantity, price, amount = row.number("quantity"), row.number("price"), row.number("amount")
    if amount is None and not row.values.get("amount") and quantity is not None and price is not None:
        amount = _product(row, quantity, price)
    if len(row.problems) > before:
        return None
    product, family = (row.values.get(name) or None for name in ("product", "family"))
    return LineItemRule(connection, crm_id, item, product, family, quantity, price, amount)


def _product(row: Row, quantity: Decimal, price: Decimal) -> Decimal | None:
    """Quantity x price, where 28 digits and ten places hold it."""
    amount = _EXACTLY.multiply(quantity, price)
    if amount != amount.quantize(_PLACES, context=_EXACTLY) or amount.adjusted() >= _DIGITS:
        row.wrong("amount", f"{quantity:f} x {price:f} cannot be kept exactly.", "Write the amount of the line.")
        return None
    return amount


def _deal(row: Row) -> tuple[str | None, str]:
    """The name of the connection, None where the row says none, and the deal's id in the CRM."""
    said = row.text("deal")
    connection, colon, crm_id = said.partition(":")
    if not colon:
        return None, said
    if not connection.strip() or not crm_id.strip():
        row.wrong("deal", f"{said!r} names no deal.", "Write its id in the CRM, or connection:id.")
    return connection.strip(), crm_id.strip()


def _same(rules: Sequence[tuple[str, Hashable]]) -> list[Problem]:
    message = "the same row stands in {earlier}."
    return twice(rules, "item", message, "Give each an `item` of its own, such as a number, or take one out.")
