"""Deals, every content they ever had, and how they are split.

Two dates: `close_date` says when a deal counts, `recorded_at` when we knew. `deal_version` keeps each content with
the moment it became known, and the deletions between; `deal_split` rows are valid from `recorded_at` until
`superseded_at`. So what was known on any day can be read again.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from spm.tables.base import Base


class DealContent:
    """The columns a mapping fills. `owner_id` is the CRM's id: whose that is, is asked when facts are loaded."""

    name: Mapped[str | None]
    account: Mapped[str | None]
    owner_id: Mapped[str | None]
    amount: Mapped[Decimal | None]
    currency: Mapped[str | None]
    close_date: Mapped[date | None]
    stage: Mapped[str | None]
    status: Mapped[str]
    deal_type: Mapped[str | None]
    probability: Mapped[Decimal | None]
    created_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    """When the CRM last changed it. Not content: a deal that only has a new `changed_at` has not changed."""
    custom: Mapped[dict[str, Any]]
    """The mapping's own fields; kinds in `custom_field`. Numbers as text with ten places, so that they stay exact."""


class Deal(DealContent, Base):
    """An opportunity or deal as it is now known."""

    __tablename__ = "deal"
    __table_args__ = (
        UniqueConstraint("connection_id", "crm_id"),
        Index(None, "connection_id", "owner_id", "close_date"),
        Index(None, "close_date"),
        CheckConstraint("status IN ('open', 'won', 'lost')", "status"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    crm_id: Mapped[str]
    version: Mapped[int]
    """Number of its newest `deal_version`."""
    recorded_at: Mapped[datetime]
    """When the present content became known."""
    gone_at: Mapped[datetime | None]
    """When it was found deleted, archived or merged away."""


class DealVersion(DealContent, Base):
    """One content of a deal, from `recorded_at` to the `recorded_at` of the next version."""

    __tablename__ = "deal_version"

    # No foreign key: deals are never deleted, and the check would cost as much as the row.
    deal_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime]
    gone: Mapped[bool]
    """True where this version says that the CRM no longer had the deal."""


class DealSplit(Base):
    """A part of a deal, as a share of it or as an amount in its currency; changed parts are new rows."""

    __tablename__ = "deal_split"
    __table_args__ = (
        Index(
            "uq_deal_split_current",
            "connection_id",
            "crm_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(None, "connection_id", "deal_crm_id"),
        Index(None, "connection_id", "owner_id"),
        CheckConstraint("share IS NOT NULL OR amount IS NOT NULL", "share_or_amount"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    crm_id: Mapped[str]
    deal_crm_id: Mapped[str]
    """The deal's id in the CRM: a split may be read before its deal."""
    owner_id: Mapped[str]
    share: Mapped[Decimal | None]
    role: Mapped[str | None]
    amount: Mapped[Decimal | None]
    """Where it is there, it counts and not the share."""
    recorded_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class CustomField(Base):
    """The kind of a field that a mapping added to deals."""

    __tablename__ = "custom_field"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """text, number, date, datetime or boolean."""
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("attain_now()"))
