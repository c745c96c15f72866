"""How far an object has been read, and where the next read starts so that nothing is missed.

A CRM shows records in the order of their commit, not of their stamp: a record may appear after others with a later
stamp (seconds on Salesforce, the index lag on HubSpot). So the next read starts `overlap` below the newest stamp
seen, until that stamp is settled: until a read made more than `overlap` after it has found what there was to find.
From then on the read goes on strictly after (stamp, id), which never skips nor repeats equal stamps.

"Made more than `overlap` after it" is judged by the CRM's own clock (its Date header): against the stamp itself
where the CRM's stamps and its clock agree, else against the moment we first saw the stamp. See docs/adr/0004.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

_CLOCKS_AGREE_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Keyset:
    """Read what comes after this: `modified > after` or, with an id, `modified = after and id > record_id`.

    Without an id records stamped exactly `after` are wanted as well.
    """

    after: datetime
    record_id: str | None = None


@dataclass(frozen=True, slots=True)
class Watermark:
    """The newest stamp read, the greatest id at it, when (by the CRM's clock) it was first seen, whether settled."""

    modified: datetime
    record_id: str
    first_seen: datetime
    settled: bool = False

    def start(self, overlap: timedelta) -> Keyset:
        """Where the next read starts."""
        if self.settled:
            return Keyset(self.modified, self.record_id)
        return Keyset(self.modified - overlap)

    def as_json(self) -> dict[str, str | bool]:
        """For the cursor."""
        return {
            "modified": self.modified.isoformat(),
            "record_id": self.record_id,
            "first_seen": self.first_seen.isoformat(),
            "settled": self.settled,
        }

    @classmethod
    def from_json(cls, text: dict[str, str | bool]) -> Watermark:
        """Read what `as_json` wrote."""
        return cls(
            modified=datetime.fromisoformat(str(text["modified"])),
            record_id=str(text["record_id"]),
            first_seen=datetime.fromisoformat(str(text["first_seen"])),
            settled=bool(text["settled"]),
        )


def advance(
    before: Watermark | None, newest: tuple[datetime, str] | None, *, read_at: datetime, overlap: timedelta
) -> Watermark | None:
    """The watermark after a complete read that began at `read_at` by the CRM's clock.

    `newest` is the greatest (modified, id) the read brought, None where it brought nothing. A stamp beyond `read_at`
    (a clock gone wrong, a hand-set date) does not carry the mark with it.
    """
    top = _clamp(newest, read_at)
    if before is not None and (top is None or place(*top) <= place(before.modified, before.record_id)):
        top = (before.modified, before.record_id)
        first_seen = before.first_seen
    else:
        first_seen = read_at
    if top is None:
        return None
    modified, record_id = top
    clocks_agree = read_at - _CLOCKS_AGREE_WITHIN <= modified <= read_at
    settled = (clocks_agree and modified <= read_at - overlap) or first_seen <= read_at - overlap
    return Watermark(modified, record_id, first_seen, settled)


def place(modified: datetime, record_id: str) -> tuple[datetime, int, str]:
    """Where a record stands in the order of reading. Ids of one length are compared as text (Salesforce), others as
    the numbers they are (HubSpot: 9999999999 comes before 10000000000)."""
    return modified, len(record_id), record_id


def _clamp(newest: tuple[datetime, str] | None, read_at: datetime) -> tuple[datetime, str] | None:
    if newest is None or newest[0] <= read_at:
        return newest
    return (read_at, "")
