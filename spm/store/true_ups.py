"""What closed periods have paid, read back, and the results brought into line with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl
from psycopg import sql
from sqlalchemy import Connection

from spm.engine.true_ups import OWED, PAID, Books, differences, settled
from spm.frames import Facts, Results
from spm.plans import PlanVersion
from spm.store.bulk import copy_out
from spm.store.closed import closed_periods
from spm.store.reasons import with_reasons

_PAID = """
SELECT line.participant_id, CASE WHEN line.cause = 'true_up' THEN line.item ELSE line.period END AS origin,
       line.component, line.deal_id, line.currency, max(line.plan), max(line.plan_version), sum(line.amount),
       max(close.closed_at)
FROM earning_line AS line JOIN period_close AS close ON close.period = line.period AND close.state = 'closed'
WHERE line.participant_id = ANY({people})
GROUP BY line.participant_id, origin, line.component, line.deal_id, line.currency
"""
_CARRIED = """
SELECT line.participant_id, line.item, line.component, line.deal_id, line.currency, line.plan, line.plan_version,
       line.amount, NULL::timestamptz, line.reason
FROM earning_line AS line
WHERE line.cause = 'true_up' AND line.participant_id = ANY({people}) AND line.item <> ALL({calendar})
  AND NOT EXISTS (SELECT FROM period_close AS close WHERE close.period = line.period AND close.state = 'closed')
ORDER BY line.participant_id, line.period, line.line_no
"""


def days_to_calculate(conn: Connection, first: date, today: date) -> tuple[date, date, date]:
    """From which day to which the calendar must reach, and the day figures are of, where the clock says `today`.

    A closed period stays closed when the clock is set back, and the period after it must be there: true-ups go to it.
    """
    closed = closed_periods(conn)
    if closed.is_empty():
        return first, today, today
    over: date = closed["ends_on"].max()  # type: ignore[assignment]
    after = over + timedelta(days=1)
    return min(first, after), max(today, after), max(today, over)


def with_true_ups(
    conn: Connection, results: Results, facts: Facts, plans: Sequence[PlanVersion], participants: Sequence[int]
) -> Results:
    """The results of these participants with the true-ups that closed periods give rise to; `facts.periods` is the
    calendar they were calculated for. Without a closed period they are as they were."""
    closed = closed_periods(conn)
    if closed.is_empty():
        return results
    people = sql.Literal(list(participants))
    calendar = sql.Literal(facts.periods["period"].to_list())
    paid = copy_out(conn, sql.SQL(_PAID).format(people=people), PAID)
    carried = copy_out(conn, sql.SQL(_CARRIED).format(people=people, calendar=calendar), OWED)
    owed = differences(results.lines, paid, closed, facts.periods)
    owed = pl.concat([with_reasons(conn, owed, paid), carried])
    if owed.is_empty():
        return results
    books = Books(closed, facts.periods, plans, facts)
    return settled(results, owed, books)
