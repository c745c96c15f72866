"""Splits of deals: who shares in a deal, read for the deals of a page, a hundred a call.

A feature of Sales Hub Enterprise: other accounts answer 403 or 404. That counts as "no splits" only while no deal
says it is split: a split deal whose shares cannot be seen would pay the wrong person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from connectors.base import ID, MODIFIED, PARENT
from connectors.hubspot import scopes
from connectors.hubspot.client import Call, HubSpotClient
from connectors.hubspot.errors import Forbidden, Refused
from connectors.hubspot.records import Row, as_text, empty_children, text_frame

IS_SPLIT = "hs_is_deal_split"
_BATCH = 100
_ROLE = "revenue"


class SplitReader:
    """Reads the splits of deals. `says_split`: the account has the property that tells which deals are split."""

    def __init__(self, client: HubSpotClient, fields: Sequence[str], *, says_split: bool) -> None:
        self._client = client
        self._fields = fields
        self._says_split = says_split
        self._is_there = True

    @property
    def properties(self) -> tuple[str, ...]:
        """What the deals must be read with."""
        return (IS_SPLIT,) if self._says_split else ()

    def children(self, deals: Sequence[Row]) -> pl.DataFrame:
        """All splits of these deals."""
        ids = [deal["id"] for deal in deals if not self._says_split or _says_so(deal)]
        rows = [
            (answer["id"], split)
            for start in range(0, len(ids), _BATCH)
            for answer in self._read(ids[start : start + _BATCH])
            for split in _live(answer)
        ]
        return self._frame(rows) if rows else empty_children(self._fields)

    def _read(self, ids: Sequence[str]) -> Sequence[Row]:
        if not self._is_there:
            return ()
        body = {"inputs": [{"id": deal_id} for deal_id in ids]}
        path = self._client.paths.deal_splits()
        try:
            return self._client.send(
                Call("splits_read", "POST", path, body=body, scope=scopes.SPLITS, lists="id")
            ).results
        except (Forbidden, Refused) as error:
            if self._says_split or not _is_missing_feature(error):
                raise
            self._is_there = False
            return ()

    def _frame(self, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> pl.DataFrame:
        columns: dict[str, list[str | None]] = {
            ID: [as_text(split.get("id")) for _, split in rows],
            PARENT: [deal_id for deal_id, _ in rows],
            MODIFIED: [as_text(split.get("updatedAt")) for _, split in rows],
        }
        for name in self._fields:
            columns[name] = [_value(deal_id, split, name) for deal_id, split in rows]
        return text_frame(columns)


def _says_so(deal: Row) -> bool:
    return str((deal.get("properties") or {}).get(IS_SPLIT)).lower() == "true"


def _is_missing_feature(error: Forbidden | Refused) -> bool:
    return isinstance(error, Forbidden) or error.status == 404


def _live(answer: Row) -> Iterator[Mapping[str, Any]]:
    return (split for split in answer.get("splits") or () if not split.get("archived"))


def _value(deal_id: str, split: Mapping[str, Any], name: str) -> str | None:
    fixed = {"id": split.get("id"), "deal_id": deal_id, "role": _ROLE}
    return as_text(fixed[name] if name in fixed else (split.get("properties") or {}).get(name))
