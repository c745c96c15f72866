"""Deals and what hangs on them, numbered by their ids, with what is wrong between the tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from problems import Problem, did_you_mean
from spm.frames import DEALS, MONEY, SPLITS
from spm.trial.columns import LINE
from spm.trial.files import COLUMNS
from spm.trial.people import Frames, numbered
from spm.trial.tables import Table

CONNECTION = "files"
"""The name of the connection that deals from files have."""

_OURS = {"connection", "crm_id", "owner_participant_id"}


def own_names(frames: Frames) -> list[str]:
    """The further columns of the deals."""
    known = {column.name for column in COLUMNS["deals"]} | {LINE}
    return [name for name in frames["deals"].columns if name not in known]


def spelled(deals: pl.DataFrame, text: str) -> pl.DataFrame:
    """The deals with their further columns in the letters in which the text has these words; in small ones, if none."""
    names = own_names({"deals": deals})
    wanted = {name: _spelling(name, text) for name in names}
    clear = {name: word for name, word in wanted.items() if word == name or word not in deals.columns}
    return deals.rename(clear)


def _spelling(name: str, text: str) -> str:
    found = re.findall(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)
    return name if name in found else next(iter(found), name.lower())


def with_ids(deals: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, list[Problem]]:
    """The deals with an id each: its own, or the number of its row where no deal has one."""
    if deals["deal_id"].null_count() == deals.height:
        return deals.with_columns(deal_id=pl.int_range(1, pl.len() + 1).cast(pl.String)), []
    empty = [
        Problem(table.where(row), "deal_id", "is empty, and other deals have one.", "Give every deal an id, or none.")
        for row in deals.filter(pl.col("deal_id").is_null())[LINE]
    ]
    firsts = deals.group_by("deal_id").agg(pl.col(LINE).min().alias("first"))
    again = deals.drop_nulls("deal_id").join(firsts, on="deal_id").filter(pl.col("first") < pl.col(LINE)).sort(LINE)
    twice = [
        Problem(table.where(row), "deal_id", f"{name!r} stands in {table.where(first)}, too.", "Keep one of the two.")
        for row, name, first in again.select(LINE, "deal_id", "first").iter_rows()
    ]
    return deals, [*empty, *twice]


def numbers_of(deals: pl.DataFrame) -> dict[str, int]:
    """A number for each id: a shorter id first, so that numbers stand as numbers."""
    ids = deals.select("deal_id").drop_nulls().unique()
    ordered = ids.sort(pl.col("deal_id").str.len_chars(), "deal_id")["deal_id"]
    return {name: number for number, name in enumerate(ordered, 1)}


def reserved(names: Sequence[str], table: Table) -> list[Problem]:
    """Further columns that would take the place of ours."""
    return [
        Problem(table.header, name, "is a name that Attain uses itself.", "Give the column another name.")
        for name in names
        if name in _OURS
    ]


def deal_facts(
    deals: pl.DataFrame, ids: Mapping[str, int], people: Mapping[str, int], currency: str | None
) -> pl.DataFrame:
    """frames.DEALS with the further columns; `currency` is that of amounts without one."""
    own = [name for name in deals.columns if name not in {*DEALS, "owner", LINE}]
    made = deals.with_columns(
        crm_id="deal_id",
        connection=pl.lit(CONNECTION),
        owner_participant_id=numbered("owner", people),
        status=pl.col("status").fill_null("won"),
        currency=pl.col("currency").fill_null(currency),
        name=pl.coalesce("name", pl.format("deal {}", "deal_id")),
    )
    numbers = made.with_columns(deal_id=_deal(ids))
    return numbers.select(*DEALS, *own).sort("deal_id")


def _deal(ids: Mapping[str, int]) -> pl.Expr:
    return pl.col("deal_id").replace_strict(dict(ids), default=None, return_dtype=pl.Int64)


def at_their_rows(problems: Sequence[Problem], deals: pl.DataFrame, table: Table | None) -> list[Problem]:
    """Problems of a calculation that name a deal, with the place of its row instead."""
    if table is None or not problems:
        return list(problems)
    rows = deals.select(pl.format(f"{CONNECTION} deal {{}}", "deal_id"), LINE)
    places = {name: table.where(row) for name, row in rows.iter_rows()}
    return [replace(problem, where=places.get(problem.where, problem.where)) for problem in problems]


def unknown_deals(frames: Frames, tables: Mapping[str, Table], ids: Mapping[str, int]) -> list[Problem]:
    """Rows of other tables that name a deal which is not there."""
    problems = []
    for name, frame in frames.items():
        if name == "deals" or "deal_id" not in frame.columns or name not in tables:
            continue
        lost = frame.drop_nulls("deal_id").filter(~pl.col("deal_id").is_in(list(ids)))
        for row, deal in lost.select(LINE, "deal_id").iter_rows():
            hint = did_you_mean(deal, ids, "Add it to the deals, or take the row out.")
            problems.append(Problem(tables[name].where(row), "deal_id", f"there is no deal {deal!r}.", hint))
    return problems


def attached(frame: pl.DataFrame, ids: Mapping[str, int], *, number: str, schema: Mapping[str, object]) -> pl.DataFrame:
    """Rows that hang on deals: with the deals' numbers, and numbers of their own (the column `number`) by content."""
    made = frame.drop(LINE).with_columns(deal_id=_deal(ids))
    ordered = made.sort(*made.columns, nulls_last=True)
    return ordered.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(number)).select(*schema)


def splits_of(splits: pl.DataFrame, ids: Mapping[str, int]) -> pl.DataFrame:
    """frames.SPLITS, numbered in the order of their rows: the residual of rounding may go to the first or the last."""
    numbers = pl.col(LINE) + 1
    return splits.with_columns(split_id=numbers, deal_id=_deal(ids)).select(*SPLITS)


def split_problems(splits: pl.DataFrame, table: Table | None) -> list[Problem]:
    """Splits with neither a share nor an amount, or with both."""
    if table is None:
        return []
    both = splits.filter(pl.col("share").is_null() == pl.col("amount").is_null())
    return [
        Problem(
            table.where(row),
            "share",
            "there are both a share and an amount." if share is not None else "there is neither a share nor an amount.",
            "Write one of the two: a share as 0.6 or 60 %, an amount in the deal's currency.",
        )
        for row, share in both.select(LINE, "share").iter_rows()
    ]


def with_amounts(items: pl.DataFrame) -> pl.DataFrame:
    """Line items with an amount each: quantity x price where none is given."""
    product = (pl.col("quantity") * pl.col("price")).cast(MONEY)
    return items.with_columns(amount=pl.coalesce("amount", product))
