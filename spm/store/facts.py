"""Store what the CRMs say, page by page, and mark whose pay it can change.

Everything runs in the caller's transaction and may be repeated: a page stored twice changes nothing the second time.
Order of arrival does not matter either. Deals name their owner by the CRM's id; who that is, is asked when facts are
loaded, and a participant who appears later is marked then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, text

from spm.store.audit import Deed, append
from spm.store.gone import NAMED, NOT_SEEN, NOT_SIGHTED, links_gone, records_gone, splits_gone
from spm.store.history import at_moment
from spm.store.merge import When, merge
from spm.store.pages import custom_kinds, load_page
from spm.store.people import store_people
from spm.store.shapes import SHAPES
from spm.store.splits import store_splits
from spm.store.stored import Stored

__all__ = ["Stored", "mark_gone", "replace_children", "store_page", "sweep"]


_LOCK = 0x66616374  # "fact"
_BY_COLUMN = frozenset({"participant", "deal_split"})
"""Entities of few records: each row says itself when it was last seen."""


def store_page(
    conn: Connection,
    connection_id: int,
    entity: str,
    frame: pl.DataFrame,
    *,
    now: datetime,
    seen_at: datetime | None,
    source: str = "",
) -> Stored:
    """Store one page of normalised records: column `$id`, the entity's fields, for deals the mapping's own fields.

    `now` dates what becomes known; `seen_at` is when the complete read began that the page belongs to (`sweep` compares
    with it), None for a read of changes. `source` is the CRM object, where several feed one entity and an id may stand
    in two of them (activities, quotas, rates).
    An id stands once in a page. Money is in the currency beside it; nothing is converted here.
    """
    shape = SHAPES[entity]
    when = When(now, seen_at)
    at_moment(conn, now)
    _one_at_a_time(conn, connection_id)
    _note_kinds(conn, connection_id, custom_kinds(shape, frame))
    load_page(conn, shape, frame)
    if entity == "participant":
        return store_people(conn, connection_id, when)
    if entity == "deal_split":
        return store_splits(conn, connection_id, [], when)
    stored = merge(conn, shape, connection_id, source, when)
    if entity == "quota":
        _note_quotas(conn, connection_id, stored, frame["$id"].to_list(), now=now)
    return replace(stored, unchanged=frame.height - stored.new - stored.changed)


def replace_children(
    conn: Connection,
    connection_id: int,
    entity: str,
    parent_crm_ids: Sequence[str],
    frame: pl.DataFrame,
    *,
    now: datetime,
) -> Stored:
    """Store the complete splits of these deals: those the page lacks are no more.

    Raises ValueError for another entity than `deal_split`, the one that is read with its parent.
    """
    if entity != "deal_split":
        raise ValueError(f"{entity} is not read as the child of another record")
    _one_at_a_time(conn, connection_id)
    load_page(conn, SHAPES[entity], frame)
    return store_splits(conn, connection_id, parent_crm_ids, When(now, now))


def mark_gone(
    conn: Connection,
    connection_id: int,
    entity: str,
    crm_ids: Sequence[str],
    *,
    now: datetime,
    source: str = "",
) -> Stored:
    """Note that the CRM no longer has these records; ids never stored are passed over."""
    if not crm_ids:
        return Stored()
    return _gone(conn, entity, NAMED, {**_values(connection_id, now, source), "crm_ids": list(crm_ids)})


def sweep(
    conn: Connection,
    connection_id: int,
    entity: str,
    *,
    seen_before: datetime,
    now: datetime,
    source: str = "",
) -> Stored:
    """After a complete read begun at `seen_before`, whose pages were all stored with `seen_at`: what it did not bring
    is gone. What became known while it ran is left."""
    values = {**_values(connection_id, now, source), "entity": entity, "seen_before": seen_before}
    if entity in _BY_COLUMN:
        return _gone(conn, entity, NOT_SEEN, values)
    gone = _gone(conn, entity, NOT_SIGHTED, values)
    conn.execute(
        text("DELETE FROM sighting WHERE connection_id = :connection AND entity = :entity AND source = :source"), values
    )
    return gone


def _values(connection_id: int, now: datetime, source: str) -> dict[str, Any]:
    return {"connection": connection_id, "now": now, "source": source}


def _gone(conn: Connection, entity: str, which: sql.SQL, values: dict[str, Any]) -> Stored:
    at_moment(conn, values["now"])
    _one_at_a_time(conn, values["connection"])
    if entity == "participant":
        return links_gone(conn, which, values)
    if entity == "deal_split":
        return splits_gone(conn, which, values)
    gone = records_gone(conn, SHAPES[entity], which, values)
    if entity == "quota":
        _note_quotas(conn, values["connection"], gone, values.get("crm_ids", []), now=values["now"], what="gone")
    return gone


def _note_quotas(
    conn: Connection, connection_id: int, stored: Stored, ids: Sequence[str], *, now: datetime, what: str = "page"
) -> None:
    """An entry of the audit log for a page of quotas that changed something: who changed it, the CRM knows."""
    if stored.new or stored.changed:
        name = conn.scalar(text("SELECT name FROM connection WHERE id = :id"), {"id": connection_id})
        detail = {"new": stored.new, "changed": stored.changed, what: sorted(ids)}
        append(conn, Deed("quota.change", str(name), detail, f"CRM {name}"), now=now)


def _one_at_a_time(conn: Connection, connection_id: int) -> None:
    """Until the transaction ends no other stores facts of this connection: else a deal stored here and its owner's
    link stored there would not see each other, and nobody would be marked."""
    conn.execute(text("SELECT pg_advisory_xact_lock(:lock, :connection)"), {"lock": _LOCK, "connection": connection_id})


def _note_kinds(conn: Connection, connection_id: int, kinds: dict[str, str]) -> None:
    if not kinds:
        return
    conn.execute(
        text("""
            INSERT INTO custom_field AS known (connection_id, name, kind)
            SELECT :connection, unnest(CAST(:names AS text[])), unnest(CAST(:kinds AS text[]))
            ON CONFLICT (connection_id, name) DO UPDATE SET kind = excluded.kind WHERE known.kind <> excluded.kind
        """),
        {"connection": connection_id, "names": list(kinds), "kinds": list(kinds.values())},
    )
