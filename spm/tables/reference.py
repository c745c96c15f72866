"""What people set: quotas, rates, plans, who is on which plan, the fiscal calendar."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from spm.tables.base import Base


class Quota(Base):
    """A target for a span of days. From a CRM it names its owner there, from a CSV file an email or a team. Who that
    is, is asked when facts are loaded: a quota may come before its person."""

    __tablename__ = "quota"
    __table_args__ = (
        UniqueConstraint("connection_id", "source", "crm_id"),
        Index(None, "connection_id", "owner_id"),
        CheckConstraint("num_nonnulls(connection_id, email, team) = 1", "one_origin"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))
    source: Mapped[str]
    """The CRM object it was read from, or `csv`."""
    crm_id: Mapped[str | None]
    owner_id: Mapped[str | None]
    email: Mapped[str | None]
    team: Mapped[str | None]
    """Name of the team whose quota it is."""
    measure: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """Inclusive."""
    amount: Mapped[Decimal]
    currency: Mapped[str | None]
    recorded_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class FxRate(Base):
    """Units of `currency` for one unit of `base`, from `starts_on` on."""

    __tablename__ = "fx_rate"
    __table_args__ = (UniqueConstraint("connection_id", "source", "crm_id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))
    source: Mapped[str]
    """The CRM object it was read from, or `csv`."""
    crm_id: Mapped[str | None]
    base: Mapped[str | None]
    currency: Mapped[str]
    rate: Mapped[Decimal]
    starts_on: Mapped[date | None]
    """Null: always."""
    recorded_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class PlanVersion(Base):
    """The text of a plan, never edited: another text is another version."""

    __tablename__ = "plan_version"

    hash: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    recorded_at: Mapped[datetime]


class Plan(Base):
    """A plan in force and its present version."""

    __tablename__ = "plan"

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(ForeignKey("plan_version.hash"))
    shared: Mapped[bool] = mapped_column(server_default=false())
    """Whether pay on it hangs on other people's deals: then whoever joins or leaves it touches all who are on it."""
    watches_deals: Mapped[bool] = mapped_column(server_default=false())
    """Whether it credits people by rule for deals they have no part in: then every deal touches all who are on it."""
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("attain_now()"))


class PlanAssignment(Base):
    """Who is on a plan, and when. Who that is today is asked when facts are loaded."""

    __tablename__ = "plan_assignment"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", "span"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    who: Mapped[str]
    """An email, `team:NAME`, or `*` for everybody."""
    plan: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """Inclusive; null is open."""
    recorded_at: Mapped[datetime]


class Period(Base):
    """A period of the fiscal calendar, by the name people use."""

    __tablename__ = "period"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", "span"),)

    period: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """month, quarter, half or year."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
