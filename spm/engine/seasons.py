"""Seasonality: an annual quota is cut to the fiscal months by the plan's twelve shares.

A row is annual where it covers one whole fiscal year or several; each year of it gets its part by days. Every other row
is left as it is, and so is one whose years have not twelve months.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from problems import Problem
from spm.engine.days import Days, counted, outside
from spm.engine.exact import EXACT
from spm.frames import MONEY
from spm.plans.model import Plan, Span

_MONTHS = 12


def cut(rows: pl.DataFrame, days: Days, plan: Plan, measure: str) -> tuple[pl.DataFrame, list[Problem]]:
    """Quota rows of one measure with the annual ones cut: a row for each month of the years at hand, in the columns
    they came with."""
    shares = plan.seasonality.get(measure)
    if shares is None or rows.is_empty():
        return rows, []
    years = _years(days)
    numbered = rows.with_row_index("annual")
    parts = numbered.join_where(years, pl.col("starts_on") <= pl.col("first"), pl.col("ends_on") >= pl.col("last"))
    annual = parts.filter(_begins(years, days), _ends(years, days))
    even = annual.filter((pl.col("months") == _MONTHS).all().over("annual"))
    problems = _uneven(annual.filter(pl.col("months") != _MONTHS), plan, measure)
    kept = numbered.join(even, on="annual", how="anti").drop("annual")
    made = [_by_month(even, days, shares), _beyond(even, days)]
    return pl.concat([kept, *(part.select(kept.columns) for part in made)]), problems


def _years(days: Days) -> pl.DataFrame:
    """`year` (number), `first`, `last` and how many months begin in it."""
    years = days.of_kind(Span.YEAR).select(year="number", first="starts_on", last="ends_on")
    months = _months(days).group_by("year").agg(months=pl.len())
    return years.join(months, on="year", how="left").with_columns(pl.col("months").fill_null(0))


def _months(days: Days) -> pl.DataFrame:
    """`year` (number), `place` in it from 0, and the days of each month."""
    months = days.of_kind(Span.MONTH).select(on="starts_on", until="ends_on")
    placed = months.join(days.days.select("on", "year"), on="on").sort("on")
    return placed.with_columns(place=pl.int_range(pl.len(), dtype=pl.Int64).over("year"))


def _begins(years: pl.DataFrame, days: Days) -> pl.Expr:
    """Whether a row begins with a fiscal year; of years before those at hand it is judged by day and month."""
    first = days.days["on"].min()
    alike = pl.col("starts_on").dt.strftime("%m-%d").is_in(years["first"].dt.strftime("%m-%d").to_list())
    return pl.col("starts_on").is_in(years["first"].to_list()) | ((pl.col("starts_on") < pl.lit(first)) & alike)


def _ends(years: pl.DataFrame, days: Days) -> pl.Expr:
    last = days.days["on"].max()
    alike = _day_after("ends_on").is_in(years.select(_day_after("last"))["last"].to_list())
    return pl.col("ends_on").is_in(years["last"].to_list()) | ((pl.col("ends_on") > pl.lit(last)) & alike)


def _day_after(name: str) -> pl.Expr:
    """Day and month of the following day, which is the same in leap years."""
    return pl.col(name).dt.offset_by("1d").dt.strftime("%m-%d")


def _by_month(annual: pl.DataFrame, days: Days, shares: Sequence[Decimal]) -> pl.DataFrame:
    places = pl.DataFrame({"place": range(len(shares)), "season": shares}, schema={"place": pl.Int64, "season": MONEY})
    months = _months(days).join(places, on="place")
    of_year = counted(pl.col("first"), pl.col("last"))
    whole = counted(pl.col("starts_on"), pl.col("ends_on"))
    of_years = annual.with_columns(amount=(pl.col("amount").cast(EXACT) * of_year / whole).cast(MONEY))
    joined = of_years.join(months, on="year")
    amount = (pl.col("amount").cast(EXACT) * pl.col("season").cast(EXACT)).cast(MONEY)
    return joined.with_columns(amount=amount, starts_on="on", ends_on="until")


def _beyond(annual: pl.DataFrame, days: Days) -> pl.DataFrame:
    """What lies in years that are not at hand, by its days."""
    whole = counted(pl.col("starts_on"), pl.col("ends_on"))
    rows = annual.unique("annual").with_columns(whole=whole)
    part = pl.col("amount").cast(EXACT) * whole / pl.col("whole")
    return outside(rows, ("starts_on", "ends_on"), days).with_columns(amount=part.cast(MONEY))


def _uneven(years: pl.DataFrame, plan: Plan, measure: str) -> list[Problem]:
    return [
        Problem(
            f"plan {plan.name}",
            f"seasonality.{measure}",
            f"the fiscal year from {first} has {months} months, not {_MONTHS}; its quotas count by days.",
            "Write quotas by month for years that do not have twelve months.",
            "warning",
        )
        for first, months in years.select("first", "months").unique().sort("first").iter_rows()
    ]
