"""Pages as the mapping layer hands them over: typed frames, every field of the entity present."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from spm.fields import ENTITIES, Kind
from spm.frames import MONEY

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
_TYPES: dict[Kind, Any] = {
    Kind.TEXT: pl.String,
    Kind.CURRENCY: pl.String,
    Kind.EMAIL: pl.String,
    Kind.MONEY: MONEY,
    Kind.NUMBER: MONEY,
    Kind.SHARE: MONEY,
    Kind.DATE: pl.Date,
    Kind.DATETIME: pl.Datetime("us", "UTC"),
    Kind.BOOLEAN: pl.Boolean,
}


def page(entity: str, *rows: dict[str, Any], **own: Any) -> pl.DataFrame:
    """Rows by field; `id` is the CRM's id. `own` gives the types of further fields."""
    fields = {field.name: _TYPES[field.kind] for field in ENTITIES[entity].fields}
    schema = {"$id": pl.String, "$modified": pl.String, **fields, **own}
    filled = [{"$id": row["id"], "$modified": "2026-11-23T09:00:00Z", **row} for row in rows]
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in filled], schema=schema)


def deals(*rows: dict[str, Any], **own: Any) -> pl.DataFrame:
    """Won deals of owner u1 over 1,000 USD on 2026-03-10, unless a row says otherwise."""
    usual = {
        "name": "Big one",
        "owner_id": "u1",
        "amount": Decimal(1000),
        "currency": "USD",
        "close_date": date(2026, 3, 10),
        "status": "won",
    }
    return page("deal", *({**usual, **row} for row in rows), **own)


def person(email: str, owner_id: str, **more: Any) -> dict[str, Any]:
    """A user whose record and owner ids are one."""
    return {"id": owner_id, "email": email, "owner_id": owner_id, "record_id": owner_id, "active": True, **more}


def people(*rows: dict[str, Any]) -> pl.DataFrame:
    return page("participant", *rows)


def split(id: str, deal: str, owner: str, share: str, role: str = "revenue") -> dict[str, Any]:  # noqa: A002
    return {"id": id, "deal_id": deal, "owner_id": owner, "share": Decimal(share), "role": role}


def splits(*rows: dict[str, Any]) -> pl.DataFrame:
    return page("deal_split", *rows)
