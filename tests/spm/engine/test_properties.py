"""What holds for any plan and any facts: nothing is lost, and neither order nor batching matters."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spm.engine import calculate, hashes
from spm.frames import Facts
from spm.plans.model import Plan
from tests.spm.engine.building import World
from tests.spm.engine.worlds import PEOPLE, plans, versions, worlds

_SOME = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
_TODAY = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@_SOME
@given(worlds(), plans("First"), plans("Second"), _TODAY)
def test_slices_add_up_to_what_was_credited(world: World, first: Plan, second: Plan, today: date) -> None:
    lines = world.results(*versions(first, second), today=today).lines.filter(cause="credit")
    key = ["participant_id", "plan", "component", "deal_id", "role", "share", "deal_amount", "fx_rate"]
    sums = lines.group_by(key).agg(pl.col("credited").sum(), splits=(pl.col("tier") == pl.col("tier").min()).sum())
    for row in sums.iter_rows(named=True):
        whole = row["deal_amount"] * row["share"] * row["fx_rate"]
        nearest = min(abs(row["credited"] - whole * count) for count in range(1, 7))
        assert nearest < 1e-4 * 2  # fx_rate is shown to ten places; the slow calculation compares exactly


@_SOME
@given(worlds(), plans("First"), plans("Second"), _TODAY)
def test_a_statement_is_the_sum_of_its_lines(world: World, first: Plan, second: Plan, today: date) -> None:
    results = world.results(*versions(first, second), today=today)
    sums = results.lines.group_by("participant_id", "period").agg(pl.col("amount").sum())
    joined = results.statements.join(sums, on=["participant_id", "period"], how="full", coalesce=True)
    assert joined["payout"].to_list() == joined["amount"].fill_null(0).to_list()
    assert results.statements["payout"].sum() == results.lines["amount"].sum()
    digests = results.statements.join(hashes(results.lines), on=["participant_id", "period"])
    assert digests["hash"].to_list() == digests["hash_right"].to_list()


@_SOME
@given(worlds(), plans("First"), plans("Second"), _TODAY, st.integers(0, 10**6))
def test_order_and_chunks_never_matter(world: World, first: Plan, second: Plan, today: date, seed: int) -> None:
    both = versions(first, second)
    facts = world.facts()
    plain = calculate(facts, both, today=today)
    shuffled = calculate(_shuffled(facts, random.Random(seed)), both[::-1], today=today)
    assert plain.lines.equals(shuffled.lines)
    assert plain.statements.equals(shuffled.statements)
    assert plain.estimates.equals(shuffled.estimates)
    assert plain.problems == shuffled.problems


@_SOME
@given(worlds(), plans("First"), plans("Second"), _TODAY)
def test_each_person_alone_gets_what_all_together_get(world: World, first: Plan, second: Plan, today: date) -> None:
    both = versions(first, second)
    facts = world.facts()
    together = calculate(facts, both, today=today)
    alone = [calculate(_of_person(facts, person), both, today=today) for person in PEOPLE]
    assert pl.concat([each.lines for each in alone]).equals(together.lines)
    assert pl.concat([each.statements for each in alone]).equals(together.statements)
    order = ["deal_id", "participant_id"]
    assert pl.concat([each.estimates for each in alone]).sort(order).equals(together.estimates)


def _shuffled(facts: Facts, source: random.Random) -> Facts:
    names = ("deals", "splits", "participants", "quotas", "assignments", "fx_rates", "periods")
    return replace(facts, **{name: _mixed(getattr(facts, name), source) for name in names})


def _mixed(frame: pl.DataFrame, source: random.Random) -> pl.DataFrame:
    """The same rows in another order, in two chunks."""
    mixed = frame.sample(fraction=1, shuffle=True, seed=source.randrange(10**6))
    cut = source.randint(0, mixed.height)
    return pl.concat([mixed.head(cut), mixed.tail(mixed.height - cut)], rechunk=False)


def _of_person(facts: Facts, person: int) -> Facts:
    """What the store loads for one person: their assignments and quotas, and the deals they have a part in."""
    shared = facts.splits.filter(participant_id=person)["deal_id"].to_list()
    mine = (pl.col("owner_participant_id") == person) | pl.col("deal_id").is_in(shared)
    deals = facts.deals.filter(mine)
    return replace(
        facts,
        deals=deals,
        splits=facts.splits.join(deals, on="deal_id", how="semi"),
        quotas=facts.quotas.filter(participant_id=person),
        assignments=facts.assignments.filter(participant_id=person),
        participants=facts.participants.filter(participant_id=person),
    )
