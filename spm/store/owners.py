"""Whose an owner id is: the one expression that joins the CRM's ids to participants, wherever facts are read."""

from __future__ import annotations

from psycopg import sql

OWNERS = sql.SQL("""
    SELECT DISTINCT ON (connection_id, owner_id) connection_id, owner_id, participant_id
    FROM participant_link
    ORDER BY connection_id, owner_id, gone_at IS NOT NULL, recorded_at DESC, id
""")
"""One row for each connection and owner id. Where an account names one owner id twice, the record it still has counts,
then the one learned last. A person whose record is gone keeps their deals."""
