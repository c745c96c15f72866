"""Numbers of line items, activities, entries and payments that are beyond what is calculated exactly."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from problems import Problem
from spm.engine.exact import LIMIT, too_large
from spm.frames import Facts


def within(records: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The records with null in the place of numbers beyond reason."""
    return records.with_columns(pl.when(~too_large(pl.col(name))).then(name).alias(name) for name in columns)


def beyond(facts: Facts) -> Iterator[Problem]:
    """Each such number as a Problem."""
    yield from _beyond(facts.items, "line item", "quantity", "price", "amount")
    yield from _beyond(facts.activities, "activity", "duration_minutes")
    yield from _beyond(facts.entries, "entry", "value")
    yield from _beyond(facts.payments, "payment", "amount")


def _beyond(records: pl.DataFrame, word: str, *columns: str) -> Iterator[Problem]:
    for name in columns:
        for item, number in records.filter(too_large(pl.col(name))).select("item", name).sort("item", name).iter_rows():
            message = f"a {name} of {number:f} is beyond {LIMIT:,}; it is not used."
            yield Problem(f"{word} {item}", name, message, "Correct it where it was entered.")
