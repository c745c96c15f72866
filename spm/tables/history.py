"""What rows of facts said before: for each such table one more, with the same columns and when it was known.

Triggers fill them (the migration holds these): whoever changes or deletes a row leaves what it said. A row that is
there now has been known since its `recorded_at`, or since the last row of its history ended. Deals have
`deal_version`, shares their own two moments. The moment is `attain_now()`: what the transaction was told by
`spm.store.history.at_moment`, else the database's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Column, DateTime, Index, Table

from spm.tables.base import Base


class Tracked(NamedTuple):
    """A table whose rows leave a history: what makes a row the same row, and what is no content of it."""

    key: tuple[str, ...] = ("id",)
    ignored: tuple[str, ...] = ()


TRACKED: Mapping[str, Tracked] = {
    "absence": Tracked(),
    "activity": Tracked(),
    "custom_field": Tracked(("connection_id", "name")),
    "deal_line": Tracked(),
    "entry": Tracked(),
    "fx_rate": Tracked(),
    "hierarchy_entry": Tracked(),
    "membership": Tracked(),
    "participant": Tracked(ignored=("estimated_at",)),
    "participant_link": Tracked(ignored=("seen_at",)),
    "payment": Tracked(),
    "plan": Tracked(("name",)),
    "plan_assignment": Tracked(),
    "quota": Tracked(),
}
"""Every table of facts that has a history, by name."""


def history_of(name: str) -> Table:
    """The table of what rows of that table said before."""
    tracked, table = TRACKED[name], Base.metadata.tables[name]
    columns = [Column(one.name, one.type, nullable=one.nullable) for one in table.columns]
    moments = [Column(word, DateTime(timezone=True), nullable=False) for word in ("known_from", "known_to")]
    index = Index(None, *tracked.key, "known_to")
    return Table(f"{name}_history", Base.metadata, *columns, *moments, index)
