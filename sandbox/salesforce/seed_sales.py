"""The generated sales and activities as opportunities, splits, tasks and events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice, product
from typing import Any

from sandbox import names
from sandbox.sales import CORPORATE_CURRENCY, Activity, Person, Sale, activities, sales
from sandbox.salesforce.ids import make_id
from sandbox.salesforce.objects import FORECAST_CATEGORIES, STAGES
from sandbox.salesforce.store import Store
from sandbox.salesforce.values import Stored

ACCOUNTS = tuple(f"{name} {form}" for name, form in product(names.ACCOUNTS, names.LEGAL_FORMS))
"""Names of the accounts; the n-th has the n-th id."""
SPLIT_TYPE_IDS = (make_id("149", 1), make_id("149", 2))
"""Revenue, Overlay."""
_STAGE = {
    "new": "Prospecting",
    "qualified": "Qualification",
    "proposal": "Proposal/Price Quote",
    "negotiation": "Negotiation/Review",
    "won": "Closed Won",
    "lost": "Closed Lost",
}
_TYPE = {"new": "New Business", "existing": "Existing Business", "renewal": "Renewal"}
_SUBTYPE = {"call": "Call", "email": "Email", "task": "Task"}
_ROWS_AT_ONCE = 5_000
_ARCHIVED_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Year:
    """What to generate: seed, how many, and the dates (`start` to before `today`)."""

    seed: int
    users: int
    teams: int
    deals: int
    activities: int
    start: date
    today: date


def user_id(index: int) -> str:
    """The user of a person; the integration user comes before them."""
    return make_id("005", index + 2)


def stamp(day: date | datetime) -> str:
    """A stamp as Salesforce keeps them: whole seconds."""
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    return f"{moment.isoformat(timespec='seconds')[:19]}.000+0000"


_OPPORTUNITY_COLUMNS = (
    "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
    "AccountId", "IsPrivate", "Name", "StageName", "Amount", "Probability", "ExpectedRevenue", "CloseDate", "Type",
    "IsClosed", "IsWon", "ForecastCategory", "ForecastCategoryName", "CurrencyIsoCode", "HasOpportunityLineItem",
    "OwnerId", "LastStageChangeDate", "FiscalQuarter", "FiscalYear", "Fiscal", "PushCount", "ARR__c",
)  # fmt: skip
_SPLIT_COLUMNS = (
    "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
    "Split", "OpportunityId", "SplitOwnerId", "SplitTypeId", "SplitPercentage", "SplitAmount", "CurrencyIsoCode",
)  # fmt: skip


def load_sales(store: Store, year: Year, staff: Sequence[Person]) -> None:
    """Load opportunities and their splits, chunk by chunk."""
    account_ids = {name: make_id("001", number) for number, name in enumerate(ACCOUNTS, 1)}
    user_ids = [user_id(person.index) for person in staff]
    splits = 0
    source = sales(year.seed, year.deals, staff, year.start, year.today)
    while chunk := list(islice(source, _ROWS_AT_ONCE)):
        rows = [_opportunity(sale, user_ids[sale.owner_index], account_ids[sale.account]) for sale in chunk]
        store.load("Opportunity", _OPPORTUNITY_COLUMNS, rows)
        shares = [row for sale in chunk for row in _splits(sale, user_ids)]
        store.load(
            "OpportunitySplit", _SPLIT_COLUMNS, (_numbered_split(row, splits + n) for n, row in enumerate(shares, 1))
        )
        splits += len(shares)
        for row in rows:
            if row[1]:
                store.note_deletion("Opportunity", str(row[0]), str(row[6]))
    store.continue_ids("Opportunity", year.deals)
    store.continue_ids("OpportunitySplit", splits)


def cents(amount: Decimal | None) -> int | None:
    """An amount as the database holds it."""
    return None if amount is None else int(amount.scaleb(2))


def _opportunity(sale: Sale, owner: str, account: str) -> tuple[Stored, ...]:
    created, modified = stamp(sale.created_at), stamp(sale.modified_at)
    stage = _STAGE[sale.stage]
    _usual, category, closed, won = STAGES[stage]
    amount, probability = cents(sale.amount), int(sale.probability)
    day = sale.closed_on
    quarter = (day.month + 2) // 3
    return (
        make_id("006", sale.index + 1),
        int(sale.deleted or sale.merged_into is not None),
        created, owner, modified, owner, modified,
        account, 0, sale.name, stage, amount, probability,
        None if amount is None else (amount * probability + 50) // 100,
        day.isoformat(), _TYPE[sale.kind],
        int(closed), int(won), FORECAST_CATEGORIES[category], category, sale.currency, 0,
        owner, modified, quarter, day.year, f"{day.year} {quarter}", int(sale.reopened), cents(sale.arr),
    )  # fmt: skip


def _splits(sale: Sale, user_ids: Sequence[str]) -> Iterator[tuple[Stored, ...]]:
    if not sale.splits:
        return
    modified = stamp(sale.modified_at)
    created = stamp(sale.created_at)
    owner = user_ids[sale.owner_index]
    for person, share in sale.splits:
        amount = None if sale.amount is None else sale.amount * share
        yield (
            int(sale.deleted or sale.merged_into is not None), created, owner, modified, owner, modified,
            make_id("006", sale.index + 1), user_ids[person], SPLIT_TYPE_IDS[0], int(share.scaleb(4)),
            cents(None if amount is None else amount.quantize(Decimal("0.01"), ROUND_HALF_UP)), sale.currency,
        )  # fmt: skip


def _numbered_split(row: tuple[Stored, ...], number: int) -> tuple[Stored, ...]:
    return (make_id("1OS", number), *row[:6], f"OS-{number:08d}", *row[6:])


_ACTIVITY_COLUMNS = (
    "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
    "WhatId", "Subject", "ActivityDate", "OwnerId", "IsArchived", "CurrencyIsoCode",
)  # fmt: skip
_TASK_COLUMNS = (
    "Id", *_ACTIVITY_COLUMNS, "Status", "Priority", "IsHighPriority", "IsClosed", "Type", "TaskSubtype", "CallType",
    "CallDurationInSeconds", "CompletedDateTime",
)  # fmt: skip
_EVENT_COLUMNS = (
    "Id", *_ACTIVITY_COLUMNS, "IsAllDayEvent", "ActivityDateTime", "DurationInMinutes", "StartDateTime", "EndDateTime",
    "EndDate", "IsPrivate", "ShowAs", "IsChild", "IsGroupEvent", "Type", "EventSubtype",
)  # fmt: skip


def load_activities(store: Store, year: Year, staff: Sequence[Person]) -> None:
    """Load tasks and events."""

    def rows(*, events: bool) -> Iterable[tuple[Stored, ...]]:
        found = activities(year.seed, year.activities, staff, year.deals, year.start, year.today)
        chosen = (one for one in found if (one.kind == "meeting") == events)
        make: Any = _event if events else _task
        for number, one in enumerate(chosen, 1):
            yield make(number, one, _activity(one, year.today))

    for object_name, columns, events in (("Task", _TASK_COLUMNS, False), ("Event", _EVENT_COLUMNS, True)):
        store.load(object_name, columns, rows(events=events))
        store.continue_ids(object_name, year.activities)


def _activity(one: Activity, today: date) -> tuple[Stored, ...]:
    modified, owner = stamp(one.modified_at), user_id(one.owner_index)
    what = None if one.sale_index is None else make_id("006", one.sale_index + 1)
    archived = int(one.happened_at.date() < today - _ARCHIVED_AFTER and one.done)
    day = one.happened_at.date().isoformat()
    return (0, modified, owner, modified, owner, modified, what, one.subject, day, owner, archived, CORPORATE_CURRENCY)


def _task(number: int, one: Activity, shared: tuple[Stored, ...]) -> tuple[Stored, ...]:
    call = one.kind == "call"
    return (
        make_id("00T", number), *shared, "Completed" if one.done else "Not Started", "Normal", 0, int(one.done),
        {"call": "Call", "email": "Email"}.get(one.kind), _SUBTYPE[one.kind], "Outbound" if call else None,
        one.duration_minutes * 60 if call else None, stamp(one.happened_at) if one.done else None,
    )  # fmt: skip


def _event(number: int, one: Activity, shared: tuple[Stored, ...]) -> tuple[Stored, ...]:
    begin, end = one.happened_at, one.happened_at + timedelta(minutes=one.duration_minutes)
    return (
        make_id("00U", number), *shared, 0, stamp(begin), one.duration_minutes, stamp(begin), stamp(end),
        end.date().isoformat(), 0, "Busy", 0, 0, "Meeting", "Event",
    )  # fmt: skip
