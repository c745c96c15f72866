"""Where pay hangs on other people's deals or other years, a change brings along all that hangs on it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from spm.plans import PlanVersion
from spm.store.by_hand import apply_hierarchy, apply_payments
from spm.store.reference import apply_plans
from tests.spm.store.files import written
from tests.sync.company import Company
from tests.sync.edits import versions


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PlanVersion]:
    return versions(tmp_path_factory.mktemp("plans"))


@pytest.fixture
def staff(company: Company, plans: dict[str, PlanVersion]) -> Company:
    """Ann and Bob report to Dee in one team, Cy to nobody; each has sold for 1,000 in January."""
    company.begin("cy", "dee")
    company.hire("ann", "bob", manager_owner_id="dee", team="West")
    for name in ("ann", "bob", "cy"):
        company.sell(name, owner=name)
    company.plans = [plans[name] for name in ("Own", "Manager", "Team", "Spif")]
    with company.engine.begin() as conn:
        apply_plans(conn, company.plans, now=company.now)
    return company


def on(company: Company, **plans: str) -> None:
    """Put these people on these plans, all others on none, and calculate."""
    company.assign(*(f"{name}@example.com,{plan},2026-01-01," for name, plan in plans.items()))
    company.calculate()


def pay(company: Company) -> dict[str, Decimal]:
    return {name: sum(company.payouts(name).values(), Decimal(0)) for name in ("ann", "bob", "cy", "dee")}


def sell_more(company: Company) -> None:
    company.sell("more", owner="ann", amount=500, day="2026-01-09")


def leave_west(company: Company) -> None:
    with company.engine.begin() as conn:
        rows = ["ann@example.com,,East,,"]
        apply_hierarchy(conn, written(company.folder, "email,manager,team,starts_on,ends_on", *rows), now=company.now)


def go_to_own_plan(company: Company) -> None:
    company.assign(
        "ann@example.com,Own,2026-01-01,", "bob@example.com,Spif,2026-01-01,", "cy@example.com,Spif,2026-01-01,"
    )


@pytest.mark.parametrize(
    ("plans_of", "edit", "calculated", "after"),
    [
        # Dee earns 1 % of what Ann and Bob sold; Cy is left alone
        ({"ann": "Own", "cy": "Own", "dee": "Manager"}, sell_more, 2, {"dee": "25"}),
        (
            {"ann": "Own", "cy": "Own", "dee": "Manager"},
            leave_west,
            3,
            {"dee": "10"},
        ),  # and no longer to Dee; Bob was a mate
        # 1 % of what the team sold for each, and half of 3 % of it
        ({"ann": "Team", "bob": "Team", "cy": "Team"}, sell_more, 2, {"bob": "62.5"}),
        ({"ann": "Team", "bob": "Team", "cy": "Team"}, leave_west, 3, {"bob": "40"}),
        # 250 for all: 100 for Cy and for Ann, half of Bob's; Ann's new deal comes before all of them
        ({"ann": "Spif", "bob": "Spif", "cy": "Spif"}, sell_more, 3, {"ann": "150", "bob": "0", "cy": "100"}),
        ({"ann": "Spif", "bob": "Spif", "cy": "Spif"}, go_to_own_plan, 3, {"bob": "100", "cy": "100"}),
        ({"ann": "Own", "bob": "Own", "dee": "Own"}, sell_more, 1, {}),  # nothing is shared
    ],
)
def test_whoever_hangs_on_somebody_is_calculated_with_them(
    staff: Company,
    plans_of: dict[str, str],
    edit: Callable[[Company], None],
    calculated: int,
    after: dict[str, str],
) -> None:
    on(staff, **plans_of)
    edit(staff)
    assert staff.calculate().participants == calculated
    paid = pay(staff)
    assert {name: paid[name] for name in after} == {name: Decimal(amount) for name, amount in after.items()}
    assert staff.calculate(full=True).statements_changed == 0


def test_a_payment_releases_what_was_earned_in_another_year(company: Company, plans: dict[str, PlanVersion]) -> None:
    company.begin("ann").assign("ann@example.com,Held,2025-06-01,")
    company.sell("old", owner="ann", amount=5000, day="2025-12-10")
    company.plans = [plans["Held"]]
    with company.engine.begin() as conn:
        apply_plans(conn, company.plans, now=company.now)
    company.calculate()
    assert company.payouts()["2026-01"] == 50  # the draw: nothing is released yet
    with company.engine.begin() as conn:
        apply_payments(conn, written(company.folder, "deal,on", "old,2026-01-15"), now=company.now)
    company.calculate()
    assert company.payouts()["2026-01"] > 50
    assert company.calculate(full=True).statements_changed == 0
