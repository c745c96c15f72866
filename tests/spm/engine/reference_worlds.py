"""Random plans and tables for the reference: small, and often exactly on a bound, so that differences show."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

PEOPLE = ["ann@example.com", "bob@example.com", "cal@example.com", "mia@example.com"]
MANAGERS = {
    "ann@example.com": "cal@example.com",
    "bob@example.com": "cal@example.com",
    "cal@example.com": "mia@example.com",
}
FIRST = date(2026, 1, 1)
_AMOUNTS = ["100", "150", "200", "250", "500", "-100", "33.33", "99.99", "1000", "-250.5", "0"]
_RATES = ["0.05", "0.1", "0.0125", "0.07", "0"]


def world(source: Random) -> dict[str, Any]:
    """A plan and the tables it is tried on."""
    today = source.choice([date(2026, 12, 31), date(2026, 6, 30), date(2026, 9, 15)])
    deals = [_deal(source, number) for number in range(1, source.randint(2, 14))]
    return {
        "plan": plan(source),
        "deals": deals,
        "splits": _splits(source, deals),
        "quotas": [
            _quota(source, person, measure)
            for person in PEOPLE
            for measure in ("bookings", "renewals")
            if source.random() < 0.7
        ],
        "payments": _payments(source, deals),
        "today": today,
    }


def _day(source: Random) -> date:
    return FIRST + timedelta(days=source.choice([0, 30, 31, 58, 59, 89, 90, *range(0, 330, 7)]))


def _deal(source: Random, number: int) -> dict[str, Any]:
    day, amount = _day(source), source.choice(_AMOUNTS)
    kept = amount.startswith("-") or amount == "0"  # what never paid is not taken back
    return {
        "deal_id": f"d{number:02}",
        "owner": source.choice(PEOPLE[:3]),
        "amount": amount,
        "close_date": day,
        "deal_type": source.choice(["New", "New", "Renewal"]),
        "left_on": day + timedelta(days=source.choice([10, 40, 90, 91, 200]))
        if not kept and source.random() < 0.3
        else None,
        "live_on": day + timedelta(days=source.choice([-20, 5, 45, 120])) if source.random() < 0.7 else None,
    }


def _splits(source: Random, deals: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for deal in deals:
        if source.random() < 0.25:
            first, second = source.sample(PEOPLE[:3], 2)
            share = source.choice(["0.5", "0.6", "0.3333333333"])
            other = {"0.5": "0.5", "0.6": "0.4", "0.3333333333": "0.6666666667"}[share]
            found += [{"deal_id": deal["deal_id"], "email": first, "share": share}]
            found += [{"deal_id": deal["deal_id"], "email": second, "share": other}]
    return found


def _quota(source: Random, person: str, measure: str) -> dict[str, Any]:
    first = source.choice([FIRST, FIRST, date(2026, 2, 15), date(2026, 7, 1)])
    last = source.choice([date(2026, 12, 31), date(2026, 12, 31), date(2026, 9, 30)])
    amount = source.choice(["1200", "2400", "600", "1000"])
    return {"email": person, "measure": measure, "starts_on": first, "ends_on": last, "amount": amount}


def _payments(source: Random, deals: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for deal in deals:
        for number in range(source.choice([0, 0, 1, 2])):
            day = deal["close_date"] + timedelta(days=source.choice([-5, 3, 30, 64, 120]) + number)
            amount = source.choice(["50", "100", "33.33", "400"])
            kind = source.choice(["payment", "payment", "refund"]) if float(deal["amount"]) > 0 else "payment"
            found.append({"deal_id": deal["deal_id"], "kind": kind, "on": day, "amount": amount, "item": f"i{number}"})
    return found


def plan(source: Random) -> dict[str, Any]:
    """A plan file as a mapping."""
    statement = source.choice(["month", "month", "quarter"])
    names = ["First", "Second", "Third"][: source.randint(1, 3)]
    found: dict[str, Any] = {"name": "Test", "currency": "USD", "statement": statement}
    found["components"] = [_component(source, name, names, statement) for name in names]
    if source.random() < 0.25:
        found["caps"] = [{"amount": source.choice(["20", "60"]), "over": source.choice([statement, "year"])}]
    if source.random() < 0.25:
        found["floors"] = [{"amount": "15", "over": source.choice([statement, "half"])}]
    if source.random() < 0.3:
        found["draw"] = {
            "amount": source.choice(["10", "25"]),
            "recoverable": source.random() < 0.6,
            "mode": source.choice(["against", "on_top"]),
            **({"periods": source.randint(1, 4)} if source.random() < 0.5 else {}),
        }
    return found


def _component(source: Random, name: str, names: Sequence[str], statement: str) -> dict[str, Any]:
    spans = ["month", "quarter", "half", "year", "plan", "deal"]
    found: dict[str, Any] = {
        "name": name,
        "accumulate": source.choice(spans[spans.index(statement) : 5] + ["deal"][: source.random() < 0.2]),
    }
    if source.random() < 0.3:
        found["measure"] = "renewals"
    if source.random() < 0.4:
        found["condition"] = source.choice(["deal_type = 'New'", "deal_type = 'Renewal'", "amount > 200"])
    if source.random() < 0.15:
        found["weight"] = "case when deal_type = 'Renewal' then 0.5 else 1 end"
    if source.random() < 0.2:
        found["role"] = "owner"
    if source.random() < 0.2:
        found["starts_on"] = date(2026, 2, 1)
    if source.random() < 0.2:
        found["roll_up"] = {"to": "manager", "levels": source.choice([1, 2, "all"]), "own": source.random() < 0.5}
    found |= _rate(source, found["accumulate"])
    _modify(source, found, [other for other in names if other != name], statement)
    return found


def _rate(source: Random, accumulate: str) -> dict[str, Any]:
    kind = source.choice(
        ["rate", "per_unit", "marginal", "marginal", "whole_amount", "base_plus_top", "curve", "curve", "steps"]
    )
    if kind == "rate":
        return {"rate": source.choice(_RATES)}
    if kind == "per_unit":
        return {"per_unit": source.choice(["5", "12.5"])}
    basis = source.choice(["amount", "amount", "count"] if accumulate == "deal" else ["attainment", "amount", "count"])
    if kind == "base_plus_top" and basis == "count":
        basis = "amount"
    marks = {"attainment": ["0.25", "0.5", "1"], "amount": ["100", "250", "500"], "count": ["1", "2", "4"]}[basis]
    if kind in {"marginal", "whole_amount", "base_plus_top"}:
        bounds = ["0", *sorted(source.sample(marks, source.randint(1, 3)), key=float)]
        ends = [*bounds[1:], None]
        tiers = [
            {"from": low, "to": high, "rate": source.choice(_RATES)} for low, high in zip(bounds, ends, strict=True)
        ]
        found = {
            "tiers": [{k: v for k, v in t.items() if v is not None} for t in tiers],
            "tier_mode": kind,
            "tier_by": basis,
        }
        if kind != "marginal" and source.random() < 0.4:
            found["at_bound"] = "lower_tier"
        return found
    places = source.sample(["0", *marks], source.randint(2, 4)) if kind == "curve" else source.sample(marks, 2)
    if kind == "steps":
        pays = source.choice(["amount", "target"])
        values = ["10", "33.33"] if pays == "amount" else ["0.1", "0.25"]
        steps = [{"at": at, "pays": value} for at, value in zip(sorted(places, key=float), values, strict=True)]
        return _target(pays) | {
            "steps": steps,
            "steps_by": basis,
            "steps_pays": pays,
            "which": source.choice(["each", "highest"]),
        }
    pays = source.choice(["amount", "target", "rate"])
    values = {
        "amount": ["0", "10", "25", "70"],
        "target": ["0", "0.3", "1", "1.5"],
        "rate": ["0", "0.05", "0.08", "0.02"],
    }[pays]
    points = [{"at": at, "pays": source.choice(values)} for at in sorted(places, key=float)]
    shape = {"shape": source.choice(["linear", "step"]), "below": source.choice(["zero", "flat"])}
    beyond = {"beyond": "continue"} if shape["shape"] == "linear" and source.random() < 0.4 else {}
    return _target(pays) | {"curve": points, "curve_by": basis, "curve_pays": pays} | shape | beyond


def _target(pays: str) -> dict[str, Any]:
    return {"target": "100"} if pays == "target" else {}


def _modify(source: Random, found: dict[str, Any], others: Sequence[str], statement: str) -> None:  # noqa: C901 - a list of chances
    changed = False
    if source.random() < 0.2:
        found["caps"] = [{"amount": source.choice(["5", "20"]), "over": "deal"}]
        changed = True
    if source.random() < 0.15:
        found["floors"] = [{"amount": "3", "over": "deal"}]
    if others and source.random() < 0.2:
        points = [{"at": "0", "times": "0.5"}, {"at": "100", "times": source.choice(["1.5", "0.333"])}]
        shape = source.choice(["step", "linear"])
        found["multipliers"] = [{"of": source.choice(others), "by": "amount", "points": points, "shape": shape}]
        changed = True
    if source.random() < 0.2:
        gate = {"at_least": source.choice(["200", "500"]), "by": "amount", "otherwise": source.choice(["0", "0.5"])}
        if others and source.random() < 0.5:
            gate["of"] = source.choice(others)
        if found["accumulate"] == "deal":
            gate["over"] = "quarter"
        found["gates"] = [gate]
        changed = True
    if source.random() < 0.2:
        over = source.choice([statement, "half", "year"])
        excess = source.choice(["cut", "hold"])
        found.setdefault("caps", []).append({"amount": source.choice(["10", "30"]), "over": over, "excess": excess})
        changed = True
    if source.random() < 0.15:
        found.setdefault("floors", []).append({"amount": "8", "over": source.choice([statement, "year"])})
    if changed or "roll_up" in found:
        return
    if source.random() < 0.3:
        release = source.choice(["payment", "live_on"])
        found["hold"] = {"release": release, "share": source.choice(["1", "0.5", "0.333"])}
        if source.random() < 0.3:
            found["hold"]["after_days"] = 30
        if release == "payment" and source.random() < 0.3:
            found["hold"]["pro_rata"] = False
    if source.random() < 0.3:
        on = source.choice(["refund", "left_on"]) if "hold" not in found else "left_on"
        found["clawback"] = {"on": on} | ({"within_days": 90} if source.random() < 0.6 else {})
        if "within_days" in found["clawback"] and on == "left_on" and "hold" not in found and source.random() < 0.4:
            found["clawback"]["amount"] = "pro_rata"
        if on == "left_on" and source.random() < 0.3:
            found["clawback"]["where"] = "restate"


def as_toml(value: Mapping[str, Any]) -> str:
    """The mapping as a TOML document, tables inline."""
    return "\n".join(f"{key} = {_inline(each)}" for key, each in value.items())


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_inline(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value)


def write(folder: Path, given: Mapping[str, Any]) -> tuple[Path, dict[str, Path]]:
    """The plan file and the CSV files of the tables."""
    plan_file = folder / "plan.toml"
    plan_file.write_text(as_toml(given["plan"]))
    tables = {name: given[name] for name in ("deals", "splits", "quotas", "payments") if given[name]}
    tables["assignments"] = [{"who": person, "plan": "Test", "starts_on": FIRST} for person in PEOPLE]
    tables["people"] = [{"email": person, "manager": MANAGERS.get(person)} for person in PEOPLE]
    files = {}
    for name, rows in tables.items():
        files[name] = folder / f"{name}.csv"
        with files[name].open("w", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows({key: "" if each is None else each for key, each in row.items()} for row in rows)
    return plan_file, files
