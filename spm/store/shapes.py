"""How each entity of the model lies in its table.

One place that knows which column a field goes to, what makes a record the same record, and what is not content.
Content is compared value by value in the database, not by a hash: 10 is 10.0, the order of columns does not matter,
and a column that a later migration adds makes no deal look changed as long as it is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from psycopg import sql

from spm.fields import ENTITIES, Kind
from spm.store.custom import first_day

_TYPES = {
    Kind.TEXT: "text",
    Kind.CURRENCY: "text",
    Kind.EMAIL: "text",
    Kind.MONEY: "numeric(38,10)",
    Kind.NUMBER: "numeric(38,10)",
    Kind.SHARE: "numeric(38,10)",
    Kind.DATE: "date",
    Kind.DATETIME: "timestamptz",
    Kind.BOOLEAN: "boolean",
}
Touches = Literal["owners", "shares", "everybody", "nobody"]
"""Whose pay a record can change: its owner's (before and after), also that of those with a share and of whoever is
credited by rule for deals of others, all, none."""
_NOT_CONTENT = frozenset({"changed_at"})
_ENDS_ON = "coalesce(page.ends_on, (date_trunc('month', page.starts_on) + interval '1 month - 1 day')::date)"


@dataclass(frozen=True, slots=True)
class Shape:
    """One entity's table. `renamed` maps fields to columns of another name; `by_source`: ids are only unique within
    the CRM object they were read from; `defaults` are expressions over the page for fields that may be empty;
    `touches` says whose pay the record can change, `day` the first day on which it does (null for always; a deal has
    its own)."""

    entity: str
    table: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    by_source: bool = False
    extendable: bool = False
    defaults: Mapping[str, str] = field(default_factory=dict)
    touches: Touches = "nobody"
    day: str = "NULL::date"

    @property
    def columns(self) -> dict[str, str]:
        """Columns a page fills, with their SQL types."""
        fields = ENTITIES[self.entity].fields
        columns = {self.renamed.get(one.name, one.name): _TYPES[one.kind] for one in fields}
        return columns | ({"custom": "jsonb"} if self.extendable else {})

    @property
    def content(self) -> tuple[str, ...]:
        """Columns whose change is a change of the record."""
        return tuple(name for name in self.columns if name not in _NOT_CONTENT)

    def owner_of(self, row: str) -> sql.SQL:
        """Who owns the record in that row of a statement, by the CRM's id."""
        return sql.SQL(f"{row}.owner_id" if self.touches in {"owners", "shares"} else "NULL::text")

    def day_of(self, row: str, dates: Sequence[str] = ()) -> sql.Composable:
        """The first day on which the record in that row of a statement has an effect; needs the value `today`.

        `dates` are the own fields of deals that are days.
        """
        return first_day(row, dates) if self.table == "deal" else sql.SQL(self.day.format(row=row))

    @property
    def page(self) -> str:
        """Name of the temporary table a page is copied to."""
        return f"page_{self.table}"

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that make a record the same record."""
        return ("connection_id", "source", "crm_id") if self.by_source else ("connection_id", "crm_id")

    def value(self, column: str) -> sql.Composable:
        """The page's value of a column, its default applied."""
        if column in self.defaults:
            return sql.SQL(self.defaults[column])
        return sql.Identifier("page", column)


SHAPES: Mapping[str, Shape] = {
    shape.entity: shape
    for shape in (
        Shape("participant", "participant_link"),
        Shape(
            "deal",
            "deal",
            extendable=True,
            touches="shares",
            # An own field that says nothing is no field: else a new line in a mapping would change every deal.
            defaults={"custom": "jsonb_strip_nulls(page.custom)"},
        ),
        Shape("deal_split", "deal_split", renamed={"deal_id": "deal_crm_id"}),
        Shape(
            "activity",
            "activity",
            renamed={"deal_id": "deal_crm_id"},
            by_source=True,
            touches="owners",
            day="coalesce({row}.happened_on, %(today)s)",  # without a day it counts on none
        ),
        Shape(
            "quota",
            "quota",
            by_source=True,
            touches="owners",
            day="{row}.starts_on",
            defaults={
                "measure": "coalesce(page.measure, 'bookings')",
                "ends_on": _ENDS_ON,
            },
        ),
        Shape("fx_rate", "fx_rate", by_source=True, touches="everybody", day="{row}.starts_on"),
    )
}
"""Every entity's shape, by name."""
