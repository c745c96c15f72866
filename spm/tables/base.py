"""What all tables share: names of constraints, types of columns.

Money, shares and rates are NUMERIC(38,10), the same ten places as the frames; times are aware (timestamptz), days
are dates. Rows of facts are never deleted: what the CRM no longer has is `gone`, so that pay stays explainable.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, MetaData, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

MONEY = Numeric(38, 10)
"""Column type of amounts, shares and rates."""

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The registry of all tables; `Base.metadata` is what the migrations must give."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy from the class
        int: BigInteger,
        str: Text,
        Decimal: MONEY,
        date: Date,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(none_as_null=True),
    }
