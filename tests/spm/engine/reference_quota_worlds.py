"""Random plans with quotas, proration, ramps and seasons, and tables of people who come, go and come back."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

PEOPLE = ["ann@example.com", "bob@example.com", "cal@example.com"]
_FIRST = date(2025, 11, 1)
_EDGES = [date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1), date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 30)]
_SPANS = ["month", "quarter", "half", "year", "plan"]


def world(source: Random) -> dict[str, Any]:
    """Two plans, and the tables they are tried on."""
    statement = source.choice(["month", "month", "quarter", "half"])
    people = [
        {
            "email": email,
            "team": "EMEA",
            "hire_date": day(source) if source.random() < 0.5 else None,
            "leave_date": day(source, 200) if source.random() < 0.4 else None,
        }
        for email in PEOPLE
    ]
    assignments = [row for email in PEOPLE for row in _assignments(source, email)]
    return {
        "plans": [plan(source, name, statement) for name in ("First", "Second")],
        "fiscal": source.choice([1, 1, 4, 10]),
        "today": source.choice([date(2026, 12, 31), date(2026, 6, 30), date(2026, 8, 15)]),
        "people": people,
        "assignments": assignments,
        "absences": [_absence(source, email) for email in PEOPLE for _ in range(source.choice([0, 1, 2, 3]))],
        "quotas": _quotas(source),
        "deals": [
            {
                "deal_id": f"d{number:02}",
                "owner": source.choice(PEOPLE),
                "amount": source.choice(["100", "250", "500", "1000", "33.33", "-100", "2000"]),
                "close_date": day(source),
            }
            for number in range(source.randint(4, 16))
        ],
    }


def day(source: Random, after: int = 0) -> date:
    """A day of fourteen months, often the first or last of a month."""
    if source.random() < 0.4:
        return source.choice(_EDGES)
    return _FIRST + timedelta(days=source.randint(after, 420))


def _assignments(source: Random, email: str) -> Iterable[dict[str, Any]]:
    """Stays one after the other, with or without gaps, on either plan."""
    start = source.choice([date(2026, 1, 1), date(2025, 11, 1), day(source)])
    for _ in range(source.choice([1, 1, 2, 3])):
        last = start + timedelta(days=source.choice([13, 30, 58, 89, 180]))
        open_end = source.random() < 0.4
        plan = source.choice(["First", "Second"])
        yield {"who": email, "plan": plan, "starts_on": start, "ends_on": None if open_end else last}
        if open_end:
            return
        start = last + timedelta(days=source.choice([1, 1, 10, 45]))


def _absence(source: Random, email: str) -> dict[str, Any]:
    first = day(source)
    return {"email": email, "starts_on": first, "ends_on": first + timedelta(days=source.choice([0, 6, 20, 100]))}


def _quotas(source: Random) -> list[dict[str, Any]]:
    """Rows of which no two of a person and measure overlap."""
    found: list[dict[str, Any]] = []
    for email in [*PEOPLE, "team:EMEA"]:
        for _ in range(6):
            row = _quota(source, email)
            same = [each for each in found if (each["email"], each["measure"]) == (email, row["measure"])]
            if all(row["ends_on"] < each["starts_on"] or each["ends_on"] < row["starts_on"] for each in same):
                found.append(row)
    return found


def _quota(source: Random, email: str) -> dict[str, Any]:
    first = source.choice([date(2026, 1, 1), date(2026, 1, 1), date(2025, 4, 1), date(2026, 4, 1), day(source)])
    last = source.choice(
        [date(2026, 12, 31), date(2026, 3, 31), first + timedelta(days=source.choice([0, 1, 29, 100]))]
    )
    measure = source.choice(["bookings", "bookings", "bookings", "incentive", "advance"])
    row = {"email": email, "measure": measure, "amount": source.choice(["1000", "365", "500", "777.77"])}
    return row | {"starts_on": first, "ends_on": max(first, last)}


def plan(source: Random, name: str, statement: str) -> dict[str, Any]:
    """A plan file as a mapping."""
    found: dict[str, Any] = {"name": name, "currency": "USD", "statement": statement}
    if source.random() < 0.7:
        found["proration"] = _proration(source)
    found["components"] = [_component(source, number, statement) for number in range(source.choice([1, 2]))]
    measures = [
        "bookings",
        "bookings",
        *sorted({each.get("target", "bookings") for each in found["components"]} - {"100"}),
    ]
    if source.random() < 0.4:
        shares = source.choice([["0.5"], ["0.25", "0.5", "0.75"], ["0", "0.3333"]])
        found["ramps"] = [{"measure": source.choice(measures), "shares": shares}]
    if source.random() < 0.4:
        shares = source.choice([["0.05"] * 11 + ["0.45"], ["0.2", "0", "0.1"] + ["0.05"] * 8 + ["0.3"]])
        found["seasonality"] = {"bookings": shares}
    if source.random() < 0.3:
        found["draw"] = {
            "amount": source.choice(["20", "31", "advance"]),
            "recoverable": source.random() < 0.6,
            "mode": source.choice(["against", "on_top"]),
            **({"periods": source.randint(1, 4)} if source.random() < 0.5 else {}),
        }
    if source.random() < 0.3:
        found["floors"] = [{"amount": source.choice(["40", "advance"]), "over": _from(source, statement)}]
    return found


def _from(source: Random, statement: str) -> str:
    return source.choice(_SPANS[_SPANS.index(statement) : 4])


def _proration(source: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if source.random() < 0.5:
        found |= {"by": "working_days", "holidays": [date(2026, 1, 1), date(2026, 5, 1), date(2026, 5, 2)]}
    if source.random() < 0.2:
        found["leave"] = False
    if source.random() < 0.3:
        found["of"] = source.sample(["quota", "target", "draw", "floor"], source.randint(1, 3))
    return found


def _component(source: Random, number: int, statement: str) -> dict[str, Any]:
    found: dict[str, Any] = {"name": f"C{number}", "accumulate": source.choice(_SPANS)}
    if source.random() < 0.2:
        found["floors"] = [{"amount": "15", "over": _from(source, statement)}]
    kind = source.choice(["rate", "tiers", "tiers", "amount", "curve", "curve"])
    if kind == "rate":
        return found | {"rate": "0.05"}
    if kind == "curve":
        found["target"] = source.choice(["100", "incentive"])
        points = [{"at": "0.25", "pays": "0.1"}, {"at": "1", "pays": "1"}, {"at": "1.5", "pays": "2"}]
        return found | {"curve": points, "curve_by": "attainment", "curve_pays": "target"}
    by = "attainment" if kind == "tiers" else "amount"
    ends = source.choice([["0.5", "1"], ["0.3333", "1"]]) if kind == "tiers" else ["100", "500"]
    tiers = [{"from": "0", "to": ends[0], "rate": "0.04"}, {"from": ends[0], "to": ends[1], "rate": "0.06"}]
    return found | {"tiers": [*tiers, {"from": ends[1], "rate": "0.1"}], "tier_by": by, "tier_mode": "marginal"}


def as_toml(value: Mapping[str, Any]) -> str:
    """The mapping as a TOML document, tables inline."""
    return "\n".join(f"{key} = {_inline(each)}" for key, each in value.items())


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_inline(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value)


def write(
    folder: Path, plans: Iterable[Mapping[str, Any]], tables: Mapping[str, Any]
) -> tuple[list[Path], dict[str, Path]]:
    """The plan files, and a CSV file of each table that has rows."""
    paths = []
    for plan in plans:
        paths.append(folder / f"{plan['name']}.toml")
        paths[-1].write_text(as_toml(plan))
    files = {}
    for name, rows in tables.items():
        if rows:
            files[name] = folder / f"{name}.csv"
            with files[name].open("w", newline="") as out:
                writer = csv.DictWriter(out, list(rows[0]))
                writer.writeheader()
                writer.writerows({key: "" if each is None else each for key, each in row.items()} for row in rows)
    return paths, files
