"""History of facts: what rows said before, and from when to when it was known

Safety: adds tables, triggers and columns with a default. An older `attain` works on; what it changes is dated by the
moment of its transaction.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TRACKED = {
    "absence": (("id",), ()),
    "activity": (("id",), ()),
    "custom_field": (("connection_id", "name"), ()),
    "deal_line": (("id",), ()),
    "entry": (("id",), ()),
    "fx_rate": (("id",), ()),
    "hierarchy_entry": (("id",), ()),
    "membership": (("id",), ()),
    "participant": (("id",), ("estimated_at",)),
    "participant_link": (("id",), ("seen_at",)),
    "payment": (("id",), ()),
    "plan": (("name",), ()),
    "plan_assignment": (("id",), ()),
    "quota": (("id",), ()),
}
_NOW = """
CREATE FUNCTION attain_now() RETURNS timestamptz LANGUAGE sql STABLE
AS $$ SELECT coalesce(nullif(current_setting('attain.now', true), '')::timestamptz, transaction_timestamp()) $$
"""
_KEEP = """
CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    key text[] := string_to_array(TG_ARGV[0], ',');
    ignored text[] := string_to_array(TG_ARGV[1], ',');
    history regclass := format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME || '_history')::regclass;
    columns text;
    said text;
    changed text := '';
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
           string_agg(format('old.%I', attname), ', ' ORDER BY attnum)
    INTO columns, said FROM pg_attribute
    WHERE attrelid = history AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('known_from', 'known_to');
    IF TG_OP = 'UPDATE' THEN
        changed := format(
            'JOIN after AS new ON %s AND to_jsonb(old) - $1 IS DISTINCT FROM to_jsonb(new) - $1',
            (SELECT string_agg(format('new.%1$I = old.%1$I', part), ' AND ') FROM unnest(key) AS part)
        );
    END IF;
    EXECUTE format(
        'INSERT INTO %1$s (%2$s, known_from, known_to)
         SELECT %3$s, greatest(old.recorded_at, last.at), greatest(%4$I.attain_now(), old.recorded_at, last.at)
         FROM before AS old %5$s
         LEFT JOIN LATERAL (SELECT max(known_to) AS at FROM %1$s AS kept WHERE %6$s) AS last ON true',
        history, columns, said, TG_TABLE_SCHEMA, changed,
        (SELECT string_agg(format('kept.%1$I = old.%1$I', part), ' AND ') FROM unnest(key) AS part)
    ) USING ignored;
    RETURN NULL;
END $$
"""
_TRIGGERS = """
CREATE TRIGGER history_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION keep_history('{key}', '{ignored}');
CREATE TRIGGER history_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION keep_history('{key}', '{ignored}');
"""


def upgrade() -> None:
    op.execute(_NOW)
    op.execute(_KEEP)
    for table in ("participant", "plan", "custom_field"):
        moment = sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("attain_now()"))
        moment.nullable = False
        op.add_column(table, moment)
    _date_what_is_there()
    for table, (key, ignored) in _TRACKED.items():
        op.execute(f"CREATE TABLE {table}_history (LIKE {table})")
        for moment_name in ("known_from", "known_to"):
            op.add_column(f"{table}_history", sa.Column(moment_name, sa.DateTime(timezone=True), nullable=False))
        name = op.f(f"ix_{table}_history_{'_'.join((*key, 'known_to'))}")
        op.create_index(name, f"{table}_history", [*key, "known_to"], unique=False)
        op.execute(_TRIGGERS.format(table=table, key=",".join(key), ignored=",".join(ignored)))


def _date_what_is_there() -> None:
    """Since when the rows of tables that did not say so are known: as early as anything about them is."""
    op.execute("""
        UPDATE participant SET recorded_at = coalesce(
            (SELECT min(recorded_at) FROM participant_link AS link WHERE link.participant_id = participant.id),
            recorded_at
        )
    """)
    op.execute("""
        UPDATE plan SET recorded_at = coalesce(
            (SELECT min(recorded_at) FROM plan_version WHERE plan_version.hash = plan.version),
            recorded_at
        )
    """)
    op.execute("UPDATE custom_field SET recorded_at = '1970-01-01 00:00:00+00'")
