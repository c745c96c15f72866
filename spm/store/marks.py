"""Who is to be calculated again, and from which day on.

Whoever changes a fact marks those it touches in the same transaction; the calculation takes marks in the
transaction that stores its results. Marks are rows that are only added and taken: one made while a calculation runs
stays for the next. A participant in the hands of one calculation is not given to a second (the row is locked until
the transaction ends), so that older results never come out on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from spm.store.watchers import WATCHERS

_LOCK = 0x6D61726B  # "mark"


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be calculated. `since` is the first day anything changed for (None: from the beginning);
    `years` are the calendar years of the days marked, empty where `since` is None."""

    participants: tuple[int, ...]
    since: date | None
    years: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.participants)


_FIRST = "CASE WHEN bool_or(touched.since IS NULL) THEN NULL ELSE min(touched.since) END"
_MARK = f"""
WITH touched AS MATERIALIZED (
    SELECT unnest(CAST(:owners AS text[])) AS owner_id, unnest(CAST(:sinces AS date[])) AS since
    UNION ALL
    SELECT split.owner_id, deal.since
    FROM (SELECT unnest(CAST(:deals AS text[])) AS crm_id, unnest(CAST(:deal_sinces AS date[])) AS since) AS deal
    CROSS JOIN LATERAL (  -- deal by deal through the index, whatever the planner thinks of tables without statistics
        SELECT owner_id FROM deal_split
        WHERE connection_id = :connection AND deal_crm_id = deal.crm_id AND superseded_at IS NULL OFFSET 0
    ) AS split
), people AS (
    SELECT link.participant_id, touched.since
    FROM touched JOIN participant_link AS link ON link.connection_id = :connection AND link.owner_id = touched.owner_id
    UNION ALL
    SELECT watcher.participant_id, deal.since
    FROM ({WATCHERS.as_string()}) AS watcher CROSS JOIN unnest(CAST(:deal_sinces AS date[])) AS deal (since)
)
INSERT INTO dirty (participant_id, since, cause)
SELECT touched.participant_id, {_FIRST}, :cause FROM people AS touched GROUP BY touched.participant_id
RETURNING participant_id
"""  # noqa: S608 - composed of constants


def mark_owners(
    conn: Connection,
    connection_id: int,
    owners: Iterable[tuple[str | None, date | None]],
    *,
    deals: Iterable[tuple[str, date | None]] = (),
    cause: str,
) -> tuple[int, ...]:
    """Mark the participants behind these owner ids, behind the present splits of these deals (by CRM id), and whoever
    is credited by rule for deals of others.

    Owners nobody is linked to are left: a link that comes later marks its participant. Returns who was marked.
    """
    earliest = _earliest(owners)
    split = _earliest(deals)
    if not earliest and not split:
        return ()
    values = {
        "connection": connection_id,
        "cause": cause,
        "owners": list(earliest),
        "sinces": list(earliest.values()),
        "deals": list(split),
        "deal_sinces": list(split.values()),
    }
    return tuple(sorted(conn.scalars(text(_MARK), values)))


def _earliest(pairs: Iterable[tuple[str | None, date | None]]) -> dict[str, date | None]:
    found: dict[str, date | None] = {}
    for name, since in pairs:
        if name is None:
            continue
        before = found.get(name, since)
        found[name] = None if since is None or before is None else min(since, before)
    return found


def mark_participants(conn: Connection, ids: Iterable[int], since: date | None, cause: str) -> tuple[int, ...]:
    """Mark these participants from that day on; None is everything known."""
    marked = sorted(set(ids))
    conn.execute(
        text("INSERT INTO dirty (participant_id, since, cause) SELECT unnest(CAST(:ids AS bigint[])), :since, :cause"),
        {"ids": marked, "since": since, "cause": cause},
    )
    return tuple(marked)


def mark_each(conn: Connection, firsts: Mapping[int, date | None], cause: str) -> tuple[int, ...]:
    """Mark each of these participants from their own day on; None is everything known."""
    ordered = dict(sorted(firsts.items()))
    conn.execute(
        text("""
            INSERT INTO dirty (participant_id, since, cause)
            SELECT unnest(CAST(:ids AS bigint[])), unnest(CAST(:days AS date[])), :cause
        """),
        {"ids": list(ordered), "days": list(ordered.values()), "cause": cause},
    )
    return tuple(ordered)


def mark_all(conn: Connection, cause: str, since: date | None = None) -> tuple[int, ...]:
    """Mark every participant."""
    return mark_participants(conn, conn.scalars(text("SELECT id FROM participant")), since, cause)


def take_marks(conn: Connection, limit: int | None = None) -> Marks:
    """Take the marks of all participants (or of `limit` of them) that no other calculation has in hand.

    The marks are deleted in the caller's transaction: if it is rolled back, they are there again.
    """
    ids = conn.scalars(
        text("""
            SELECT id FROM participant WHERE id IN (SELECT participant_id FROM dirty)
            ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
        """),
        {"limit": limit},
    ).all()
    days = conn.scalars(
        text("DELETE FROM dirty WHERE participant_id = ANY(:ids) RETURNING since"), {"ids": list(ids)}
    ).all()
    known = [day for day in days if day is not None]
    if len(known) < len(days):
        return Marks(tuple(ids), None, ())
    return Marks(tuple(ids), min(known, default=None), tuple(sorted({day.year for day in known})))


def take_marks_of(conn: Connection, participants: Iterable[int], since: date | None) -> date | None:
    """Take the marks of these as well, and keep them from other calculations until the transaction ends.

    Returns the first day of these marks and of `since`; None is everything.
    """
    ids = sorted(participants)
    conn.execute(text("SELECT FROM participant WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"), {"ids": ids})
    taken = conn.scalars(text("DELETE FROM dirty WHERE participant_id = ANY(:ids) RETURNING since"), {"ids": ids})
    days = [since, *taken]
    return None if None in days else min(day for day in days if day is not None)


def one_at_a_time(conn: Connection) -> None:
    """Until the transaction ends no other that asks for this takes marks: for calculations that hang together."""
    conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def open_marks(conn: Connection) -> int:
    """How many participants wait to be calculated."""
    return int(conn.scalar(text("SELECT count(DISTINCT participant_id) FROM dirty")) or 0)
