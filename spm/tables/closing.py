"""Closed periods and the log of what people changed.

The statements of a closed period are rows of `statement` and `earning_line` like any other; triggers refuse every
change of them (the migration holds these), and `frozen_statement` keeps a digest of each, by which a change that got
past the triggers is seen. Rows of `audit_entry` hold each other together: the hash of each covers that of the one
before it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from spm.tables.base import Base


class AuditEntry(Base):
    """One change of the rules or of what is paid: by whom, when, of what. Never changed, never deleted."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "action", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, 3, ... without a gap."""
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    """`plan.apply`, `period.close`, ...: spm.store.audit lists them."""
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]
    """Texts and whole numbers alone, so that it is the same text again when it is read."""
    previous_hash: Mapped[str]
    hash: Mapped[str]


class AuditHead(Base):
    """The newest entry of the log, in its one row: entries cut off at the end are missed. Whoever adds one locks it."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("only_row", "only_row"),)

    only_row: Mapped[bool] = mapped_column(primary_key=True)
    id: Mapped[int]
    hash: Mapped[str]


class PeriodClose(Base):
    """A period that was closed, once for each time it was. `state` is closed, or reopened since."""

    __tablename__ = "period_close"
    __table_args__ = (
        Index("uq_period_close_closed", "period", unique=True, postgresql_where=text("state = 'closed'")),
        CheckConstraint("state IN ('closed', 'reopened')", "state"),
        CheckConstraint("(state = 'reopened') = (reopened_at IS NOT NULL)", "reopened"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    period: Mapped[str]
    kind: Mapped[str]
    """month, quarter, half or year; with its days as they were when it was closed, whatever the calendar says later."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[str]
    closed_at: Mapped[datetime]
    closed_by: Mapped[str]
    statements: Mapped[int]
    """How many were frozen."""
    hash: Mapped[str]
    """Over the digests of all of them."""
    waived: Mapped[dict[str, Any]]
    """`findings`: what the guard found and somebody closed over, each with their reason."""
    reopened_at: Mapped[datetime | None]
    reopened_by: Mapped[str | None]
    reopened_reason: Mapped[str | None]


class FrozenStatement(Base):
    """The digest of one statement with its lines, as it was closed. `archive` is what it said, once it was reopened."""

    __tablename__ = "frozen_statement"

    close_id: Mapped[int] = mapped_column(ForeignKey("period_close.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    digest: Mapped[str]
    archive: Mapped[dict[str, Any] | None]
    """`statement` and `lines`, as rows of their tables."""
