"""A company's generated year of sales, told without any CRM's words; both sandboxes translate it into theirs.

Everything is drawn lazily from the seed: the first n sales are the same however many are asked for, and the first
three sales people are the same in every sandbox. Amounts are exact decimals in the sale's own currency.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import TypeVar

from sandbox import names
from sandbox.staff import Person, people

__all__ = [
    "ACTIVITY_KINDS", "CORPORATE_CURRENCY", "KINDS", "OPEN_STAGES", "RATES", "Activity", "Person", "Quota", "Sale",
    "activities", "people", "quotas", "sales",
]  # fmt: skip

_T = TypeVar("_T")

KINDS = ("new", "existing", "renewal")
OPEN_STAGES = {"new": 10, "qualified": 30, "proposal": 60, "negotiation": 80}
"""Open stages in order, with the chance of winning in percent. A sale that is not open is `won` or `lost`."""
ACTIVITY_KINDS = ("call", "email", "meeting", "task")
CORPORATE_CURRENCY = "USD"
RATES = {"EUR": Decimal("0.92"), "GBP": Decimal("0.79")}
"""Units of the currency for one dollar. JPY is sold in as well, and has no rate: that is the point."""

_OPEN_STAGES = tuple(OPEN_STAGES)
_CURRENCIES = ("USD", "EUR", "GBP", "JPY")
_CURRENCY_WEIGHTS = (0.70, 0.898, 0.997)  # cumulative; the rest is yen
_UNITS = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "JPY": 150.0}  # only to make amounts look alike
_MEDIAN_CENTS = 1_200_000
_SPREAD = 1.1  # sigma of the log-normal: the mean is 1.8 times the median
_WON, _LOST = 0.36, 0.90  # cumulative, of sales that had time to be decided
_SHARES = ((5000, 5000), (6000, 4000), (7000, 3000), (9000, 1000), (3334, 3333, 3333), (5000, 2500, 2500))
_DURATIONS = (0, 5, 15, 25, 30, 45, 60, 90)  # minutes
_BLOCK = 1_000  # in every thousand sales ...
_RUN = range(500, 740)  # ... these were changed by one bulk update,
_LARGE_BLOCK = 50_000  # and in every fifty thousand
_LARGE_RUN = range(30_000, 42_000)  # these, more than a search of HubSpot can page through


@dataclass(frozen=True, slots=True)
class Sale:
    """One deal. `amount` and `arr` are in `currency`, None where nobody entered them.

    `stage` is a key of OPEN_STAGES, `won` or `lost`; `closed_on` the day it was decided, or is expected to be.
    `splits` are (person, share of 1), the owner first, or empty. `reopened`: it was lost before, and is open again.
    `merged_into` is the index of an earlier sale that took this one over. `probability` is in percent.
    """

    index: int
    name: str
    account: str
    owner_index: int
    amount: Decimal | None
    arr: Decimal | None
    currency: str
    kind: str
    stage: str
    created_at: datetime
    closed_on: date
    modified_at: datetime
    probability: Decimal
    splits: tuple[tuple[int, Decimal], ...]
    reopened: bool
    deleted: bool
    merged_into: int | None

    @property
    def is_open(self) -> bool:
        """Whether it is neither won nor lost."""
        return self.stage in OPEN_STAGES


@dataclass(frozen=True, slots=True)
class Activity:
    """Something somebody did or plans, for a sale or for none. `kind` is one of ACTIVITY_KINDS."""

    index: int
    kind: str
    owner_index: int
    sale_index: int | None
    subject: str
    happened_at: datetime
    done: bool
    duration_minutes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Quota:
    """A person's target for a calendar month, in CORPORATE_CURRENCY."""

    person_index: int
    starts_on: date
    ends_on: date
    amount: Decimal


def sales(seed: int, count: int, staff: Sequence[Person], start: date, today: date) -> Iterator[Sale]:
    """The sales of the time from `start` to before `today`, in no order of time. Decided ones are decided in it."""
    draw = random.Random(f"{seed} sales")
    sellers = [person.index for person in staff if person.sells]
    weights = [random.Random(f"{seed} weight {index}").lognormvariate(0, 0.5) for index in sellers]
    totals = list(accumulate(weights))
    survivor: int | None = None
    for index in range(count):
        owner = sellers[bisect(totals, draw.random() * totals[-1], hi=len(sellers) - 1)]
        sale = _sale(draw, index, owner, sellers, (start, today), survivor)
        if not sale.deleted and sale.merged_into is None:
            survivor = index
        yield sale


def _sale(
    draw: random.Random, index: int, owner: int, sellers: list[int], span: tuple[date, date], survivor: int | None
) -> Sale:
    start, today = span
    chance = draw.random
    account = f"{_pick(chance(), names.ACCOUNTS)} {_pick(chance(), names.LEGAL_FORMS)}"
    currency = _CURRENCIES[bisect(_CURRENCY_WEIGHTS, chance())]
    amount, arr = _amounts(draw, currency)
    created = _moment(draw, start - timedelta(days=60), today)
    bulk = _bulk_moment(index, today)
    if bulk and created >= bulk:
        created = bulk - timedelta(days=1 + 30 * chance())
    decided = max(created.date() + timedelta(days=min(300, int(draw.lognormvariate(3.7, 0.7)))), start)
    stage, reopened = _stage(draw, decided, today)
    closed_on = _month_end(decided, today) if chance() < 0.15 else decided
    fate = chance()
    return Sale(
        index=index,
        name=f"{account} – {_pick(chance(), names.PRODUCTS)}",
        account=account,
        owner_index=owner,
        amount=amount,
        arr=arr,
        currency=currency,
        kind=KINDS[min(2, int(chance() * 4))] if chance() < 0.5 else "new",
        stage=stage,
        created_at=created,
        closed_on=closed_on,
        modified_at=bulk or _modified(draw, created, closed_on, today),
        probability=Decimal(OPEN_STAGES.get(stage, 100 if stage == "won" else 0)),
        splits=_splits(draw, owner, sellers),
        reopened=reopened,
        deleted=fate < 0.015,
        merged_into=survivor if 0.015 <= fate < 0.019 else None,
    )


def _amounts(draw: random.Random, currency: str) -> tuple[Decimal | None, Decimal | None]:
    cents = int(draw.lognormvariate(0, _SPREAD) * _MEDIAN_CENTS * _UNITS[currency]) + 100
    step = 100 if currency == "JPY" else 10_000 if draw.random() < 0.3 else 1
    cents -= cents % step
    missing, arr_share = draw.random(), draw.uniform(0.5, 1.0)
    amount = Decimal(cents).scaleb(-2)
    if missing < 0.03:
        return None, None
    if missing < 0.04:
        return Decimal("0.00"), None
    arr_cents = int(cents * arr_share)
    arr = Decimal(arr_cents - arr_cents % (100 if currency == "JPY" else 1)).scaleb(-2)
    return amount, arr if missing < 0.75 else None


def _stage(draw: random.Random, decided: date, today: date) -> tuple[str, bool]:
    outcome, open_stage = draw.random(), _pick(draw.random(), _OPEN_STAGES)
    if decided >= today or outcome >= _LOST:
        return open_stage, False
    if outcome < _WON:
        return "won", False
    return ("lost", False) if outcome < _LOST - 0.03 else (open_stage, True)


def _splits(draw: random.Random, owner: int, sellers: list[int]) -> tuple[tuple[int, Decimal], ...]:
    if draw.random() >= 0.08:
        return ()
    shares = draw.choice(_SHARES)
    others = [other for other in draw.sample(sellers, min(4, len(sellers))) if other != owner][: len(shares) - 1]
    if len(others) < len(shares) - 1:
        return ()
    return tuple((person, Decimal(share).scaleb(-4)) for person, share in zip((owner, *others), shares, strict=True))


def _modified(draw: random.Random, created: datetime, closed_on: date, today: date) -> datetime:
    latest = min(closed_on, today - timedelta(days=1)) + timedelta(days=1)
    first = max(created.date(), latest - timedelta(days=20))
    return max(created, _moment(draw, first, max(latest, first + timedelta(days=1))))


def _bulk_moment(index: int, today: date) -> datetime | None:
    """When the bulk update that changed this sale ran; None where none did."""
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
    if index % _LARGE_BLOCK in _LARGE_RUN:
        return midnight - timedelta(days=9, hours=3, milliseconds=index // _LARGE_BLOCK)
    if index % _BLOCK in _RUN:
        return midnight - timedelta(days=5, hours=2, milliseconds=7 * (index // _BLOCK))
    return None


def activities(
    seed: int, count: int, staff: Sequence[Person], sale_count: int, start: date, today: date
) -> Iterator[Activity]:
    """Calls, emails, meetings and tasks; nine of ten belong to one of the first `sale_count` sales."""
    draw = random.Random(f"{seed} activities")
    sellers = [person.index for person in staff if person.sells]
    for index in range(count):
        happened = _moment(draw, start, today + timedelta(days=14))
        done = happened.date() < today and draw.random() < 0.9
        recorded = min(happened, datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(seconds=1))
        yield Activity(
            index=index,
            kind=_pick(draw.random(), ACTIVITY_KINDS),
            owner_index=_pick(draw.random(), sellers),
            sale_index=int(draw.random() * sale_count) if sale_count and draw.random() < 0.9 else None,
            subject=f"{_pick(draw.random(), names.SUBJECTS)} {index + 1}",
            happened_at=happened,
            done=done,
            duration_minutes=_pick(draw.random(), _DURATIONS),
            modified_at=recorded,
        )


def quotas(seed: int, staff: Sequence[Person], sale_count: int, start: date, today: date) -> list[Quota]:
    """Monthly targets of who sells, from the month of `start` to two months after `today`: about what they sell."""
    draw = random.Random(f"{seed} quotas")
    months = _months(start, today + timedelta(days=62))
    sellers = [person for person in staff if person.sells]
    usual = sale_count * _WON * 1.5 * _MEDIAN_CENTS / 100 / 13 / max(1, len(sellers))
    found = []
    for person in sellers:
        target = Decimal(max(1, round(usual * draw.uniform(0.7, 1.3) / 1_000)) * 1_000)
        found += [Quota(person.index, first, last, target) for first, last in months]
    return found


def _months(first: date, last: date) -> list[tuple[date, date]]:
    months, day = [], first.replace(day=1)
    while day <= last:
        end = _last_of_month(day)
        months.append((day, end))
        day = end + timedelta(days=1)
    return months


def _last_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _month_end(day: date, today: date) -> date:
    end = _last_of_month(day)
    return end if end < today or day >= today else day


def _pick(chance: float, things: Sequence[_T]) -> _T:
    return things[int(chance * len(things))]


def _moment(draw: random.Random, first: date, before: date) -> datetime:
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return midnight + timedelta(milliseconds=int(draw.random() * max(1, (before - first).days) * 86_400_000))
