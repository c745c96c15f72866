"""Parts of deals, as shares or amounts. A part that changes is a new row; the old one says until when it held.

So the split of a deal on any day can be read again, and a changed split counts as a change of its deal for all who
had or have a share in it, and for its owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from psycopg import sql
from sqlalchemy import Connection

from spm.store.bulk import run
from spm.store.deal_marks import deals_by_id
from spm.store.marks import mark_owners
from spm.store.merge import When
from spm.store.stored import Stored

_REPLACE = """
WITH held AS MATERIALIZED (  -- one by one through the indexes, as in merge.py
    SELECT one.* FROM page_deal_split AS page CROSS JOIN LATERAL (
        SELECT * FROM deal_split
        WHERE connection_id = %(connection)s AND crm_id = page.crm_id AND superseded_at IS NULL OFFSET 0
    ) AS one
    UNION
    SELECT one.* FROM unnest(%(parents)s::text[]) AS parent CROSS JOIN LATERAL (
        SELECT * FROM deal_split
        WHERE connection_id = %(connection)s AND deal_crm_id = parent AND superseded_at IS NULL OFFSET 0
    ) AS one
), same AS (
    SELECT held.id, crm_id FROM held JOIN page_deal_split AS page USING (crm_id)
    WHERE (held.deal_crm_id, held.owner_id, held.share, held.role, held.amount)
          IS NOT DISTINCT FROM (page.deal_crm_id, page.owner_id, page.share, page.role, page.amount)
), seen AS (
    UPDATE deal_split SET seen_at = %(seen_at)s WHERE id IN (SELECT id FROM same)
), closed AS (
    UPDATE deal_split SET superseded_at = %(now)s
    WHERE id IN (SELECT id FROM held EXCEPT SELECT id FROM same)
    RETURNING id
)
SELECT held.crm_id, held.deal_crm_id, held.owner_id, held.id IN (SELECT id FROM same) FROM held
"""
_ADD = """
INSERT INTO deal_split (connection_id, crm_id, deal_crm_id, owner_id, share, role, amount, recorded_at, seen_at)
SELECT %(connection)s, page.crm_id, page.deal_crm_id, page.owner_id, page.share, page.role, page.amount, %(now)s,
       %(seen_at)s
FROM page_deal_split AS page LEFT JOIN LATERAL (
    SELECT id FROM deal_split
    WHERE connection_id = %(connection)s AND crm_id = page.crm_id AND superseded_at IS NULL LIMIT 1
) AS held ON true
WHERE held.id IS NULL
RETURNING crm_id, deal_crm_id, owner_id
"""


def store_splits(conn: Connection, connection_id: int, parents: Sequence[str], when: When) -> Stored:
    """Make the page in the temporary table the present splits; those of `parents` that it lacks are closed."""
    values = {
        "connection": connection_id,
        "parents": list(parents),
        "now": when.now,
        "seen_at": when.seen_at or when.now,
    }
    held = run(conn, sql.SQL(_REPLACE), values)
    added = run(conn, sql.SQL(_ADD), values)
    closed = [row for row in held if not row[3]]
    before = {row[0] for row in closed}
    after = {row[0] for row in added}
    touched = [(deal, owner) for _, deal, owner, *_ in (*closed, *added)]
    deals, marked = touch_deals(conn, connection_id, touched, when.now.date())
    return Stored(len(after - before), len(before), len(held) - len(closed), deals, marked)


def touch_deals(
    conn: Connection, connection_id: int, touched: Sequence[tuple[str, str]], today: date
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Mark for changed splits, given as (deal, owner) in the CRM's ids. Returns the deals known and who was marked.

    A deal not read yet marks nobody: it marks owner and split owners itself when it comes.
    """
    deals = deals_by_id(conn, connection_id, sorted({deal for deal, _ in touched}), today)
    split = [(owner, deals[deal][2]) for deal, owner in touched if deal in deals]
    own = [(owner, since) for _, owner, since in deals.values()]
    present = [(deal, since) for deal, (_, _, since) in deals.items()]
    marked = mark_owners(conn, connection_id, [*split, *own], deals=present, cause="split")
    return tuple(sorted(number for number, _, _ in deals.values())), marked
