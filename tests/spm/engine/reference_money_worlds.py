"""Random plans and deals in several currencies, with dated rates of which some are missing."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

PEOPLE = ["ann@example.com", "bob@example.com"]
_FIRST = date(2026, 1, 1)
_CURRENCIES = ["USD", "EUR", "GBP", "JPY"]


def world(source: Random) -> dict[str, Any]:
    """A plan and the tables it is tried on."""
    base = source.choice(["USD", "EUR", "CHF"])
    deals = [_deal(source, number) for number in range(source.randint(2, 8))]
    return {
        "plan": plan(source),
        "today": date(2026, 12, 31),
        "people": [{"email": email, "currency": source.choice(["USD", "EUR", "GBP", None])} for email in PEOPLE],
        "assignments": [{"who": email, "plan": "Test", "starts_on": _FIRST, "ends_on": None} for email in PEOPLE],
        "deals": deals,
        "splits": [row for deal in deals if source.random() < 0.3 for row in _splits(source, deal["deal_id"])],
        "entries": [_entry(source, number) for number in range(4)],
        "quotas": [_quota(source, email) for email in PEOPLE],
        "fx_rates": [row for currency in _CURRENCIES if currency != base for row in _rates(source, base, currency)]
        or [{"base": base, "currency": "SEK", "rate": "11", "starts_on": _FIRST}],
    }


def _day(source: Random) -> date:
    return _FIRST + timedelta(days=source.choice([0, 30, 31, 58, 59, 89, 90, *range(0, 364, 9)]))


def _deal(source: Random, number: int) -> dict[str, Any]:
    return {
        "deal_id": f"d{number:02}",
        "owner": source.choice(PEOPLE),
        "amount": source.choice(["100", "1000.01", "333.33", "-100", "2000", "0.05"]),
        "currency": source.choice([*_CURRENCIES, None]),
        "close_date": _day(source),
        "booked_on": _day(source) if source.random() < 0.8 or number == 0 else None,
    }


def _splits(source: Random, deal: str) -> list[dict[str, Any]]:
    shares = source.choice([["0.5", "0.5"], ["0.3333333333", "0.6666666667"], ["0.125", "0.875"]])
    return [{"deal_id": deal, "email": email, "share": share} for email, share in zip(PEOPLE, shares, strict=True)]


def _entry(source: Random, number: int) -> dict[str, Any]:
    row = {"item": f"e{number}", "email": source.choice(PEOPLE), "measure": "bonus", "on": _day(source)}
    return row | {"value": source.choice(["100", "33.33"]), "currency": source.choice(["EUR", "USD", None])}


def _quota(source: Random, email: str) -> dict[str, Any]:
    row = {"email": email, "measure": "bookings", "amount": source.choice(["1000", "777.77"]), "starts_on": _FIRST}
    return row | {"currency": source.choice(["EUR", "USD", "GBP", None]), "ends_on": date(2026, 12, 31)}


def _rates(source: Random, base: str, currency: str) -> list[dict[str, Any]]:
    """One or several from different days on; sometimes none, or none at first."""
    if source.random() < 0.1:
        return []
    first = source.choice([date(2025, 1, 1), _FIRST, _FIRST, date(2026, 3, 1)])
    days = sorted({first, *(day for day in (_day(source), _day(source)) if day > first and source.random() < 0.7)})
    usual = ["0.8", "1.1234567", "3", "0.0073", "157.25"]
    return [{"base": base, "currency": currency, "rate": source.choice(usual), "starts_on": day} for day in days]


def plan(source: Random) -> dict[str, Any]:
    """A plan file as a mapping."""
    found: dict[str, Any] = {"name": "Test", "currency": source.choice(["USD", "EUR"])}
    found["statement"] = source.choice(["month", "quarter"])
    if source.random() < 0.5:
        found["pay_currency"] = source.choice(["participant", "GBP", "EUR"])
    if source.random() < 0.5:
        found["rounding"] = {
            "places": source.choice([0, 2, 3]),
            "rule": source.choice(["half_up", "half_even", "down"]),
        }
    policy = source.choice(["counting_date", None, "booked_on", "plan_rate"])
    if policy:
        found["exchange"] = {"policy": policy}
    if policy == "plan_rate":
        found["exchange"]["rates"] = {"GBP": "1.3", "JPY": "0.0066", "USD": "0.9", "EUR": "1.25"}
        del found["exchange"]["rates"][found["currency"]]
        if source.random() < 0.3:
            del found["exchange"]["rates"]["GBP"]
    found["components"] = [_component(source)]
    return found


def _component(source: Random) -> dict[str, Any]:
    found: dict[str, Any] = {"name": "C0", "accumulate": source.choice(["quarter", "half", "year"])}
    kind = source.choice(["rate", "per_unit", "amount", "attainment", "entries"])
    if kind == "entries":
        return found | {"source": "entries", "measure": "bonus", "unit": "money", "rate": "0.5"}
    if kind in {"rate", "per_unit"}:
        return found | {kind: source.choice(["0.05", "0.125"])}
    end = "500" if kind == "amount" else "0.5"
    tiers = [{"from": "0", "to": end, "rate": "0.04"}, {"from": end, "rate": "0.1"}]
    return found | {"tiers": tiers, "tier_by": kind, "tier_mode": "marginal"}
