"""Which deals show figures that are to be told anew; lines without a foreign key

Safety: adds a table and takes a constraint away. An older `attain` brings the figures on deals up to date itself, and
what it finds noted here is done once more by the newer.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deal_stale",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=True),
        sa.Column("participant_id", sa.BigInteger(), nullable=True),
        sa.Column("stale_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_stale")),
    )
    op.create_index(op.f("ix_deal_stale_deal_id"), "deal_stale", ["deal_id"], unique=False)
    op.drop_constraint(op.f("fk_earning_line_participant_id"), "earning_line", type_="foreignkey")
