"""How Problems name people and deals."""

from __future__ import annotations

import polars as pl


def person(people: pl.DataFrame, participant_id: object) -> str:
    """The email of a participant, or the number where there is none."""
    found = people.filter(pl.col("participant_id") == participant_id)["email"]
    return found[0] if found.len() and found[0] else f"participant {participant_id}"


def named_deals(rows: pl.DataFrame, deals: pl.DataFrame) -> pl.DataFrame:
    """The rows (with `deal_id`) plus `where` and `deal`: the record in its CRM and the deal's name, by deal number."""
    if rows.is_empty():
        return rows.with_columns(where=pl.lit(""), deal=pl.lit(""))
    record = pl.format("{} deal {}", pl.col("connection").fill_null("?"), pl.col("crm_id").fill_null("?"))
    names = deals.select("deal_id", where=record, deal=pl.col("name").fill_null("(no name)"))
    return rows.join(names, on="deal_id", how="left").sort("deal_id")
