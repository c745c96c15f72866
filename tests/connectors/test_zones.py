"""A time zone is handed on only where days can be told in it."""

from __future__ import annotations

import pytest

from connectors.zones import known_zone


@pytest.mark.parametrize("name", ["Europe/Berlin", "US/Pacific", "UTC"])
def test_a_zone_everybody_knows_is_handed_on(name: str) -> None:
    assert known_zone(name, "connections.acme") == (name, [])


@pytest.mark.parametrize("name", [None, ""])
def test_no_zone_is_no_problem(name: str | None) -> None:
    assert known_zone(name, "connections.acme") == (None, [])


@pytest.mark.parametrize(
    "name",
    [
        "Nowhere/Land",  # no such place
        "../etc/passwd",  # no name at all
        "localtime",  # Python may know it, Polars does not
        "America",  # a folder of zones
    ],
)
def test_a_zone_nobody_knows_is_a_problem_that_names_the_setting(name: str) -> None:
    zone, problems = known_zone(name, "connections.acme")
    assert zone is None
    assert [(problem.where, problem.field, problem.severity) for problem in problems] == [
        ("connections.acme", "time_zone", "warning")
    ]
    assert name in problems[0].message
