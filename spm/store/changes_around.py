"""What has changed around somebody's deals since a moment: quota, plan, rates, days, team. By each table's history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text


class Around(NamedTuple):
    """A person and the moment from which changes are asked for."""

    participant_id: int
    at: datetime


class _Source(NamedTuple):
    """A table: how it is called, which rows (`said`) are about the person (`who`), what a row says."""

    label: str
    about: str
    says: str


_OWN_ID = """EXISTS (
    SELECT FROM participant_link AS link WHERE link.participant_id = who.id AND link.owner_id = said.owner_id
      AND link.connection_id = said.connection_id
)"""
_SPAN = "coalesce(' from ' || said.starts_on, '') || coalesce(' to ' || said.ends_on, '')"
_SOURCES: dict[str, _Source] = {
    "quota": _Source(
        "quota",
        f"said.email = who.email OR said.team = who.team OR {_OWN_ID}",
        f"said.measure || ' ' || to_char(said.amount, 'FM999,999,999,999,990.00') || {_SPAN}",
    ),
    "plan_assignment": _Source(
        "assignment", "said.who IN (who.email, 'team:' || who.team, '*')", f"said.plan || {_SPAN}"
    ),
    "fx_rate": _Source(
        "rate", "true", "said.currency || ' for one ' || coalesce(said.base, '?') || ' ' || trim_scale(said.rate)"
    ),
    "participant": _Source(
        "person",
        "said.id = who.id",
        "concat_ws(', ', 'team ' || said.team, 'hired ' || said.hire_date, 'left ' || said.leave_date, said.currency)",
    ),
    "hierarchy_entry": _Source(
        "hierarchy", "said.email = who.email", f"concat_ws(' of ', said.team, said.manager) || {_SPAN}"
    ),
    "absence": _Source("absence", "said.email = who.email", _SPAN),
    "entry": _Source(
        "entry", "said.email = who.email", "said.measure || ' ' || trim_scale(said.value) || ' on ' || said.happened_on"
    ),
}
_QUERY = """
WITH wanted AS (
    SELECT * FROM unnest(CAST(:people AS bigint[]), CAST(:moments AS timestamptz[])) AS wanted (id, at)
), who AS (
    SELECT wanted.id, wanted.at, participant.email, participant.team
    FROM wanted JOIN participant ON participant.id = wanted.id
)
SELECT who.id, who.at, true AS before, {says} AS words
FROM who JOIN {table}_history AS said ON ({about}) AND said.known_from <= who.at AND said.known_to > who.at
{gone_before}
UNION ALL
SELECT who.id, who.at, false, {says}
FROM who JOIN {table} AS said ON ({about}) AND greatest(said.recorded_at, (
    SELECT max(known_to) FROM {table}_history AS kept WHERE kept.id = said.id
)) > who.at
{gone_now}
ORDER BY 1, 2, 3 DESC, 4
"""
_ENDING = frozenset({"quota", "fx_rate"})
"""Tables whose rows may be there and be gone."""
_SHOWN = 3


def changes_around(conn: Connection, wanted: Sequence[Around]) -> dict[Around, list[str]]:
    """What has changed for each person since the moment, in words, a phrase for each kind of thing."""
    found: dict[Around, list[str]] = defaultdict(list)
    if not wanted:
        return found
    values = {"people": [one.participant_id for one in wanted], "moments": [one.at for one in wanted]}
    for table, source in _SOURCES.items():
        ending = table in _ENDING
        query = _QUERY.format(
            table=table,
            about=source.about,
            says=source.says,
            gone_before="WHERE said.gone_at IS NULL" if ending else "",
            gone_now="WHERE said.gone_at IS NULL" if ending else "",
        )
        before: dict[Around, list[str]] = defaultdict(list)
        now: dict[Around, list[str]] = defaultdict(list)
        for number, at, was, words in conn.execute(text(query), values):
            (before if was else now)[Around(number, at)].append((words or "").strip())
        for one in sorted({*before, *now}):
            if phrase := _phrase(source.label, before[one], now[one]):
                found[one].append(phrase)
    return found


def _phrase(label: str, before: Sequence[str], now: Sequence[str]) -> str:
    """`quota bookings 1,000.00 from 2026-01-01 -> bookings 2,000.00 from 2026-01-01`; empty where nothing differs."""
    gone = [one for one in before if one not in now]
    new = [one for one in now if one not in before]
    return f"{label} {_listed(gone)} -> {_listed(new)}" if gone or new else ""


def _listed(said: Sequence[str]) -> str:
    more = f" and {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
    return ", ".join(said[:_SHOWN]) + more if said else "nothing"
