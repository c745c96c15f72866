"""Records as HubSpot sends them, turned into the text columns of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl

from connectors.base import ID, MODIFIED, PARENT

Row = Mapping[str, Any]
"""One element of `results`: `id`, `properties`, `updatedAt`, ..."""
Newest = tuple[datetime, str] | None
"""The newest (stamp, padded id) seen."""
Join = Callable[[Row], str | None]
"""The text of a field that we join on ourselves."""

_CONTACTS = frozenset({"contacts", "0-1"})
_ID_DIGITS = 20
MERGED = "hs_merged_object_ids"


def modified_property(object_name: str) -> str:
    """The property that says when a record changed: the one the search filters by."""
    return "lastmodifieddate" if object_name in _CONTACTS else "hs_lastmodifieddate"


def frame_of(rows: Sequence[Row], fields: Sequence[str], *, modified: str, joins: Mapping[str, Join]) -> pl.DataFrame:
    """ID, MODIFIED and the fields asked for, all text; of an id that stands twice the later row is taken."""
    rows = latest(rows)
    properties = [row.get("properties") or {} for row in rows]
    columns: dict[str, list[Any]] = {
        ID: [row["id"] for row in rows],
        MODIFIED: [held.get(modified) or row.get("updatedAt") for held, row in zip(properties, rows, strict=True)],
    }
    for name in fields:
        join = joins.get(name)
        columns[name] = [join(row) for row in rows] if join else [held.get(name) for held in properties]
    return text_frame(columns)


def text_frame(columns: Mapping[str, Sequence[Any]]) -> pl.DataFrame:
    """A frame of text columns; what is no text in the JSON is written as JSON writes it."""
    return pl.DataFrame([_text_series(name, values) for name, values in columns.items()])


def empty_children(fields: Iterable[str]) -> pl.DataFrame:
    """A frame with the columns of children and no rows."""
    return pl.DataFrame(schema=dict.fromkeys([ID, PARENT, MODIFIED, *fields], pl.String))


def as_text(value: Any) -> str | None:
    """A JSON value as text; `read_json` has already kept numbers with a point as they were written."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (dict, list, bool)):
        return msgspec.json.encode(value).decode()
    return str(value)


def latest(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows with every id once."""
    by_id = {row["id"]: row for row in rows}
    return rows if len(by_id) == len(rows) else list(by_id.values())


def merged_away(rows: Sequence[Row]) -> tuple[str, ...]:
    """The ids that were merged into these records and are gone."""
    alive = {row["id"] for row in rows}
    losers: dict[str, None] = {}
    for row in rows:
        merged = (row.get("properties") or {}).get(MERGED)
        for loser in str(merged).split(";") if merged else ():
            losers[loser.strip()] = None
    return tuple(loser for loser in losers if loser and loser not in alive)


def newest_of(rows: Sequence[Row], modified: str, before: Newest) -> Newest:
    """The greatest (stamp, padded id) of these rows and of `before`."""
    texts = [(row.get("properties") or {}).get(modified) or row.get("updatedAt") or "" for row in rows]
    if len({(len(text), text[-1:]) for text in texts}) == 1:  # written alike: text order is time order
        top = max(texts)
        found = [(top, row["id"]) for row, text in zip(rows, texts, strict=True) if text == top]
    else:
        found = [(text, row["id"]) for row, text in zip(rows, texts, strict=True)]
    stamped = [(stamp, padded(record_id)) for text, record_id in found if (stamp := moment_of(text)) is not None]
    return max([*stamped, *([before] if before else [])], default=None)


def moment_of(text: str) -> datetime | None:
    """When a record changed, aware; None where the CRM does not say or says it unreadably."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def padded(record_id: str) -> str:
    """The id so that text order is number order, as the watermark compares them."""
    return record_id.zfill(_ID_DIGITS)


def _text_series(name: str, values: Sequence[Any]) -> pl.Series:
    try:
        return pl.Series(name, values, dtype=pl.String, strict=True)
    except TypeError:
        return pl.Series(name, [as_text(value) for value in values], dtype=pl.String)
