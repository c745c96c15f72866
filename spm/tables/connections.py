"""Connections to CRMs, how far each object has been read, runs and the problems they met."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from spm.tables.base import Base


class Connection(Base):
    """One CRM account, by the name the configuration gives it."""

    __tablename__ = "connection"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    """salesforce, hubspot, ..."""
    account_id: Mapped[str | None]
    """The CRM's id of the account its records came from; null where the account does not show itself."""


class StreamCursor(Base):
    """Where the next read of an object starts; committed with the page it belongs to."""

    __tablename__ = "stream_cursor"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    object_name: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[dict[str, Any]]
    """The connector's own: only stored here, never read."""


class SyncRun(Base):
    """One step of work (pull, calculate, write back): what it did, what it cost, how it ended."""

    __tablename__ = "sync_run"
    __table_args__ = (Index(None, "connection_id", "started_at"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))
    step: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str]
    """running, done, try_later, fix_settings, stopped, failed."""
    counts: Mapped[dict[str, Any]]
    calls: Mapped[dict[str, Any]]
    """HTTP calls by the connector's short names."""
    message: Mapped[str]


class OpenProblem(Base):
    """Something wrong with data or settings that a person can mend; gone when its scope is looked at again."""

    __tablename__ = "problem"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    scope: Mapped[str] = mapped_column(index=True)
    """What was looked at when it was found (`acme Opportunity`, `quotas`): the next look replaces it."""
    place: Mapped[str]
    field: Mapped[str]
    message: Mapped[str]
    hint: Mapped[str]
    severity: Mapped[str]
    found_at: Mapped[datetime]


SIGHTING = Table(
    "sighting",
    Base.metadata,
    Column("connection_id", BigInteger, nullable=False),
    Column("entity", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("crm_id", Text, nullable=False),
)
"""What a complete read under way has brought so far, so that what it did not bring is known at its end.

Rows are only added and cleared: to touch every record instead would rewrite the table at each complete read.
"""
