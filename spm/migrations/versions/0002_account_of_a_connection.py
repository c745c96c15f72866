"""Account of a connection

Safety: adds a nullable column that older code does not read.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connection", sa.Column("account_id", sa.Text(), nullable=True))
