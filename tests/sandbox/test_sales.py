from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice

import pytest

from sandbox import sales as generated

START, TODAY = date(2025, 11, 23), date(2026, 11, 23)
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
STAFF = generated.people(7, 40, 5, START, TODAY)
SALES = list(generated.sales(7, 5_000, STAFF, START, TODAY))


def test_the_same_seed_makes_the_same_sales() -> None:
    assert list(generated.sales(7, 300, STAFF, START, TODAY)) == SALES[:300]


def test_another_seed_makes_other_sales() -> None:
    assert next(generated.sales(8, 1, STAFF, START, TODAY)) != SALES[0]


def test_the_first_sales_do_not_depend_on_how_many_are_asked_for() -> None:
    assert list(islice(generated.sales(7, 1_000_000, STAFF, START, TODAY), 100)) == SALES[:100]


@pytest.mark.parametrize("seed", [1, 7, 99])
def test_the_first_three_who_sell_work_in_both_companies_and_nobody_else_does(seed: int) -> None:
    one = generated.people(seed, 40, 5, START, TODAY)
    other = generated.people(7, 15, 3, START, TODAY, company="other")
    shared = {person.email for person in one[:3]}
    assert shared == {person.email for person in other[:3]}
    assert all(person.sells and person.active for person in one[:3])
    assert shared == {person.email for person in one} & {person.email for person in other}


def test_no_two_people_share_an_email() -> None:
    staff = generated.people(7, 500, 5, START, TODAY)
    assert len({person.email for person in staff}) == 500
    assert all(person.email.isascii() for person in staff)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 9, 40])
def test_every_manager_is_one_of_the_people_and_leads_end_at_one_head(count: int) -> None:
    staff = generated.people(7, count, 5, START, TODAY)
    assert len(staff) == count
    assert any(person.sells for person in staff)
    for person in staff:
        assert person.manager_index is None or not staff[person.manager_index].sells
    if count >= 8:
        assert [person.title for person in staff if person.manager_index is None] == ["VP Sales"]


def test_who_left_has_a_last_day_and_still_owns_sales() -> None:
    left = {person.index for person in STAFF if not person.active}
    assert left
    assert all((person.left_on is None) == person.active for person in STAFF)
    assert left & {sale.owner_index for sale in SALES}


def test_only_people_who_sell_own_sales() -> None:
    assert all(STAFF[sale.owner_index].sells for sale in SALES)


def test_decided_sales_were_decided_in_the_year() -> None:
    assert all(START <= sale.closed_on < TODAY for sale in SALES if not sale.is_open)


def test_nothing_was_changed_before_it_was_made_or_after_today_began() -> None:
    assert all(sale.created_at <= sale.modified_at < MIDNIGHT for sale in SALES)


def test_amounts_are_exact_and_not_negative() -> None:
    amounts = [sale.amount for sale in SALES if sale.amount is not None]
    assert all(isinstance(amount, Decimal) and amount.as_tuple().exponent == -2 and amount >= 0 for amount in amounts)
    assert any(amount % 1 for amount in amounts)


def test_yen_have_no_cents() -> None:
    in_yen = [sale.amount for sale in SALES if sale.currency == "JPY" and sale.amount is not None]
    assert in_yen
    assert all(amount % 1 == 0 for amount in in_yen)


def test_splits_add_up_to_one_and_name_the_owner_first() -> None:
    split = [sale for sale in SALES if sale.splits]
    for sale in split:
        assert sum(share for _, share in sale.splits) == 1
        assert sale.splits[0][0] == sale.owner_index
        assert len({person for person, _ in sale.splits}) == len(sale.splits)
    assert 0.05 < len(split) / len(SALES) < 0.11


def test_merged_sales_went_into_an_earlier_one_that_is_still_there() -> None:
    merged = [sale for sale in SALES if sale.merged_into is not None]
    assert merged
    for sale in merged:
        winner = SALES[sale.merged_into or 0]
        assert winner.index < sale.index
        assert not winner.deleted
        assert winner.merged_into is None


def test_bulk_updates_left_runs_of_equal_modification_times() -> None:
    times = Counter(sale.modified_at for sale in SALES)
    assert [count for _, count in times.most_common(5)] == [240] * 5


def test_a_large_year_has_more_equal_times_than_a_search_pages_through() -> None:
    large = islice(generated.sales(7, 50_000, STAFF, START, TODAY), 30_000, 42_000)
    assert len({sale.modified_at for sale in large}) == 1


@pytest.mark.parametrize(
    ("what", "count"),
    [
        ("missing amounts", sum(sale.amount is None for sale in SALES)),
        ("recurring value of its own", sum(sale.arr is not None for sale in SALES)),
        ("reopened", sum(sale.reopened and sale.is_open for sale in SALES)),
        ("deleted", sum(sale.deleted for sale in SALES)),
        ("a currency without a rate", sum(sale.currency == "JPY" for sale in SALES)),
        ("names beyond Latin letters", sum(any(ord(letter) > 0x3000 for letter in sale.name) for sale in SALES)),
        ("names with quotes and commas", sum('"' in sale.name and "," in sale.name for sale in SALES)),
    ],
)
def test_the_year_has_what_real_ones_have(what: str, count: int) -> None:
    assert count > 5, what


def test_activities_are_the_same_however_many_are_asked_for() -> None:
    some = list(generated.activities(7, 50, STAFF, 5_000, START, TODAY))
    assert list(islice(generated.activities(7, 5_000, STAFF, 5_000, START, TODAY), 50)) == some


def test_activities_belong_to_sales_or_to_none_and_are_done_only_in_the_past() -> None:
    found = list(generated.activities(7, 2_000, STAFF, 100, START, TODAY))
    assert {activity.kind for activity in found} == set(generated.ACTIVITY_KINDS)
    assert all(activity.sale_index is None or 0 <= activity.sale_index < 100 for activity in found)
    assert any(activity.sale_index is None for activity in found)
    assert all(activity.happened_at < MIDNIGHT for activity in found if activity.done)
    assert all(activity.modified_at < MIDNIGHT for activity in found)


def test_everybody_who_sells_has_one_quota_a_month() -> None:
    found = generated.quotas(7, STAFF, 5_000, START, TODAY)
    months = [quota for quota in found if quota.person_index == 0]
    assert months[0].starts_on == date(2025, 11, 1)
    assert months[0].ends_on == date(2025, 11, 30)
    assert months[-1].starts_on == date(2027, 1, 1)
    assert {quota.person_index for quota in found} == {person.index for person in STAFF if person.sells}
    assert all(quota.amount > 0 for quota in found)
