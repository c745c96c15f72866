"""Modifiers against a slow calculation with fractions, on random small histories and plans."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spm.frames import Results
from tests.spm.engine.building import World, assignment, deal, payment, plan
from tests.spm.engine.slow_modifiers import Key, Part
from tests.spm.engine.slow_paying import Slow

pytestmark = pytest.mark.slow  # make test-slow

_DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
_AMOUNTS = st.sampled_from(["100", "50", "333.33", "-100", "1000", "99.95", "-33.33", "0.05", "250"])
_RULES: dict[str, list[Any]] = {
    "gates": [
        {"at_least": Fraction(300)},
        {"at_least": Fraction(150), "of": "Renewals", "over": "quarter", "otherwise": Fraction(1, 4)},
        {"at_least": Fraction(100), "over": "month"},
        {"at_least": Fraction(500), "over": "plan", "otherwise": Fraction("0.333")},
    ],
    "multipliers": [
        {"of": "Renewals", "points": [(Fraction(0), Fraction("0.85")), (Fraction(100), Fraction("1.25"))]},
        {"of": "Renewals", "points": [(Fraction(200), Fraction("1.333"))]},
    ],
    "caps": [
        {"amount": Fraction(30), "over": "deal"},
        {"amount": Fraction(40), "over": "quarter"},
        {"amount": Fraction(25), "over": "month"},
        {"amount": Fraction(60), "over": "year"},
    ],
    "floors": [
        {"amount": Fraction(9), "over": "deal"},
        {"amount": Fraction(20), "over": "month"},
        {"amount": Fraction(45), "over": "quarter"},
    ],
    "budget": [Fraction(100)],
}
_HOLDS = [
    {"release": "payment", "share": Fraction(1)},
    {"release": "payment", "share": Fraction(1, 2), "after_days": 20},
    {"release": "payment", "share": Fraction("0.333"), "pro_rata": False},
]
_CLAWBACKS = [
    {"on": "churned_on"},
    {"on": "churned_on", "within_days": 90},
    {"on": "churned_on", "within_days": 120, "amount": "pro_rata"},
    {"on": "refund"},
    {"on": "refund", "within_days": 100},
]
_SOME = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@st.composite
def _worlds(draw: st.DrawFn) -> tuple[World, Slow]:
    deals, rows = [], []
    for number in range(1, draw(st.integers(1, 9)) + 1):
        amount, on, churned = draw(_AMOUNTS), draw(_DAYS), draw(st.none() | _DAYS)
        kind, owner = draw(st.sampled_from(["N", "N", "R"])), draw(st.sampled_from([1, 1, 2]))
        deals.append(deal(number, owner, amount, str(on), deal_type=kind, churned_on=churned))
        row = {"id": number, "owner": owner, "amount": Fraction(amount), "on": on, "kind": kind, "churned_on": churned}
        rows.append(row)
    paid, payments = [], []
    for number in range(1, draw(st.integers(0, 8)) + 1):
        of, on = draw(st.integers(1, len(rows))), draw(_DAYS)
        kind, amount = (
            draw(st.sampled_from(["payment", "payment", "refund"])),
            draw(st.sampled_from(["20", "50", "33.3"])),
        )
        payments.append(payment(number, of, amount, str(on), kind))
        paid.append({"id": f"P{number}", "deal": of, "kind": kind, "on": on, "amount": Fraction(amount)})
    first = draw(st.sampled_from([date(2026, 1, 1), date(2026, 2, 10)]))
    last = draw(st.sampled_from([None, date(2026, 8, 20)]))
    people = {1: (first, last or date(2026, 12, 31)), 2: (date(2026, 1, 1), date(2026, 12, 31))}
    spells = [assignment(1, first=str(first), last=str(last) if last else None), assignment(2)]
    today, statement = draw(_DAYS), draw(st.sampled_from(["month", "month", "quarter"]))
    span, other = draw(st.sampled_from(["month", "quarter", "year"])), draw(st.sampled_from(["quarter", "half"]))
    parts = [
        Part("Sales", Fraction("0.1"), span, lambda row: row["kind"] == "N"),
        Part("Renewals", Fraction("0.05"), other, lambda row: row["kind"] == "R"),
    ]
    return World(deals, assignments=spells, payments=payments), Slow(statement, parts, rows, paid, people, today)


@_SOME
@given(_worlds(), st.data())
@pytest.mark.parametrize("kind", ["gates", "multipliers", "caps", "floors", "budget"])
def test_each_modifier_alone(kind: str, made: tuple[World, Slow], data: st.DataObject) -> None:
    world, slow = made
    rule = data.draw(st.sampled_from(_RULES[kind]))
    slow.parts[0].rules[kind] = rule if kind == "budget" else [rule]
    _compare(world, slow)


@_SOME
@given(_worlds(), st.data())
def test_modifiers_after_each_other(made: tuple[World, Slow], data: st.DataObject) -> None:
    world, slow = made
    for kind in ("caps", "floors", "multipliers", "gates"):
        slow.parts[0].rules[kind] = data.draw(st.lists(st.sampled_from(_RULES[kind]), max_size=2))
    if data.draw(st.booleans()):
        slow.parts[0].rules["budget"] = Fraction(80)
    _compare(world, slow)


@_SOME
@given(_worlds(), st.data())
def test_holds_and_clawbacks(made: tuple[World, Slow], data: st.DataObject) -> None:
    world, slow = made
    rules = slow.parts[0].rules
    hold, clawback = data.draw(st.none() | st.sampled_from(_HOLDS)), data.draw(st.none() | st.sampled_from(_CLAWBACKS))
    rules |= {"hold": hold} if hold else {}
    rules |= {"clawback": clawback} if clawback else {}
    rules["floors"] = data.draw(st.sampled_from([[], [_RULES["floors"][0]]]))
    rules["caps"] = data.draw(st.sampled_from([[], [_RULES["caps"][0]]]))
    _compare(world, slow)


@_SOME
@given(_worlds(), st.sampled_from(["against", "on_top"]), st.booleans(), st.sampled_from([None, 1, 3]))
def test_draws(made: tuple[World, Slow], mode: str, recoverable: bool, periods: int | None) -> None:
    world, slow = made
    slow.draw = {"amount": Fraction(20), "mode": mode, "recoverable": recoverable} | (
        {"periods": periods} if periods else {}
    )
    _compare(world, slow)


def _compare(world: World, slow: Slow) -> None:
    with tempfile.TemporaryDirectory() as folder:
        version = plan(Path(folder), _text(slow))
    assert _summed(world.results(version, today=slow.today)) == slow.sums()


def _summed(results: Results) -> dict[Key, Fraction]:
    names = sorted(results.statements["period"].unique())
    found: dict[Key, Fraction] = defaultdict(Fraction)
    for row in results.lines.iter_rows(named=True):
        cause = {"release": "hold"}.get(row["cause"], row["cause"])
        assert row["period"] in names
        found[row["participant_id"], row["component"], cause, _number(row["period"])] += Fraction(row["amount"])
    return {key: amount for key, amount in found.items() if amount}


def _number(period: str) -> int:
    return int(period[-1]) - 1 if "Q" in period else int(period[-2:]) - 1


def _text(slow: Slow) -> str:
    parts = [f'statement = "{slow.statement}"', f"draw = {_toml(slow.draw)}" if slow.draw else ""]
    for part in slow.parts:
        kind = "N" if part.name == "Sales" else "R"
        parts += [
            "[[components]]",
            f'name = "{part.name}"',
            f"rate = {_toml(part.rate)}",
            f'accumulate = "{part.span}"',
        ]
        parts += [f"condition = \"deal_type = '{kind}'\""]
        parts += [f"{key} = {_toml(_worded(key, value))}" for key, value in part.rules.items()]
    return "\n".join(parts)


def _worded(key: str, value: Any) -> Any:
    if key == "gates":
        return [{"by": "amount"} | gate for gate in value]
    if key == "multipliers":
        return [
            {"of": each["of"], "by": "amount", "points": [{"at": at, "times": times} for at, times in each["points"]]}
            for each in value
        ]
    return value


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Fraction):
        return f"{Decimal(value.numerator) / value.denominator:f}"
    return f'"{value}"' if isinstance(value, str) else str(value)
