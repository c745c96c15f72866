"""Load what happened beside the deals: absences, entries, activities, payments, line items, adjustments.

`deals` is a statement that gives the numbers of the deals to load for, in its one column `id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
from psycopg import sql
from sqlalchemy import Connection

from spm.frames import ABSENCES, ACTIVITIES, ADJUSTMENTS, ENTRIES, ITEMS, PAYMENTS
from spm.store.bulk import Statement, copy_out
from spm.store.chosen import among
from spm.store.owners import OWNERS


def load_absences(conn: Connection, participants: Sequence[int] | None) -> pl.DataFrame:
    """All days of leave of these participants (frames.ABSENCES): a quota may reach out of any span."""
    query = sql.SQL("""
        SELECT participant.id, starts_on, ends_on, reason FROM absence JOIN participant USING (email)
        WHERE {} ORDER BY participant.id, starts_on, absence.id
    """)
    return copy_out(conn, query.format(among("participant.id", participants)), ABSENCES)


def load_entries(conn: Connection, participants: Sequence[int] | None, span: tuple[date, date]) -> pl.DataFrame:
    """The results entered by hand for days of the span (frames.ENTRIES)."""
    query = sql.SQL("""
        SELECT entry.id, item, participant.id, measure, happened_on, value, entry.currency, note
        FROM entry JOIN participant USING (email)
        WHERE {} AND happened_on BETWEEN {} AND {} ORDER BY entry.id
    """)
    return copy_out(conn, query.format(among("participant.id", participants), *map(sql.Literal, span)), ENTRIES)


def load_activities(conn: Connection, participants: Sequence[int] | None, span: tuple[date, date]) -> pl.DataFrame:
    """The activities of days of the span that these participants own (frames.ACTIVITIES)."""
    query = sql.SQL("""
        WITH owners AS ({owners}), wanted AS MATERIALIZED (SELECT * FROM owners WHERE {among})
        SELECT activity.id, activity.crm_id, wanted.participant_id, deal.id, activity.type, activity.subject,
               activity.happened_on, activity.status, activity.done, activity.duration_minutes
        FROM wanted JOIN activity USING (connection_id, owner_id)
        LEFT JOIN deal ON deal.connection_id = activity.connection_id AND deal.crm_id = activity.deal_crm_id
        WHERE activity.gone_at IS NULL AND activity.happened_on BETWEEN {first} AND {last} ORDER BY activity.id
    """)
    parts = {"first": sql.Literal(span[0]), "last": sql.Literal(span[1])}
    return copy_out(conn, query.format(owners=OWNERS, among=among("participant_id", participants), **parts), ACTIVITIES)


_OF_DEALS = """
    FROM ({deals}) AS chosen JOIN deal USING (id) JOIN connection ON connection.id = deal.connection_id
    JOIN {table} AS row ON row.deal_crm_id = deal.crm_id
    WHERE row.deal_connection = connection.name OR row.deal_connection IS NULL AND NOT EXISTS (
        SELECT FROM connection AS another JOIN deal AS same
          ON same.connection_id = another.id AND same.crm_id = deal.crm_id
        WHERE another.id <> connection.id
    )
    ORDER BY row.id
"""
"""A row that names no connection is of the one deal with its id; where there are two, of neither."""


def load_payments(conn: Connection, deals: Statement) -> pl.DataFrame:
    """All payments, invoices and refunds of these deals, whatever their day (frames.PAYMENTS)."""
    query = sql.SQL("SELECT row.id, deal.id, row.item, row.kind, row.happened_on, row.amount, row.currency" + _OF_DEALS)
    return copy_out(conn, query.format(deals=deals, table=sql.Identifier("payment")), PAYMENTS)


def load_items(conn: Connection, deals: Statement) -> pl.DataFrame:
    """The line items of these deals (frames.ITEMS)."""
    query = sql.SQL(
        "SELECT row.id, deal.id, row.item, row.product, row.family, row.quantity, row.price, row.amount" + _OF_DEALS
    )
    return copy_out(conn, query.format(deals=deals, table=sql.Identifier("deal_line")), ITEMS)


def load_adjustments(
    conn: Connection, participants: Sequence[int] | None, periods: Sequence[str] | None = None
) -> pl.DataFrame:
    """The adjustments that count (frames.ADJUSTMENTS), of the statements of these periods (None: all)."""
    named = sql.SQL("true") if periods is None else sql.SQL("period = ANY({})").format(sql.Literal(list(periods)))
    query = sql.SQL("""
        SELECT id, participant_id, period, amount, currency, component, deal_id, reason, author FROM adjustment
        WHERE withdrawn_at IS NULL AND {} AND {} ORDER BY id
    """)
    return copy_out(conn, query.format(among("participant_id", participants), named), ADJUSTMENTS)
