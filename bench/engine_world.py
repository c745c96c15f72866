"""A company for the benchmarks: deals of one year, a fifth of them split, people in teams of ten with a manager."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from spm import frames
from spm.calendar import periods
from spm.frames import MONEY, Facts

YEAR = 2026
TODAY = date(YEAR, 12, 31)
_FIRST = date(YEAR, 1, 1)
_PER_PERSON = 500  # credits; nobody sells less often than daily
_SPLIT_EVERY = 5
_QUOTA = Decimal(2_000_000)


def facts(deals: int, *, seed: int = 7) -> Facts:
    """Facts of so many won deals, each of 100.00 to 10,000.00 USD."""
    people = max(deals // _PER_PERSON, 2)
    managers = max(people // 10, 1)
    source = random.Random(seed)
    state = source.randrange(2**32)
    number = pl.int_range(1, deals + 1, dtype=pl.Int64, eager=True)
    spread = number.hash(state)
    cents = (spread % 990_001).cast(pl.Int64) + 10_000
    day = (number.hash(state + 1) % 365).cast(pl.Int32)
    owner = (number.hash(state + 2) % people).cast(pl.Int64) + 1
    base = pl.DataFrame({"deal_id": number, "owner_participant_id": owner, "cents": cents, "day": day})
    rows = base.select(
        "deal_id",
        "owner_participant_id",
        connection=pl.lit("acme"),
        crm_id=pl.format("006{}", pl.col("deal_id").cast(pl.String).str.zfill(12)),
        name=pl.format("Deal {}", "deal_id"),
        amount=(pl.col("cents").cast(pl.Decimal(38, 2)) / Decimal(100)).cast(MONEY),
        currency=pl.lit("USD"),
        close_date=pl.lit(_FIRST) + pl.duration(days=pl.col("day")),
        status=pl.lit("won"),
        deal_type=pl.lit("New"),
    )
    return Facts(
        deals=_as(rows, frames.DEALS),
        splits=_splits(base, people),
        participants=_people(people + managers),
        quotas=_quotas(people),
        assignments=_assignments(people + managers),
        fx_rates=frames.empty(frames.FX_RATES),
        periods=periods(1, YEAR, YEAR),
        hierarchy=_hierarchy(people, managers),
    )


def _as(rows: pl.DataFrame, schema: frames.Schema) -> pl.DataFrame:
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in rows.columns]
    return rows.with_columns(missing).select(*schema).cast(schema)  # type: ignore[arg-type]


def _splits(base: pl.DataFrame, people: int) -> pl.DataFrame:
    """60 % to the owner, 40 % to the next person."""
    shared = base.filter(pl.col("deal_id") % _SPLIT_EVERY == 0)
    other = pl.col("owner_participant_id") % people + 1
    parts = [
        shared.select("deal_id", participant_id="owner_participant_id", share=pl.lit(Decimal("0.6"), dtype=MONEY)),
        shared.select("deal_id", participant_id=other, share=pl.lit(Decimal("0.4"), dtype=MONEY)),
    ]
    rows = pl.concat(parts).with_row_index("split_id", offset=1).with_columns(role=pl.lit("revenue"))
    return _as(rows, frames.SPLITS)


def _people(count: int) -> pl.DataFrame:
    number = pl.int_range(1, count + 1, dtype=pl.Int64, eager=True)
    rows = pl.DataFrame({"participant_id": number}).with_columns(email=pl.format("p{}@example.com", "participant_id"))
    return _as(rows, frames.PARTICIPANTS)


def _quotas(people: int) -> pl.DataFrame:
    number = pl.int_range(1, people + 1, dtype=pl.Int64, eager=True)
    rows = pl.DataFrame({"participant_id": number}).with_columns(
        measure=pl.lit("bookings"),
        starts_on=pl.lit(_FIRST),
        ends_on=pl.lit(TODAY),
        amount=pl.lit(_QUOTA, dtype=MONEY) + pl.col("participant_id") % 100 * 1000,
        currency=pl.lit("USD"),
    )
    return _as(rows, frames.QUOTAS)


def _assignments(count: int) -> pl.DataFrame:
    number = pl.int_range(1, count + 1, dtype=pl.Int64, eager=True)
    rows = pl.DataFrame({"participant_id": number}).with_columns(
        plan=pl.lit("Bench"), starts_on=pl.lit(_FIRST - timedelta(days=365))
    )
    return _as(rows, frames.ASSIGNMENTS)


def _hierarchy(people: int, managers: int) -> pl.DataFrame:
    number = pl.int_range(1, people + 1, dtype=pl.Int64, eager=True)
    rows = pl.DataFrame({"participant_id": number}).with_columns(
        manager_id=people + 1 + (pl.col("participant_id") - 1) // 10 % managers
    )
    return _as(rows, frames.HIERARCHY)
