"""Pools: what a team earns together and how it is divided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from spm import frames
from spm.engine import calculate
from spm.frames import Results
from tests.spm.engine.building import TODAY, Row, World, assignment, deal, frame, paid, plan, quota

RATE = '[[components]]\nname = "Team"\naccumulate = "quarter"\npool = { divided = "%s", rate = 0.1 }\n'
AMOUNT = RATE.replace("rate = 0.1", 'amount = 1000, at_least = "100 %%"')
EQUALLY, BY_CREDIT = RATE % "equally", RATE % "by_credit"
TEAM = [(1, "East", None, None), (2, "East", None, None), (3, "East", None, None)]
Place = tuple[int, str, str | None, str | None]


def results(
    folder: Path,
    text: str,
    sold: Sequence[tuple[int, str, str]],
    team: Sequence[Place] = TEAM,
    people: Sequence[Row] | None = None,
    quotas: Sequence[Row] = (),
) -> Results:
    """What sales as (person, amount, day) give to people 1 to 3, all of them in one team."""
    deals = [deal(number, person, amount, day) for number, (person, amount, day) in enumerate(sold, 1)]
    on_plan = [assignment(person) for person in (1, 2, 3)] if people is None else people
    facts = World(deals, quotas=quotas, assignments=on_plan).facts()
    rows = [
        {"participant_id": person, "team": name, "starts_on": _day(first), "ends_on": _day(last)}
        for person, name, first, last in team
    ]
    hierarchy = frame(frames.HIERARCHY, rows)
    return calculate(replace(facts, hierarchy=hierarchy), [plan(folder, text)], today=TODAY)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def each(found: Results) -> list[dict[str, str]]:
    return [paid(found, person) for person in (1, 2, 3)]


def test_a_pool_is_divided_equally_to_the_cent(tmp_path: Path) -> None:
    # 10 % of 1000.10 is 100.01: the odd cents go by email
    found = results(tmp_path, EQUALLY, [(1, "1000.10", "2026-01-05")])
    assert each(found) == [{"2026-01": "33.34"}, {"2026-01": "33.34"}, {"2026-01": "33.33"}]
    assert found.lines["reason"][0] == "team East: 1,000.10 at 10 % = 100.01, divided equally among 3"


def test_what_is_taken_back_adds_up_too(tmp_path: Path) -> None:
    found = results(tmp_path, EQUALLY, [(1, "1000.10", "2026-01-05"), (2, "-1000.10", "2026-02-05")])
    assert f"{found.lines['amount'].sum():.2f}" == "0.00"
    assert [pay["2026-02"] for pay in each(found)] == ["-33.34", "-33.34", "-33.33"]


@pytest.mark.parametrize(
    ("sold", "expected"),
    [
        # 10 % of each one's own, as long as everybody sells
        ([(1, "100", "2026-01-05"), (2, "300", "2026-01-06")], [{"2026-01": "10.00"}, {"2026-01": "30.00"}, {}]),
        # each month by its own credits
        ([(1, "100", "2026-01-05"), (2, "300", "2026-02-06")], [{"2026-01": "10.00"}, {"2026-02": "30.00"}, {}]),
        # half-cents: 3.335 and 6.665 of 10.00; the larger remainder is equal, so by email
        ([(1, "33.35", "2026-01-05"), (2, "66.65", "2026-01-06")], [{"2026-01": "3.34"}, {"2026-01": "6.66"}, {}]),
        # one below zero: each has the rate of their own
        ([(1, "-100", "2026-01-05"), (2, "300", "2026-01-06")], [{"2026-01": "-10.00"}, {"2026-01": "30.00"}, {}]),
    ],
)
def test_a_pool_by_credit_follows_what_each_was_credited(
    tmp_path: Path, sold: list[tuple[int, str, str]], expected: list[dict[str, str]]
) -> None:
    assert each(results(tmp_path, BY_CREDIT, sold)) == expected


def test_only_members_on_the_plan_share_but_all_credits_count(tmp_path: Path) -> None:
    sold = [(1, "100", "2026-01-05"), (2, "300", "2026-01-06"), (3, "200", "2026-01-06")]
    people = [assignment(1), assignment(2)]
    found = results(tmp_path, EQUALLY, sold, people=people)
    assert each(found) == [{"2026-01": "30.00"}, {"2026-01": "30.00"}, {}]
    found = results(tmp_path, BY_CREDIT, sold, people=people)
    assert each(found) == [{"2026-01": "15.00"}, {"2026-01": "45.00"}, {}]  # 60 by 1 : 3


def test_who_has_left_the_team_by_the_end_of_the_month_has_no_part(tmp_path: Path) -> None:
    moved: list[Place] = [(1, "East", None, None), (2, "East", None, "2026-01-20"), (2, "West", "2026-01-21", None)]
    sold = [(2, "100", "2026-01-05"), (2, "50", "2026-01-25")]
    found = results(tmp_path, EQUALLY, sold, team=moved, people=[assignment(1), assignment(2)])
    # East: 10 % of 100 to the one who stayed; West: 10 % of 50 to the one who came
    assert each(found) == [{"2026-01": "10.00"}, {"2026-01": "5.00"}, {}]


QUOTA = [quota(1, "1000", "2026-01-01", "2026-03-31", participant_id=None, team="East")]


@pytest.mark.parametrize(
    ("divided", "sold", "expected"),
    [
        ("equally", [(1, "999.99", "2026-01-05")], [{}, {}, {}]),  # not there yet
        # there in February, divided once
        (
            "equally",
            [(1, "999.99", "2026-01-05"), (2, "0.01", "2026-02-05"), (1, "50", "2026-03-05")],
            [{"2026-02": "333.34"}, {"2026-02": "333.33"}, {"2026-02": "333.33"}],
        ),
        # by what each has brought in the span so far
        (
            "by_credit",
            [(1, "750", "2026-01-05"), (2, "250", "2026-02-05")],
            [{"2026-02": "750.00"}, {"2026-02": "250.00"}, {}],
        ),
        # lost again: taken back from those who got it, as they got it
        (
            "by_credit",
            [(1, "750", "2026-01-05"), (2, "250", "2026-01-06"), (2, "-250", "2026-02-05")],
            [{"2026-01": "750.00", "2026-02": "-750.00"}, {"2026-01": "250.00", "2026-02": "-250.00"}, {}],
        ),
    ],
)
def test_an_amount_is_there_once_the_team_has_reached_its_quota(
    tmp_path: Path, divided: str, sold: list[tuple[int, str, str]], expected: list[dict[str, str]]
) -> None:
    assert each(results(tmp_path, AMOUNT % divided, sold, quotas=QUOTA)) == expected
