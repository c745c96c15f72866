"""A version holds the whole plan, and nothing but the plan."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spm.plans import Plan, load_plan, plan_version, stored_plan
from spm.plans.model import Exchange, FlatRate
from tests.spm.plans.features import EVERY, HEAD, SALES

EXAMPLES = Path(__file__).parents[3] / "examples" / "plans"


def read(folder: Path, text: str) -> Plan:
    path = folder / "plan.toml"
    path.write_text(HEAD + text)
    loaded = load_plan(path)
    assert loaded.plan, loaded.problems
    return loaded.plan


@pytest.mark.parametrize("name", EVERY)
def test_a_version_of_every_feature_is_read_back_from_its_text(name: str, tmp_path: Path) -> None:
    plan = read(tmp_path, EVERY[name])
    version = plan_version(plan)
    assert stored_plan(version.text) == version
    assert stored_plan(version.text).plan == plan


def test_every_feature_makes_a_version_of_its_own(tmp_path: Path) -> None:
    same = {"source: count of deals", "source: count written out"}  # the same plan, said in two ways
    hashes = {name: plan_version(read(tmp_path, text)).hash for name, text in EVERY.items()}
    assert len(set(hashes.values())) == len(EVERY) - len(same) + 1


def test_every_field_of_the_model_is_told_by_some_feature(tmp_path: Path) -> None:
    told: dict[str, set[str]] = {}
    for text in EVERY.values():
        _collect(read(tmp_path, text), told)
    same = {name for name, values in told.items() if len(values) < 2}
    assert same == {"Plan.name", "Plan.currency", *ONCE}


ONCE = (
    *("Matrix.basis", "Matrix.rows", "Matrix.other", "Matrix.other_basis", "Matrix.columns", "Matrix.values"),
    *("Matrix.pays", "Ramp.measure", "Ramp.shares", "Multiplier.of"),
)
"""Fields of what only one feature has."""


def _collect(value: Any, told: dict[str, set[str]]) -> None:
    if isinstance(value, tuple):
        for each in value:
            _collect(each, told)
    if not is_dataclass(value):
        return
    for each in fields(value):
        given = getattr(value, each.name)
        told.setdefault(f"{type(value).__name__}.{each.name}", set()).add(repr(given))
        _collect(given, told)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ae", "705ffb36b03e6bb622485d27f52cc73cbfbc34f2e628b8fcbcd1163b6d0d113b"),
        ("flat", "82c359ef45ab1d84999119e4a52f48d258b19a06bb6916243a122006785e1c06"),
        ("smb", "1d47892a44fb3c4905d16770e8776f3091688e568e50031798966438023c039f"),
    ],
)
def test_a_plan_applied_long_ago_keeps_its_hash(name: str, expected: str) -> None:
    plan = load_plan(EXAMPLES / f"{name}.toml").plan
    assert plan
    assert plan_version(plan).hash == expected


def test_a_number_has_one_way_to_be_written(tmp_path: Path) -> None:
    plan = read(tmp_path, SALES)
    longer = replace(plan.components[0], rate=FlatRate(Decimal("0.1000")), budget=Decimal("1E+3"))
    shorter = replace(plan.components[0], rate=FlatRate(Decimal("0.1")), budget=Decimal(1000))
    versions = [plan_version(replace(plan, components=(part,))) for part in (longer, shorter)]
    assert versions[0].hash == versions[1].hash


def test_the_text_holds_no_key_that_says_nothing(tmp_path: Path) -> None:
    said = json.loads(plan_version(read(tmp_path, SALES)).text)
    assert set(said) == {"name", "currency", "statement", "rounding", "components"}
    assert set(said["components"][0]) == {"name", "measure", "value", "date", "role", "accumulate", "rate"}


def test_the_order_of_exchange_rates_makes_no_new_version(tmp_path: Path) -> None:
    plan = read(tmp_path, SALES)
    rates = {"EUR": Decimal("1.25"), "GBP": Decimal("1.5")}
    turned = dict(reversed(rates.items()))
    hashes = {plan_version(replace(plan, exchange=Exchange("plan_rate", each))).hash for each in (rates, turned)}
    assert len(hashes) == 1
