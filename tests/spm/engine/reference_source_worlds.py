"""Random plans with components of every source, and tables of people in teams that change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

PEOPLE = [f"{name}@example.com" for name in ("ann", "bob", "cal", "dan", "mia", "zoe")]
TEAMS = ["East", "West"]
_FIRST = date(2026, 1, 1)
_OPEN = {"starts_on": None, "ends_on": None}


def world(source: Random) -> dict[str, Any]:
    """A plan and the tables it is tried on."""
    deals = [_deal(source, number) for number in range(source.randint(3, 10))]
    people = [
        {"email": email, "manager": _manager(source, place), "team": source.choice([*TEAMS, None])}
        for place, email in enumerate(PEOPLE)
    ]
    statement = source.choice(["month", "month", "quarter"])
    return {
        "plan": plan(source, statement),
        "today": source.choice([date(2026, 12, 31), date(2026, 8, 15)]),
        "people": people,
        "hierarchy": [row for email in PEOPLE if source.random() < 0.3 for row in _places(source, email)],
        "assignments": _assignments(source),
        "deals": deals,
        "splits": [row for deal in deals if source.random() < 0.5 for row in _splits(source, deal)],
        "items": [row for deal in deals for row in _items(source, deal)],
        "payments": [row for deal in deals for row in _payments(source, deal)],
        "activities": [_activity(source, number) for number in range(6)],
        "entries": [_entry(source, number) for number in range(4)],
        "quotas": _quotas(source),
    }


def _day(source: Random) -> date:
    return _FIRST + timedelta(days=source.choice([0, 30, 31, 58, 59, 89, 90, 180, 181, *range(0, 364, 9)]))


def _manager(source: Random, place: int) -> str | None:
    return source.choice([*PEOPLE[place + 1 :], None]) if source.random() < 0.8 else None


def _places(source: Random, email: str) -> list[dict[str, Any]]:
    """One's managers and teams one after the other."""
    cut = _day(source)
    above: list[str | None] = [*PEOPLE[PEOPLE.index(email) + 1 :]] or [None]
    rows = [{"email": email, "manager": source.choice(above), "team": source.choice(TEAMS)} for _ in range(2)]
    return [
        rows[0] | {"starts_on": date(2025, 1, 1), "ends_on": cut},
        rows[1] | {"starts_on": cut + timedelta(days=1), "ends_on": None},
    ]


def _assignments(source: Random) -> list[dict[str, Any]]:
    rows = [{"who": email, "plan": "Test", "starts_on": _FIRST, "ends_on": None} for email in PEOPLE]
    rows[1]["starts_on"] = source.choice([_FIRST, date(2026, 2, 15)])
    rows[2]["ends_on"] = source.choice([None, date(2026, 7, 14)])
    return rows if source.random() < 0.5 else rows[:3] + rows[4:]


def _deal(source: Random, number: int) -> dict[str, Any]:
    return {
        "deal_id": f"d{number:02}",
        "owner": source.choice(PEOPLE[:4]),
        "amount": source.choice(["100", "1000.01", "500", "333.33", "-100", "2000", "1000", "0.03"]),
        "close_date": _day(source),
        "deal_type": source.choice(["New", "New", "Renewal"]),
        "engineer": source.choice([*PEOPLE, ""]),
    }


def _splits(source: Random, deal: Mapping[str, Any]) -> list[dict[str, Any]]:
    shares = source.choice(
        [
            ["0.5", "0.5"],
            ["0.6", "0.4"],
            ["0.3333333333", "0.3333333333", "0.3333333334"],
            ["0.125", "0.875"],
            ["0.7", "0.2"],
        ]
    )
    people = source.sample(PEOPLE[:4], len(shares))
    row = {"deal_id": deal["deal_id"], "role": "revenue"}
    found = [
        row | {"email": email, "share": share, "amount": None} for email, share in zip(people, shares, strict=True)
    ]
    if source.random() < 0.3 and float(deal["amount"]) > 50:
        found = [
            row | {"email": people[0], "share": None, "amount": "33.33"},
            row | {"email": people[1], "share": None, "amount": f"{float(deal['amount']) - 33.33:.2f}"},
        ]
    if source.random() < 0.5:
        found.append(
            {"deal_id": deal["deal_id"], "role": "overlay", "email": "mia@example.com", "share": "1", "amount": None}
        )
    return found


def _items(source: Random, deal: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "deal_id": deal["deal_id"],
            "item": f"i{number}",
            "family": source.choice(["Cloud", "Device"]),
            "quantity": source.choice(["1", "3", "10"]),
            "price": source.choice(["99.99", "10", "250.5"]),
        }
        for number in range(source.choice([0, 1, 2]))
    ]


def _payments(source: Random, deal: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "deal_id": deal["deal_id"],
            "item": f"p{number}",
            "kind": source.choice(["payment", "payment", "invoice"]),
            "on": deal["close_date"] + timedelta(days=source.choice([0, 10, 40, 100])),
            "amount": source.choice(["100", "33.33", None]),
        }
        for number in range(source.choice([0, 1, 2]))
    ]


def _activity(source: Random, number: int) -> dict[str, Any]:
    row = {"id": f"a{number}", "owner": source.choice(PEOPLE), "happened_on": _day(source)}
    return row | {"type": source.choice(["meeting", "call"]), "done": source.choice(["true", "false"])}


def _entry(source: Random, number: int) -> dict[str, Any]:
    row = {"item": f"e{number}", "email": source.choice(PEOPLE), "on": _day(source)}
    return row | {"measure": source.choice(["mbo", "mbo", "other"]), "value": source.choice(["0.8", "1", "0.3333"])}


def _quotas(source: Random) -> list[dict[str, Any]]:
    return [
        {
            "email": email,
            "measure": measure,
            "amount": source.choice(["1000", "4000", "2000"]),
            "starts_on": _FIRST,
            "ends_on": source.choice([date(2026, 12, 31), date(2026, 6, 30)]),
        }
        for email in [*PEOPLE, *(f"team:{team}" for team in TEAMS)]
        for measure in ("bookings", "renewals")
        if source.random() < 0.8
    ]


def plan(source: Random, statement: str) -> dict[str, Any]:
    """A plan file as a mapping."""
    found: dict[str, Any] = {"name": "Test", "currency": "USD", "statement": statement}
    if source.random() < 0.4:
        found["splits"] = {"residual": source.choice(["largest", "smallest", "first", "last", "owner"])}
    names = [f"C{number}" for number in range(source.randint(1, 4))]
    found["components"] = [_component(source, name, statement, names) for name in names]
    simple = [each["name"] for each in found["components"] if "rate" in each or "per_unit" in each]
    if source.random() < 0.3 and simple:
        override = {"name": "Override", "source": "earnings", "rate": "0.05", "earnings_of": source.choice(simple)}
        override["roll_up"] = {"to": "manager", "own": False, "levels": source.choice([1, 2, "all"])}
        found["components"].append(override)
    return found


def _component(source: Random, name: str, statement: str, names: Sequence[str]) -> dict[str, Any]:
    spans = ["month", "quarter", "half", "year"]
    found: dict[str, Any] = {"name": name, "accumulate": source.choice(spans[spans.index(statement) :])}
    kind = source.choice(["deals"] * 5 + ["line_items", "payments", "activities", "entries"])
    if kind in {"activities", "entries"}:
        found["source"] = kind
        found |= {"condition": "type = 'meeting' and done"} if kind == "activities" else {"measure": "mbo"}
        _roll_up(source, found)
        return found | ({"per_unit": "25"} if kind == "activities" else {"rate": "200"})
    if kind != "deals":
        found["source"] = kind
    conditions = {"line_items": ["family = 'Cloud'"], "payments": ["kind = 'payment'"]}
    if source.random() < 0.4:
        usual = ["deal_type = 'New'", "deal_type = 'Renewal'", "amount >= 400"]
        found["condition"] = source.choice(conditions.get(kind, usual))
    if source.random() < 0.2:
        found["weight"] = "case when deal_type = 'Renewal' then 0.5 else 1 end"
    _credit(source, found)
    return found | _rate(source, found, kind, [other for other in names if other != name])


def _credit(source: Random, found: dict[str, Any]) -> None:
    chosen = source.random()
    if chosen < 0.3:
        found["role"] = source.choice(["owner", "overlay"])
    elif chosen < 0.55:
        ways = ["owner", "mia@example.com", "field:engineer", "team:East"]
        found["credit"] = [{"to": to} for to in source.sample(ways, source.randint(1, 3))]
        for rule in found["credit"]:
            if source.random() < 0.5:
                rule["share"] = source.choice(["0.5", "0.3333"])
            if source.random() < 0.3:
                rule["condition"] = "deal_type = 'New'"
    _roll_up(source, found)


def _roll_up(source: Random, found: dict[str, Any]) -> None:
    if source.random() < 0.35:
        found["roll_up"] = {"to": source.choice(["manager", "team"]), "own": source.random() < 0.5}
        if found["roll_up"]["to"] == "manager":
            found["roll_up"]["levels"] = source.choice([1, 2, "all"])


def _rate(source: Random, found: dict[str, Any], kind: str, others: Sequence[str]) -> dict[str, Any]:
    chosen = source.choice(["rate", "rate", "piece", "tiers", "deal", "budget", "matrix", "pool"])
    if chosen == "piece":
        return {"per_unit": source.choice(["12.5", "3"])}
    tiers = [{"from": "0", "to": "0.25", "rate": "0.04"}, {"from": "0.25", "rate": "0.1"}]
    if chosen == "tiers":
        return {"tiers": tiers, "tier_by": "attainment", "tier_mode": "marginal"}
    if chosen == "deal" and kind == "deals":
        tiers = [{"from": "0", "to": "400", "rate": "0.04"}, {"from": "400", "rate": "0.1"}]
        return {"tiers": tiers, "tier_by": "amount", "tier_mode": "marginal", "accumulate": "deal"}
    if chosen == "budget":
        return {"rate": "0.1", "budget": source.choice(["60", "150"]), "starts_on": date(2026, 2, 1)}
    if chosen == "matrix" and others:
        return _matrix(source, others)
    if chosen == "pool" and "roll_up" not in found:
        pool = {"divided": source.choice(["equally", "by_credit"])}
        pool |= {"rate": "0.02"} if source.random() < 0.5 else {"amount": "1000"}
        if "amount" in pool and source.random() < 0.6:
            pool["at_least"] = source.choice(["0.25", "1"])
        return {"pool": pool}
    return {"rate": source.choice(["0.05", "0.0125"])}


def _matrix(source: Random, others: Sequence[str]) -> dict[str, Any]:
    matrix: dict[str, Any] = {"other": source.choice(others), "pays": source.choice(["rate", "amount", "target"])}
    bounds = {"attainment": ["0.1", "0.5"], "amount": source.choice([["0", "500"], ["50", "500"]]), "count": ["1", "3"]}
    for place, key in (("rows", "by"), ("columns", "other_by")):
        matrix[key] = source.choice(list(bounds))
        matrix[place] = bounds[matrix[key]]
    matrix["values"] = {
        "rate": [["0.05", "0.06"], ["0.07", "0.0833"]],
        "amount": [["10", "20"], ["30", "70.5"]],
        "target": [["0.1", "0.5"], ["0.3333", "1.2"]],
    }[matrix["pays"]]
    return {"matrix": matrix} | ({"target": "100"} if matrix["pays"] == "target" else {})
