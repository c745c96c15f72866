"""What stands on a deal: credited amount, commission and estimate of its owner, and the sentence that explains them.

Kept in a table of its own, for two reasons: the stamp says when a deal's figures last changed, however often its
owner's statement did; and a deal that had figures and has none now is still known, so that its fields get cleared.

A calculation only notes, in its own transaction, whose figures may have changed (`deal_stale`); whoever wants to see
what stands on deals brings them up to date first, so that statements do not wait for sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, text

from spm.explain.deals import deal_explanations
from spm.frames import LINES, MONEY, Schema
from spm.plans import PlanVersion
from spm.store.bulk import copy_in, copy_out, run
from spm.store.owners import OWNERS
from spm.store.plan_versions import load_plan_versions

_RESULT: Schema = {
    "deal_id": pl.Int64,
    "participant_id": pl.Int64,
    "period": pl.String,
    "credited": MONEY,
    "commission": MONEY,
    "estimated_commission": MONEY,
    "currency": pl.String,
    "explanation": pl.String,
}
_AT_A_TIME = 20_000
"""Deals brought up to date together: bounds memory."""
_PAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS stale_deal (
        deal_id bigint PRIMARY KEY, participant_id bigint, stale_at timestamptz NOT NULL
    ) ON COMMIT DELETE ROWS
"""
_TAKE = """
    WITH taken AS (
        DELETE FROM deal_stale WHERE deal_id IN (
            SELECT deal_id FROM deal_stale WHERE deal_id IS NOT NULL ORDER BY deal_id LIMIT %(limit)s
        ) RETURNING deal_id, stale_at
    ), owners AS ({owners})
    INSERT INTO stale_deal (deal_id, participant_id, stale_at)
    SELECT deal.id, CASE WHEN deal.gone_at IS NULL THEN owners.participant_id END, taken.stale_at
    FROM (SELECT deal_id, max(stale_at) AS stale_at FROM taken GROUP BY deal_id) AS taken
    JOIN deal ON deal.id = taken.deal_id LEFT JOIN owners USING (connection_id, owner_id)
"""
_MOVED = """
    WITH people AS MATERIALIZED (
        DELETE FROM deal_stale WHERE participant_id IS NOT NULL RETURNING participant_id, stale_at
    ), who AS MATERIALIZED (
        SELECT participant_id, max(stale_at) AS stale_at FROM people GROUP BY participant_id
    ), owners AS MATERIALIZED ({owners})
    INSERT INTO deal_stale (deal_id, stale_at)
    SELECT result.deal_id, who.stale_at
    FROM who JOIN deal_result AS result USING (participant_id)
    JOIN deal ON deal.id = result.deal_id LEFT JOIN owners USING (connection_id, owner_id)
    WHERE owners.participant_id IS DISTINCT FROM result.participant_id
    UNION
    SELECT deal.id, who.stale_at
    FROM who JOIN owners USING (participant_id) JOIN deal USING (connection_id, owner_id)
    JOIN deal_split AS split ON split.connection_id = deal.connection_id AND split.deal_crm_id = deal.crm_id
    LEFT JOIN deal_result AS result ON result.deal_id = deal.id
    WHERE result.participant_id IS DISTINCT FROM owners.participant_id
      AND (
        EXISTS (SELECT FROM earning_line AS kept
                WHERE kept.deal_id = deal.id AND kept.participant_id = owners.participant_id)
        OR EXISTS (SELECT FROM estimate AS kept
                   WHERE kept.deal_id = deal.id AND kept.participant_id = owners.participant_id)
      )
"""
"""Deals whose owner is another than the one whose results they show. With splits, nobody's lines need have changed."""
_STORE = """
    INSERT INTO deal_result AS held ({columns}, calculated_at)
    SELECT {page}, stale.stale_at FROM page_deal_result AS page JOIN stale_deal AS stale USING (deal_id)
    WHERE (page.commission, page.estimated_commission) IS DISTINCT FROM (NULL, NULL)
       OR EXISTS (SELECT FROM deal_result WHERE deal_id = page.deal_id)
    ON CONFLICT (deal_id) DO UPDATE SET ({columns}, calculated_at) = ({excluded}, excluded.calculated_at)
    WHERE ({held}) IS DISTINCT FROM ({excluded})
"""


def note_stale(conn: Connection, deals: Iterable[int], participants: Sequence[int], *, now: datetime) -> None:
    """Note that the figures on these deals may be others than they show, and that these people were calculated."""
    kinds = {"deal_id": pl.Int64, "participant_id": pl.Int64}
    rows = [
        pl.DataFrame({"deal_id": sorted(set(deals))}, schema={"deal_id": pl.Int64}),
        pl.DataFrame({"participant_id": sorted(set(participants))}, schema={"participant_id": pl.Int64}),
    ]
    noted = pl.concat(rows, how="diagonal").select(*kinds).cast(kinds)  # type: ignore[arg-type]
    copy_in(conn, "deal_stale", noted.with_columns(stale_at=pl.lit(now).cast(pl.Datetime("us", "UTC"))))


def refresh_deals(conn: Connection) -> None:
    """Bring the figures on deals that a calculation touched to what is now kept.

    A deal shows its owner's results alone: who only shares it finds theirs in the statement. The credited amount is
    that of the first component that credits the deal; components after it would count the same money again.
    """
    if not conn.scalar(text("SELECT EXISTS (SELECT FROM deal_stale)")):
        return
    conn.execute(text(_PAGE))
    run(conn, sql.SQL(_MOVED).format(owners=OWNERS), {})
    while _take(conn):
        _refresh(conn)


def _take(conn: Connection) -> bool:
    conn.execute(text("DELETE FROM stale_deal"))
    run(conn, sql.SQL(_TAKE).format(owners=OWNERS), {"limit": _AT_A_TIME})
    return bool(conn.scalar(text("SELECT EXISTS (SELECT FROM stale_deal)")))


def _refresh(conn: Connection) -> None:
    query = sql.SQL("SELECT deal_id, participant_id FROM stale_deal")
    deals = copy_out(conn, query, {"deal_id": pl.Int64, "participant_id": pl.Int64})
    lines = _of_owners(conn, "earning_line", LINES)
    estimates = _of_owners(conn, "estimate", _ESTIMATE)
    plans = load_plan_versions(conn, lines["plan_version"].drop_nulls().unique().to_list())
    _store(conn, _figures(deals, lines, estimates, plans))


_ESTIMATE: Schema = {
    "deal_id": pl.Int64,
    "participant_id": pl.Int64,
    "amount": MONEY,
    "currency": pl.String,
}


def _of_owners(conn: Connection, table: str, schema: Schema) -> pl.DataFrame:
    columns = sql.SQL(", ").join(sql.Identifier("row", name) for name in schema)
    query = sql.SQL("SELECT {} FROM {} AS row JOIN stale_deal USING (deal_id, participant_id)")
    return copy_out(conn, query.format(columns, sql.Identifier(table)), schema)


def _figures(
    deals: pl.DataFrame, lines: pl.DataFrame, estimates: pl.DataFrame, plans: Sequence[PlanVersion]
) -> pl.DataFrame:
    ordered = lines.sort("deal_id", "period", "line_no")
    credit = ordered.filter(pl.col("cause") == "credit")
    first = credit.group_by("deal_id", maintain_order=True).agg(pl.col("period", "plan_version", "component").first())
    credited = (
        credit.join(first, on=["deal_id", "plan_version", "component"], how="semi")
        .group_by("deal_id")
        .agg(pl.col("credited").sum())
    )
    earned = ordered.group_by("deal_id").agg(commission=pl.col("amount").sum(), earned_in=pl.col("currency").last())
    estimated = estimates.select("deal_id", estimated_commission="amount", estimated_in="currency")
    joined = deals
    for part in (first.select("deal_id", "period"), credited, earned, estimated, deal_explanations(ordered, plans)):
        joined = joined.join(part, on="deal_id", how="left")
    return joined.with_columns(currency=pl.coalesce("earned_in", "estimated_in")).select(*_RESULT)


def _store(conn: Connection, figures: pl.DataFrame) -> None:
    conn.execute(
        text("DELETE FROM page_deal_result")
        if conn.scalar(text("SELECT to_regclass('pg_temp.page_deal_result')"))
        else text("CREATE TEMPORARY TABLE page_deal_result (LIKE deal_result) ON COMMIT DELETE ROWS")
    )
    conn.execute(text("ALTER TABLE page_deal_result ALTER calculated_at DROP NOT NULL"))
    copy_in(conn, "page_deal_result", figures)
    columns = list(_RESULT)
    statement = sql.SQL(_STORE).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        page=sql.SQL(", ").join(sql.Identifier("page", name) for name in columns),
        held=sql.SQL(", ").join(sql.Identifier("held", name) for name in columns),
        excluded=sql.SQL(", ").join(sql.Identifier("excluded", name) for name in columns),
    )
    run(conn, statement, {})
