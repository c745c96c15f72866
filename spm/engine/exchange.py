"""Conversion into the plan's currency, at the rate of the deal's day.

A rate says how many units of a currency one unit of the base is worth. From one currency to another the way leads
through the base: units of the target / units of the source, kept to twenty places for the conversion and to ten for
the line that shows it. A rate that is missing is missing: none is borrowed from a later day or another currency.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import polars as pl

from problems import Problem
from spm.engine.exact import EXACT, money
from spm.frames import MONEY
from spm.plans.model import Plan

PLAN_RATE = "plan_rate"
"""The policy by which a plan has rates of its own, whatever the day."""

_EVER = date(1, 1, 1)
_KEY = ["base", "currency", "starts_on"]
_SMALLEST, _LARGEST = 10**6, 10**9


def usable(fx_rates: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """The rates that can be used, one for each base, currency and first day; the others as Problems."""
    dated = fx_rates.with_columns(pl.col("starts_on").fill_null(_EVER)).unique().sort(*_KEY, "rate")
    sound = pl.col("rate").is_between(money(1) / money(_SMALLEST), money(_LARGEST)).fill_null(value=False)
    marked = dated.with_columns(alone=pl.len().over(_KEY) == 1, sound=sound)
    problems = [
        *_unsound(marked.filter(~pl.col("sound"))),
        *_several(marked.filter(pl.col("sound") & ~pl.col("alone"))),
    ]
    return marked.filter(pl.col("sound") & pl.col("alone")).drop("alone", "sound"), problems


def _unsound(rates: pl.DataFrame) -> Iterable[Problem]:
    for row in rates.iter_rows(named=True):
        message = f"{row['rate']} {row['currency']} for one {row['base']} is no usable rate; it is left out."
        yield Problem(_rate_name(row), "rate", message, "Correct the rate.")


def _several(rates: pl.DataFrame) -> Iterable[Problem]:
    for row in rates.unique(_KEY, keep="first").sort(_KEY).iter_rows(named=True):
        message = "there are several different rates for this day; none of them is used."
        yield Problem(_rate_name(row), "rate", message, "Keep one of them.")


def _rate_name(row: dict[str, object]) -> str:
    since = "" if row["starts_on"] == _EVER else f" from {row['starts_on']}"
    return f"rate {row['base']}/{row['currency']}{since}"


def planned(plan: Plan) -> pl.DataFrame:
    """The plan's own rates: `currency` and `cross`, what one unit of it is worth in the plan's currency."""
    named = {"currency": list(plan.exchange.rates), "cross": list(plan.exchange.rates.values())}
    return pl.DataFrame(named, schema={"currency": pl.String, "cross": MONEY}).with_columns(pl.col("cross").cast(EXACT))


def crosses(wanted: pl.DataFrame, rates: pl.DataFrame, into: str) -> pl.DataFrame:
    """What one unit of `currency` is worth in the currency `into` on the day `on`, for each such pair in `wanted`.

    Returns `currency`, `on`, `cross` (twenty places) for the pairs that have a rate. Several bases may lead there:
    one that is itself one of the two currencies is preferred, then the first by name.
    """
    pairs = wanted.select("currency", "on").unique().drop_nulls()
    same = pairs.filter(pl.col("currency") == into).with_columns(cross=pl.lit(1).cast(EXACT))
    if same.height == pairs.height:
        return same
    ways = pairs.join(rates.select("base").unique(), how="cross").with_columns(into=pl.lit(into))
    ways = _units(_units(ways, rates, "currency", "source"), rates, "into", "target")
    cross = pl.col("target").cast(EXACT) / pl.col("source").cast(EXACT)
    detour = (pl.col("base") != pl.col("into")) & (pl.col("base") != pl.col("currency"))
    found = ways.drop_nulls(["source", "target"]).with_columns(cross=cross, detour=detour)
    found = found.filter(pl.col("currency") != into).sort("currency", "on", "detour", "base")
    return pl.concat([same, found.unique(["currency", "on"], keep="first").select("currency", "on", "cross")])


def _units(ways: pl.DataFrame, rates: pl.DataFrame, of: str, name: str) -> pl.DataFrame:
    """The ways plus, as `name`, the units of the currency in column `of` for one of the base on that day."""
    known = rates.select("base", pl.col("currency").alias(of), "starts_on", pl.col("rate").alias(name)).sort(
        "starts_on"
    )
    joined = ways.sort("on").join_asof(
        known, left_on="on", right_on="starts_on", by=["base", of], check_sortedness=False
    )
    units = pl.when(pl.col(of) == pl.col("base")).then(money(1)).otherwise(pl.col(name))
    return joined.with_columns(units.cast(MONEY).alias(name)).drop("starts_on")
