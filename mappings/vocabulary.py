"""The functions an expression may call: each makes one value out of values of the same record.

There is no sum, count or row number here, no clock, no random number, no file: a record sees only itself, and the
same record always gives the same value. docs/mappings.md shows this table; a test runs every example.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Takes = Literal["number", "text", "date", "any", "same"]


@dataclass(frozen=True, slots=True)
class Function:
    """One allowed function.

    `least` to `most` arguments; those before `fixed` may be fields, those from `fixed` on are written out
    (None: all may be fields). `takes`: what kind the values are (`same`: any, but all of one). `whole`: gives a
    whole number. `gives` is what `example` makes of the record used in the docs. `sql` is what Polars is given where
    it has no function of that name.
    """

    name: str
    least: int
    most: int
    takes: Takes
    meaning: str
    example: str
    gives: str
    fixed: int | None = None
    whole: bool = False
    sql: str = ""


_MANY = 20

_ALL = (
    Function("coalesce", 1, _MANY, "same", "the first value that is not empty", "coalesce(ARR__c, Amount)", "1500.25"),
    Function("ifnull", 2, 2, "same", "the first value, or the second where it is empty", "ifnull(ARR__c, 0)", "0"),
    Function("nullif", 2, 2, "same", "empty where both are equal, else the first", "nullif(StageName, 'None')", "Won"),
    Function("greatest", 2, _MANY, "same", "the greatest that is not empty", "greatest(Amount, 2000)", "2000"),
    Function("least", 2, _MANY, "same", "the least that is not empty", "least(Amount, 1000.50)", "1000.5"),
    Function("abs", 1, 1, "number", "without its sign", "abs(0 - Amount)", "1500.25"),
    Function("sign", 1, 1, "number", "-1, 0 or 1", "sign(Amount)", "1"),
    Function("round", 1, 2, "number", "rounded, halves away from zero", "round(Amount, 1)", "1500.3", fixed=1),
    Function("floor", 1, 1, "number", "the whole number below", "floor(Amount)", "1500"),
    Function("ceil", 1, 1, "number", "the whole number above", "ceil(Amount)", "1501"),
    Function("mod", 2, 2, "number", "what a division leaves", "mod(Amount, 7)", "2.25"),
    Function("lower", 1, 1, "text", "in small letters", "lower(StageName)", "won"),
    Function("upper", 1, 1, "text", "in capitals", "upper(StageName)", "WON"),
    Function("initcap", 1, 1, "text", "each word with a capital", "initcap('new business')", "New Business"),
    Function("trim", 1, 1, "text", "without spaces around it", "trim('  Won ')", "Won"),
    Function("ltrim", 1, 1, "text", "without spaces before it", "ltrim('  Won')", "Won"),
    Function("rtrim", 1, 1, "text", "without spaces after it", "rtrim('Won  ')", "Won"),
    Function("left", 2, 2, "text", "the first letters", "left(Type, 3)", "New", fixed=1),
    Function("right", 2, 2, "text", "the last letters", "right(Type, 8)", "Business", fixed=1),
    Function("substring", 2, 3, "text", "from a place on, so many letters", "substring(Type, 5, 3)", "Bus", fixed=1),
    Function("replace", 3, 3, "text", "every occurrence replaced", "replace(Type, ' ', '_')", "New_Business", fixed=1),
    Function("split_part", 3, 3, "text", "the n-th part", "split_part(Owner.Email, '@', 2)", "example.com", fixed=1),
    Function(
        "concat",
        1,
        _MANY,
        "text",
        "joined; what is empty is left out",
        "concat(Type, '/', StageName)",
        "New Business/Won",
    ),
    Function("starts_with", 2, 2, "text", "whether it begins so", "starts_with(Type, 'New')", "true", fixed=1),
    Function("ends_with", 2, 2, "text", "whether it ends so", "ends_with(Type, 'Renewal')", "false", fixed=1),
    Function(
        "regexp_like", 2, 2, "text", "whether it fits a pattern", "regexp_like(Type, '^New .*ss$')", "true", fixed=1
    ),
    Function("length", 1, 1, "text", "how many letters", "length(StageName)", "3", whole=True),
    Function(
        "strpos",
        2,
        2,
        "text",
        "where it first occurs; 0 is nowhere",
        "strpos(Owner.Email, '@')",
        "4",
        fixed=1,
        whole=True,
    ),
    Function(
        "strptime",
        2,
        2,
        "text",
        "a date written in another form",
        "strptime(Signed__c, '%d.%m.%Y')",
        "2026-03-31",
        fixed=1,
    ),
    Function(
        "utc_day",
        1,
        1,
        "date",
        "the day in UTC, not in the account's time zone",
        "utc_day(CreatedDate)",
        "2026-03-02",
        sql="cast({0} as date)",
    ),
    Function(
        "utc_day_before",
        1,
        1,
        "date",
        "the last day in UTC that began before",
        "utc_day_before(CreatedDate)",
        "2026-03-02",
        sql="cast(({0} - interval '1 microsecond') as date)",
    ),
)

FUNCTIONS: Mapping[str, Function] = {function.name: function for function in _ALL}
"""Every allowed function, by name."""

PARTS = ("year", "quarter", "month", "day")
"""What `extract(year from CloseDate)` can take out of a date."""

INSTEAD: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "sum",
            "count",
            "avg",
            "mean",
            "min",
            "max",
            "median",
            "stddev",
            "variance",
            "first",
            "last",
            "array_agg",
            "string_agg",
            "quantile_cont",
            "quantile_disc",
        ),
        "A record sees only itself: adding up records is a plan's work, not a mapping's.",
    ),
    **dict.fromkeys(
        ("row_number", "rank", "dense_rank", "lag", "lead", "ntile", "first_value", "last_value", "over"),
        "A record sees only itself, so it has no place among others.",
    ),
    **dict.fromkeys(
        ("now", "current_date", "current_timestamp", "today", "random", "rand"),
        "The same record must always give the same value: use a date field of the record.",
    ),
    **dict.fromkeys(
        ("read_csv", "read_parquet", "read_json", "read_ipc", "scan_csv", "unnest", "struct", "columns"),
        "An expression works on one record's fields, and opens nothing.",
    ),
    "select": "An expression works on one record's fields: there are no sub-queries.",
    "power": "Multiply instead: Amount * Amount.",
    "pow": "Multiply instead: Amount * Amount.",
    "if": "Write case when ... then ... else ... end.",
    "date": "Write date '2026-01-31', or cast(CreatedDate as date).",
    "substr": "Write substring.",
    "len": "Write length.",
    "year": "Write extract(year from CloseDate).",
    "month": "Write extract(month from CloseDate).",
    "day": "Write extract(day from CloseDate).",
}
"""What to do in place of a function people look for here."""
