"""What is wrong with deals, as Problems: each names the record, what it lacks, and what to do now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import polars as pl

from problems import Problem
from spm.engine.exact import EXACT, LARGEST_SHARE, LIMIT, money, too_large
from spm.engine.people import named_deals
from spm.frames import MONEY
from spm.plans.model import REVENUE

TOLERANCE = money(Decimal("0.001"))
"""How far from the whole shares may add up to: thirds of four places are near enough."""


def of_facts(deals: pl.DataFrame, read: pl.DataFrame, splits: pl.DataFrame) -> list[Problem]:
    """What is wrong with won deals whatever the plans say: unknown people, splits that do not add up, huge amounts.

    `deals` without amounts beyond reason, `read` as they were read.
    """
    won = deals.filter(pl.col("status") == "won")
    revenue = splits.filter(pl.col("role") == REVENUE).join(won, on="deal_id", how="semi")
    return [
        *_huge(read),
        *_unknown_owners(won.join(revenue, on="deal_id", how="anti")),
        *_unknown_split_people(splits, won),
        *_uneven(revenue, won),
    ]


def _huge(deals: pl.DataFrame) -> Iterator[Problem]:
    rows = deals.filter(too_large(pl.col("amount"))).select("deal_id", "amount", "currency")
    for row in named_deals(rows, deals).iter_rows(named=True):
        message = (
            f"{row['deal']}: an amount of {row['amount']:f} {row['currency']} is beyond {LIMIT:,}; it is not used."
        )
        yield Problem(row["where"], "amount", message, "Correct the amount in the CRM.")


def _unknown_owners(won: pl.DataFrame) -> Iterator[Problem]:
    key = [name for name in ("connection", "owner_id") if name in won.columns]
    lost = won.filter(pl.col("owner_participant_id").is_null())
    for row in _by_owner(lost, key, won).iter_rows(named=True):
        owner = f" {row['owner_id']}" if row.get("owner_id") else ""
        deals = "1 won deal" if row["count"] == 1 else f"{row['count']} won deals"
        message = (
            f"{deals}, such as {row['deal']}, belong to an owner{owner} who is no participant; nobody is credited."
        )
        yield Problem(
            row["where"], "owner_id", message, "Give the owner an email in the CRM, and sync users.", "warning"
        )


def _unknown_split_people(splits: pl.DataFrame, won: pl.DataFrame) -> Iterator[Problem]:
    lost = splits.filter(pl.col("participant_id").is_null()).join(
        won.select("deal_id", "connection"), on="deal_id", how="inner"
    )
    key = [name for name in ("connection", "owner_id") if name in lost.columns]
    for row in _by_owner(lost, key, won).iter_rows(named=True):
        message = f"{row['count']} split(s), such as one of {row['deal']}, name somebody who is no participant."
        yield Problem(
            row["where"], "deal_split", message, "Give the person an email in the CRM, and sync users.", "warning"
        )


def _by_owner(lost: pl.DataFrame, key: Sequence[str], deals: pl.DataFrame) -> pl.DataFrame:
    groups = lost.group_by(key).agg(pl.len().alias("count"), pl.col("deal_id").min())
    return named_deals(groups, deals)


def _uneven(revenue: pl.DataFrame, won: pl.DataFrame) -> Iterator[Problem]:
    share = pl.col("share")
    shares = effective_shares(revenue, won).group_by("deal_id").agg(share.sum(), known=share.count())
    uneven = ((share - money(1)).abs() > TOLERANCE) & (pl.col("known") > 0)  # shares that all lack are another Problem
    for row in named_deals(shares.filter(uneven), won).iter_rows(named=True):
        message = (
            f"{row['deal']}: the revenue splits add up to {row['share'] * 100:.2f} %, not 100 %; credited as they are."
        )
        yield Problem(row["where"], "deal_split", message, "Correct the splits in the CRM.", "warning")


def effective_shares(splits: pl.DataFrame, deals: pl.DataFrame) -> pl.DataFrame:
    """The splits with the share that their amount is, where they have one."""
    if splits["amount"].null_count() == splits.height:
        return splits
    whole = pl.col("whole").cast(pl.Float64)
    sensible = (pl.col("amount").cast(pl.Float64) / whole).abs() <= LARGEST_SHARE
    divisor = pl.when((pl.col("whole") != 0) & sensible).then("whole")
    part = (pl.col("amount").cast(EXACT) / divisor.cast(EXACT)).cast(MONEY)
    joined = splits.join(deals.select("deal_id", whole="amount"), on="deal_id", how="left", maintain_order="left")
    share = pl.when(pl.col("amount").is_null()).then("share").otherwise(part)
    return joined.with_columns(share=share).drop("whole")
