"""Who is calculated again with whom, and whose deals that takes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from spm.frames import ASSIGNMENTS, HIERARCHY
from spm.plans.model import (
    Component,
    CreditRule,
    Divided,
    FlatRate,
    Measure,
    Plan,
    Pool,
    RollUp,
    RollUpTo,
    Rounding,
    Source,
    Span,
)
from spm.sharing import Sharing, sharing

ANN, BOB, CY, DEE, EVE, FAY = range(1, 7)
SALES = Component(
    "Sales", Measure("bookings", "amount", None, "close_date"), "revenue", Span.YEAR, FlatRate(Decimal("0.1"))
)
EARNED = replace(SALES.measure, source=Source.EARNINGS)
OWN = Plan("Own", "USD", Span.MONTH, Rounding(), (SALES,))
MANAGER = replace(OWN, name="Manager", components=(replace(SALES, roll_up=RollUp(RollUpTo.MANAGER)),))
OVERRIDE = replace(OWN, name="Manager", components=(replace(SALES, measure=EARNED),))
TEAM = replace(OWN, name="Team", components=(replace(SALES, roll_up=RollUp(RollUpTo.TEAM)),))
POOL = replace(OWN, name="Team", components=(replace(SALES, rate=Pool(Divided.EQUALLY, Decimal("0.01"))),))
SPIF = replace(OWN, name="Spif", components=(replace(SALES, budget=Decimal(500)),))
OVERLAY = replace(OWN, name="Overlay", components=(replace(SALES, credit=(CreditRule("fay@example.com"),)),))
OWNER_RULE = replace(OWN, name="Overlay", components=(replace(SALES, credit=(CreditRule("owner"),)),))

SPELLS = [
    (ANN, DEE, "West", None, date(2026, 6, 30)),
    (ANN, DEE, "East", date(2026, 7, 1), None),
    (BOB, DEE, "West", None, None),
    (CY, DEE, "East", None, None),
    (DEE, EVE, "Leads", None, None),
    (EVE, None, "Leads", None, None),
    (FAY, None, None, None, None),
]
"""Ann, Bob and Cy report to Dee, and she to Eve. Ann moved from Bob's team to Cy's."""


def shared(*plans: Plan, **on: tuple[int, ...]) -> Sharing:
    """People on plans by the plans' names, all others on `Own`."""
    first = date(2026, 1, 1)
    said = dict.fromkeys(range(ANN, FAY + 1), "Own")
    said |= {person: name for name, people in on.items() for person in people}
    rows = [(person, plan, first, None) for person, plan in said.items()]
    hierarchy = pl.DataFrame(SPELLS, schema=HIERARCHY, orient="row")
    return sharing([OWN, *plans], hierarchy, pl.DataFrame(rows, schema=ASSIGNMENTS, orient="row"))


@pytest.mark.parametrize(
    ("made", "marked", "dependents", "providers"),
    [
        (shared(), ANN, [ANN], [ANN]),  # nothing is shared
        (shared(MANAGER), ANN, [ANN], [ANN]),  # nobody is on it
        (shared(MANAGER, Manager=(DEE,)), ANN, [ANN, DEE], [ANN, BOB, CY, DEE]),
        (shared(MANAGER, Manager=(EVE,)), ANN, [ANN, EVE], [ANN, BOB, CY, DEE, EVE]),  # levels up
        (shared(MANAGER, Manager=(EVE,)), DEE, [DEE, EVE], [ANN, BOB, CY, DEE, EVE]),
        (shared(MANAGER, Manager=(EVE,)), FAY, [FAY], [FAY]),  # reports to nobody
        (shared(MANAGER, Manager=(ANN, DEE)), ANN, [ANN, DEE], [ANN, BOB, CY, DEE]),  # nobody reports to Ann
        (shared(OVERRIDE, Manager=(DEE,)), CY, [CY, DEE], [ANN, BOB, CY, DEE, EVE]),  # and her mates
        (shared(TEAM, Team=(BOB,)), ANN, [ANN, BOB], [ANN, BOB]),  # they once were in one team
        (shared(TEAM, Team=(ANN,)), BOB, [ANN, BOB], [ANN, BOB, CY]),
        (shared(TEAM, Team=(BOB,)), CY, [CY], [CY]),  # they never were
        (shared(POOL, Team=(BOB, CY)), ANN, [ANN, BOB, CY], [ANN, BOB, CY]),
        (shared(SPIF, Spif=(ANN, FAY)), ANN, [ANN, FAY], [ANN, FAY]),
        (shared(SPIF, Spif=(ANN, FAY)), BOB, [BOB], [BOB]),
        (shared(SPIF, MANAGER, Spif=(ANN, FAY), Manager=(DEE,)), FAY, [ANN, DEE, FAY], [ANN, BOB, CY, DEE, FAY]),
        (shared(OVERLAY, Overlay=(FAY,)), ANN, [ANN, FAY], None),  # any deal may be credited to Fay
        (shared(OVERLAY, Overlay=(FAY,)), FAY, [FAY], None),
        (shared(OWNER_RULE, Overlay=(FAY,)), ANN, [ANN], [ANN]),
    ],
)
def test_whoever_a_fact_can_touch_is_calculated_with_all_that_takes(
    made: Sharing, marked: int, dependents: list[int], providers: list[int] | None
) -> None:
    found = made.dependents([marked])
    assert found == dependents
    assert made.providers(found) == providers


def test_managers_in_a_circle_come_to_an_end() -> None:
    circle = pl.DataFrame([(ANN, BOB, None, None, None), (BOB, ANN, None, None, None)], schema=HIERARCHY, orient="row")
    both = pl.DataFrame(
        [(person, "Manager", date(2026, 1, 1), None) for person in (ANN, BOB)], schema=ASSIGNMENTS, orient="row"
    )
    assert sharing([MANAGER], circle, both).dependents([ANN]) == [ANN, BOB]
