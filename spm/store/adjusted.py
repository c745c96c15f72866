"""The adjustments that count, as the calculation takes them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from psycopg import sql
from sqlalchemy import Connection

from spm.frames import ADJUSTMENTS
from spm.store.bulk import copy_out


def load_adjustments(conn: Connection, participants: Sequence[int] | None) -> pl.DataFrame:
    """The adjustments that were not undone (frames.ADJUSTMENTS), of these participants (None: all)."""
    chosen = sql.Literal(None if participants is None else list(participants))
    query = sql.SQL("""
        SELECT id, participant_id, period, amount, currency, component, deal_id, reason, author
        FROM adjustment
        WHERE withdrawn_at IS NULL AND ({ids}::bigint[] IS NULL OR participant_id = ANY({ids}::bigint[]))
        ORDER BY id
    """).format(ids=chosen)
    return copy_out(conn, query, ADJUSTMENTS)
