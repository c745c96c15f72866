"""Why a closed period would pay something else by now, in words.

Acme renewal: amount 40,000.00 -> 35,000.00, changed in the CRM on 3 March 2026; commission of Jan 2026 -250.00
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection

from spm import wording
from spm.engine.true_ups import OWED
from spm.store.changes import Since, changes_of_deals, deal_names_of, same_for_all
from spm.store.changes_around import Around, changes_around

_OTHERS = 2  # deals named, where what others changed decides


def with_reasons(conn: Connection, owed: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """What is owed (spm.engine.true_ups.OWED) with its reasons; `paid` (PAID) says by which plan versions it was."""
    if owed.is_empty():
        return owed
    rows = owed.to_dicts()
    wanted = sorted({Since(row["deal_id"], row["settled_at"]) for row in rows if row["deal_id"] is not None})
    deals = changes_of_deals(conn, wanted)
    names = deal_names_of(conn, sorted({one.deal_id for one in wanted}))
    general = same_for_all(rows, paid)
    around = changes_around(conn, sorted({Around(row["participant_id"], row["settled_at"]) for row in rows}))
    for person, period, at in general:
        general[person, period, at] += around.get(Around(person, at), [])
    reasons = [_reason(row, rows, deals, names, general) for row in rows]
    return owed.with_columns(reason=pl.Series(reasons, dtype=pl.String)).select(*OWED)


def _reason(
    row: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    deals: Mapping[Since, str],
    names: Mapping[int, str],
    general: Mapping[tuple[int, str, datetime], list[str]],
) -> str:
    key = row["participant_id"], row["period"], row["settled_at"]
    own = deals.get(Since(row["deal_id"], row["settled_at"]), "") if row["deal_id"] is not None else ""
    what = [own] if own else _others(row, rows, deals, names)
    what += general.get(key, ())
    label = names.get(row["deal_id"], f"deal {row['deal_id']}") if row["deal_id"] is not None else row["component"]
    said = "; ".join(what) or "calculated anew"
    amount = f"{'+' if row['amount'] > 0 else ''}{wording.amount(row['amount'])}"
    return f"{label or 'statement'}: {said}; commission of {wording.period(row['period'])} {amount}"


def _others(
    row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], deals: Mapping[Since, str], names: Mapping[int, str]
) -> list[str]:
    """What changed of other deals of the same statement: a tier they no longer reach, say."""
    found = {
        names.get(other["deal_id"], ""): deals[Since(other["deal_id"], other["settled_at"])]
        for other in rows
        if (other["participant_id"], other["period"]) == (row["participant_id"], row["period"])
        and other["deal_id"] is not None
        and deals.get(Since(other["deal_id"], other["settled_at"]))
    }
    said = [f"{name}: {change}" for name, change in sorted(found.items())]
    more = [f"and {len(said) - _OTHERS} deals more"] if len(said) > _OTHERS else []
    return [*said[:_OTHERS], *more]
