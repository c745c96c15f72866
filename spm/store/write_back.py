"""What is to stand in a CRM, as frames: one row a record of that CRM, `$id` being its id there.

Records without results now are among them, with nothing in their columns, so that what an earlier result left is
cleared. `calculated_at` only moves when the figures do.
"""

from __future__ import annotations

from datetime import date

import polars as pl
from psycopg import sql
from sqlalchemy import Connection

from spm.frames import MONEY, Schema
from spm.store.bulk import copy_out
from spm.store.deal_results import refresh_deals

_TIME = pl.Datetime("us", "UTC")
DEAL_RESULTS: Schema = {
    "$id": pl.String,
    "credited": MONEY,  # of the owner, in `currency`
    "commission": MONEY,  # of the owner
    "estimated_commission": MONEY,  # of the owner, while the deal is open
    "currency": pl.String,
    "explanation": pl.String,
    "period": pl.String,  # of the statement it was credited in
    "calculated_at": _TIME,
}
PARTICIPANT_RESULTS: Schema = {
    "$id": pl.String,
    "period": pl.String,  # the statement period that holds today
    "quota": MONEY,
    "credited": MONEY,
    "attainment": MONEY,  # 1 is 100 %
    "payout": MONEY,
    "forecast": MONEY,  # payout and the estimates of open deals closing in the period, by their probability
    "rank": pl.Int64,  # by attainment among all with a statement of this period; null without a quota
    "currency": pl.String,
    "calculated_at": _TIME,
}


def deal_results(conn: Connection, connection_id: int) -> pl.DataFrame:
    """DEAL_RESULTS of every deal of the connection that is not gone and has or once had results, or holds something in
    our fields all the same: typed there, copied from a deal that was merged into it, left by an earlier database.

    What calculations left to be told anew on deals is brought up to date first, in the caller's transaction.
    """
    refresh_deals(conn)
    query = sql.SQL("""
        SELECT deal.crm_id, credited, commission, estimated_commission, result.currency, explanation, period,
               calculated_at
        FROM deal LEFT JOIN deal_result AS result ON result.deal_id = deal.id
        WHERE deal.connection_id = {connection} AND deal.gone_at IS NULL AND (
            result.deal_id IS NOT NULL
            OR deal.crm_id IN (SELECT record_id FROM written WHERE connection_id = {connection} AND values <> '{{}}')
        ) ORDER BY deal.crm_id
    """)
    return copy_out(conn, query.format(connection=sql.Literal(connection_id)), DEAL_RESULTS)


def participant_results(conn: Connection, connection_id: int, *, today: date) -> pl.DataFrame:
    """PARTICIPANT_RESULTS of every person the connection has a record of, for the period that holds `today`.

    Where somebody has several such statements (a plan by month after one by quarter) the shortest period counts.
    """
    query = sql.SQL("""
        WITH present AS (
            SELECT DISTINCT ON (statement.participant_id) statement.*, period.starts_on, period.ends_on
            FROM statement JOIN period USING (period)
            WHERE {today} BETWEEN period.starts_on AND period.ends_on
            ORDER BY statement.participant_id, period.ends_on - period.starts_on, period.period
        ), ranked AS (
            SELECT *, CASE WHEN attainment IS NOT NULL
                THEN rank() OVER (PARTITION BY period ORDER BY attainment DESC NULLS LAST) END AS place
            FROM present
        ), people AS (
            SELECT DISTINCT record_id, participant_id FROM (
                SELECT DISTINCT ON (record_id) record_id, participant_id FROM participant_link
                WHERE connection_id = {connection} AND record_id IS NOT NULL AND gone_at IS NULL
                ORDER BY record_id, active IS FALSE, recorded_at DESC, id
            ) AS links
        )
        SELECT people.record_id, ranked.period, quota, credited, attainment, payout,
               (payout + coalesce(expected.amount, 0))::numeric(38, 10), place, ranked.currency,
               greatest(calculated_at, CASE WHEN calculated_at IS NOT NULL THEN participant.estimated_at END)
        FROM people JOIN participant ON participant.id = people.participant_id
        LEFT JOIN ranked ON ranked.participant_id = people.participant_id
        LEFT JOIN LATERAL (
            SELECT sum(estimate.amount * deal.probability) AS amount
            FROM estimate JOIN deal ON deal.id = estimate.deal_id
            WHERE estimate.participant_id = people.participant_id AND estimate.currency = ranked.currency
              AND deal.status = 'open' AND deal.gone_at IS NULL
              AND deal.close_date BETWEEN ranked.starts_on AND ranked.ends_on
        ) AS expected ON true
        ORDER BY people.record_id
    """)
    parts = {"today": sql.Literal(today), "connection": sql.Literal(connection_id)}
    return copy_out(conn, query.format(**parts), PARTICIPANT_RESULTS)
