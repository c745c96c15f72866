"""What to write: the pure decision between what was calculated and what the CRM holds.

Both sides come as canonical text in the CRM's own precision, so that equal values are equal strings; what is equal
is not written. Each field's mode says what may be done to a value that differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from connectors.base import ID

_HELD = "\x00held"


@dataclass(frozen=True, slots=True)
class Difference:
    """One record that is to be written: canonical text by field, None to clear."""

    record_id: str
    values: dict[str, str | None]


def differences(desired: pl.DataFrame, held: pl.DataFrame, modes: Mapping[str, str]) -> list[Difference]:
    """The records to write, in the order of their ids.

    `desired` and `held` have the column ID and text columns by CRM field; `modes` gives each field's overwrite mode.
    A record that is not in `held` holds nothing. Fields that `desired` lacks are left alone.
    """
    fields = [name for name in desired.columns if name != ID]
    joined = desired.join(_prefixed(held, fields), on=ID, how="left").sort(ID)
    leaders = [name for name in fields if modes[name] != "with_others"]
    differs = {name: _differs(name, modes[name]) for name in leaders}
    flags = joined.with_columns(**{f"\x00{name}": expr for name, expr in differs.items()})
    changed = (
        flags.filter(pl.any_horizontal(*(pl.col(f"\x00{name}") for name in leaders))) if leaders else flags.clear()
    )
    return [_difference(row, fields, leaders) for row in changed.iter_rows(named=True)]


def _prefixed(held: pl.DataFrame, fields: list[str]) -> pl.DataFrame:
    present = [pl.col(name).alias(name + _HELD) for name in fields if name in held.columns]
    missing = [pl.lit(None, pl.String).alias(name + _HELD) for name in fields if name not in held.columns]
    return held.select(pl.col(ID), *present, *missing)


def _differs(name: str, mode: str) -> pl.Expr:
    wanted, has = pl.col(name), pl.col(name + _HELD)
    unequal = wanted.ne_missing(has)
    if mode == "if_empty":
        return unequal & has.is_null()
    if mode == "keep":
        return unequal & wanted.is_not_null()
    return unequal


def _difference(row: dict[str, str | None], fields: list[str], leaders: list[str]) -> Difference:
    values = {name: row[name] for name in leaders if row[f"\x00{name}"]}
    followers = {name: row[name] for name in fields if name not in leaders and row[name] != row[name + _HELD]}
    return Difference(str(row[ID]), values | followers)
