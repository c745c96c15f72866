"""Random plans with every kind of rate, modifier, hold, clawback and draw pay what the reference makes of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from spm.trial.trying import Wanted, read_tables, tried
from tests.spm.engine import reference_worlds
from tests.spm.engine.reference import Reference

pytestmark = pytest.mark.slow  # make test-slow

_SEEDS = range(20)


@pytest.mark.parametrize("seed", _SEEDS)
def test_statements_pay_and_hold_what_the_reference_says(seed: int, tmp_path: Path) -> None:
    given = reference_worlds.world(Random(seed))
    plan, files = reference_worlds.write(tmp_path, given)
    tables, _ = read_tables(files)
    came = tried([plan], tables, Wanted(as_of=given["today"]))
    assert came.trial, came.problems
    assert came.results
    facts = (given["splits"], given["quotas"], given["payments"], reference_worlds.MANAGERS)
    slow = Reference(given["plan"], given["deals"], reference_worlds.PEOPLE, given["today"], *facts).run()
    rows = came.results.statements.iter_rows(named=True)
    found = {(came.trial.emails[row["participant_id"]], row["period"]): row for row in rows}
    for key, figures in slow.statements.items():
        for name, expected in figures.items():
            amount = Fraction(found[key][name]) if key in found else Fraction(0)
            assert (key, name, float(amount)) == (key, name, float(expected))
