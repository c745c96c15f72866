"""The end of every statement that changes facts: mark whose pay they can change, in that same statement.

It works on a common table expression `changed`: id, is_new, crm_id, owner_before, owner_after and `since`, the first
day the change matters for (null: always). An owner nobody is linked to yet marks nobody; the link that comes later
does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from spm.store.bulk import run
from spm.store.shapes import Shape, Touches
from spm.store.stored import Stored
from spm.store.watchers import WATCHERS

_OWNERS = """
    SELECT owner_before AS owner_id, since FROM changed UNION ALL SELECT owner_after, since FROM changed
"""
_SHARES = """
    UNION ALL
    SELECT split.owner_id, changed.since FROM changed CROSS JOIN LATERAL (
        SELECT owner_id FROM deal_split
        WHERE connection_id = %(connection)s AND deal_crm_id = changed.crm_id AND superseded_at IS NULL OFFSET 0
    ) AS split
"""
_FIRST = "CASE WHEN bool_or(since IS NULL) THEN NULL ELSE min(since) END"
_LINKED = """
    SELECT link.participant_id, touched.since
    FROM (SELECT owner_id, {first} AS since FROM ({owners}) AS every GROUP BY owner_id) AS touched
    JOIN participant_link AS link ON link.connection_id = %(connection)s AND link.owner_id = touched.owner_id
"""
_WATCHING = """
    UNION ALL SELECT watcher.participant_id, touched.since
    FROM ({watchers}) AS watcher CROSS JOIN (SELECT {first} AS since FROM changed HAVING count(*) > 0) AS touched
"""
_EVERYBODY = "SELECT participant.id AS participant_id, changed.since FROM participant CROSS JOIN changed"
_NOBODY = "SELECT 0::bigint AS participant_id, NULL::date AS since WHERE false"
_END = """, marked AS (
    INSERT INTO dirty (participant_id, since, cause)
    SELECT participant_id, {first}, %(cause)s FROM ({people}) AS people GROUP BY participant_id
    RETURNING participant_id
)
SELECT count(*) FILTER (WHERE is_new), count(*), array_agg(id ORDER BY id),
       (SELECT array_agg(participant_id ORDER BY participant_id) FROM marked)
FROM changed
"""


def run_marking(conn: Connection, shape: Shape, statement: sql.Composed, values: Mapping[str, Any]) -> Stored:
    """Run a statement that ends in the expression `changed`, and mark; `unchanged` is left at 0.

    `values` has the connection's number as `connection` besides what the statement needs.
    """
    row = run(conn, statement + _end(shape.touches), {**values, "cause": shape.entity})[0]
    new, changed, ids, marked = row
    deals = tuple(ids or ()) if shape.entity == "deal" else ()
    return Stored(new, changed - new, 0, deals, tuple(marked or ()))


def _end(touches: Touches) -> sql.Composed:
    return sql.SQL(_END).format(first=sql.SQL(_FIRST), people=_people(touches))


def _people(touches: Touches) -> sql.Composable:
    if touches == "everybody":
        return sql.SQL(_EVERYBODY)
    if touches == "nobody":
        return sql.SQL(_NOBODY)
    if touches == "owners":
        return sql.SQL(_LINKED).format(first=sql.SQL(_FIRST), owners=sql.SQL(_OWNERS))
    watching = sql.SQL(_WATCHING).format(watchers=WATCHERS, first=sql.SQL(_FIRST))
    return sql.SQL(_LINKED).format(first=sql.SQL(_FIRST), owners=sql.SQL(_OWNERS + _SHARES)) + watching
