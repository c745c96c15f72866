"""People who are paid, and the CRM users or owners they are known as.

The email is the identity: one person in two CRMs is one participant with two links. What each CRM says of the person
stays with its link; the participant's own columns are the first answer in the order of `spm.store.people`.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from spm.tables.base import Base


class Participant(Base):
    """A person who may be paid."""

    __tablename__ = "participant"
    __table_args__ = (CheckConstraint("email = lower(email)", "email_lower_case"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    team: Mapped[str | None] = mapped_column(index=True)
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"))
    currency: Mapped[str | None]
    active: Mapped[bool | None]
    hire_date: Mapped[date | None]
    leave_date: Mapped[date | None]
    estimated_at: Mapped[datetime | None]
    """When the estimates of their open deals last became different."""
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("attain_now()"))


class ParticipantLink(Base):
    """A participant as one CRM knows them: `owner_id` on deals, `record_id` to write results to."""

    __tablename__ = "participant_link"
    __table_args__ = (
        UniqueConstraint("connection_id", "crm_id"),
        Index(None, "connection_id", "owner_id"),
        Index(None, "participant_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    crm_id: Mapped[str]
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    email: Mapped[str]
    owner_id: Mapped[str]
    record_id: Mapped[str | None]
    name: Mapped[str | None]
    manager_owner_id: Mapped[str | None]
    team: Mapped[str | None]
    currency: Mapped[str | None]
    active: Mapped[bool | None]
    hire_date: Mapped[date | None]
    leave_date: Mapped[date | None]
    recorded_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class Membership(Base):
    """Who somebody reported to and in which team they were, by what the CRMs said. One row for each change.

    A spell starts on the day (UTC) the change became known; the first is for always (null), the present one has no end.
    A person has one spell a day. Where `hierarchy_entry` names the person, that stands in its place.
    """

    __tablename__ = "membership"
    __table_args__ = (
        Index(
            "uq_membership_present",
            "participant_id",
            unique=True,
            postgresql_where=text("ends_on IS NULL"),
        ),
        CheckConstraint("starts_on <= ends_on", "span"),
        Index(None, "participant_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"))
    team: Mapped[str | None]
    starts_on: Mapped[date | None]
    """Null: always."""
    ends_on: Mapped[date | None]
    """Inclusive; null is open."""
    recorded_at: Mapped[datetime]
