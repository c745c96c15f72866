"""The engine and an independent slow calculation agree on every line, statement and estimate."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from spm.frames import Results
from spm.plans.model import Plan
from tests.spm.engine.building import World
from tests.spm.engine.slow import NAMES, Slow, as_fraction, half_even
from tests.spm.engine.worlds import plans, slow_plan, versions, worlds

_PHASES = [Phase.explicit, Phase.generate]  # a failing world is small already, and shrinking one takes minutes
_KEY = ["participant_id", "period", "plan", "component", "cause", "deal_id", "tier", "credited", "rate", "amount"]


@settings(max_examples=40, deadline=None, phases=_PHASES, suppress_health_check=list(HealthCheck), derandomize=True)
@given(worlds(), plans("First"), plans("Second"), st.dates(date(2026, 3, 1), date(2026, 12, 31)))
def test_every_figure_is_that_of_the_slow_calculation(world: World, first: Plan, second: Plan, today: date) -> None:
    both = versions(first, second)
    results = world.results(*both, today=today)
    slow = Slow(world.facts(), [slow_plan(version.plan) for version in both], today).run()
    assert _lines(results) == sorted((*line[:6], *line[7:]) for line in slow.lines)
    assert _statements(results) == _slow_statements(results, slow)
    assert _estimates(results) == slow.estimates


def _lines(results: Results) -> list[tuple[Any, ...]]:
    rows = results.lines.select(_KEY).iter_rows()
    return sorted(tuple(value if isinstance(value, str | int) else Fraction(value) for value in row) for row in rows)


def _estimates(results: Results) -> dict[tuple[int, int], Fraction]:
    rows = results.estimates.select("deal_id", "participant_id", "amount").iter_rows()
    return {(deal, person): Fraction(amount) for deal, person, amount in rows}


def _statements(results: Results) -> dict[tuple[int, str], tuple[Any, ...]]:
    return {
        (row["participant_id"], row["period"]): (
            Fraction(row["payout"]),
            Fraction(row["credited"]),
            Fraction(row["quota"] or 0),
            as_fraction(row["attainment"]),
        )
        for row in results.statements.iter_rows(named=True)
    }


def _slow_statements(results: Results, slow: Slow) -> dict[tuple[int, str], tuple[Any, ...]]:
    """The same statements; one that the slow calculation pays and the engine does not name is among them, too."""
    payouts: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
    for line in slow.lines:
        payouts[line[0], line[1]] += line[-1]
    made = {(row["participant_id"], row["period"]): row for row in results.statements.iter_rows(named=True)}
    shown = {key: _accumulated(slow, row) for key, row in made.items()}
    return {key: (payouts[key], *shown.get(key, (0, 0, None))) for key in made.keys() | payouts.keys()}


def _accumulated(slow: Slow, row: dict[str, Any]) -> tuple[Fraction, Fraction, Fraction | None]:
    """What the first component credited from the start of the shown span on, its quota, and the attainment."""
    plan = slow.plans[row["plan"]]
    part = plan.components[0]
    shown = max(plan.statement, part.accumulate, key=list(NAMES).index)
    by_name = {each["period"]: each for each in slow.calendar}
    end = by_name[row["period"]]["ends_on"]
    span = slow.period(end, shown)
    assert span is not None
    credited = sum(
        (
            amount
            for (person, name, period), amount in slow.credited.items()
            if (person, name) == (row["participant_id"], row["plan"])
            and span["starts_on"] <= by_name[period]["starts_on"] <= end
        ),
        Fraction(0),
    )
    quota = slow.quota(plan, row["participant_id"], part.measure, span)
    attainment = half_even(credited / quota, 10) if quota else None
    return credited, quota or Fraction(0), attainment
