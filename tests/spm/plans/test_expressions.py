"""What may stand in a condition or a value, and of which type it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from spm.plans.checks import PLAN_FIELDS
from spm.plans.expressions import Refused, fields_of, parse, type_of
from spm.plans.vocabulary import FUNCTIONS

DEAL = {"amount": Decimal("100.50"), "deal_type": "New", "close_date": date(2026, 3, 5), "name": None}


def value(text: str) -> Any:
    frame = pl.DataFrame({name: [DEAL.get(name)] for name in PLAN_FIELDS}, schema=dict(PLAN_FIELDS))
    expression = parse(text)
    type_of(expression, PLAN_FIELDS)
    return frame.select(expression.alias("result"))["result"][0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount", Decimal("100.50")),
        ("amount * 0.333", Decimal("33.4665")),  # 0.333 is an exact decimal
        ("amount * 12 + 0.05", Decimal("1206.05")),
        ("coalesce(nullif(amount, 0), 1)", Decimal("100.50")),
        ("case when deal_type = 'New' then amount else amount / 2 end", Decimal("100.50")),
        ("amount / nullif(amount, 0)", Decimal(1)),
        ("greatest(amount, 200)", Decimal(200)),
        ("deal_type in ('New', 'Renewal')", True),
        ("deal_type is null or upper(deal_type) like 'N%'", True),
        ("close_date between date '2026-01-01' and date '2026-03-31'", True),
        ("extract(month from close_date) = 3", True),
        ("year(close_date) = 2026 and not amount > 200", True),
        ("try_cast(name as decimal(10, 2)) is null", True),
        ("name = 'x'", None),
        ("deal_type = 'a sum(of) it; -- all'", False),  # text is only text
    ],
)
def test_one_answer_for_one_deal_is_allowed(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sum(amount)", "sum looks at several deals at once"),
        ("amount / sum(amount)", "sum looks at several deals at once"),
        ("COUNT (*)", "count looks at several deals at once"),
        ("rank() over (order by amount)", "rank looks at several deals at once"),
        ("amount + lag(amount) over (order by close_date)", "lag looks at several deals"),
        ('"sum"(amount)', "in quotes is a field"),
        ("(select 1)", "select reads more than one deal's fields"),
        ("exists(select 1)", "exists reads more than one deal's fields"),
        ("close_date < current_date", "current_date changes with the day it is read"),
        ("now()", "now changes with the day"),
        ("amount * cast(0.5 as float)", "cast fails where a value cannot be read"),
        ("try_cast(amount as double)", "double is a floating-point type"),
        ("amount::int", ":: fails where a value cannot be read"),
        ("amount * 1e3", "1e3 is a floating-point number"),
        ("amount > 1/3", "a part of this is a floating-point number"),
        ("amount * (1/3)", "a part of this is a floating-point number"),
        ("amount / probability", "/ fails where the divisor is zero"),
        ("amount / 0", "/ fails where the divisor is zero"),
        ("amount % probability", "% fails where the divisor is zero"),
        ("amount -- all of it", "-- does not belong in an expression"),
        ("amount; drop table deal", "; does not belong in an expression"),
        ("read_csv('/etc/passwd')", "read_csv is no function that plans know"),
        ("$$ ' $$ || sum(amount) || $$ ' $$", "$ has no place"),  # quotes of PostgreSQL, with ours inside
        ("`a'` + sum(amount) + `'`", "` has no place"),  # quotes of MySQL
        ("deal_type ~ '('", "~ has no place"),  # a pattern that only fails once there are deals
        ("amount + '", "' has no place"),  # a quote that is not closed
        ("amount +", "not a SQL expression"),
        ("deal_type + 1", "."),
        ("close_date > '2026-01-01'", "cannot compare"),
        ("amount + " * 300 + "1", "longer than 2000 characters"),
    ],
)
def test_anything_else_is_refused_and_said_why(text: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        value(text)
    assert reason in str(refused.value)
    assert refused.value.hint


def test_the_fields_it_reads_are_told_once_each() -> None:
    assert fields_of(parse("amount + amount * coalesce(probability, 1)")) == ("amount", "probability")


@pytest.mark.parametrize("word", sorted(FUNCTIONS))
def test_every_function_of_the_vocabulary_exists(word: str) -> None:
    calls = [
        f"{word}(amount)",
        f"{word}(deal_type)",
        f"{word}(amount, 1)",
        f"{word}(deal_type, 'a')",
        f"{word}(deal_type, 1)",
        f"{word}(close_date)",
        f"{word}(month from close_date)",
        f"{word}('month', close_date)",
        f"{word}('-', deal_type, name)",
        f"{word}(deal_type, 'a', 'b')",
        f"{word}(deal_type = 'a', amount, 1)",
        f"{word}(deal_type as decimal(10, 2))",
    ]
    assert any(_works(call) for call in calls)


def _works(call: str) -> bool:
    try:
        value(call)
    except (Refused, pl.exceptions.PolarsError):
        return False
    return True
