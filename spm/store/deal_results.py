"""What stands on a deal: credited amount, commission and estimate of its owner, and the sentence that explains them.

Kept in a table of its own, for two reasons: the stamp says when a deal's figures last changed, however often its
owner's statement did; and a deal that had figures and has none now is still known, so that its fields get cleared.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, text

from spm.explain.deals import deal_explanations
from spm.frames import LINES, MONEY, Schema
from spm.plans import PlanVersion
from spm.store.bulk import Statement, copy_in, copy_out, run
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
_MOVED = """
    WITH owners AS ({owners})
    SELECT result.deal_id
    FROM deal_result AS result JOIN deal ON deal.id = result.deal_id LEFT JOIN owners USING (connection_id, owner_id)
    WHERE result.participant_id = ANY(%(people)s) AND owners.participant_id IS DISTINCT FROM result.participant_id
    UNION
    SELECT deal.id
    FROM owners JOIN deal USING (connection_id, owner_id)
    JOIN deal_split AS split ON split.connection_id = deal.connection_id AND split.deal_crm_id = deal.crm_id
    LEFT JOIN deal_result AS result ON result.deal_id = deal.id
    WHERE owners.participant_id = ANY(%(people)s) AND result.participant_id IS DISTINCT FROM owners.participant_id
      AND (
        EXISTS (SELECT FROM earning_line AS kept
                WHERE kept.deal_id = deal.id AND kept.participant_id = owners.participant_id)
        OR EXISTS (SELECT FROM estimate AS kept
                   WHERE kept.deal_id = deal.id AND kept.participant_id = owners.participant_id)
      )
"""
"""Deals whose owner is another than the one whose results they show. With splits, nobody's lines need have changed."""
_AFFECTED = """
    WITH owners AS ({owners})
    SELECT deal.id AS deal_id, CASE WHEN deal.gone_at IS NULL THEN owners.participant_id END AS participant_id
    FROM deal LEFT JOIN owners USING (connection_id, owner_id) WHERE deal.id = ANY({deals})
"""
_STORE = """
    INSERT INTO deal_result AS held ({columns}, calculated_at)
    SELECT {columns}, %(now)s FROM page_deal_result AS page
    WHERE (page.commission, page.estimated_commission) IS DISTINCT FROM (NULL, NULL)
       OR EXISTS (SELECT FROM deal_result WHERE deal_id = page.deal_id)
    ON CONFLICT (deal_id) DO UPDATE SET ({columns}, calculated_at) = ({excluded}, %(now)s)
    WHERE ({held}) IS DISTINCT FROM ({excluded})
"""


def refresh_deals(conn: Connection, touched: Set[int], participants: Sequence[int], *, now: datetime) -> None:
    """Bring the results of these deals, and of those that changed hands among the participants, to what is now kept.

    A deal shows its owner's results alone: who only shares it finds theirs in the statement. The credited amount is
    that of the first component that credits the deal; components after it would count the same money again.
    """
    moved = run(conn, sql.SQL(_MOVED).format(owners=OWNERS), {"people": list(participants)})
    deals_touched = sorted({*touched, *(deal for (deal,) in moved)})
    if not deals_touched:
        return
    affected = sql.SQL(_AFFECTED).format(owners=OWNERS, deals=sql.Literal(deals_touched))
    deals = copy_out(conn, affected, {"deal_id": pl.Int64, "participant_id": pl.Int64})
    lines = _of_owners(conn, affected, "earning_line", LINES)
    estimates = _of_owners(conn, affected, "estimate", _ESTIMATE)
    plans = load_plan_versions(conn, lines["plan_version"].drop_nulls().unique().to_list())
    _store(conn, _figures(deals, lines, estimates, plans), now)


_ESTIMATE: Schema = {
    "deal_id": pl.Int64,
    "participant_id": pl.Int64,
    "amount": MONEY,
    "currency": pl.String,
}


def _of_owners(conn: Connection, affected: Statement, table: str, schema: Schema) -> pl.DataFrame:
    columns = sql.SQL(", ").join(sql.Identifier("row", name) for name in schema)
    query = sql.SQL("SELECT {} FROM {} AS row JOIN ({}) AS affected USING (deal_id, participant_id)")
    return copy_out(conn, query.format(columns, sql.Identifier(table), affected), schema)


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


def _store(conn: Connection, figures: pl.DataFrame, now: datetime) -> None:
    conn.execute(
        text("DELETE FROM page_deal_result")
        if conn.scalar(text("SELECT to_regclass('pg_temp.page_deal_result')"))
        else text("CREATE TEMPORARY TABLE page_deal_result (LIKE deal_result) ON COMMIT DELETE ROWS")
    )
    stamped = figures.with_columns(calculated_at=pl.lit(now).cast(pl.Datetime("us", "UTC")))
    copy_in(conn, "page_deal_result", stamped)
    columns = list(_RESULT)
    statement = sql.SQL(_STORE).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        held=sql.SQL(", ").join(sql.Identifier("held", name) for name in columns),
        excluded=sql.SQL(", ").join(sql.Identifier("excluded", name) for name in columns),
    )
    run(conn, statement, {"now": now})
