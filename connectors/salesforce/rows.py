"""Records as Salesforce's JSON has them, turned into text columns.

Whole columns at a time: a page has up to 2,000 records, a pull hundreds of pages, and per-cell work in Python would
cost more than everything else together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import msgspec
import polars as pl

from connectors.answers import UnreadableAnswer
from connectors.base import ID, MODIFIED

Records = list[dict[str, Any]]
_IN_UTC = pl.col(MODIFIED).str.replace("+0000", "Z", literal=True)  # ISO 8601 knows `Z`, and no `+0000`


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
    unknown: list[str | None] = [None] * len(ids)
    data = {ID: [*ids], MODIFIED: [*texts(records, stamp)] if stamp else unknown}
    data.update({column.asked: _as_text(parents.values(column.path)) for column in columns})
    frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)).with_columns(_IN_UTC)
    return frame if frame[ID].n_unique() == len(ids) else frame.unique(ID, keep="last", maintain_order=True)


def texts(records: Records, name: str) -> list[str]:
    """The values of a field that every record has. Raises UnreadableAnswer where one has not."""
    try:
        values = list(map(itemgetter(name), records))
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
            *parents, name = path
            above = self.values(tuple(parents))
            try:
                self._levels[path] = _picked(above, name)
            except AttributeError as error:
                raise UnreadableAnswer(f"{'.'.join(parents)} is no record") from error
        return self._levels[path]


def _picked(records: list[Any], name: str) -> list[Any]:
    try:
        return list(map(itemgetter(name), records))
    except (KeyError, TypeError):  # a record is null, or leaves a null out
        return [record.get(name) if record else None for record in records]


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
