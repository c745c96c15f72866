"""Closed periods, the audit log, who took an adjustment back

Safety: adds tables, nullable columns and triggers. An older `attain` that meets a closed period is refused by the
triggers, as it should be: it would change what was paid.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REFUSE = """
CREATE FUNCTION refuse_change_of_closed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE closed text;
BEGIN
    EXECUTE format(
        'SELECT changed.period FROM changed JOIN %I.period_close USING (period) WHERE state = ''closed'' LIMIT 1',
        TG_TABLE_SCHEMA
    ) INTO closed;
    IF closed IS NOT NULL THEN
        RAISE EXCEPTION 'the period % is closed: its statements do not change', closed
        USING ERRCODE = 'restrict_violation', HINT = format('What is learned later goes to the open period by itself. '
            'Else: attain period reopen %s --by NAME --reason TEXT', closed);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_truncation_of_closed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE closed text;
BEGIN
    EXECUTE format('SELECT period FROM %I.period_close WHERE state = ''closed'' LIMIT 1', TG_TABLE_SCHEMA) INTO closed;
    IF closed IS NOT NULL THEN
        RAISE EXCEPTION 'the period % is closed: its statements do not change', closed
        USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_change_of_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION refuse_change_of_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'closed' AND NEW.state = 'reopened'
       AND (OLD.id, OLD.period, OLD.kind, OLD.starts_on, OLD.ends_on, OLD.closed_at, OLD.closed_by, OLD.statements,
            OLD.hash, OLD.waived)
         = (NEW.id, NEW.period, NEW.kind, NEW.starts_on, NEW.ends_on, NEW.closed_at, NEW.closed_by, NEW.statements,
            NEW.hash, NEW.waived) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the closing of % is kept as it was; it can be reopened', OLD.period
    USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change_of_kept();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON audit_entry EXECUTE FUNCTION refuse_change_of_kept();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON period_close FOR EACH ROW EXECUTE FUNCTION refuse_change_of_close();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON period_close EXECUTE FUNCTION refuse_change_of_kept();
INSERT INTO audit_head (only_row, id, hash) VALUES (true, 0, '');
"""
_TRIGGERS = """
CREATE TRIGGER closed_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_closed();
CREATE TRIGGER closed_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_closed();
CREATE TRIGGER closed_update_from AFTER UPDATE ON {table} REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_closed();
CREATE TRIGGER closed_update_to AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_closed();
CREATE TRIGGER closed_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_truncation_of_closed();
"""


def upgrade() -> None:
    _audit()
    _closes()
    op.add_column("adjustment", sa.Column("withdrawn_by", sa.Text(), nullable=True))
    op.add_column("adjustment", sa.Column("withdrawn_reason", sa.Text(), nullable=True))
    op.execute(_REFUSE)
    for table in ("statement", "earning_line"):
        op.execute(_TRIGGERS.format(table=table))


def _audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_action_subject"), "audit_entry", ["action", "subject"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("only_row", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("only_row", name=op.f("ck_audit_head_only_row")),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_audit_head")),
    )


def _closes() -> None:
    op.create_table(
        "period_close",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("statements", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("waived", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened_by", sa.Text(), nullable=True),
        sa.Column("reopened_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('closed', 'reopened')", name=op.f("ck_period_close_state")),
        sa.CheckConstraint("(state = 'reopened') = (reopened_at IS NOT NULL)", name=op.f("ck_period_close_reopened")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_close")),
    )
    op.create_index(
        "uq_period_close_closed", "period_close", ["period"], unique=True, postgresql_where=sa.text("state = 'closed'")
    )
    op.create_table(
        "frozen_statement",
        sa.Column("close_id", sa.BigInteger(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("archive", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["close_id"], ["period_close.id"], name=op.f("fk_frozen_statement_close_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_frozen_statement_participant_id")
        ),
        sa.PrimaryKeyConstraint("close_id", "participant_id", name=op.f("pk_frozen_statement")),
    )
