"""Records as Salesforce's JSON has them, turned into text columns.

Whole columns at a time: a page has up to 2,000 records, a pull hundreds of pages, and per-cell work in Python would
cost more than everything else together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl

from connectors.answers import UnreadableAnswer
from connectors.base import ID, MODIFIED

Records = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """A field asked for, and its path in the CRM's own spelling: ("Owner", "Email")."""

    asked: str
    path: tuple[str, ...]


def page_frame(records: Records, columns: Sequence[Column], stamp: str | None) -> pl.DataFrame:
    """The page's frame: ID, MODIFIED (from the field `stamp`, ISO 8601 with Z) and the columns, all text.

    Raises UnreadableAnswer where a record has no id, or no stamp where there should be one.
    """
    parents = _Parents(records)
    ids = texts(records, "Id")
    stamps = texts(records, stamp) if stamp else [None] * len(records)
    data = {ID: ids, MODIFIED: [_in_utc(text) for text in stamps]}
    data.update({column.asked: _as_text(parents.values(column.path)) for column in columns})
    frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String))
    return frame if frame[ID].n_unique() == len(ids) else frame.unique(ID, keep="last", maintain_order=True)


def texts(records: Records, name: str) -> list[str]:
    """The values of a field that every record has. Raises UnreadableAnswer where one has not."""
    try:
        values = [record[name] for record in records]
    except (KeyError, TypeError) as error:
        raise UnreadableAnswer(f"a record has no {name}") from error
    if set(map(type, values)) - {str}:
        raise UnreadableAnswer(f"a record has no {name}")
    return values


class _Parents:
    """Values by path; each parent's records are looked up once a page."""

    def __init__(self, records: Records) -> None:
        self._levels: dict[tuple[str, ...], list[Any]] = {(): records}

    def values(self, path: tuple[str, ...]) -> list[Any]:
        if path not in self._levels:
            self._levels[path] = [None if at is None else at.get(path[-1]) for at in self.values(path[:-1])]
        return self._levels[path]


def _as_text(values: list[Any]) -> list[str | None]:
    """Text as it is, numbers as written, booleans as true and false, compound values as JSON."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return values
    if kinds == {bool}:
        return [None if v is None else "true" if v else "false" for v in values]
    return [_one(value) for value in values]


def _one(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else msgspec.json.encode(value).decode()


def _in_utc(stamp: str | None) -> str | None:
    """Salesforce writes `+0000`; ISO 8601 wants `+00:00` or `Z`."""
    return stamp[:-5] + "Z" if stamp is not None and stamp.endswith("+0000") else stamp
