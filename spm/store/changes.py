"""What has changed of a deal, of a plan, since a moment: the difference of two versions, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl
from sqlalchemy import Connection, Row, text

from spm import wording
from spm.store.owners import OWNERS

CHANGED_BY = "changed_by"
"""The mapping's own field that names who changed a deal, where it brings one."""


class Since(NamedTuple):
    """A deal and the moment from which its changes are asked for."""

    deal_id: int
    at: datetime


_DEALS = """
WITH wanted AS (
    SELECT * FROM unnest(CAST(:deals AS bigint[]), CAST(:moments AS timestamptz[])) AS wanted (deal_id, at)
)
SELECT wanted.deal_id, wanted.at, {old}, {new}, new.changed_at, new.recorded_at
FROM wanted JOIN LATERAL (
    SELECT * FROM deal_version AS one WHERE one.deal_id = wanted.deal_id ORDER BY version DESC LIMIT 1
) AS new ON true
LEFT JOIN LATERAL (
    SELECT * FROM deal_version AS one WHERE one.deal_id = wanted.deal_id AND one.recorded_at <= wanted.at
    ORDER BY version DESC LIMIT 1
) AS old ON true
"""
_FIELDS = (
    "version",
    "gone",
    "amount",
    "currency",
    "close_date",
    "status",
    "owner_id",
    "deal_type",
    "account",
    "stage",
    "custom",
)
_WORDS = {"close_date": "close date", "owner_id": "owner", "deal_type": "type"}
_SPLITS = """
WITH wanted AS (
    SELECT * FROM unnest(CAST(:deals AS bigint[]), CAST(:moments AS timestamptz[])) AS wanted (deal_id, at)
)
SELECT wanted.deal_id, wanted.at, split.owner_id, split.role, split.share, split.amount,
       split.recorded_at <= wanted.at AND (split.superseded_at IS NULL OR split.superseded_at > wanted.at) AS before,
       split.superseded_at IS NULL AS now, coalesce(split.superseded_at, split.recorded_at) AS moved_at
FROM wanted JOIN deal ON deal.id = wanted.deal_id
JOIN deal_split AS split ON split.connection_id = deal.connection_id AND split.deal_crm_id = deal.crm_id
WHERE split.recorded_at > wanted.at OR split.superseded_at > wanted.at
ORDER BY wanted.deal_id, wanted.at, split.owner_id, split.id
"""


def changes_of_deals(conn: Connection, wanted: Sequence[Since]) -> dict[Since, str]:
    """What changed of each deal since the moment, in words; nothing where nothing did."""
    if not wanted:
        return {}
    values = {"deals": [one.deal_id for one in wanted], "moments": [one.at for one in wanted]}
    listed = {row: ", ".join(f"{row}.{name} AS {row}_{name}" for name in _FIELDS) for row in ("old", "new")}
    rows = conn.execute(text(_DEALS.format(**listed)), values).all()
    emails = _emails(conn)
    found: dict[Since, list[str]] = defaultdict(list)
    for row in rows:
        if said := _of_deal(row, emails):
            found[Since(row.deal_id, row.at)].append(said)
    for since, splits in _by_deal(conn.execute(text(_SPLITS), values).all()).items():
        if said := _of_splits(splits, emails):
            found[since].append(said)
    return {since: "; ".join(said) for since, said in found.items()}


def _of_deal(row: Row[Any], emails: Mapping[str, str]) -> str:
    when = f"on {day(row.changed_at or row.recorded_at)}"
    if row.old_version is None:
        return f"first read from the CRM on {day(row.recorded_at)}"
    if row.new_gone and not row.old_gone:
        return f"deleted in the CRM, found on {day(row.recorded_at)}"
    said = [*_different(row, emails)]
    if row.old_gone and not row.new_gone:
        said.insert(0, "back in the CRM")
    who = (row.new_custom or {}).get(CHANGED_BY)
    return f"{', '.join(said)}, changed in the CRM{f' by {who}' if who else ''} {when}" if said else ""


def _different(row: Row[Any], emails: Mapping[str, str]) -> Iterator[str]:
    values = row._mapping
    for name in _FIELDS[2:-1]:
        old, new = values[f"old_{name}"], values[f"new_{name}"]
        if old != new and not (name == "stage" and row.old_status != row.new_status):
            if name == "owner_id":
                old, new = emails.get(old, old), emails.get(new, new)
            yield f"{_WORDS.get(name, name)} {_shown(old)} -> {_shown(new)}"
    old, new = row.old_custom or {}, row.new_custom or {}
    for name in sorted({*old, *new} - {CHANGED_BY}):
        if old.get(name) != new.get(name):
            yield f"{name} {_shown(old.get(name))} -> {_shown(new.get(name))}"


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return wording.amount(value)
    if isinstance(value, date):
        return day(value)
    return "nothing" if value is None else str(value)


def day(moment: date) -> str:
    """`3 March 2026`; a moment is taken in UTC."""
    return f"{moment.day} {moment:%B %Y}"


def _by_deal(rows: Sequence[Row[Any]]) -> dict[Since, list[Row[Any]]]:
    found: dict[Since, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[Since(row.deal_id, row.at)].append(row)
    return found


def _of_splits(rows: Sequence[Row[Any]], emails: Mapping[str, str]) -> str:
    before = {(row.owner_id, row.role): _part(row) for row in rows if row.before}
    now = {(row.owner_id, row.role): _part(row) for row in rows if row.now}
    said = [
        f"split of {emails.get(key[0], key[0])} {before.get(key, 'nothing')} -> {now.get(key, 'nothing')}"
        for key in sorted({*before, *now}, key=str)
        if before.get(key) != now.get(key)
    ]
    return f"{', '.join(said)}, changed in the CRM on {day(max(row.moved_at for row in rows))}" if said else ""


def _part(row: Row[Any]) -> str:
    return wording.percent(row.share) if row.amount is None else wording.amount(row.amount)


def _emails(conn: Connection) -> dict[str, str]:
    """Emails by the CRM's owner id, for words alone: two connections may use one id."""
    query = f"""
        SELECT owners.owner_id, participant.email FROM ({OWNERS.as_string()}) AS owners
        JOIN participant ON participant.id = owners.participant_id ORDER BY owners.connection_id DESC
    """  # noqa: S608 - a constant
    return {row.owner_id: row.email for row in conn.execute(text(query))}


def deal_names_of(conn: Connection, deals: Sequence[int]) -> dict[int, str]:
    """Names of deals; one without goes by its id in the CRM."""
    rows = conn.execute(text("SELECT id, coalesce(name, crm_id) FROM deal WHERE id = ANY(:ids)"), {"ids": list(deals)})
    return {row[0]: row[1] for row in rows}


def same_for_all(rows: Sequence[Mapping[str, Any]], paid: pl.DataFrame) -> dict[tuple[int, str, datetime], list[str]]:
    """What else changed for a person since a period was settled, by person, period and moment: the plan."""
    versions: dict[tuple[int, str], set[tuple[str, str]]] = defaultdict(set)
    for number, period, plan, version in paid.select("participant_id", "period", "plan", "plan_version").iter_rows():
        versions[number, period].add((plan, version))
    found: dict[tuple[int, str, datetime], list[str]] = {}
    for row in rows:
        before = versions[row["participant_id"], row["period"]]
        found[row["participant_id"], row["period"], row["settled_at"]] = _of_plan(row, before)
    return found


def _of_plan(row: Mapping[str, Any], before: set[tuple[str, str]]) -> list[str]:
    now = row["plan"], row["plan_version"]
    if not before or now in before:
        return []
    names = sorted({name for name, _ in before})
    if row["plan"] in names:
        return [f"the plan {row['plan']} was changed"]
    return [f"paid by the plan {' and '.join(names)} before, now by {row['plan']}"]
