"""Calls, emails, meetings and tasks."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from spm.tables.base import Base


class Activity(Base):
    """Something somebody did or is to do."""

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("connection_id", "source", "crm_id"),
        Index(None, "connection_id", "owner_id", "happened_on"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    source: Mapped[str]
    """The CRM object it was read from; a call and a task may have the same id."""
    crm_id: Mapped[str]
    type: Mapped[str]
    owner_id: Mapped[str | None]
    deal_crm_id: Mapped[str | None]
    subject: Mapped[str | None]
    happened_on: Mapped[date | None]
    status: Mapped[str | None]
    done: Mapped[bool | None]
    duration_minutes: Mapped[Decimal | None]
    changed_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
