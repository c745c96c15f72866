"""The generated year in HubSpot's words: users, companies, deals with splits, and what people did for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from sandbox import sales
from sandbox.hubspot import associations, splits
from sandbox.hubspot.account import TIME_ZONE, Account
from sandbox.hubspot.moments import iso, milliseconds
from sandbox.hubspot.pipelines import PLACES
from sandbox.hubspot.seed_activities import load_activities, load_goals
from sandbox.hubspot.store import Row
from sandbox.hubspot.types import ID_STEP, find_type
from sandbox.sales import Person, Sale

_T = TypeVar("_T")
_CHUNK = 5_000
_KINDS = {"new": "newbusiness", "existing": "existingbusiness", "renewal": "renewal"}
_DEALS = find_type("deals")
_NOBODYS = 211  # every so many-th deal has no owner


@dataclass(frozen=True, slots=True)
class Year:
    """What is generated: who, how much, when."""

    seed: int
    staff: list[Person]
    deals: int
    activities: int
    start: date
    today: date


def fill(account: Account, year: Year) -> None:
    """Load the whole year; memory does not grow with it."""
    account.store.db.execute("BEGIN")
    account.store.load("users", account.directory.records())
    companies: dict[str, Row] = {}
    elsewhere: set[int] = set()
    for chunk in _chunks(sales.sales(year.seed, year.deals, year.staff, year.start, year.today)):
        _load_deals(account, chunk, companies, year.start)
        elsewhere.update(sale.index for sale in chunk if sale.deleted or sale.merged_into is not None)
    account.store.load("companies", companies.values())
    for activities in _chunks(
        sales.activities(year.seed, year.activities, year.staff, year.deals, year.start, year.today)
    ):
        load_activities(account, activities, lambda index: None if index in elsewhere else deal_id(index))
    load_goals(account, sales.quotas(year.seed, year.staff, year.deals, year.start, year.today))
    account.store.db.execute("COMMIT")
    account.store.build_indexes()


def _chunks(items: Iterable[_T]) -> Iterator[list[_T]]:
    chunk: list[_T] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    yield chunk


def deal_id(index: int) -> int:
    """The id of the deal generated with this index."""
    return _DEALS.first_id + ID_STEP * index


def _load_deals(account: Account, chunk: list[Sale], companies: dict[str, Row], start: date) -> None:
    kept = [sale for sale in chunk if sale.merged_into is None]
    rows = {sale.index: _deal(account, sale) for sale in kept}
    _note_merges(account, chunk, rows)
    account.store.load("deals", rows.values())
    _load_splits(account, kept)
    pairs = []
    for sale in kept:
        company = _company(companies, sale.account, start)
        pairs.append(associations.pair(("deals", deal_id(sale.index)), ("companies", company.id)))
    associations.link(account, pairs)


def _note_merges(account: Account, chunk: list[Sale], rows: dict[int, Row]) -> None:
    """Winners carry the ids of those merged into them. A winner of an earlier chunk is in the store already."""
    for sale in chunk:
        if sale.merged_into is None:
            continue
        row = rows.get(sale.merged_into) or account.store.get("deals", deal_id(sale.merged_into))
        if row is None:
            continue
        before = row.properties.get("hs_merged_object_ids")
        row.properties["hs_merged_object_ids"] = ";".join(filter(None, [before, str(deal_id(sale.index))]))
        if sale.merged_into not in rows:
            account.store.save("deals", row)


def _deal(account: Account, sale: Sale) -> Row:
    renewal = sale.kind == "renewal"
    created, modified = milliseconds(sale.created_at), milliseconds(sale.modified_at)
    values = {
        "dealname": sale.name,
        "pipeline": _pipeline_of(account, PLACES[sale.stage][renewal]),
        "dealstage": PLACES[sale.stage][renewal],
        "dealtype": _KINDS[sale.kind],
        "deal_currency_code": sale.currency,
        "createdate": iso(created),
        "closedate": iso(_local_evening(sale.closed_on, 8 + sale.index * 7 % 15)),
        "hs_object_source": "CRM_UI",
    }
    if sale.amount is not None:
        values["amount"] = str(sale.amount)
    if sale.arr is not None:
        values["arr"] = str(sale.arr)
    if (sale.index + 1) % _NOBODYS or sale.splits:
        values["hubspot_owner_id"] = str(account.directory.at(sale.owner_index).owner_id)
    account.recalculate(_DEALS, values, [owner for owner, _ in _splits(account, sale)])
    archived = modified + 3_600_000 if sale.deleted else None
    return Row(deal_id(sale.index), created, modified, archived, values)


def _pipeline_of(account: Account, stage_id: str) -> str:
    place = account.pipelines.find_stage(stage_id)
    return place[0].id if place else ""


@lru_cache(maxsize=4_096)
def _midnight(day: date) -> int:
    return milliseconds(datetime.combine(day, time(), ZoneInfo(TIME_ZONE)))


def _local_evening(day: date, hour: int) -> int:
    """An hour of a day in the account's time zone; late ones are the next day in UTC."""
    return _midnight(day) + hour * 3_600_000


def _splits(account: Account, sale: Sale) -> list[splits.Split]:
    return [(str(account.directory.at(person).owner_id), share) for person, share in sale.splits]


def _load_splits(account: Account, chunk: list[Sale]) -> None:
    rows = [
        (deal_id(sale.index), int(owner), f"{share.normalize():f}", milliseconds(sale.created_at))
        for sale in chunk
        for owner, share in _splits(account, sale)
    ]
    statement = "INSERT INTO split (deal_id, owner_id, percentage, created) VALUES (?, ?, ?, ?)"
    account.store.db.executemany(statement, rows)


def _company(companies: dict[str, Row], name: str, start: date) -> Row:
    if name not in companies:
        kind, number = find_type("companies"), len(companies)
        created = milliseconds(datetime.combine(start, time(8), UTC)) - number * 60_000
        values = {"name": name, "domain": f"account-{number + 1}.example.com", "createdate": iso(created)}
        companies[name] = Row(kind.first_id + ID_STEP * number, created, created, None, values)
    return companies[name]
