"""Deal splits: who shares the credit for a deal. An upsert replaces all of a deal; one bad deal fails the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.hubspot import records
from sandbox.hubspot.account import Account
from sandbox.hubspot.call import Call, batch, required
from sandbox.hubspot.errors import ApiError, invalid, missing_object
from sandbox.hubspot.moments import iso
from sandbox.hubspot.records import API
from sandbox.hubspot.store import Row
from sandbox.hubspot.types import find_type
from sandbox.wire import Response

_LARGEST, _PLACES = 100, -8
_DEALS = find_type("deals")
Split = tuple[str, Decimal]


def read(account: Account, call: Call) -> Response:
    """The splits of each deal; a deal without any has an empty list, one that is not there makes a 207."""
    results, missing = [], []
    for each in call.inputs(_LARGEST):
        required(each, "id")
        row = account.store.get(_DEALS.name, records.read_id(each["id"]))
        if row is None or row.archived is not None:
            missing.append(str(each["id"]))
        else:
            results.append(_shown(account, row.id))
    errors = [missing_object(_DEALS.label, missing).as_entry({"ids": missing})] if missing else []
    return batch(results, iso(account.now()), errors)


def upsert(account: Account, call: Call) -> Response:
    """Replace the splits of deals. Raises ApiError for the first deal whose splits cannot be."""
    planned = [_planned(account, each) for each in call.inputs(_LARGEST)]
    for row, splits in planned:
        replace(account, row.id, splits)
        records.touch(account, _DEALS, row, API)
    return batch([_shown(account, row.id) for row, _ in planned], iso(account.now()))


def _planned(account: Account, each: Mapping[str, Any]) -> tuple[Row, list[Split]]:
    required(each, "id", "splits")
    row = records.find(account, _DEALS, each["id"], None)
    splits = [_read(account, one) for one in each["splits"]]
    owners = [owner for owner, _ in splits]
    if splits and sum(percentage for _, percentage in splits) != 1:
        raise _refused(row, "Split percentages must add up to 1.0")
    if splits and row.properties.get("hubspot_owner_id") not in owners:
        raise _refused(row, "The deal owner must be one of the split owners")
    if len(set(owners)) < len(owners):
        raise _refused(row, "An owner can have one split of a deal")
    return row, splits


def _refused(row: Row, message: str) -> ApiError:
    return invalid(f"{message} (deal {row.id})", context={"dealId": [str(row.id)]})


def _read(account: Account, one: Mapping[str, Any]) -> Split:
    required(one, "ownerId", "percentage")
    owner = str(one["ownerId"])
    try:
        percentage = Decimal(str(one["percentage"]))
    except InvalidOperation as error:
        raise invalid(f"percentage {one['percentage']} is no number") from error
    exponent = percentage.normalize().as_tuple().exponent
    if not 0 < percentage <= 1 or not isinstance(exponent, int) or exponent < _PLACES:
        raise invalid(f"percentage {percentage} must be above 0 and at most 1, with at most {-_PLACES} decimals")
    if not account.owner_exists(owner):
        raise invalid(f"Owner {owner} does not exist")
    return owner, percentage


def replace(account: Account, deal_id: int, splits: Sequence[Split]) -> None:
    """Store the splits of a deal in place of those it had."""
    now = account.now()
    account.store.db.execute("DELETE FROM split WHERE deal_id = ?", (deal_id,))
    rows = [(deal_id, int(owner), f"{percentage.normalize():f}", now) for owner, percentage in splits]
    statement = "INSERT INTO split (deal_id, owner_id, percentage, created) VALUES (?, ?, ?, ?)"
    account.store.db.executemany(statement, rows)


def _shown(account: Account, deal_id: int) -> dict[str, Any]:
    statement = "SELECT id, owner_id, percentage, created FROM split WHERE deal_id = ? ORDER BY id"
    found = account.store.db.execute(statement, (deal_id,))
    return {"id": str(deal_id), "splits": [_split(*values) for values in found]}


def _split(split_id: int, owner_id: int, percentage: str, created: int) -> dict[str, Any]:
    return {
        "id": str(split_id),
        "properties": {
            "hs_createdate": iso(created),
            "hs_deal_split_percentage": percentage,
            "hs_lastmodifieddate": iso(created),
            "hs_object_id": str(split_id),
            "hubspot_owner_id": str(owner_id),
        },
        "createdAt": iso(created),
        "updatedAt": iso(created),
        "archived": False,
    }
