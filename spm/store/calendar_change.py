"""When the company's calendar has become another: open periods that it does not have are taken away with their
statements; while one is closed, the calendar cannot change."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, text

from problems import Problem
from spm.calendar import Calendar
from spm.frames import PERIODS
from spm.store.bulk import copy_out, run
from spm.store.closed import closed_periods
from spm.store.deal_results import note_stale

_TAKE = sql.SQL("DELETE FROM {} WHERE period = ANY(%(periods)s::text[]) RETURNING {}")


def follow_calendar(conn: Connection, calendar: Calendar, *, now: datetime) -> bool:
    """Forget the kept periods that the calendar has not, or has with other days, and the statements in them; whether
    there were any. Everybody is to be calculated then. Closed periods stay, and so do days the calendar does not reach.
    """
    kept = copy_out(conn, sql.SQL("SELECT period, kind, starts_on, ends_on FROM period"), PERIODS)
    other = _lacking(kept, calendar).join(closed_periods(conn), on="period", how="anti")
    if other.is_empty():
        return False
    _take_away(conn, other["period"].to_list(), now)
    return True


def closed_elsewhere(conn: Connection, calendar: Calendar) -> list[Problem]:
    """A Problem for each closed period that the calendar has not: what it paid would be paid again in another."""
    return [
        Problem(
            "settings",
            "company.calendar",
            f"{row['period']} ({row['starts_on']} to {row['ends_on']}) is closed, and the fiscal calendar has no such "
            "period; its deals would be paid twice.",
            f"Keep the calendar, or run `attain period reopen {row['period']}` first.",
        )
        for row in _lacking(closed_periods(conn), calendar).iter_rows(named=True)
    ]


def _lacking(kept: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """The periods that the calendar has not, among the days it reaches."""
    first, last = kept["starts_on"].min(), kept["ends_on"].max()
    if not (isinstance(first, date) and isinstance(last, date)):
        return kept
    present = calendar.periods(first, last)
    start, end = present.select(pl.col("starts_on").min(), pl.col("ends_on").max().alias("ends_on")).row(0)
    other = kept.join(present, on=list(PERIODS), how="anti")
    return other.filter(pl.col("starts_on") <= end, pl.col("ends_on") >= start).sort("starts_on", "period")


def _take_away(conn: Connection, periods: list[str], now: datetime) -> None:
    values = {"periods": periods}
    people = {row[0] for row in run(conn, _TAKE.format(sql.Identifier("statement"), sql.SQL("participant_id")), values)}
    deals = {row[0] for row in run(conn, _TAKE.format(sql.Identifier("earning_line"), sql.SQL("deal_id")), values)}
    note_stale(conn, [deal for deal in deals if deal is not None], sorted(people), now=now)
    conn.execute(text("DELETE FROM period WHERE period = ANY(CAST(:periods AS text[]))"), values)
