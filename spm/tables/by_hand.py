"""What people keep in files of their own or enter by hand: hierarchy, absences, results, payments, line items.

Rows of a CSV file name people by email and deals by their id in the CRM, as they stand there: who and which that is, is
asked when facts are loaded, so a row may come before its person or its deal. Applying a file again adds the rows that
are new and deletes those that are no longer in it; a row is never updated. `recorded_at` is when it became known.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from spm.tables.base import Base


class HierarchyEntry(Base):
    """Who reports to whom, in which team, when (`plans.hierarchy`). For those it names it replaces `membership`."""

    __tablename__ = "hierarchy_entry"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", "span"), Index(None, "email"))

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    email: Mapped[str]
    manager: Mapped[str | None]
    """The manager's email."""
    team: Mapped[str | None]
    starts_on: Mapped[date | None]
    """Null: always."""
    ends_on: Mapped[date | None]
    """Inclusive; null is open."""
    recorded_at: Mapped[datetime]


class Absence(Base):
    """Days of leave (`plans.absences`)."""

    __tablename__ = "absence"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", "span"), Index(None, "email"))

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    email: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """Inclusive."""
    reason: Mapped[str | None]
    recorded_at: Mapped[datetime]


class Entry(Base):
    """A result entered by hand, such as an MBO (`plans.entries`)."""

    __tablename__ = "entry"
    __table_args__ = (Index(None, "email", "happened_on"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    email: Mapped[str]
    measure: Mapped[str]
    happened_on: Mapped[date]
    value: Mapped[Decimal]
    currency: Mapped[str | None]
    note: Mapped[str | None]
    item: Mapped[str | None]
    """The id people gave it."""
    recorded_at: Mapped[datetime]


class OfDeal:
    """How a row names its deal. Without `deal_connection` it is the one deal of any connection with that id."""

    deal_connection: Mapped[str | None]
    """Name of the connection."""
    deal_crm_id: Mapped[str]


class Payment(OfDeal, Base):
    """What happened to a deal once it was booked (`plans.payments`). A refund is a positive `refund`."""

    __tablename__ = "payment"
    __table_args__ = (Index(None, "deal_crm_id"), Index(None, "happened_on"))

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    """payment, invoice, refund, or a word of one's own."""
    happened_on: Mapped[date]
    amount: Mapped[Decimal | None]
    """Null: all of the deal."""
    currency: Mapped[str | None]
    """Null: the deal's."""
    item: Mapped[str | None]
    """The number of the invoice or payment."""
    recorded_at: Mapped[datetime]


class DealLine(OfDeal, Base):
    """A line item of a deal (`plans.line_items`)."""

    __tablename__ = "deal_line"
    __table_args__ = (Index(None, "deal_crm_id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    item: Mapped[str]
    """Its id, unique within the deal."""
    product: Mapped[str | None]
    family: Mapped[str | None]
    quantity: Mapped[Decimal | None]
    price: Mapped[Decimal | None]
    """Of a piece, in the deal's currency."""
    amount: Mapped[Decimal | None]
    """Of the line, in the deal's currency."""
    recorded_at: Mapped[datetime]


class Adjustment(Base):
    """What somebody decided to pay or take back by hand, on the statement of a period. Never edited nor deleted."""

    __tablename__ = "adjustment"
    __table_args__ = (Index(None, "participant_id", "period"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    period: Mapped[str]
    amount: Mapped[Decimal]
    currency: Mapped[str]
    component: Mapped[str | None]
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    reason: Mapped[str]
    author: Mapped[str]
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    """From then on it no longer counts."""
    withdrawn_by: Mapped[str | None]
    withdrawn_reason: Mapped[str | None]
