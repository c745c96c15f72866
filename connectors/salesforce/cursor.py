"""What a cursor of Salesforce says: how far the object is settled, and where a read under way has come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Cursor
from connectors.watermark import Watermark, advance


@dataclass(frozen=True, slots=True)
class Place:
    """A record in the order of reading: by (SystemModstamp, Id), or by Id alone where `stamp` is None."""

    stamp: datetime | None
    record_id: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`watermark` and `deleted_until` are of the last complete read; `place` and `began` of the one under way: its last
    record handed over, and the CRM's clock when it began."""

    watermark: Watermark | None = None
    deleted_until: datetime | None = None
    place: Place | None = None
    began: datetime | None = None

    def at(self, place: Place | None, began: datetime) -> Progress:
        """The read under way has handed over everything up to `place`."""
        return replace(self, place=place, began=began if place else None)

    def from_the_start(self) -> Progress:
        """The read under way begins anew."""
        return replace(self, place=None, began=None)

    def complete(
        self, place: Place | None, began: datetime, *, overlap: timedelta, deleted_until: datetime
    ) -> Progress:
        """The read that began at `began` is complete; its last record stands at `place`."""
        newest = (place.stamp, place.record_id) if place and place.stamp else None
        watermark = advance(self.watermark, newest, read_at=began, overlap=overlap)
        return Progress(watermark=watermark, deleted_until=deleted_until)

    def as_json(self) -> Cursor:
        """For the store."""
        return {
            "watermark": self.watermark.as_json() if self.watermark else None,
            "deleted_until": _text(self.deleted_until),
            "place": {"stamp": _text(self.place.stamp), "id": self.place.record_id} if self.place else None,
            "began": _text(self.began),
        }

    @classmethod
    def from_json(cls, cursor: Cursor | None) -> Progress:
        """Read what `as_json` wrote; None and an empty one are the very beginning."""
        if not cursor:
            return cls()
        watermark, place = cursor.get("watermark"), cursor.get("place")
        return cls(
            watermark=Watermark.from_json(watermark) if watermark else None,
            deleted_until=_moment(cursor.get("deleted_until")),
            place=Place(_moment(place["stamp"]), str(place["id"])) if place else None,
            began=_moment(cursor.get("began")),
        )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None
