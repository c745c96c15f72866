"""What the calculation found, with its whole cause, and what is to be calculated again."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Identity, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from spm.tables.base import Base


class Statement(Base):
    """What a participant earned in a period; the payout is the sum of its lines."""

    __tablename__ = "statement"

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    plan: Mapped[str | None]
    plan_version: Mapped[str | None]
    quota: Mapped[Decimal | None]
    credited: Mapped[Decimal | None]
    attainment: Mapped[Decimal | None]
    payout: Mapped[Decimal | None]
    currency: Mapped[str | None]
    hash: Mapped[str | None]
    """Over the lines."""
    earned: Mapped[Decimal | None]
    held: Mapped[Decimal | None]
    draw_balance: Mapped[Decimal | None]
    pay_currency: Mapped[str | None]
    pay_rate: Mapped[Decimal | None]
    pay_amount: Mapped[Decimal | None]
    calculated_at: Mapped[datetime]
    """When this result last became different."""


class EarningLine(Base):
    """One credit in one tier slice (deal, share, conversion, rate, amount), or one thing that changes what they earn.

    The columns of spm.frames.LINES. `from_participant_id` refers to nobody by constraint: lines come by the million.
    """

    __tablename__ = "earning_line"
    __table_args__ = (Index(None, "deal_id"),)

    # No foreign key: participants are never deleted, and the check would cost as much as the row.
    participant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    period: Mapped[str] = mapped_column(primary_key=True)
    line_no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    plan: Mapped[str | None]
    plan_version: Mapped[str | None]
    component: Mapped[str | None]
    cause: Mapped[str | None]
    deal_id: Mapped[int | None]
    role: Mapped[str | None]
    share: Mapped[Decimal | None]
    deal_amount: Mapped[Decimal | None]
    deal_currency: Mapped[str | None]
    fx_rate: Mapped[Decimal | None]
    credited: Mapped[Decimal | None]
    tier: Mapped[int | None] = mapped_column(Integer)
    tier_from: Mapped[Decimal | None]
    tier_to: Mapped[Decimal | None]
    rate: Mapped[Decimal | None]
    amount: Mapped[Decimal | None]
    currency: Mapped[str | None]
    from_participant_id: Mapped[int | None]
    item: Mapped[str | None]
    reason: Mapped[str | None]


class Estimate(Base):
    """What an open deal would add to a participant's payout if it were won today."""

    __tablename__ = "estimate"
    __table_args__ = (Index(None, "participant_id"),)

    deal_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    credited: Mapped[Decimal | None]
    amount: Mapped[Decimal | None]
    currency: Mapped[str | None]


class DealResult(Base):
    """What is to stand on a deal in its CRM: the owner's results. Nulls where it once had some and has none now."""

    __tablename__ = "deal_result"
    __table_args__ = (Index(None, "participant_id"),)

    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), primary_key=True)
    participant_id: Mapped[int | None]
    """The owner these results are of."""
    period: Mapped[str | None]
    credited: Mapped[Decimal | None]
    commission: Mapped[Decimal | None]
    estimated_commission: Mapped[Decimal | None]
    currency: Mapped[str | None]
    explanation: Mapped[str | None]
    calculated_at: Mapped[datetime]
    """When this result last became different."""


class DealStale(Base):
    """A deal whose result may be another than it shows, or a participant who was calculated. Rows are only added, and
    taken by whoever brings the results up to date."""

    __tablename__ = "deal_stale"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    deal_id: Mapped[int | None] = mapped_column(index=True)
    participant_id: Mapped[int | None]
    stale_at: Mapped[datetime]


class Dirty(Base):
    """A participant to calculate again, for what counts from `since` on (null: everything), and why.

    Rows are only added and taken, never updated: a mark made during a calculation waits for the next one.
    """

    __tablename__ = "dirty"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    since: Mapped[date | None]
    cause: Mapped[str]
