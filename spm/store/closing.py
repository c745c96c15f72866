"""Closed periods: freeze the statements of one, open it again, say which there are.

A closing is one row of `period_close`, a digest of each statement and an entry of the audit log, in one transaction:
killed anywhere in it, the period is open as before. The calculation holds a lock that closing waits for, and the other
way round, so that no figure is frozen while it is being replaced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from spm.store.audit import Deed, append
from spm.store.closed import while_closing
from spm.store.frozen import digests, hash_over, statements_of
from spm.store.marks import mark_all


@dataclass(frozen=True, slots=True)
class Close:
    """One closing of a period. `waived` are the findings it was closed over (finding, where, message, reason)."""

    id: int
    period: str
    kind: str
    starts_on: date
    ends_on: date
    state: str
    closed_at: datetime
    closed_by: str
    statements: int
    hash: str
    waived: Sequence[Mapping[str, str]]
    reopened_at: datetime | None = None
    reopened_by: str | None = None
    reopened_reason: str | None = None


def closes(conn: Connection) -> list[Close]:
    """Every closing there ever was, in the order of the periods."""
    columns = ", ".join(Close.__dataclass_fields__)
    rows = conn.execute(text(f"SELECT {columns} FROM period_close ORDER BY starts_on, ends_on, id"))  # noqa: S608
    return [Close(**{**row, "waived": row["waived"]["findings"]}) for row in rows.mappings()]


def find_period(conn: Connection, period: str) -> Mapping[str, Any] | None:
    """A period of the calendar as it is kept with the results: period, kind, starts_on, ends_on."""
    query = "SELECT period, kind, starts_on, ends_on FROM period WHERE period = :period"
    found = conn.execute(text(query), {"period": period}).mappings().one_or_none()
    return None if found is None else dict(found)


def freeze(
    conn: Connection, period: Mapping[str, Any], by: str, waived: Sequence[Mapping[str, str]], *, now: datetime
) -> Close:
    """Close the period (as `find_period` gives it) with the statements that are stored; the caller holds
    `while_closing`. Raises IntegrityError where it is closed."""
    found = digests(*statements_of(conn, period["period"]))
    values = {
        **period,
        "by": by,
        "now": now,
        "statements": len(found),
        "hash": hash_over(found),
        "waived": json.dumps({"findings": list(waived)}),
    }
    number = conn.execute(text(_CLOSE), values).scalar_one()
    conn.execute(
        text("""
            INSERT INTO frozen_statement (close_id, participant_id, digest)
            SELECT :close, unnest(CAST(:people AS bigint[])), unnest(CAST(:digests AS text[]))
        """),
        {"close": number, "people": list(found), "digests": list(found.values())},
    )
    detail = {"hash": values["hash"], "statements": len(found), "waived": list(waived)}
    append(conn, Deed("period.close", period["period"], detail, by), now=now)
    return next(close for close in closes(conn) if close.id == number)


_CLOSE = """
INSERT INTO period_close (period, kind, starts_on, ends_on, state, closed_at, closed_by, statements, hash, waived)
VALUES (:period, :kind, :starts_on, :ends_on, 'closed', :now, :by, :statements, :hash, CAST(:waived AS jsonb))
RETURNING id
"""
_ARCHIVE = """
UPDATE frozen_statement AS frozen SET archive = jsonb_build_object(
    'statement', to_jsonb(whole),
    'lines', coalesce(
        (SELECT jsonb_agg(to_jsonb(line) ORDER BY line_no) FROM earning_line AS line
         WHERE line.participant_id = whole.participant_id AND line.period = whole.period), '[]'))
FROM statement AS whole
WHERE frozen.close_id = :close AND whole.participant_id = frozen.participant_id AND whole.period = :period
"""
_REOPEN = """
UPDATE period_close SET state = 'reopened', reopened_at = :now, reopened_by = :by, reopened_reason = :reason
WHERE id = :close
"""


def reopen(conn: Connection, period: str, by: str, reason: str, *, now: datetime) -> Close | None:
    """Open a closed period again; None where it is not closed. What it paid is kept, and everybody is marked: what was
    made up for it elsewhere is weighed against it anew."""
    while_closing(conn)
    found = next((one for one in closes(conn) if one.period == period and one.state == "closed"), None)
    if found is None:
        return None
    values = {"close": found.id, "period": period, "now": now, "by": by, "reason": reason}
    conn.execute(text(_ARCHIVE), values)
    conn.execute(text(_REOPEN), values)
    append(conn, Deed("period.reopen", period, {"hash": found.hash, "reason": reason}, by), now=now)
    mark_all(conn, "reopened")
    return next(close for close in closes(conn) if close.id == found.id)
