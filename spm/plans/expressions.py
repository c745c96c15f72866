"""SQL expressions over the fields of one deal: what they may say, and of which type they are.

Conditions and values are evaluated by Polars on whole frames, so an expression has to give one answer per deal from
that deal's fields alone: no aggregates, windows or sub-queries, nothing that depends on the clock, no floats, and
nothing that could fail on one deal's data and so stop all the others (a division by zero, a cast).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import polars as pl

from spm.plans.vocabulary import BEFORE_BRACKET, CLOCK, FLOATS, FUNCTIONS, SEVERAL, TABLES

Schema = Mapping[str, pl.DataType | type[pl.DataType]]

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*') | (?P<quoted>"(?:[^"]|"")*") | (?P<comment>--|/\*)
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?) | (?P<word>[^\W\d]\w*)
    | (?P<sign>::|//|\S)""",
    re.VERBOSE,
)
_MAX_LENGTH = 2000
_SIGNS = frozenset({*"+-*/%=<>!(),.|", "//"})
"""What may stand between words. Polars knows more: other quotes, inside which the words here would not be found."""


class Refused(Exception):
    """The expression may not stand in a plan; the text says why, `hint` what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def parse(text: str) -> pl.Expr:
    """The expression to evaluate on a frame of deals. Raises Refused where it may not stand in a plan."""
    _check_words(text)
    try:
        return pl.sql_expr(text)
    except (pl.exceptions.PolarsError, RuntimeError) as error:
        raise Refused(f"not a SQL expression: {_first_line(error)}.", "Correct it.") from error


def type_of(expression: pl.Expr, schema: Schema) -> pl.DataType:
    """The type of its result on deals with these columns.

    Raises Refused where a type does not fit or a part of it is a float.
    """
    for part in _parts(expression):
        if _result(part, schema).is_float():
            raise Refused("a part of this is a floating-point number, which is not exact.", "Write 0.333 for 1/3.")
    return _result(expression, schema)


def fields_of(expression: pl.Expr) -> tuple[str, ...]:
    """The deal fields it reads, each once, by name."""
    return tuple(sorted(set(expression.meta.root_names())))


def _check_words(text: str) -> None:
    if len(text) > _MAX_LENGTH:
        raise Refused(f"longer than {_MAX_LENGTH} characters.", "Put part of it into a field of the mapping.")
    tokens = [(str(match.lastgroup), match.group()) for match in _TOKEN.finditer(text)]
    following = [*tokens[1:], ("end", "")]
    pairs = list(zip(tokens, following, strict=False))
    for (kind, token), after in pairs:
        if kind == "word":
            _check_word(token.lower(), called=after[1] == "(")
        elif kind == "quoted" and after[1] == "(":
            raise Refused(f"{token} in quotes is a field, and no field can be called.", "Remove the quotes.")
        elif kind in {"sign", "comment", "number"}:
            _check_sign(kind, token)
    for (kind, token), after in pairs:
        if kind == "sign" and token in {"/", "//", "%"} and not _never_zero(after):
            raise Refused(f"{token} fails where the divisor is zero.", "Write nullif(divisor, 0) after it.")


def _check_word(word: str, *, called: bool) -> None:
    if word in CLOCK:
        raise Refused(f"{word} changes with the day it is read.", "Write the date, as in date '2026-01-31'.")
    if word in FLOATS:
        raise Refused(
            f"{word} is a floating-point type, which is not exact.", "Numbers are exact decimals; leave it out."
        )
    if word in TABLES:
        raise Refused(f"{word} reads more than one deal's fields.", "Write one value from the fields of one deal.")
    if word in SEVERAL and (called or word in {"over", "partition", "window"}):
        raise Refused(*_over_several(word))
    if called and word == "cast":
        raise Refused("cast fails where a value cannot be read.", "Write try_cast, which leaves it empty instead.")
    if called and word not in FUNCTIONS | BEFORE_BRACKET:
        raise Refused(f"{word} is no function that plans know.", f"Known are: {', '.join(sorted(FUNCTIONS))}.")


def _check_sign(kind: str, sign: str) -> None:
    if kind == "comment" or sign == ";":
        raise Refused(f"{sign} does not belong in an expression.", "Write a comment with # on a line of its own.")
    if kind == "number" and "e" in sign.lower():
        raise Refused(f"{sign} is a floating-point number, which is not exact.", "Write it out, as in 1000.")
    if sign == "::":
        raise Refused(":: fails where a value cannot be read.", "Write try_cast, which leaves it empty instead.")
    if kind == "sign" and sign not in _SIGNS:
        raise Refused(f"{sign} has no place in an expression.", "Text stands in single quotes, a field in double.")


def _never_zero(following: tuple[str, str]) -> bool:
    kind, token = following
    return token.lower() == "nullif" or (kind == "number" and bool(token.strip("0.")))


def _over_several(word: str) -> tuple[str, str]:
    return f"{word} looks at several deals at once.", "Write one value from the fields of one deal; Attain adds up."


def _parts(expression: pl.Expr) -> Iterator[pl.Expr]:
    for part in expression.meta.pop():
        yield part
        yield from _parts(part)


def _result(expression: pl.Expr, schema: Schema) -> pl.DataType:
    try:
        return pl.LazyFrame(schema=dict(schema)).select(expression.alias("result")).collect_schema()["result"]
    except pl.exceptions.PolarsError as error:
        raise Refused(f"{_first_line(error)}.", "Compare and combine values of one type.") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
