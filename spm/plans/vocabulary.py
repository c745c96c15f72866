"""The words of SQL that plans know: what may be called, and why other words may not stand in an expression."""

from __future__ import annotations

FUNCTIONS = frozenset(
    {
        "abs",
        "ceil",
        "ceiling",
        "coalesce",
        "concat",
        "concat_ws",
        "date_part",
        "ends_with",
        "extract",
        "floor",
        "greatest",
        "if",
        "ifnull",
        "initcap",
        "least",
        "left",
        "length",
        "lower",
        "ltrim",
        "nullif",
        "replace",
        "right",
        "round",
        "rtrim",
        "sign",
        "starts_with",
        "strpos",
        "substr",
        "substring",
        "trim",
        "try_cast",
        "upper",
        "year",
        "month",
        "day",
        "quarter",
    }
)
"""What may be called: each gives one value from the values of one deal, exactly."""
BEFORE_BRACKET = frozenset(
    {
        "and",
        "or",
        "not",
        "in",
        "is",
        "like",
        "ilike",
        "between",
        "case",
        "when",
        "then",
        "else",
        "as",
        "from",
        "decimal",
        "numeric",
        "varchar",
        "char",
    }
)
SEVERAL = frozenset(
    {
        "sum",
        "count",
        "avg",
        "mean",
        "median",
        "min",
        "max",
        "first",
        "last",
        "stddev",
        "stdev",
        "variance",
        "var",
        "array_agg",
        "string_agg",
        "quantile_cont",
        "quantile_disc",
        "corr",
        "covar_pop",
        "covar_samp",
        "row_number",
        "rank",
        "dense_rank",
        "lag",
        "lead",
        "ntile",
        "first_value",
        "last_value",
        "over",
        "partition",
        "window",
    }
)
TABLES = frozenset(
    {
        "select",
        "exists",
        "union",
        "with",
        "join",
        "any",
        "all",
        "unnest",
        "columns",
        "table",
        "values",
        "group",
        "having",
        "order",
        "limit",
    }
)
CLOCK = frozenset(
    {"now", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "today", "random"}
)
FLOATS = frozenset({"float", "float4", "float8", "double", "real"})
