"""What the CRM is known to hold in our fields, and what is to be written there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from spm.tables.base import Base


class Written(Base):
    """The values our target fields hold in the CRM, as text, as last read or confirmed."""

    __tablename__ = "written"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    object_name: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(primary_key=True)
    values: Mapped[dict[str, Any]]
    """CRM field to text; a field without value is absent."""


class OutboxRow(Base):
    """The values one record is to get, and what became of them."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("connection_id", "object_name", "record_id"),
        Index(None, "state"),
        CheckConstraint("state IN ('pending', 'confirmed', 'rejected', 'retry', 'unknown')", "state"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    object_name: Mapped[str]
    record_id: Mapped[str]
    values: Mapped[dict[str, Any]]
    """CRM field to text, or to null where the field is to be cleared."""
    state: Mapped[str]
    code: Mapped[str]
    """The CRM's own word for a refusal."""
    message: Mapped[str]
    attempts: Mapped[int]
    queued_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
