"""Expressions: what they may say, what they give, and that a record sees nothing but itself."""

from __future__ import annotations

import threading
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import FieldKind
from mappings.expressions import ExpressionError, parse
from mappings.kinds import check_kinds, column_type
from mappings.reading import read
from mappings.vocabulary import FUNCTIONS
from tests.mappings.model import KINDS, NEW_YORK, OPPORTUNITY

COLUMNS = tuple(KINDS.items())


def frame_of(*changes: dict[str, str | None]) -> pl.DataFrame:
    """Typed columns of records like OPPORTUNITY."""
    rows = [{name: text for name, (_, text) in OPPORTUNITY.items()} | change for change in changes]
    texts = pl.DataFrame(rows, schema=dict.fromkeys(OPPORTUNITY, pl.String))
    return texts.with_columns(read(pl.col(name), kind, NEW_YORK).alias(name) for name, kind in KINDS.items())


def value_of(text: str, **change: str | None) -> object:
    """What an expression gives on the record, changed in some fields."""
    return frame_of(change).with_columns(parse(text).polars().alias("=")).item(0, "=")


@pytest.mark.parametrize(
    "text",
    [
        "read_csv('/etc/passwd')",  # opens a file
        "read_parquet('x')",
        "(select Amount from t)",  # sub-query
        "Amount in (select 1)",
        "exists (select 1)",
        "Amount = (select max(Amount) from t)",
        "sum(Amount)",  # aggregates see other records
        "count(*)",
        "max(Amount)",
        "min(Amount)",
        "avg(Amount)",
        "first(StageName)",
        "array_agg(StageName)",
        "count(distinct StageName)",
        "row_number() over (order by Amount)",  # windows too
        "sum(Amount) over (partition by StageName)",
        "lag(Amount)",
        "Amount over (order by Amount)",
        "unnest(Amount)",  # makes several rows of one
        "*",  # wildcards
        "Opportunity.*",
        '"*"',
        '"^A.*$"',  # Polars would take every column that fits
        "columns('A.*')",
        "Amount; drop table deals",
        "Amount -- and the rest",
        "Amount /* and the rest */",
        "Amount as total",
        "Amount total",
        "now()",  # not the same on every run
        "random()",
        "Amount::integer",
        "Amount[1]",
        "Amount->'x'",
        "struct(Amount)",
        "`Amount`",
        "$$x$$",
        "exp(Amount)",  # floating point
        "sqrt(Amount)",
        "power(Amount, 2)",
        "cast(Amount as float)",
        "cast(Amount as double)",
        "interval '1 day'",
        "timestamp '2026-01-01 00:00:00'",
        "StageName in (Type, 'Won')",  # Polars would look into other records
        "StageName like Type",
        "regexp_like(StageName, Type)",
        "",
        "   ",
        "Amount +",
        "(Amount",
        "Amount)",
        "case end",
        "case when IsWon end",
        "coalesce()",
        "lower(StageName, Type)",
        "'not closed",
        '"not closed',
        "date '2026-02-30'",
        "cast(Amount as decimal(60, 2))",
        "cast(Amount as decimal(5, 9))",
        "extract(century from CloseDate)",
        "Amount is 5",
        "Amount not 5",
        "strptime(Signed__c)",
        "Owner.Email('x')",
        "end",
        "1" * 40,
        "1e99999999999999999999",
        "cast(Amount as decimal(.5, 1))",
    ],
)
def test_what_is_not_one_value_of_one_record_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert refused.value.message


def test_whole_numbers_of_any_length_are_read_and_more_than_38_digits_are_refused() -> None:
    assert parse("1" * 38).sql == "1" * 38
    with pytest.raises(ExpressionError, match="38 digits"):
        parse("0." + "1" * 39)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("lwer(StageName)", "Did you mean 'lower'?"),
        ("sum(Amount)", "A record sees only itself"),
        ("row_number()", "it has no place among others"),
        ("now()", "use a date field of the record"),
        ("read_csv('x')", "opens nothing"),
        ("if(IsWon, 1, 0)", "Write case when"),
        ("(select 1)", "there are no sub-queries"),
        ("Amount == 5", "written with one ="),
        ("cast(Amount as dezimal)", "Did you mean 'decimal'?"),
        ("round(Amount, 2, 3)", "Write it like round(Amount, 1)"),
        ("left(StageName)", "Write it like left(Type, 3)"),
        ("Amount 5", "stands an operator"),
    ],
)
def test_a_refusal_says_what_to_write_instead(text: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Owner.Email", ("Owner.Email",)),
        ("stage.isClosed and stage.probability = 1", ("stage.isClosed", "stage.probability")),
        ("'Owner.Email'", ()),  # a text
        ("Owner.Manager.Email", ("Owner.Manager.Email",)),
        ('"Owner.Email"', ("Owner.Email",)),  # quoted already
        ("concat(Owner.Email, 'a.b', \"c.d\")", ("Owner.Email", "c.d")),
        ("'it''s Owner.Email' || Type", ("Type",)),  # a quote inside a text
        ("coalesce(ARR__c, Amount, ARR__c)", ("ARR__c", "Amount")),  # each once, in order
        ("current_date", ("current_date",)),  # no word of the language: a field like any other
        ('"end"', ("end",)),  # a word of the language, quoted
        ("$parent", ("$parent",)),
        ("Amount * 1.5 / 2.25", ("Amount",)),
    ],
)
def test_the_fields_of_an_expression_are_the_crm_fields_it_reads(text: str, fields: tuple[str, ...]) -> None:
    expression = parse(text)
    assert expression.fields == fields
    assert tuple(dict.fromkeys(expression.polars().meta.root_names())) == fields


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("coalesce(ARR__c, Amount)", Decimal("1500.25")),
        ("coalesce(ARR__c, 0)", Decimal(0)),
        ("Amount * 0.1", Decimal("150.025")),  # 0.1 is one tenth, not the float next to it
        ("Amount * 1e-1", Decimal("150.025")),
        ("Amount * 1e3", Decimal(1500250)),
        ("Amount / 100", Decimal("15.0025")),
        ("Probability / 100", Decimal("0.75")),
        ("Amount + 0.1 + 0.2 - 0.3", Decimal("1500.25")),
        ("1 / 4 * Amount", Decimal("375.0625")),  # not 0, not floating point
        ("Amount % 7", Decimal("2.25")),
        ("-Amount", Decimal("-1500.25")),
        ("- -Amount", Decimal("1500.25")),
        ("2 - 1 - 1", 0),  # from left to right
        ("24 / 4 / 2", Decimal(3)),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("case when IsWon then Amount else 0 end", Decimal("1500.25")),
        ("case when not IsWon then Amount end", None),
        ("case StageName when 'Won' then 1 when 'Lost' then 2 end", 1),
        ("case when Amount > 1500.2499999999 then 'big' else 'small' end", "big"),
        ("Amount = 1500.25", True),
        ("Amount <> 1500.25", False),
        ("Amount between 1500 and 1500.25", True),
        ("Amount not between 1 and 2", True),
        ("Amount in (1, 1500.25)", True),
        ("Amount not in (1, -2.5)", True),
        ("ARR__c is null", True),
        ("Amount is not null", True),
        ("IsWon is true", True),
        ("IsWon is not false", True),
        ("ARR__c is distinct from Amount", True),
        ("ARR__c is not distinct from null", True),
        ("StageName in ('Won', 'Lost')", True),
        ("StageName like 'W%'", True),
        ("StageName not like 'W_n'", False),
        ("StageName ilike 'WON'", True),
        ("StageName || '/' || Type", "Won/New Business"),
        ("not IsWon or IsClosed and IsWon", True),
        ("IsWon and not not IsClosed", True),
        ("CloseDate = date '2026-03-31'", True),
        ("CloseDate >= date '2026-04-01'", False),
        ("CloseDate in (date '2026-03-31')", True),
        ("cast(CreatedDate as date) = date '2026-03-01'", True),  # the day in New York
        ("utc_day(CreatedDate) = date '2026-03-02'", True),
        ("extract(year from CloseDate)", 2026),
        ("extract(quarter from CloseDate)", 1),
        ("extract(day from CreatedDate)", 1),  # in New York
        ("cast('12.50' as decimal(38, 2)) + 0", Decimal("12.5")),
        ("cast(Amount as integer)", 1500),
        ("cast(Amount as text)", "1500.2500000000"),
        ("try_cast(StageName as decimal)", None),
        ("nullif(Amount, 1500.25)", None),
        ("round(Amount / 3, 2)", Decimal("500.08")),
        ("length(StageName) / 2", Decimal("1.5")),
        ("extract(month from CloseDate) / 12", Decimal("0.25")),
        ("case when Amount <> 0 then 1 / Amount end", Decimal("0.000666555574")),
    ],
)
def test_an_expression_gives(text: str, expected: object) -> None:
    given = value_of(text)
    assert given == expected
    assert type(given) is type(expected)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function_works_on_each_record_alone(function: object) -> None:
    """A page gives what its records give one by one: nothing is seen of the others, neither their values nor order."""
    expression = parse(function.example)  # type: ignore[attr-defined]
    changes: list[dict[str, str | None]] = [
        {},
        {"Amount": "0.01", "StageName": "Lost", "Type": None, "Owner.Email": None},
        {"Amount": None, "StageName": None, "Signed__c": None, "CreatedDate": None},
        {"ARR__c": "12.5", "Amount": "-7", "Type": "Renewal", "Signed__c": "01.01.2025"},
        {},
    ]
    together = frame_of(*changes).with_columns(expression.polars().alias("="))["="].to_list()
    alone = [frame_of(change).with_columns(expression.polars().alias("=")).item(0, "=") for change in changes]
    assert together == alone


ATOMS = [
    "Amount",
    "ARR__c",
    "Probability",
    "1",
    "0.1",
    "3",
    "length(StageName)",
    "extract(year from CloseDate)",
    "null",
]


def numbers() -> st.SearchStrategy[str]:
    """Expressions that give numbers, of all forms that can."""

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pair = st.tuples(inner, inner)
        return st.one_of(
            st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda part: f"({part[0]} {part[1]} {part[2]})"),
            inner.map(lambda part: f"(- {part})"),
            pair.map(lambda part: f"coalesce({part[0]}, {part[1]})"),
            pair.map(lambda part: f"greatest({part[0]}, {part[1]})"),
            pair.map(lambda part: f"case when IsWon then {part[0]} else {part[1]} end"),
            pair.map(lambda part: f"nullif({part[0]}, {part[1]})"),
            inner.map(lambda part: f"round({part}, 2)"),
            inner.map(lambda part: f"abs({part})"),
            inner.map(lambda part: f"cast({part} as decimal)"),
        )

    return st.recursive(st.sampled_from(ATOMS), grow, max_leaves=6)


@settings(max_examples=300, deadline=None)
@given(numbers())
def test_no_number_is_ever_floating_point(text: str) -> None:
    expression = parse(text)
    frame = pl.DataFrame(schema={name: column_type(kind, NEW_YORK) for name, kind in KINDS.items()})
    for part in (expression.sql, *expression.numbers):
        try:
            dtype = frame.lazy().with_columns(pl.sql_expr(part).alias("=")).collect_schema()["="]
        except pl.exceptions.PolarsError:
            continue  # refused by Polars: no number at all
        assert not dtype.is_float()


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet="aA1'\"*()^$.,;-/ |=<>[]{}\\sumovreltcn\n", max_size=40))
def test_any_text_is_an_expression_of_its_fields_or_refused(text: str) -> None:
    try:
        expression = parse(text)
    except ExpressionError:
        return
    assert set(expression.polars().meta.root_names()) == set(expression.fields)
    assert not expression.polars().meta.has_multiple_outputs()


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("StageName", "money", None),  # a text is read as the field demands, record by record
        ("CloseDate", "datetime", None),
        ("Amount", "text", None),
        ("null", "money", None),
        ("IsWon", "money", "gives yes or no"),
        ("IsWon", "date", "gives yes or no"),
        ("CloseDate", "money", "gives a date, and money is needed"),
        ("Amount", "date", "gives a number, and date is needed"),
        ("Amount", "boolean", "gives a number"),
        ("StageName + 1", "money", "StageName is a text, not a number"),
        ("Amount + CloseDate", "money", "CloseDate is a date, not a number"),
        ("CloseDate - CreatedDate", "number", "not a number"),
        ("IsWon * 2", "money", "IsWon is yes or no, not a number"),
        ("lower(Amount)", "text", "Amount is a number, not a text"),
        ("Amount like '1%'", "boolean", "not a text"),
        ("StageName = 1", "boolean", "different kinds"),
        ("Amount = 'x'", "boolean", "different kinds"),
        ("CloseDate > '2026-01-01'", "boolean", "different kinds"),
        ("IsWon = 'true'", "boolean", "different kinds"),
        ("coalesce(Amount, 'none')", "money", "different kinds"),
        ("case when IsWon then Amount else 'x' end", "text", "different kinds"),
        ("Amount in (1, 'x')", "boolean", "different kinds"),
        ("CreatedDate > CloseDate", "boolean", "different kinds"),
        ("extract(year from StageName)", "number", "StageName is a text, not a date"),
        ("cast(StageName as date)", "date", "StageName is a text, not a date"),
        ("case when StageName then 1 end", "number", "StageName is a text, not yes or no"),
        ("case when null then 1 end", "number", "cannot be calculated"),
        ("not StageName", "boolean", "StageName is a text, not yes or no"),
        ("IsWon and Amount", "boolean", "Amount is a number, not yes or no"),
    ],
)
def test_kinds_that_cannot_work_are_refused_before_any_record_is_seen(
    text: str, target: str, message: str | None
) -> None:
    if message is None:
        check_kinds(parse(text), COLUMNS, NEW_YORK, target)
        return
    with pytest.raises(ExpressionError, match=message):
        check_kinds(parse(text), COLUMNS, NEW_YORK, target)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("CloseDate > '2026-01-01'", "date '2026-01-31'"),
        ("CreatedDate > '2026-01-01'", "cast(CreatedDate as date)"),
        ("IsWon = 'true'", "without quotes"),
        ("Amount = 'x'", "cast(... as ...)"),
    ],
)
def test_a_comparison_of_two_kinds_says_how_to_write_it(text: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        check_kinds(parse(text), COLUMNS, NEW_YORK, "boolean")
    assert hint in refused.value.hint


def test_a_field_that_is_not_there_is_read_as_empty() -> None:
    columns = (("ARR__c", None), ("Amount", FieldKind.NUMBER))
    assert check_kinds(parse("coalesce(ARR__c, Amount)"), columns, NEW_YORK, "money").is_decimal()


@pytest.mark.parametrize(
    "text",
    [
        "+".join(["Amount"] * 249),
        "||".join(["Type"] * 249),
        " and ".join(["IsWon"] * 249),
        "(" * 38 + "Amount" + ")" * 38,
        "coalesce(" * 38 + "Amount" + ")" * 38,
        "case " + " ".join(f"when Type = '{i}' then {i}" for i in range(60)) + " end",
    ],
)
def test_the_longest_expressions_do_not_overflow_a_small_stack(text: str) -> None:
    heights: list[int] = []

    def run() -> None:
        heights.append(frame_of({}, {}).with_columns(parse(text).polars().alias("=")).height)

    threading.stack_size(1024 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(0)
    assert heights == [2]


@pytest.mark.parametrize(
    "text",
    ["+".join(["Amount"] * 400), "not " * 600 + "IsWon", "- " * 600 + "Amount", "(" * 60 + "1" + ")" * 60, "x" * 4001],
)
def test_an_expression_beyond_measure_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)
