"""Load the facts of a calculation as frames, through COPY.

Asked for some participants, it brings the deals they own or share, with all splits of those deals (the shares of
others too, so that they can be added up), and everything else they need. Any batching gives the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
from psycopg import sql
from sqlalchemy import Connection

from spm.frames import ACTIVITIES, DEALS, FX_RATES, PARTICIPANTS, QUOTAS, SPLITS, Facts, Schema, empty
from spm.store.assigned import load_assignments
from spm.store.bulk import copy_out
from spm.store.chosen import among
from spm.store.custom import CustomColumn, custom_columns
from spm.store.happenings import (
    load_absences,
    load_activities,
    load_adjustments,
    load_entries,
    load_items,
    load_payments,
)
from spm.store.hierarchy import SPELLS, load_hierarchy
from spm.store.owners import OWNERS

_OWNER = {"owner_id": pl.String}
"""The CRM's own id of the owner, carried along so that problems can name it."""


def load_facts(
    conn: Connection,
    participant_ids: Sequence[int] | None,
    span: tuple[date, date],
    periods: pl.DataFrame,
    *,
    activities: bool = True,
) -> Facts:
    """What is known now of these participants (None: all, and of deals whose owner is nobody's).

    `span`: first and last day of deals, quotas, entries and activities, whole fiscal years; open deals, deals without a
    day and deals with a payment in the span come too. `periods` is the calendar (frames.PERIODS). `activities`: where
    no plan counts them there is no need to load them. Frames as in spm.frames; deals carry `owner_id` and the mappings'
    own fields besides.
    """
    own = custom_columns(conn)
    ids = _chosen_deals(participant_ids, span, own)
    return Facts(
        deals=_deals(conn, ids, own),
        splits=_splits(conn, ids),
        participants=_participants(conn, participant_ids),
        quotas=_quotas(conn, participant_ids, span),
        assignments=load_assignments(conn, participant_ids),
        fx_rates=load_rates(conn),
        periods=periods,
        hierarchy=load_hierarchy(conn, participant_ids),
        absences=load_absences(conn, participant_ids),
        items=load_items(conn, ids),
        activities=load_activities(conn, participant_ids, span) if activities else empty(ACTIVITIES),
        entries=load_entries(conn, participant_ids, span),
        payments=load_payments(conn, ids),
        adjustments=load_adjustments(conn, participant_ids, periods["period"].to_list()),
    )


def _chosen_deals(
    participants: Sequence[int] | None, span: tuple[date, date], own: Sequence[CustomColumn]
) -> sql.Composed:
    """Numbers of the deals to load."""
    days = [sql.SQL("deal.close_date"), *(column.value for column in own if column.dtype == pl.Date)]
    inside = sql.SQL(" OR ").join(
        sql.SQL("{} BETWEEN {} AND {}").format(day, sql.Literal(span[0]), sql.Literal(span[1])) for day in days
    )
    paid = sql.SQL("deal.crm_id IN (SELECT deal_crm_id FROM payment WHERE happened_on BETWEEN {} AND {})").format(
        *map(sql.Literal, span)
    )
    counts = sql.SQL("deal.gone_at IS NULL AND (deal.status = 'open' OR deal.close_date IS NULL OR {} OR {})").format(
        inside, paid
    )
    if participants is None:
        return sql.SQL("SELECT deal.id FROM deal WHERE ") + counts
    wanted = sql.SQL("SELECT connection_id, owner_id FROM owners WHERE participant_id = ANY({})").format(
        sql.Literal(list(participants))
    )
    return sql.SQL("""
        WITH owners AS ({owners}), wanted AS MATERIALIZED ({wanted})
        SELECT deal.id FROM wanted JOIN deal USING (connection_id, owner_id) WHERE {counts}
        UNION
        SELECT deal.id FROM wanted JOIN deal_split AS split USING (connection_id, owner_id)
        JOIN deal ON deal.connection_id = split.connection_id AND deal.crm_id = split.deal_crm_id
        WHERE split.superseded_at IS NULL AND {counts}
    """).format(owners=OWNERS, wanted=wanted, counts=counts)


def _deals(conn: Connection, ids: sql.Composed, own: Sequence[CustomColumn]) -> pl.DataFrame:
    custom = sql.SQL("").join(sql.SQL(", {}").format(column.value) for column in own)
    query = sql.SQL("""
        SELECT deal.id, connection.name, deal.crm_id, deal.name, deal.account, owners.participant_id, deal.amount,
               deal.currency, deal.close_date, deal.stage, deal.status, deal.deal_type, deal.probability,
               deal.created_at, deal.owner_id{custom}
        FROM ({ids}) AS chosen JOIN deal USING (id) JOIN connection ON connection.id = deal.connection_id
        LEFT JOIN ({owners}) AS owners USING (connection_id, owner_id)
        ORDER BY deal.id
    """).format(ids=ids, owners=OWNERS, custom=custom)
    schema: Schema = {**DEALS, **_OWNER, **{column.name: column.dtype for column in own}}
    return copy_out(conn, query, schema)


def _splits(conn: Connection, ids: sql.Composed) -> pl.DataFrame:
    query = sql.SQL("""
        SELECT split.id, deal.id, owners.participant_id, split.share, split.role, split.amount, split.owner_id
        FROM ({ids}) AS chosen JOIN deal USING (id)
        JOIN deal_split AS split ON split.connection_id = deal.connection_id AND split.deal_crm_id = deal.crm_id
        LEFT JOIN ({owners}) AS owners
          ON owners.connection_id = split.connection_id AND owners.owner_id = split.owner_id
        WHERE split.superseded_at IS NULL
        ORDER BY split.id
    """).format(ids=ids, owners=OWNERS)
    return copy_out(conn, query, {**SPLITS, **_OWNER})


def _participants(conn: Connection, participants: Sequence[int] | None) -> pl.DataFrame:
    query = sql.SQL(
        "SELECT id, email, name, team, currency, hire_date, leave_date FROM participant WHERE {} ORDER BY id"
    )
    return copy_out(conn, query.format(among("id", participants)), PARTICIPANTS)


def _quotas(conn: Connection, participants: Sequence[int] | None, span: tuple[date, date]) -> pl.DataFrame:
    """Quotas that touch the span, those of the teams that these people ever were in too. One from a file stands in the
    place of those from a CRM that it overlaps."""
    query = sql.SQL("""
        WITH known AS (
            SELECT coalesce(person.id, owners.participant_id) AS participant_id, person.id IS NOT NULL AS told,
                   measure, starts_on, ends_on, amount, quota.currency, quota.team, quota.id
            FROM quota LEFT JOIN ({owners}) AS owners USING (connection_id, owner_id)
            LEFT JOIN participant AS person ON person.email = quota.email
            WHERE quota.gone_at IS NULL
        )
        SELECT participant_id, measure, starts_on, ends_on, amount, currency, team FROM known
        WHERE ((participant_id IS NOT NULL AND {among}) OR (team IS NOT NULL AND {of_teams}))
          AND starts_on <= {last} AND ends_on >= {first}
          AND (told OR team IS NOT NULL OR NOT EXISTS (
              SELECT FROM known AS other
              WHERE other.told AND other.participant_id = known.participant_id AND other.measure = known.measure
                AND other.starts_on <= known.ends_on AND other.ends_on >= known.starts_on
          ))
        ORDER BY participant_id, team, measure, starts_on, id
    """)
    of_teams = sql.SQL("team IN (SELECT spell.team FROM ({}) AS spell WHERE {})").format(
        SPELLS, among("spell.participant_id", participants)
    )
    parts = {"first": sql.Literal(span[0]), "last": sql.Literal(span[1]), "owners": OWNERS}
    among_people = among("participant_id", participants)
    return copy_out(conn, query.format(among=among_people, of_teams=of_teams, **parts), QUOTAS)


def load_rates(conn: Connection) -> pl.DataFrame:
    """Exchange rates (frames.FX_RATES), each pair of currencies from one source: a file, else the connection set up
    first. Rates of two accounts are never mixed, also where one gives dollars for a euro, the other euros for a dollar.

    A CRM that does not name its own currency is taken to mean the only one it gives the rate 1; without such a one
    its rates cannot be used and are left out.
    """
    query = sql.SQL("""
        WITH own AS (
            SELECT connection_id, min(currency) AS base FROM fx_rate
            WHERE gone_at IS NULL AND rate = 1 AND connection_id IS NOT NULL
            GROUP BY connection_id HAVING count(DISTINCT currency) = 1
        ), known AS (
            SELECT coalesce(fx_rate.base, own.base) AS base, currency, rate, starts_on, connection_id, fx_rate.id
            FROM fx_rate LEFT JOIN own USING (connection_id) WHERE gone_at IS NULL AND rate > 0
        ), ranked AS (
            SELECT *, rank() OVER (
                PARTITION BY LEAST(base, currency), GREATEST(base, currency) ORDER BY connection_id NULLS FIRST
            ) AS place FROM known WHERE base IS NOT NULL AND base <> currency
        )
        SELECT base, currency, rate, starts_on FROM ranked WHERE place = 1 ORDER BY base, currency, starts_on, id
    """)
    return copy_out(conn, query, FX_RATES)
