"""Hierarchy, absences, entries, payments, line items, adjustments; what draws, holds and roll-ups show

Safety: adds tables and nullable columns, and loosens two constraints (a quota may be of a team, a part of a deal an
amount). An older `attain` reads none of it until a file gives such rows, which it cannot.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_absence_span")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_email"), "absence", ["email"], unique=False)
    op.create_table(
        "deal_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("family", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=38, scale=10), nullable=True),
        sa.Column("price", sa.Numeric(precision=38, scale=10), nullable=True),
        sa.Column("amount", sa.Numeric(precision=38, scale=10), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deal_connection", sa.Text(), nullable=True),
        sa.Column("deal_crm_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_line")),
    )
    op.create_index(op.f("ix_deal_line_deal_crm_id"), "deal_line", ["deal_crm_id"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("value", sa.Numeric(precision=38, scale=10), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
    )
    op.create_index(op.f("ix_entry_email_happened_on"), "entry", ["email", "happened_on"], unique=False)
    op.create_table(
        "hierarchy_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("manager", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_hierarchy_entry_span")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hierarchy_entry")),
    )
    op.create_index(op.f("ix_hierarchy_entry_email"), "hierarchy_entry", ["email"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=38, scale=10), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deal_connection", sa.Text(), nullable=True),
        sa.Column("deal_crm_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
    )
    op.create_index(op.f("ix_payment_deal_crm_id"), "payment", ["deal_crm_id"], unique=False)
    op.create_index(op.f("ix_payment_happened_on"), "payment", ["happened_on"], unique=False)
    op.create_table(
        "membership",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("manager_id", sa.BigInteger(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_membership_span")),
        sa.ForeignKeyConstraint(["manager_id"], ["participant.id"], name=op.f("fk_membership_manager_id")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_membership_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_participant_id"), "membership", ["participant_id"], unique=False)
    op.create_index(
        "uq_membership_present",
        "membership",
        ["participant_id"],
        unique=True,
        postgresql_where=sa.text("ends_on IS NULL"),
    )
    op.create_table(
        "adjustment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=38, scale=10), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=True),
        sa.Column("deal_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_adjustment_deal_id")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_adjustment_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
    )
    op.create_index(
        op.f("ix_adjustment_participant_id_period"), "adjustment", ["participant_id", "period"], unique=False
    )
    op.add_column("deal_split", sa.Column("amount", sa.Numeric(precision=38, scale=10), nullable=True))
    op.alter_column("deal_split", "share", existing_type=sa.NUMERIC(precision=38, scale=10), nullable=True)
    op.add_column("earning_line", sa.Column("from_participant_id", sa.BigInteger(), nullable=True))
    op.add_column("earning_line", sa.Column("item", sa.Text(), nullable=True))
    op.add_column("earning_line", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("plan", sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("plan", sa.Column("watches_deals", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("quota", sa.Column("team", sa.Text(), nullable=True))
    op.add_column("statement", sa.Column("earned", sa.Numeric(precision=38, scale=10), nullable=True))
    op.add_column("statement", sa.Column("held", sa.Numeric(precision=38, scale=10), nullable=True))
    op.add_column("statement", sa.Column("draw_balance", sa.Numeric(precision=38, scale=10), nullable=True))
    op.add_column("statement", sa.Column("pay_currency", sa.Text(), nullable=True))
    op.add_column("statement", sa.Column("pay_rate", sa.Numeric(precision=38, scale=10), nullable=True))
    op.add_column("statement", sa.Column("pay_amount", sa.Numeric(precision=38, scale=10), nullable=True))
    op.create_check_constraint(
        op.f("ck_deal_split_share_or_amount"), "deal_split", "share IS NOT NULL OR amount IS NOT NULL"
    )
    op.drop_constraint(op.f("ck_quota_one_origin"), "quota")
    op.create_check_constraint(op.f("ck_quota_one_origin"), "quota", "num_nonnulls(connection_id, email, team) = 1")
    op.execute("""
        INSERT INTO membership (participant_id, manager_id, team, recorded_at)
        SELECT id, manager_id, team, now() FROM participant
    """)
